"""The files that a page of the hub needs: styles and what they import, scripts and what they require, images, fonts.

Found as a browser finds them, in the page itself and in its styles and scripts, because hubs have themes and templates
of their own. What those refer to is read once for a whole process. Of the fonts, a page needs those that it uses.
"""

import posixpath
import re
from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.fonts import Fonts, addresses_used
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline

_IMPORT = re.compile(r"""@import\s*(?:url\(\s*)?["']?([^"')\s;]+)""")
_LOADED = {"stylesheet", "preload", "modulepreload", "prefetch"}
"""The relations of links to what browsers load; of the icons, they load one."""

_SCRIPT = re.compile(r"^(|module|(text|application)/(x-)?(java|ecma)script)$", re.IGNORECASE)
"""The types of scripts that browsers load."""

_CONFIGURES_MODULES = re.compile(r"\brequire(?:js)?\.config\(")
_REQUIRE_JS = re.compile(r"/require(\.min)?\.js$")
_SERVER = re.compile(r"(?<=/user/)[^/]+/")
_BASE_URL = re.compile(r"""baseUrl:\s*["']([^"']+)""")
_URL_ARGUMENTS = re.compile(r"""urlArgs:\s*["']([^"']+)""")
_PATHS = re.compile(r"paths:\s*\{([^}]*)\}")
_PATH = re.compile(r"""["']?([\w-]+)["']?\s*:\s*["']([^"']+)["']""")
_REQUIRED = re.compile(r"\b(?:require|define)\(\s*\[([^\]]*)\]")
_NAME = re.compile(r"""["']([^"']+)["']""")


class References:
    """What each style and each required script refers to: addresses for a style, names of modules for a script."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, ...]] = {}
        self._fonts: dict[str, Fonts] = {}

    def __contains__(self, path: str) -> bool:
        return _for_everybody(path) in self._known

    def read(self, path: str, text: str) -> None:
        """Read a file's text."""
        path = _for_everybody(path)
        self._known[path] = _imports(text) if _is_style(path) else _names_in(text)
        if _is_style(path):
            self._fonts[path] = Fonts.read(text)

    def of(self, path: str) -> tuple[str, ...]:
        """Return what a file refers to, as far as it was read; of fonts, see `fonts_of`."""
        return self._known.get(_for_everybody(path), ())

    def fonts_of(self, path: str) -> Fonts:
        """Return what a style says of fonts, as far as it was read."""
        return self._fonts.get(_for_everybody(path), _NO_FONTS)


_NO_FONTS = Fonts()

KNOWN_REFERENCES = References()
"""What this process has read; everybody who uses a hub gets the same files."""


def load_files(browser: Browser, page: Page, deadline: Deadline, *, icon: bool = True) -> None:
    """Load what a page needs that the browser's cache lacks, in the order in which a browser finds it.

    Files that have not come at the deadline are left out, as if the person had stopped loading.

    Args:
        browser: The person's.
        page: The page.
        deadline: Until when the files must be there.
        icon: Whether to load the page's icon: nobody misses the one that an application names and does not have.
    """
    document = page.document
    scripts = "\n".join(script.text or "" for script in document.iter("script"))
    own_styles = "\n".join(style.text or "" for style in document.iter("style"))
    own_files = (*_own_files(document, icon), *_imports(own_styles))
    base = browser.path_to("".join(document.xpath("//base/@href")[:1]), page.path) or page.path
    wave = [path for address in own_files if (path := browser.path_to(address, base))]
    modules = _Modules(browser.path_to(_first(_BASE_URL, scripts), page.path) or page.path, scripts, wave)
    required = modules.paths(_names_in(scripts))
    seen: dict[str, None] = {}
    while wave and deadline.remaining() > 0:
        seen.update(dict.fromkeys(wave))
        unread = [path for path in wave if _tells_more(path, modules) and path not in KNOWN_REFERENCES]
        browser.load((path for path in wave if path not in unread), deadline=deadline)
        for path in unread:
            if text := browser.text_of(path, deadline=deadline):
                KNOWN_REFERENCES.read(path, text)
        found, required = required, []
        for path in wave:
            names = KNOWN_REFERENCES.of(path)
            found += [browser.path_to(name, path) for name in names] if _is_style(path) else modules.paths(names)
        wave = [path for path in dict.fromkeys(found) if path and path not in seen]
    styles = {page.path: Fonts.read(own_styles) if own_styles else _NO_FONTS}
    styles |= {path: KNOWN_REFERENCES.fonts_of(path) for path in seen if _is_style(path)}
    fonts = [browser.path_to(address, path) for path, address in addresses_used(document, styles)]
    browser.load(filter(None, fonts), deadline=deadline)


class _Modules:
    """Where RequireJS looks for modules, by the configuration in a page."""

    def __init__(self, base: str, scripts: str, loaded: list[str]) -> None:
        self._base = base if _CONFIGURES_MODULES.search(scripts) else ""
        self._arguments = _first(_URL_ARGUMENTS, scripts)
        self._where = dict(_PATH.findall(_first(_PATHS, scripts)))
        # A script of the page that has loaded already has told RequireJS its name, as jQuery does.
        names = [path.partition("?")[0] for path in loaded]
        self._loaded = set(names)
        # What stands before RequireJS in the page does not know of it yet, and requires nothing.
        itself = next((place for place, name in enumerate(names) if _REQUIRE_JS.search(name)), -1)
        self._before = set(names[: itself + 1])

    def __contains__(self, path: str) -> bool:
        name = path.partition("?")[0]
        return bool(self._base) and name.startswith(self._base) and name.endswith(".js") and name not in self._before

    def paths(self, names: tuple[str, ...]) -> list[str]:
        if not self._base:
            return []
        found = [posixpath.normpath(f"{self._base}/{self._where.get(name, name)}.js") for name in names]
        arguments = f"?{self._arguments}" if self._arguments else ""
        return [path + arguments for path in found if path not in self._loaded]


def _own_files(document: Any, icon: bool) -> list[str]:
    linked: list[str] = []
    icons: list[str] = []
    for link in document.xpath("//link[@href][not(ancestor::noscript)]"):
        relations = set((link.get("rel") or "").lower().split())
        linked += [link.get("href")] if relations & _LOADED else []
        icons += [link.get("href")] if "icon" in relations else []
    scripts = document.xpath("//script[@src][not(@nomodule)]")
    sources = [script.get("src") for script in scripts if _SCRIPT.search((script.get("type") or "").strip())]
    return [*linked, *(icons[:1] if icon else []), *sources, *document.xpath("//img[not(ancestor::noscript)]/@src")]


def _for_everybody(path: str) -> str:
    """Return a path without the name of the person whose server has the file."""
    return _SERVER.sub("", path, count=1)


def _tells_more(path: str, modules: _Modules) -> bool:
    return _is_style(path) or path in modules


def _is_style(path: str) -> bool:
    return path.partition("?")[0].endswith(".css")


def _imports(style: str) -> tuple[str, ...]:
    return tuple(address for address in _IMPORT.findall(style) if not address.startswith("data:"))


def _names_in(script: str) -> tuple[str, ...]:
    return tuple(name for names in _REQUIRED.findall(script) for name in _NAME.findall(names))


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""
