"""Reads event files. Errors list all mistakes at once, each with its line and what to do."""

import tomllib
from pathlib import Path
from zlib import crc32

from pydantic import ValidationError

from hubusers.event.mistakes import lines_of, mistakes
from hubusers.event.model import Event, nearest
from hubusers.event.syntax import not_toml
from hubusers.log import shown


class EventError(ValueError):
    """An event file cannot be used. Each line of the text says where, what is wrong, and what to do."""


def read_event(name_or_path: str) -> tuple[str, Event]:
    """Return the text and the event of a file, or of one of the ready-made events.

    Raises:
        EventError: There is no such file, or it cannot be used.
    """
    path = Path(name_or_path)
    try:
        if not path.is_file():
            path = ready_made().get(name_or_path, path)
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EventError(f"The event file {path} is not UTF-8 text; save it in that encoding.") from None
    except (OSError, ValueError) as error:  # a ValueError: a null character in the path
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        near = nearest(name_or_path, ready_made())
        names = f"did you mean {near!r}?" if near else f"{', '.join(ready_made())}."
        raise EventError(
            f"The event file {name_or_path!r} cannot be read: {reason}. Give the path of a file, or the name of a "
            f"ready-made event: {names}"
        ) from None
    return text, parse_event(text, str(path))


def ready_made() -> dict[str, Path]:
    """Return the ready-made events by name; they are at the top of a checkout, and inside an installed package."""
    package = Path(__file__).parent.parent
    installed = package / "events"
    folder = installed if installed.is_dir() else package.parent / "events"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def seed_of(text: str) -> int:
    """Return the seed of an event whose file has none: the same text has the same one, whoever reads it, and when."""
    return crc32(text.encode()) % 1_000_000


def with_seed(text: str, seed: int) -> str:
    """Return the text of an event file with this seed in it."""
    return _with(text, "seed", str(seed))


def with_time_scale(text: str, time_scale: float) -> str:
    """Return the text of an event file with this time scale in it."""
    return _with(text, "time_scale", repr(float(time_scale)))


def parse_event(text: str, source: str) -> Event:
    """Return the event that the text of a file describes.

    Args:
        text: TOML.
        source: What to call the file in errors.

    Raises:
        EventError: The event cannot be used.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also for a number of thousands of digits
        raise EventError(not_toml(error, text, source)) from None
    if not content:
        raise EventError(f"{source} is empty; begin with one of the ready-made events: {', '.join(ready_made())}.")
    try:
        return Event.model_validate(content)
    except ValidationError as error:
        raise EventError("\n".join(shown(f"{source}, {what}") for what in mistakes(error, content, text))) from None


def _with(text: str, key: str, value: str) -> str:
    if key not in tomllib.loads(text):
        return f"{key} = {value}\n{text}"  # in front, before any table begins
    lines = text.split("\n")
    lines[lines_of({(key,)}, text)[(key,)] - 1] = f"{key} = {value}"
    return "\n".join(lines)
