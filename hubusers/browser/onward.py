"""Where a page leads by itself, without anybody's doing: refreshes, forms that are sent at once, frames, scripts."""

import re
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from hubusers.browser.browser import Browser
from hubusers.browser.form import Form
from hubusers.browser.links import base_of, destination, link_to
from hubusers.browser.page import Page

_SOON = 10.0
"""Seconds; a page that refreshes later is one to work with until then, as where a session ends by itself."""

_REFRESH = re.compile(r"^\s*(\d+(?:\.\d*)?|\.\d+)\s*[;,]\s*(?:url\s*=)?\s*[\"']?([^\"']+)", re.IGNORECASE)

_OF_A_LOGIN = {"samlrequest", "samlresponse", "wresult", "id_token"}
"""Fields in which services send people, and what they know of them, to each other: SAML, WS-Federation, OpenID."""

_SENDS = re.compile(r"\bsubmit\s*\(")
_GOES = re.compile(
    r"\blocation(?:\.href)?\s*=(?!=)\s*(?P<set>[\"'`][^\"'`\s]+[\"'`]\s*(?:;|\}|$))?"
    r"|\blocation\.(?:replace|assign)\s*\(\s*(?P<called>[\"'`][^\"'`\s]+[\"'`]\s*\))?",
    re.MULTILINE,
)
_SHORT_SCRIPT = 2_000
_SHORT_TEXT = 200
"""Characters: a page with no more, and with nothing else, is only there to lead on. Larger ones are applications."""

_SHOWS_SOMETHING = (
    "//*[self::img or self::svg or self::canvas or self::video or self::object or self::embed or self::iframe"
    " or self::frame or self::button or self::select or self::textarea or self::input[not(@type='hidden')]]"
    "[not(ancestor::noscript)] | //script[@src] | //link[@rel='stylesheet']"
)
_FOR_PEOPLE = (
    "//script[@src] | (//a[@href] | //button | //select | //textarea"
    " | //input[not(@type='hidden' or @type='submit')])[not(ancestor::noscript)]"
)
_WITHOUT_WORDS = "ancestor::script or ancestor::style or ancestor::noscript or ancestor::template or ancestor::title"


class Onward(NamedTuple):
    """Where a page leads.

    Attributes:
        path: On the hub's hosts; "" where it is on another host, or where nobody is followed to.
        host: The other host's name; "" where only the page's script knows, or where a form is sent.
        seconds: After which time.
    """

    path: str = ""
    host: str = ""
    seconds: float = 0.0


def onward_of(browser: Browser, page: Page) -> Onward | None:
    """Return where a page leads by itself within seconds; None where it stays.

    Args:
        browser: The person's.
        page: A page that came.
    """
    document = page.document
    refreshes = [page.headers.get("Refresh") or "", *_refreshes_in(document)]
    for refresh in filter(None, map(_REFRESH.match, refreshes)):
        onward = _to(browser, page, refresh[2].strip(), float(refresh[1]))
        if onward.seconds <= _SOON and onward.path != page.path:
            return onward
    for form in document.forms:
        if sends_itself(form, document):
            goes_to = destination(browser, page, Form(form).pressed(None).action)
            return Onward(host=_to(browser, page, goes_to).host) if goes_to else Onward()
    return _by_script(browser, page)


def shows_nothing(page: Page) -> bool:
    """Say whether there is nothing at all on a page: no text, no file, no script."""
    has_script = any((script.text or "").strip() for script in page.document.iter("script"))
    return not (has_script or page.document.xpath(_SHOWS_SOMETHING) or _text_of(page.document))


def frames_of(browser: Browser, page: Page) -> list[Onward]:
    """Return what the frames of a page show, in their order; those that have no address of a page are left out."""
    sources = page.document.xpath("(//iframe[not(@srcdoc)] | //frame)[not(ancestor::noscript)]/@src")
    frames = [_to(browser, page, source) for source in dict.fromkeys(sources)]
    return [frame for frame in frames if frame.path or frame.host]


def is_only_frames(page: Page) -> bool:
    """Say whether a page has nothing of its own but frames."""
    return not (page.document.xpath("//script | //body//form") or _text_of(page.document))


def _refreshes_in(document: Any) -> list[str]:
    metas = document.xpath("//meta[@content][not(ancestor::noscript)]")
    return [meta.get("content") for meta in metas if (meta.get("http-equiv") or "").strip().lower() == "refresh"]


def _to(browser: Browser, page: Page, address: str, seconds: float = 0.0) -> Onward:
    if path := link_to(browser, page, address):
        return Onward(path, seconds=seconds)
    try:
        parts = urlsplit(urljoin(base_of(browser, page), address.strip()))
        return Onward(host=(parts.hostname or "") if parts.scheme in {"http", "https"} else "", seconds=seconds)
    except ValueError:  # such as "http://["
        return Onward(seconds=seconds)


def sends_itself(form: Any, document: Any) -> bool:
    """Say whether a form is sent without anybody's doing: nobody can type into it, and a script sends it."""
    fields = form.xpath(".//input[not(ancestor::noscript)] | .//select | .//textarea")
    types = {(field.get("type") or "text").lower() if field.tag == "input" else field.tag for field in fields}
    if "hidden" not in types or not types <= {"hidden", "submit", "button", "image"}:
        return False
    if any((field.get("name") or "").lower() in _OF_A_LOGIN for field in fields):
        return True
    if any(_SENDS.search(onload) for onload in document.xpath("//body/@onload")):
        return True
    is_alone = not document.xpath(_FOR_PEOPLE)
    return is_alone and any(_SENDS.search(script.text or "") for script in document.iter("script"))


def _by_script(browser: Browser, page: Page) -> Onward | None:
    """Return where a page leads that has nothing but a script which leads on."""
    document = page.document
    script = "\n".join([*(script.text or "" for script in document.iter("script")), *document.xpath("//body/@onload")])
    goes = _GOES.search(script)
    if goes is None or len(script) > _SHORT_SCRIPT or len(_text_of(document)) > _SHORT_TEXT:
        return None
    if document.xpath(_SHOWS_SOMETHING):
        return None
    address = re.match(r"[\"'`](.+)[\"'`]", goes["set"] or goes["called"] or "")
    return _to(browser, page, address[1]) if address and "${" not in address[1] else Onward()


def _text_of(document: Any) -> str:
    return " ".join(" ".join(document.xpath(f"//text()[not({_WITHOUT_WORDS})]")).split())
