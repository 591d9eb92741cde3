"""What JupyterLab's requests failed with, in kinds: files that do not come, and notebooks that are not saved."""

import re
from collections import Counter

from hubusers.browser.page import Page
from hubusers.browser.page_errors import said
from hubusers.browser.said import SERVER, answered_by, words_of
from hubusers.browser.sender import Failed
from hubusers.counting import counted
from hubusers.hub.errors import HubError

_KINDS_LISTED = 5

_BY_STATUS = {409: "conflict", 413: "too large"}
_BY_WORDS = (
    ("storage full", r"no space left|errno 28\b"),
    ("quota exceeded", r"quota|errno 122\b"),
    ("storage is read-only", r"read-only|errno 30\b"),
    ("permission denied", r"permission denied|errno 1\b|errno 13\b"),
    ("no such folder", r"no such file or directory|errno 2\b"),
    ("storage error", r"\berrno \d"),
)
"""The errors of the operating system, which Jupyter servers repeat in the message."""


class FilesMissing(HubError):
    """Scripts, styles or images of JupyterLab's did not come."""

    phrase = "files missing"


class SaveRefused(HubError):
    """The server, or something before it, has not saved a file. The words are its message."""

    phrase = "save refused"


def loading_error(failures: Counter[Failed], doing: str) -> HubError:
    """Return the error for requests of a page that failed.

    Args:
        failures: How often each kind failed; at least one.
        doing: What the person was doing, for the log.
    """
    kinds = failures.most_common()
    listed = ", ".join(f"{count} of {kind.row} ({kind.cause})" for kind, count in kinds[:_KINDS_LISTED])
    more = f", and {counted(len(kinds) - _KINDS_LISTED, 'other kind')}" if len(kinds) > _KINDS_LISTED else ""
    files = [kind for kind, _ in kinds if kind.is_file]
    if files:
        count = sum(failures[kind] for kind in files)
        detail = f"{doing}: {counted(count, 'file')} did not come; failed were {listed}{more}"
        return FilesMissing(detail, cause=f"{files[0].row}, {files[0].cause}")
    first = kinds[0][0]
    return HubError(f"{doing}: failed were {listed}{more}", cause=f"{first.row}, {first.cause}")


def save_error(page: Page, doing: str) -> SaveRefused | None:
    """Return the error for an answer that refuses to save; None where it is not the file or the storage.

    Args:
        page: The answer.
        doing: What the person was doing, for the log.
    """
    is_the_servers = page.status >= 400 and answered_by(page) == SERVER
    if not is_the_servers and page.status not in _BY_STATUS:
        return None
    words = words_of(page)
    by_words = next((kind for kind, pattern in _BY_WORDS if re.search(pattern, words, re.IGNORECASE)), "")
    if not by_words and page.status in {401, 403}:
        return None  # who may not come in may not save either
    cause = by_words or _BY_STATUS.get(page.status, f"HTTP {page.status}")
    return SaveRefused(f"{doing}: {said(page)}", status=page.status, cause=cause, words=words)
