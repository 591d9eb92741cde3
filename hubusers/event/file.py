"""Reading an event file. Whatever is wrong with it is said with its line and what to do, and all of it at once."""

import re
import tomllib
from pathlib import Path

from pydantic import ValidationError

from hubusers.event.mistakes import lines_of, mistakes
from hubusers.event.model import Event
from hubusers.log import shown


class EventError(ValueError):
    """An event file that cannot be used. The text has one or several lines, each with the place and the remedy."""


def read_event(name_or_path: str) -> tuple[str, Event]:
    """Return the text and the event of a file, or of one of the ready-made events.

    Raises:
        EventError: There is none, or it cannot be used.
    """
    path = Path(name_or_path)
    try:
        if not path.is_file():
            path = ready_made().get(name_or_path, path)
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EventError(f"The event file {path} is not text in UTF-8; save it as such.") from None
    except (OSError, ValueError) as error:  # a ValueError: no path can hold a null character
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise EventError(
            f"The event file {name_or_path!r} cannot be read: {reason}. Give the path of a file, or the name of a "
            f"ready-made event: {', '.join(ready_made())}."
        ) from None
    return text, parse_event(text, str(path))


def ready_made() -> dict[str, Path]:
    """Return the ready-made events by name: at the top of a checkout, inside the package where that was installed."""
    package = Path(__file__).parent.parent
    installed = package / "events"
    folder = installed if installed.is_dir() else package.parent / "events"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


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
        EventError: It cannot be used.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError of another kind: a number of thousands of digits
        raise EventError(_syntax(error, text, source)) from None
    if not content:
        raise EventError(f"{source} is empty; begin with one of the ready-made events: {', '.join(ready_made())}.")
    try:
        return Event.model_validate(content)
    except ValidationError as error:
        raise EventError("\n".join(shown(f"{source}, {what}") for what in mistakes(error, content, text))) from None


def _with(text: str, key: str, value: str) -> str:
    if key not in tomllib.loads(text):
        return f"{key} = {value}\n{text}"  # in front, where no table has begun
    lines = text.split("\n")
    lines[lines_of({(key,)}, text)[(key,)] - 1] = f"{key} = {value}"
    return "\n".join(lines)


def _syntax(error: Exception, text: str, source: str) -> str:
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error), re.DOTALL)
    if found is None:
        return f"{source} is no event file: {'tables too deep' if isinstance(error, RecursionError) else error}."
    what, line, column = found.groups()
    where = f"line {line or max(1, len(text.splitlines()))}{f', column {column}' if column else ''}"
    return (
        f"{source}, {where}: this is not TOML ({what[0].lower()}{what[1:]}). Text and durations stand in quotes, as in "
        'over = "10m"; each key stands on one line, and is given once.'
    )
