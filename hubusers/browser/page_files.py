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
        return path in self._known

    def read(self, path: str, text: str) -> None:
        """Read a file's text."""
        self._known[path] = _imports(text) if _is_style(path) else _names_in(text)
        if _is_style(path):
            self._fonts[path] = Fonts.read(text)

    def of(self, path: str) -> tuple[str, ...]:
        """Return what a file refers to, as far as it was read; of fonts, see `fonts_of`."""
        return self._known.get(path, ())

    def fonts_of(self, path: str) -> Fonts:
        """Return what a style says of fonts, as far as it was read."""
        return self._fonts.get(path, _NO_FONTS)


_NO_FONTS = Fonts()

KNOWN_REFERENCES = References()
"""What this process has read; everybody who uses a hub gets the same files."""


def load_files(browser: Browser, page: Page, deadline: Deadline) -> None:
    """Load what a page needs that the browser's cache lacks, in the order in which a browser finds it.

    Files that have not come at the deadline are left out, as if the person had stopped loading.
    """
    document = page.document
    scripts = "\n".join(script.text or "" for script in document.iter("script"))
    own_styles = "\n".join(style.text or "" for style in document.iter("style"))
    own_files = (*_own_files(document), *_imports(own_styles))
    wave = [path for address in own_files if (path := browser.path_to(address, page.path))]
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
        self._base = base
        self._arguments = _first(_URL_ARGUMENTS, scripts)
        self._where = dict(_PATH.findall(_first(_PATHS, scripts)))
        # A script of the page that has loaded already has told RequireJS its name, as jQuery does.
        self._loaded = {path.partition("?")[0] for path in loaded}

    def __contains__(self, path: str) -> bool:
        return path.startswith(self._base) and path.partition("?")[0].endswith(".js")

    def paths(self, names: tuple[str, ...]) -> list[str]:
        found = [posixpath.normpath(f"{self._base}/{self._where.get(name, name)}.js") for name in names]
        arguments = f"?{self._arguments}" if self._arguments else ""
        return [path + arguments for path in found if path not in self._loaded]


def _own_files(document: Any) -> list[str]:
    linked = document.xpath("//link[contains(@rel, 'stylesheet') or contains(@rel, 'icon')]/@href")
    return [*linked, *document.xpath("//script/@src"), *document.xpath("//img/@src")]


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
