"""What the page of JupyterLab, or of Notebook 7, says: where its files are, and how it is configured."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page, configuration_of
from hubusers.lab.bundle import EXTENSIONS, STATIC, Extension
from hubusers.lab.calls import Call

COLLABORATION = {"@jupyter/collaboration-extension", "@jupyter/docprovider-extension"}
"""The extensions that a page names where jupyter-collaboration is installed: of version 2, and since version 3."""

_NEWEST = (1000, 0)

JUPYTERLAB, NOTEBOOK_7 = "JupyterLab", "Notebook 7"
TREE, NOTEBOOK = "tree", "notebooks"
"""The kinds of Notebook 7's pages that people work in."""

ELSEWHERE = "JupyterLab's files are on another host, which is not asked for them"

_FIRST_SCRIPT = re.compile(r"/main\.(?!min\.)[^/]*$")
_FIRST_SCRIPT_OF_NOTEBOOK = re.compile(r"/(main\.[^/]*|bundle\.js)$")  # the second one in 7.0 to 7.2


@dataclass(frozen=True)
class LabPage:
    """What a page of JupyterLab's or Notebook 7's, such as `/user/ann/lab`, says.

    Attributes:
        application: `JUPYTERLAB` or `NOTEBOOK_7`; the empty string for the page of anything else.
        kind: Which of Notebook 7's pages it is, as `tree` or `notebooks`; the empty string for JupyterLab's.
        linked: The path of the notebook or folder that the page's address names; the empty string for none. It is below
            the server's folder.
        base: The server's base path, with a slash at its end.
        token: What JupyterLab shows to its server with each request, or the empty string.
        main: The path of JupyterLab's first script, or the empty string where the page names none.
        files: The paths of the styles and of the other scripts.
        icons: The paths of the tab's icons: of an idle kernel first, of a busy one next.
        extensions: Those with a bundle of their own.
        problem: Why this is not a page to load JupyterLab from, or the empty string.
    """

    application: str
    kind: str
    linked: str
    base: str
    token: str
    main: str
    files: tuple[str, ...]
    icons: tuple[str, ...]
    extensions: tuple[Extension, ...]
    problem: str
    _folders: Mapping[str, str] = field(repr=False)
    _configuration: Mapping[str, Any] = field(repr=False)
    _mathjax: str = field(repr=False)

    @classmethod
    def read(cls, browser: Browser, page: Page) -> "LabPage":
        """Read a page, whatever it is."""
        configuration = configuration_of(page)
        scripts = _addresses(browser, page, "//script/@src")
        kind = str(configuration.get("notebookPage") or "")
        first_script = _FIRST_SCRIPT_OF_NOTEBOOK if kind else _FIRST_SCRIPT
        main = next((script for script in scripts if first_script.search(script)), "")
        static_url = str(configuration.get("fullStaticUrl") or "")
        static = browser.path_to(static_url, page.path)
        extensions = browser.path_to(str(configuration.get("fullLabextensionsUrl") or ""), page.path)
        base = str(configuration.get("baseUrl") or "") or re.split(r"(?<=/)(?:lab|tree|doc|notebooks)\b", page.path)[0]
        is_jupyters = bool(static_url) or "/static/lab/" in main
        is_elsewhere = bool(static_url) and not static
        base = base if base.endswith("/") else f"{base}/"
        linked = str(configuration.get("treePath") or "")
        if kind == NOTEBOOK:
            linked = unquote(page.path.partition("?")[0].removeprefix(f"{base}{NOTEBOOK}/"))
        return cls(
            application=(NOTEBOOK_7 if kind else JUPYTERLAB) if is_jupyters and (main or is_elsewhere) else "",
            kind=kind,
            linked=linked.strip("/"),
            base=base,
            token=str(configuration.get("token") or ""),
            main=main,
            files=(
                *_addresses(browser, page, "//link[@rel='stylesheet']/@href"),
                *(script for script in scripts if script != main),
            ),
            icons=tuple(_addresses(browser, page, "//link[contains(@class, 'favicon')]/@href")),
            extensions=_extensions(configuration) if extensions else (),
            problem=ELSEWHERE if is_elsewhere else "",
            _folders={STATIC: static or posixpath.dirname(main), EXTENSIONS: extensions},
            _configuration=configuration,
            _mathjax=browser.path_to(str(configuration.get("fullMathjaxUrl") or ""), page.path),
        )

    @property
    def main_in_build(self) -> str:
        """The first script's path as the bundle has it: the same for everyone with this build of JupyterLab."""
        return self.main.replace(self._folders[STATIC], STATIC, 1)

    @property
    def notebook(self) -> str:
        """The path of the notebook that the page opens by itself; the empty string for none."""
        return self.linked if self.linked.endswith(".ipynb") else ""

    @property
    def preferred_folder(self) -> str:
        """The path of the folder that the page lists unless its address names one; empty for the server's own."""
        return str(self._configuration.get("preferredPath") or "").strip("/")

    @property
    def workspace(self) -> str:
        """The name of the workspace that JupyterLab keeps its layout in."""
        return str(self._configuration.get("workspace") or "default")

    @property
    def version(self) -> str:
        """The version of JupyterLab or of Notebook 7, as far as it is known."""
        return str(self._configuration.get("appVersion") or "")

    @property
    def release(self) -> tuple[int, int]:
        """The first two numbers of the version; the highest ones where it is not known."""
        read = re.match(r"(\d+)\.(\d+)", self.version)
        return (int(read[1]), int(read[2])) if read else _NEWEST

    @property
    def is_collaborative(self) -> bool:
        """Whether the server holds open notebooks, by jupyter-collaboration."""
        names = {extension.name for extension in self.extensions}
        return bool(names & COLLABORATION) and str(self._configuration.get("disableRTC")).lower() != "true"

    @property
    def mathjax(self) -> tuple[str, str]:
        """The path of MathJax's script, and the names of its configurations, as JupyterLab 3 has them, or two "".

        They are empty where the script is on another host.
        """
        return self._mathjax, str(self._configuration.get("mathjaxConfig") or "") if self._mathjax else ""

    def actual(self, paths: Iterable[str]) -> list[str]:
        """Return the paths on this server of files that are named as the bundle names them."""
        actual = []
        for path in paths:
            for placeholder, folder in self._folders.items():
                path = path.replace(placeholder, folder, 1)
            actual.append(path)
        return actual

    def has(self, call: Call) -> bool:
        """Whether this JupyterLab, by its version and its configuration, makes a call."""
        if self.release < call.since or (call.until and self.release >= call.until):
            return False
        return not call.only_if or bool(self._configuration.get(call.only_if, True))


def _extensions(configuration: Mapping[str, Any]) -> tuple[Extension, ...]:
    listed = configuration.get("federated_extensions")
    return tuple(
        Extension(
            str(entry["name"]),
            str(entry["load"]),
            tuple(str(entry[kind]) for kind in ("extension", "mimeExtension", "style") if entry.get(kind)),
        )
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and entry.get("name") and entry.get("load")
    )


def _addresses(browser: Browser, page: Page, expression: str) -> list[str]:
    return [path for address in page.document.xpath(expression) if (path := browser.path_to(address, page.path))]
