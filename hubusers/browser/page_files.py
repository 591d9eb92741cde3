"""The files that a page of the hub needs: styles and what they import, scripts and what they require, images, fonts.

Found as a browser finds them, in the page itself and in its styles and scripts, because hubs have themes and templates
of their own. What those refer to is read once for a whole process.
"""

import posixpath
import re
from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline

_IMPORT = re.compile(r"""@import\s*(?:url\(\s*)?["']?([^"')\s;]+)""")
_FONT_FACE = re.compile(r"@font-face\s*\{([^}]*)\}")
_FONT_SOURCE = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)(?:\s*format\(\s*["']?([\w-]+))?""")
_FORMATS_OF_OLD_BROWSERS = {"embedded-opentype", "svg"}
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

    def __contains__(self, path: str) -> bool:
        return path in self._known

    def read(self, path: str, text: str) -> None:
        """Read a file's text."""
        self._known[path] = _references(path, text)

    def of(self, path: str) -> tuple[str, ...]:
        """Return what a file refers to, as far as it was read."""
        return self._known.get(path, ())


KNOWN_REFERENCES = References()
"""What this process has read; everybody who uses a hub gets the same files."""


def load_files(browser: Browser, page: Page, deadline: Deadline) -> None:
    """Load what a page needs that the browser's cache lacks, in the order in which a browser finds it.

    Files that have not come at the deadline are left out, as if the person had stopped loading.
    """
    document = page.document
    scripts = "\n".join(script.text or "" for script in document.iter("script"))
    wave = [path for address in _own_files(document) if (path := browser.path_to(address, page.path))]
    modules = _Modules(browser.path_to(_first(_BASE_URL, scripts), page.path) or page.path, scripts, wave)
    required = modules.paths(_names_in(scripts))
    seen: set[str] = set()
    while wave and deadline.remaining() > 0:
        seen.update(wave)
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


def _references(path: str, text: str) -> tuple[str, ...]:
    if _is_style(path):
        names = [*_IMPORT.findall(text), *map(_font, _FONT_FACE.findall(text))]
        return tuple(name for name in names if not name.startswith("data:"))
    return _names_in(text)


def _font(face: str) -> str:
    """Return the address from which a browser loads a font: the first source in a format that it can read.

    A font may have several lists of sources for old browsers. As in all CSS, the last list holds.
    """
    sources = _FONT_SOURCE.findall(re.split(r"\bsrc\s*:", face)[-1])
    return next((address for address, kind in sources if kind not in _FORMATS_OF_OLD_BROWSERS), "")


def _names_in(script: str) -> tuple[str, ...]:
    return tuple(name for names in _REQUIRED.findall(script) for name in _NAME.findall(names))


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""
