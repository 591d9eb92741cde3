"""The page that people open first, where it is not the one that the hub leads everybody to."""

import re
from urllib.parse import quote, urlsplit

_LINK = re.compile(r"/hub/user-redirect/")
_UNCHANGED = "%/?:@!$&'()*+,;=~[]"
"""What browsers leave as it is in a path and a query."""

_EXAMPLE = "/hub/user-redirect/git-pull?repo=https://example.org/course.git, or a path such as /rstudio"


def start_page(text: str) -> str:
    """Return the path and query of a page below anybody's server, such as `rstudio/`; "" for no text.

    Args:
        text: A link as people get it, which leads through `/hub/user-redirect/`, with or without the hub's address; or
            the path below a server, with or without a slash before it.

    Raises:
        ValueError: It is neither; the text says what to write.
    """
    text = text.strip()
    if not text.isprintable():
        raise ValueError(f"{text!r} has control characters; write a link such as {_EXAMPLE}")
    try:
        parts = urlsplit(text)
    except ValueError:  # such as "http://["
        raise ValueError(f"{text!r} is not a link; write one such as {_EXAMPLE}") from None
    path = parts.path
    if link := _LINK.search(path):
        path = path[link.end() :]
    elif parts.scheme or parts.netloc or re.match(r"/?(hub|user)(/|$)", path):
        raise ValueError(f"{text!r} does not lead to everybody's own server; write a link such as {_EXAMPLE}")
    return quote(path.lstrip("/") + (f"?{parts.query}" if parts.query else ""), safe=_UNCHANGED)
