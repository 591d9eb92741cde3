"""The events that somebody can choose from: ready-made ones, and the files of one folder."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hubusers.event.file import EventError, read_event, ready_made
from hubusers.event.model import Event


@dataclass(frozen=True)
class Offer:
    """One of them.

    Args:
        key: What names it in a form.
        path: Of its file.
        title: The event's, or the file's name where the file has mistakes.
        mistakes: A line for each; "" without any.
    """

    key: str
    path: str
    title: str
    mistakes: str = ""

    @property
    def is_ready_made(self) -> bool:
        return self.key.startswith(_READY_MADE)


_READY_MADE = "ready-made "

_LARGEST = 200_000
"""Bytes. A larger file of the folder is not an event, and reading it would keep the web UI from answering."""


def offered(folder: Path, given: str = "") -> dict[str, Offer]:
    """Return the events by their keys: the given one, if it is another one, the folder's and the ready-made ones.

    Args:
        folder: Whose TOML files are looked at. Those that read well and have nothing of an event are left out.
        given: Path of a file, or name of a ready-made event, as an operator gave it; "" for none.
    """
    files = sorted(path for path in folder.glob("*.toml") if path.is_file())
    offers = [_offer(f"file {_as_text(path.name)}", path) for path in files if _looks_like_an_event(path)]
    offers += [_offer(f"{_READY_MADE}{name}", path) for name, path in ready_made().items()]
    if given and not _key_of(given, offers):
        offers.insert(0, _offer(f"given {_as_text(given)}", Path(given)))
    return {offer.key: offer for offer in offers}


def key_of(given: str, offers: dict[str, Offer]) -> str:
    """Return the key of the event that an operator gave, as `offered` has it; "" for none."""
    return _key_of(given, list(offers.values()))


def _key_of(given: str, offers: list[Offer]) -> str:
    path = Path(given)
    if given and not path.is_file():
        path = ready_made().get(given, path)
    return next((offer.key for offer in offers if given and Path(offer.path).resolve() == path.resolve()), "")


def _offer(key: str, path: Path) -> Offer:
    try:
        _, event = read_event(str(path))
    except EventError as error:
        return Offer(key, str(path), _as_text(path.name), _as_text(str(error)))
    return Offer(key, str(path), event.title)


def _looks_like_an_event(path: Path) -> bool:
    """Say whether a file may be meant as an event: it has a key of one, or is not even TOML."""
    try:
        if path.stat().st_size > _LARGEST:
            return False
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return True
    return not content or bool(content.keys() & Event.model_fields.keys())


def _as_text(name: str) -> str:
    """Return the name of a file as a page can have it; Linux allows bytes in it that are not UTF-8."""
    return name.encode("utf-8", "backslashreplace").decode()
