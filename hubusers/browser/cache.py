"""What a browser's cache knows of files: until when each is fresh. The files themselves are of no use here."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


class Cache:
    """Says which files need not be asked for, and how the others are asked for again; as browsers do, by RFC 9111."""

    def __init__(self) -> None:
        self._files: dict[str, _Cached] = {}

    def is_fresh(self, path: str) -> bool:
        """Whether a file need not be asked for."""
        cached = self._files.get(path)
        return cached is not None and cached.fresh_until > time.time()

    def conditions(self, path: str) -> dict[str, str]:
        """Return the headers that ask for a file only if it has changed; none for an unknown file."""
        cached = self._files.get(path)
        headers = {}
        if cached and cached.etag:
            headers["If-None-Match"] = cached.etag
        if cached and cached.last_modified:
            headers["If-Modified-Since"] = cached.last_modified
        return headers

    def keep(self, path: str, headers: Mapping[str, str]) -> None:
        """Note for how long a file is fresh, and what to ask by after that.

        Args:
            path: The file's.
            headers: Those of the answer with it, or of the one that it has not changed.
        """
        before = self._files.pop(path, _Cached(0.0, "", ""))
        control = headers.get("Cache-Control", "")
        etag = headers.get("ETag") or before.etag
        last_modified = headers.get("Last-Modified") or before.last_modified
        if "no-store" not in control:
            self._files[path] = _Cached(time.time() + _seconds_fresh(control, last_modified), etag, last_modified)

    def forget(self, path: str) -> None:
        """Have a file asked for, whole, the next time."""
        self._files.pop(path, None)


@dataclass(slots=True)
class _Cached:
    fresh_until: float  # by the clock on the wall
    etag: str
    last_modified: str


def _seconds_fresh(control: str, last_modified: str) -> float:
    """Return for how long a file need not be asked for, as browsers do."""
    if "no-cache" in control:
        return 0.0
    for directive in control.split(","):
        name, _, value = directive.strip().partition("=")
        if name == "max-age":
            return float(value) if value.isdecimal() else 0.0
    # Where the server says nothing, a file that has not changed for long is not expected to change soon.
    try:
        return max(0.0, time.time() - parsedate_to_datetime(last_modified).timestamp()) / 10
    except (ValueError, OverflowError):
        return 0.0
