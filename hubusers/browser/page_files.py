"""The files that a page of the hub needs: styles and what they import, scripts and what they require, images, fonts.

Found as a browser finds them, in the page itself and in its styles and scripts, because hubs have themes and templates
of their own. What those refer to is read once for a whole process. Of the fonts, a page needs those that it uses.
"""

import posixpath
import re
from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.file_kinds import ANYTHING, FILE, MODULE, SCRIPT, STRICT_STYLE, STYLE, FileKind
from hubusers.browser.fonts import Fonts, addresses_used
from hubusers.browser.links import base_of
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline

_IMPORT = re.compile(r"""@import\s*(?:url\(\s*)?["']?([^"')\s;]+)""")
_LOADED = {"stylesheet", "preload", "modulepreload", "prefetch"}
"""The relations of links to what browsers load; of the icons, they load one."""

_SCRIPT = re.compile(r"^(|module|(text|application)/(x-)?(java|ecma)script)$", re.IGNORECASE)
"""The types of scripts that browsers load."""

_BEGINNING = 1000
"""How many characters of a page may stand before its doctype ends, such as comments."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORTED = re.compile(
    r"""(?:^|[;}])[ \t]*import\b(?:[\w$*{}\s,]*?\bfrom\b|[\w$*{}\s,]*\}\s*from\b)?\s*["'](\.{0,2}/[^"']+)["']""",
    re.MULTILINE,
)
"""What a module in a page imports at once, by its address; names of packages need a map."""

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

    def read(self, path: str, text: str, led_to: str) -> None:
        """Read a file's text.

        Args:
            path: Where a page names it.
            text: The text.
            led_to: Where redirects from there have led, which is what a style's addresses start from.
        """
        if led_to != path and _is_style(path):
            self._known[_for_everybody(path)] = (posixpath.relpath(led_to, posixpath.dirname(path)),)
            path = led_to
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
    style = STRICT_STYLE if "<!doctype" in page.text[:_BEGINNING].lower() else STYLE
    own_files = [*_own_files(document, icon, style), *((address, style) for address in _imports(own_styles))]
    base = base_of(browser, page)
    kinds = {path: kind for address, kind in own_files if (path := browser.path_to(address, base))}
    wave = list(kinds)
    modules = _Modules(browser.path_to(_first(_BASE_URL, scripts), page.path) or page.path, scripts, wave)
    required = modules.paths(_names_in(scripts))
    seen: dict[str, None] = {}
    while wave and deadline.remaining() > 0:
        seen.update(dict.fromkeys(wave))
        unread = [path for path in wave if _tells_more(path, modules) and path not in KNOWN_REFERENCES]
        browser.load((path for path in wave if path not in unread), kinds=kinds, deadline=deadline)
        for path in unread:
            file = browser.read(path, kinds[path], deadline=deadline)
            if file.text:
                KNOWN_REFERENCES.read(path, file.text, file.path)
        found, required = dict.fromkeys(required, SCRIPT), []
        for path in wave:
            names = KNOWN_REFERENCES.of(path)
            if _is_style(path):
                found |= dict.fromkeys((browser.path_to(name, path) for name in names), style)
            else:
                found |= dict.fromkeys(modules.paths(names), SCRIPT)
        wave = [path for path in found if path and path not in seen]
        kinds = found | kinds
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


def _own_files(document: Any, icon: bool, style: FileKind) -> list[tuple[str, FileKind]]:
    """Return the addresses that a page names; a later one for the same file says best what it is for."""
    linked: list[tuple[str, FileKind]] = []
    icons: list[tuple[str, FileKind]] = []
    for link in document.xpath("//link[@href][not(ancestor::noscript)]"):
        relations = set((link.get("rel") or "").lower().split())
        if relations & _LOADED:
            linked.append((link.get("href"), _kind_of_link(relations, (link.get("as") or "").lower(), style)))
        if "icon" in relations:
            icons.append((link.get("href"), FILE))
    sources = []
    for script in document.xpath("//script[@src][not(@nomodule)]"):
        script_type = (script.get("type") or "").strip().lower()
        if _SCRIPT.search(script_type):
            sources.append((script.get("src"), MODULE if script_type == "module" else SCRIPT))
    for text in document.xpath("//script[not(@src)][translate(@type, 'MODULE', 'module')='module']/text()"):
        sources += [(address, MODULE) for address in _IMPORTED.findall(_COMMENT.sub("", text))]
    images = [(source, FILE) for source in document.xpath("//img[not(ancestor::noscript)]/@src")]
    return [*linked, *(icons[:1] if icon else []), *sources, *images]


def _kind_of_link(relations: set[str], destination: str, style: FileKind) -> FileKind:
    if "stylesheet" in relations:
        return style
    if "modulepreload" in relations and destination in {"", "script"}:
        return MODULE
    return {"script": SCRIPT, "style": STYLE, "font": FILE, "image": FILE}.get(destination, ANYTHING)


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
