"""The pages that hubs lead people to instead of JupyterLab: RStudio, VS Code, a desktop, an application, a dashboard.

Most of what such a page does, its scripts do. From here it can be seen whether it is the page that somebody came for,
and, for what hubs often start, which websockets its scripts hold.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from hubusers.browser.browser import Browser
from hubusers.browser.onward import shows_nothing
from hubusers.browser.page import Page, configuration_of
from hubusers.hub.errors import HubError


class PageBroken(HubError):
    """What the server shows is not the page that somebody came for. The words are its own."""

    phrase = "page broken"


class PageWebsocket(NamedTuple):
    """A websocket that a page's scripts open and hold."""

    path: str  # of the host
    subprotocols: str = ""  # as in the header that offers them


_TITLE_CHARACTERS = 80

_SIGN_IN = r"(sign|log)[ -]?in"
_PROVIDER = r"(home )?(organi[sz]ation|institution|university|identity provider)"
_IS_LOGIN = re.compile(
    rf"^(.*\W)?{_SIGN_IN}$|^(please )?{_SIGN_IN}(\s+to\b.*|\s*[-|–—:·•].*)$"
    rf"|^(please )?(select|choose|find|pick) your {_PROVIDER}\W*$",
    re.IGNORECASE,
)
_LOGIN_IN_OTHER_LANGUAGES = (
    r"((bitte )?(anmelden|einloggen)|anmeldung|(se )?connexion|se connecter|connectez-vous|identifiez-vous|"
    r"iniciar sesi[óo]n|inicio de sesi[óo]n|acceder|accedi|entrar|iniciar sess[ãa]o|inloggen|aanmelden|logga in|"
    r"logg inn|log p[åa]|log ind|kirjaudu( sis[äa][äa]n)?|zaloguj( się)?|logowanie|přihlášení|bejelentkezés|prijava|"
    r"giriş|oturum aç(ın)?|вход|войти|увійти|登录|登錄|登入|ログイン|サインイン|로그인)"
)
_MAY_BE_LOGIN = re.compile(
    rf"^(.*\W)?{_LOGIN_IN_OTHER_LANGUAGES}$"
    rf"|^{_LOGIN_IN_OTHER_LANGUAGES}(\s+(bei|mit|am|à|au|en|a|al|bij|på|do|w|k)\b.*|\s*[-|–—:·•].*)$",
    re.IGNORECASE,
)
"""Titles and headings of logins, if somebody can type a name there."""

_TYPES_A_NAME = "//form//input[not(@type) or @type='text' or @type='email']"

_REASONS = (
    r"bad request|unauthorized|forbidden|access denied|(page )?not found|method not allowed|request time-?out|"
    r"too many requests|internal (server )?error|bad gateway|service (temporarily )?unavailable|gateway time-?out|"
    r"((an|application|internal|server|proxy|unknown|unexpected) )*error( has)?( occurred)?|"
    r"((oops|whoops|sorry|we.re sorry)\W+)?(but )?something went wrong|whitelabel error page|"
    r"(the )?(app|application|server) (has )?(failed|could not|couldn.t|is unable) (to )?(start|load)"
)
_IS_ERROR = re.compile(
    rf"^\W*(error\W*)?[45]\d\d\W*({_REASONS})?\W*$|^\W*({_REASONS})\W*([45]\d\d\W*)?$|^\W*error\s*[:!-]", re.IGNORECASE
)
"""Titles and headings of error pages, such as "502 Bad Gateway" or "An error has occurred"."""

_IS_MAINTENANCE = re.compile(
    r"^\W*((we|we.re|the|this|our|site|service|server|system|app|application|is|are|currently|temporarily) )*"
    r"((down|closed) for|under|undergoing|in) ((scheduled|planned|routine) )?maintenance( mode)?\W*$"
    r"|^\W*(scheduled|planned) maintenance\W*$|^\W*maintenance mode\W*$|^\W*(we.ll|we will) be right back\W*$",
    re.IGNORECASE,
)
_IS_ROBOT_CHECK = re.compile(
    r"^\W*just a moment\W*$|^attention required!?(\W+cloudflare)?$|^(please wait\W+)?checking your browser\b|"
    r"^making sure you.re not a bot\W*$|^(are you a |i.m not a )robot\W*$|^ddos-guard$",
    re.IGNORECASE,
)
"""Titles of pages that let only browsers pass which run their script, such as those of Cloudflare and Anubis."""

