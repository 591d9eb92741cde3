"""Whether a browser uses what it gets for a file: that depends on what the file is for, and on its MIME type.

As in the standards Fetch and HTML, and in Chromium. Applications often answer their own start page, with the status
200, for a file that they do not have.
"""

import re
from typing import NamedTuple

from hubusers.http.messages import Answer


class FileKind(NamedTuple):
    """What a file is for.

    Attributes:
        types: The MIME types that browsers use for it, where they look at them at all.
        is_strict: Whether they always do so, not only where the answer has `X-Content-Type-Options: nosniff`.
        may_be_page: Whether a web page is fine, too.
    """

    types: re.Pattern[str] | None = None
    is_strict: bool = False
    may_be_page: bool = False


_IS_PAGE = "a web page came"

_SCRIPTS = re.compile(r"(text|application)/(x-)?(java|ecma)script$", re.IGNORECASE)
_STYLES = re.compile(r"text/css$", re.IGNORECASE)

ANYTHING = FileKind(may_be_page=True)
"""What a script may want to read, or a page where somebody may go next."""
FILE = FileKind()
"""An image, a font."""
SCRIPT = FileKind(_SCRIPTS)
MODULE = FileKind(_SCRIPTS, is_strict=True)
STYLE = FileKind(_STYLES)
"""A style of a page without a doctype."""
STRICT_STYLE = FileKind(_STYLES, is_strict=True)


def why_not_used(kind: FileKind, answer: Answer) -> str:
    """Return why a browser does not use a file that came, in a fixed phrase; "" where it does.

    Args:
        kind: What the file is for.
        answer: The file, with its body if that is a web page; or the answer that it has not changed.
    """
    if kind.may_be_page or answer.status == 304:
        return ""
    mime_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    is_page = mime_type.lower() == "text/html"
    no_sniff = answer.headers.get("X-Content-Type-Options", "").strip().lower() == "nosniff"
    if kind.types and (kind.is_strict or no_sniff) and not kind.types.match(mime_type):
        if not mime_type and kind.types is _STYLES:  # Chromium takes it for one
            return ""
        return _IS_PAGE if is_page else "wrong MIME type"
    return _IS_PAGE if is_page and answer.body.lstrip("\ufeff \t\r\n").startswith("<") else ""
