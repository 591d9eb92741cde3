"""The page that people open first, where it is not the one that the hub leads everybody to."""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_LINK = re.compile(r"/hub/user-redirect/")
_LEADS_ON = re.compile(r"/hub(/login|/spawn|/lti/launch|/lti13/oauth_(login|callback))?/?$")
"""The end of a path of the hub's that leads on to what one of these fields says."""

_NEXT = ("next", "custom_next", "target_link_uri")
_MOST_INSIDE = 3
"""How many links may be inside each other, as where `target_link_uri` has a `next`."""

_UNCHANGED = "%/?:@!$&'()*+,;=~[]"
"""What browsers leave as it is in a path and a query."""

_EXAMPLE = "/hub/user-redirect/git-pull?repo=https://example.org/course.git, or a path such as /rstudio"

_PULLS = re.compile(r"(git-pull|git-sync)\?(.*&)?repo=.|interact\?(.*&)?repo=.")
"""The addresses at which nbgitpuller is, below a server."""

_REPOSITORY = re.compile(r"(https?|git|ssh|file)://\S+|[\w.-]+@[\w.-]+:\S+")
_EXAMPLE_OF_PULL = (
    "the URL of a repository, such as https://example.org/course.git, or a link of nbgitpuller, such as "
    "https://hub.example.org/hub/user-redirect/git-pull?repo=…"
)


def start_page(text: str) -> str:
    """Return the path and query of a page below anybody's server, such as `rstudio/`; "" for no text.

    Args:
        text: A link as people get it, which leads through `/hub/user-redirect/`, with or without the hub's address,
            also where it is the `next` of a login, a spawn page or an LTI launch; or the path below a server, with or
            without a slash before it.

    Raises:
        ValueError: It is neither; the text says what to write.
    """
    text = _inside(text.strip())
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


def git_pull_page(text: str) -> str:
    """Return the path and query of nbgitpuller's page for a repository, below anybody's server; "" for no text.

    The page that follows is JupyterLab, with the folder of the files, as the link generator of nbgitpuller has it.

    Args:
        text: The URL of a repository, as Git takes it; or a link of nbgitpuller, as `start_page` takes it.

    Raises:
        ValueError: It is neither; the text says what to write.
    """
    text = text.strip()
    if not text:
        return ""
    if re.search(r"/hub/|^/?(git-pull|git-sync|interact)\?", text):
        page = start_page(text)
        if not _PULLS.match(page):
            raise ValueError(f"{text!r} is not a link of nbgitpuller; write {_EXAMPLE_OF_PULL}")
        return page
    if not text.isprintable() or not _REPOSITORY.fullmatch(text):
        raise ValueError(f"{text!r} is not a repository; write {_EXAMPLE_OF_PULL}")
    folder = unquote(re.split(r"[/:]", text.rstrip("/"))[-1]).removesuffix(".git")
    return "git-pull?" + urlencode({"repo": text, "targetPath": folder, "urlpath": f"lab/tree/{folder}"})


def _inside(text: str) -> str:
    """Return the link inside of one that leads to a login, a spawn page or a launch first; any other as it is."""
    for _ in range(_MOST_INSIDE):
        try:
            parts = urlsplit(text)
        except ValueError:
            return text
        if _LINK.search(parts.path) or not _LEADS_ON.search(parts.path):
            return text
        fields = dict(parse_qsl(parts.query))
        inside = next((fields[name] for name in _NEXT if name in fields), "")
        if not inside:
            return text
        text = inside
    return text