_HIDDEN = (
    "ancestor-or-self::*[@hidden or @aria-hidden='true' or self::template or self::noscript"
    " or contains(translate(@style, ' ', ''), 'display:none')]"
)
_HIDDEN_BY_CLASS = {"hidden", "hide", "d-none", "is-hidden", "invisible"}


def problem_of(page: Page) -> str:
    """Return what a page is instead of a page to work with, in a fixed phrase; "" if it looks like one.

    Error pages and logins of applications mostly come with the status 200.
    """
    if page.status >= 400:
        return f"HTTP {page.status}"
    if not page.text.strip():
        return "it is empty"
    if not page.is_document or "<" not in page.text:
        return "it is not a web page"
    if isinstance(page.answer.model, dict | list):
        return "it is not a web page"
    says = _headings(page)
    if page.document.xpath("//input[@type='password' or contains(@autocomplete, 'username')]"):
        return "it asks to log in"
    if any(map(_IS_LOGIN.search, says[:1])) or (
        any(map(_MAY_BE_LOGIN.search, says)) and page.document.xpath(_TYPES_A_NAME)
    ):
        return "it asks to log in"
    if any(map(_IS_ERROR.search, says)):
        return "it is an error page"
    if any(map(_IS_MAINTENANCE.search, says)):
        return "it is down for maintenance"
    if any(map(_IS_ROBOT_CHECK.search, says)):
        return "it checks for robots"
    return "it shows nothing" if shows_nothing(page) else ""


def problem_of_frame(page: Page) -> str:
    """Return what a frame's page is instead of one to work with, as `problem_of`: but it may be empty, or a file."""
    is_shown = page.status >= 400 or (page.is_document and not shows_nothing(page))
    return problem_of(page) if is_shown else ""


def _headings(page: Page) -> list[str]:
    """Return what a page calls itself: its title, its main headings, and its first one, whichever that is."""
    titles = page.document.xpath("//title[not(ancestor::svg)]")
    headings = [
        heading for heading in page.document.xpath(f"(//h1 | //h2 | //h3)[not({_HIDDEN})]") if _is_shown(heading)
    ]
    main = [heading for heading in headings if heading.tag == "h1"]
    return [" ".join(element.text_content().split()) for element in dict.fromkeys([*titles, *headings[:1], *main])]


def _is_shown(element: Any) -> bool:
    return not any(
        _HIDDEN_BY_CLASS & set((one.get("class") or "").split()) for one in (element, *element.iterancestors())
    )


def title_of(page: Page) -> str:
    """Return the title of a page, or its first heading; "" where it has neither."""
    found = page.document.xpath("//title | //h1")
    return " ".join(found[0].text_content().split())[:_TITLE_CHARACTERS] if found else ""


def websockets_of(browser: Browser, page: Page) -> Iterator[PageWebsocket]:
    """Yield the websockets that a page's scripts open, where the page is of a kind that is known here.

    Known are Streamlit, Shiny, Panel (and Bokeh), Voilà, and the desktop of jupyter-remote-desktop-proxy.
    """
    scripts = " ".join(page.document.xpath("//script/@src"))
    if title_of(page) == "Streamlit":
        yield PageWebsocket(browser.path_to("_stcore/stream", page.path), "streamlit")
    if re.search(r"\bshiny(\.min)?\.js", scripts):
        yield PageWebsocket(browser.path_to("websocket/", page.path))
    if "bokeh" in scripts and (token := re.search(r'"token":\s*"([\w.-]+)"', page.text)):
        path = page.path.partition("?")[0].rstrip("/")
        yield PageWebsocket(f"{path}/ws", f"bokeh, {token[1]}")
    if "/desktop/" in scripts and "viewer.js" in scripts:
        yield PageWebsocket(browser.path_to("../desktop-websockify/", page.path), "binary")
    if kernel := configuration_of(page).get("kernelId"):
        base = str(configuration_of(page).get("baseUrl") or "")
        yield PageWebsocket(
            browser.path_to(f"{base}api/kernels/{kernel}/channels?session_id={uuid.uuid4()}", page.path)
        )
