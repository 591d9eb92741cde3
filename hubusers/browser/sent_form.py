"""What a browser sends of a form: where it goes, how, and its entries as they are written into a body or a query."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

Entry = tuple[str, str | tuple[str, bytes, str]]
"""A name and its value; for a file its name, content and kind."""

LONGEST_ACTION = 60
"""Characters of the address of a form that a sentence repeats; those of scripts are long."""


@dataclass(frozen=True)
class Sent:
    """What a browser sends of a form.

    Attributes:
        action: Where it goes, as the page says it; "" for the page itself.
        method: `POST`, `GET`, or `DIALOG`, which sends nothing.
        multipart: Whether its `enctype` is `multipart/form-data`.
        entries: Names and values.
    """

    action: str
    method: str
    multipart: bool
    entries: list[Entry]


def query_of_form(path: str, entries: Iterable[Entry]) -> str:
    """Return the path of a form that is sent by GET: its entries replace the query."""
    return f"{path.partition('?')[0]}?{url_encoded(entries)}"


def url_encoded(entries: Iterable[Entry]) -> str:
    """Return entries as browsers write them into a body or a query."""
    return urlencode(_texts(entries), safe="*").replace("~", "%7E")


def _texts(entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """Return entries as they are sent where files cannot be: only their names are."""
    return [(name, value if isinstance(value, str) else value[0]) for name, value in entries]
