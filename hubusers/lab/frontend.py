"""JupyterLab's front end: its files, and what it asks its server for.

What it asks is in `frontend_calls.py`; which files it loads is read from its bundle, in `bundle.py`. Left out are the
files of what few notebooks have: code in other languages than Python, diagrams, and outputs that need more than HTML.
"""

import json
import logging
import posixpath
import random
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any
from urllib.parse import quote

from gevent.pool import Pool

from hubusers.browser.browser import CONNECTIONS, Browser, Page
from hubusers.lab.bundle import EXTENSIONS, INCOMPLETE, STATIC, Extension, Files
from hubusers.lab.calls import (
    FOLDER,
    KERNEL_FOUND,
    KERNELSPECS,
    NEW_CHECKPOINT,
    OPENING,
    PLUGINS,
    POLLS,
    RESTORING,
    SAVE_WORKSPACE,
    SAVING,
    STARTING,
    STARTING_KERNEL,
    THEME,
    Call,
    workspace,
)

LOG = logging.getLogger("hubusers")

NOT_JUPYTERLAB = "the server's page is none of JupyterLab's: only the files that it names are loaded"
ELSEWHERE = "JupyterLab's files come from another host, which is not asked"

LONGEST_PAUSE = 300.0
"""Seconds between two questions at most, when they fail."""

_GROWTH = 3  # of the pause after a failure, as in @lumino/polling


@dataclass(frozen=True)
class Opened:
    """What opening a notebook led to.

    Attributes:
        notebook: The answer with the notebook; its JSON has it as `content`.
        session: The answer about the session with its kernel, started or found; status 0 and no error where there is
            none because the notebook did not come.
    """

    notebook: Page
    session: Page

    @property
    def kernel(self) -> str:
        """The kernel's id, or the empty string."""
        session = self.session.answer.model
        kernel = session.get("kernel") if isinstance(session, dict) else None
        return str(kernel.get("id") or "") if isinstance(kernel, dict) else ""


@dataclass
class FrontEnd:
    """JupyterLab in one person's browser, from loading its page until it is closed, which asks for nothing.

    Attributes:
        base: The server's base path, with a slash at its end.
        problem: What of its files was not understood, or the empty string; logged once in a process.
        notebook: The path of the notebook that is open, below the server's folder, or the empty string.
    """

    base: str
    problem: str = ""
    notebook: str = ""
    _files: Files = field(default_factory=lambda: Files(()), repr=False)
    _folders: Mapping[str, str] = field(default_factory=dict, repr=False)
    _configuration: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _page_files: tuple[str, ...] = ()
    _icons: tuple[str, ...] = ()
    _loaded: tuple[str, ...] = field(default=(), repr=False)  # while the bundle was read
    _kernelspecs: dict[str, Any] = field(default_factory=dict, repr=False)
    _polls: dict[Call, "_Due"] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, browser: Browser, page: Page) -> "FrontEnd":
        """Read a page of JupyterLab's, such as `/user/ann/lab`.

        The first who comes with a build of JupyterLab loads its scripts and reads them; others wait for that, and know.
        """
        configuration = _configuration(page)
        scripts = _addresses(browser, page, "//script/@src")
        main = next((script for script in scripts if re.search(r"/main\.[^/]*$", script)), "")
        static = browser.path_to(str(configuration.get("fullStaticUrl") or ""), page.path)
        base = str(configuration.get("baseUrl") or "") or re.split(r"(?<=/)(?:lab|tree|doc)\b", page.path)[0]
        front_end = cls(
            base if base.endswith("/") else f"{base}/",
            _folders={
                STATIC: static or posixpath.dirname(main),
                EXTENSIONS: browser.path_to(str(configuration.get("fullLabextensionsUrl") or ""), page.path),
            },
            _configuration=configuration,
            _page_files=(
                *_addresses(browser, page, "//link[@rel='stylesheet']/@href"),
                *(script for script in scripts if script != main),
            ),
            _icons=tuple(_addresses(browser, page, "//link[contains(@class, 'favicon')]/@href")),
        )
        browser.page_token = str(configuration.get("token") or "")
        if main:
            front_end._read_files(browser, main)
        else:
            front_end.problem = ELSEWHERE if configuration.get("fullStaticUrl") and not static else NOT_JUPYTERLAB
            _log_once(front_end.problem)
        return front_end

    def _read_files(self, browser: Browser, main: str) -> None:
        main = main.replace(self._folders[STATIC], STATIC, 1)
        extensions = _extensions(self._configuration) if self._folders[EXTENSIONS] else ()
        loaded: list[str] = []

        def texts_of(paths: Iterable[str]) -> list[str]:
            actual = self._actual(paths)
            loaded.extend(actual)
            pool = Pool(CONNECTIONS)
            try:
                # Not by the pool's map, whose greenlet goes on giving work to a pool that was killed.
                readings = [pool.spawn(browser.text_of, path) for path in actual]
                return [reading.get() for reading in readings]
            finally:
                pool.kill()  # does something only where the person was ended meanwhile

        self._files = _files_of(main, extensions, texts_of)
        self._loaded = tuple(loaded)
        self.problem = self._files.problem

    @property
    def events_path(self) -> str:
        """The path of the websocket that JupyterLab opens at start and holds as long as it is open."""
        return f"{self.base}api/events/subscribe"

    def load(self, browser: Browser) -> None:
        """Load JupyterLab's files, and let it start."""
        browser.load(self._page_files)
        for paths in self._files.at_start:
            browser.load(path for path in self._actual(paths) if path not in self._loaded)
        browser.load(self._icons[:1])
        for wave in STARTING:
            for call, page in zip(self._asked(wave), self._ask(browser, wave), strict=True):
                if call is KERNELSPECS:
                    self._kernelspecs = _mapping(page.answer.model)
        late = [path for path in self._actual(self._files.while_starting) if path not in self._loaded]
        self._ask(browser, PLUGINS, [self.base + THEME, *late])
        for wave in RESTORING:
            self._ask(browser, wave, self._kernel_images() if FOLDER in wave else ())
        self._loaded = ()

    def opened(self, browser: Browser, notebook: str) -> Opened:
        """Open a notebook, and start a kernel for it unless it has one.

        Args:
            browser: The person's.
            notebook: Its path below the server's folder.
        """
        self.notebook = notebook
        contents, checkpoints, workspace, sessions = OPENING
        content = self._ask(browser, contents)[0]
        if content.status != 200:
            return Opened(content, Page(0, content.path))
        has = self._ask(browser, checkpoints, self._actual(self._files.when_opened))
        without = all(page.answer.model == [] for page in has)
        self._ask(browser, (*workspace, NEW_CHECKPOINT) if without else workspace)
        session = self._session_of(self._ask(browser, sessions)[0]) or self._start_kernel(browser, content)
        self._ask(browser, KERNEL_FOUND)
        self._show_busy(browser)
        return Opened(content, session)

    def _session_of(self, sessions: Page) -> Page | None:
        """Return the session of the notebook as an answer of its own."""
        listed = sessions.answer.model
        for session in listed if isinstance(listed, list) else ():
            if _mapping(session).get("path") == self.notebook:
                return Page(200, sessions.path, json.dumps(session))
        return None

    def _start_kernel(self, browser: Browser, content: Page) -> Page:
        metadata = _mapping(_mapping(_mapping(content.answer.model).get("content")).get("metadata"))
        kernel = str(_mapping(metadata.get("kernelspec")).get("name") or "")
        known = _mapping(self._kernelspecs.get("kernelspecs"))
        if known and kernel not in known:
            kernel = str(self._kernelspecs.get("default") or "")
        name = self.notebook.rpartition("/")[2]
        new = {"path": str(uuid.uuid4()), "type": "notebook", "name": name, "kernel": {"name": kernel}}
        post, sessions, move, rename = STARTING_KERNEL
        (session,) = self._ask(browser, post, body=new)
        identity = _mapping(session.answer.model).get("id")
        if session.status != 201 or not identity:
            return session
        self._ask(browser, sessions)
        for wave, change in ((move, {"path": self.notebook}), (rename, {"name": name})):
            self._ask(browser, wave, body={**change, "id": identity}, session=str(identity))
        return session

    def ran(self, browser: Browser) -> None:
        """A cell has been run: the tab's icon showed that, and the workspace is saved."""
        self._show_busy(browser)
        self._ask(browser, (SAVE_WORKSPACE,))

    def saved(self, browser: Browser, content: Any) -> Page:
        """Save the open notebook.

        Args:
            browser: The person's.
            content: The notebook, as it will be JSON.

        Returns:
            The answer to what saves it.
        """
        state, put, *afterwards = SAVING
        self._ask(browser, state)
        (answer,) = self._ask(browser, put, body={"type": "notebook", "format": "json", "content": content})
        for wave in afterwards:
            self._ask(browser, wave)
        return answer

    def poll(self, browser: Browser, now: float, rng: random.Random) -> float:
        """Ask what is due of what JupyterLab asks again and again, as long as its tab is visible.

        Args:
            browser: The person's.
            now: Seconds on a clock that only goes forward.
            rng: Draws how long a question pauses that failed.

        Returns:
            The seconds until something is due again.
        """
        for call, seconds in POLLS.items():
            if self._is_asked(call) and call not in self._polls:
                self._polls[call] = _Due(now + seconds, seconds)
        due = [call for call, when in self._polls.items() if when.at <= now]
        for call, page in zip(due, self._ask(browser, due), strict=True):
            pause = pause_after(page.status in call.good, self._polls[call].pause, POLLS[call], rng)
            self._polls[call] = _Due(now + pause, pause)
        return max(0.0, min(when.at for when in self._polls.values()) - now)

    def _show_busy(self, browser: Browser) -> None:
        for icon in reversed(self._icons[:2]):  # first the one of a busy kernel, then the one of an idle
            browser.load([icon])

    def _kernel_images(self) -> list[str]:
        resources = (
            _mapping(_mapping(specification).get("resources"))
            for specification in _mapping(self._kernelspecs.get("kernelspecs")).values()
        )
        images = (resource.get("logo-svg") or resource.get("logo-64x64") for resource in resources)
        return [image for image in images if isinstance(image, str) and image.startswith(self.base)]

    def _ask(
        self, browser: Browser, wave: Iterable[Call], files: Sequence[str] = (), body: Any = None, session: str = ""
    ) -> list[Page]:
        """Ask what goes out together, load files at the same time, and return the answers in the order of the calls.

        The body is for the calls that change something, and the workspace where there is none.
        """
        asked = []
        for call in self._asked(wave):
            path = call.path.format(notebook=quote(self.notebook), session=session)
            path = f"{self.base}{path}{'&' if '?' in path else '?'}{time.time_ns() // 1_000_000}"
            content = None
            if call.method == "PUT" and "/workspaces/" in call.path:
                content = workspace(self.notebook)
            elif call.method != "GET":
                content = body
            asked.append(partial(browser.fetch, call.method, path, content, call.good))
        if len(asked) == 1 and not files:
            return [asked[0]()]
        pool = Pool()
        try:
            if files:
                pool.spawn(browser.load, files)
            answers = [pool.spawn(ask) for ask in asked]
            pool.join()
        finally:
            pool.kill()  # when the person is stopped meanwhile
        return [answer.get() for answer in answers]

    def _asked(self, wave: Iterable[Call]) -> list[Call]:
        return [call for call in wave if self._is_asked(call)]

    def _is_asked(self, call: Call) -> bool:
        version = re.match(r"(\d+)\.(\d+)", str(self._configuration.get("appVersion") or ""))
        if version and (int(version[1]), int(version[2])) < call.since:
            return False
        return not call.only_if or bool(self._configuration.get(call.only_if, True))

    def _actual(self, paths: Iterable[str]) -> list[str]:
        actual = []
        for path in paths:
            for placeholder, folder in self._folders.items():
                path = path.replace(placeholder, folder, 1)
            actual.append(path)
        return actual


@dataclass(frozen=True)
class _Due:
    at: float
    pause: float


def pause_after(was_good: bool, last: float, usual: float, rng: random.Random) -> float:
    """Return how many seconds a question pauses, by what JupyterLab does: longer and longer as long as it fails."""
    return usual if was_good else min(LONGEST_PAUSE, rng.uniform(usual, last * _GROWTH))


_known: dict[tuple[str, tuple[Extension, ...]], Files] = {}
_logged: set[str] = set()
_reading = Lock()


def _files_of(main: str, extensions: tuple[Extension, ...], texts_of: Callable[[Iterable[str]], list[str]]) -> Files:
    """Return what a build loads; whoever comes first reads it, unless some of it did not come."""
    build = main, extensions
    with _reading:
        if build in _known:
            return _known[build]
        files = Files.read(main, extensions, texts_of)
        if files.problem != INCOMPLETE:
            _known[build] = files
    _log_once(files.problem)
    return files


def _log_once(problem: str) -> None:
    if problem and problem not in _logged:
        _logged.add(problem)
        LOG.warning("%s", problem)


def _configuration(page: Page) -> dict[str, Any]:
    for text in page.document.xpath("//script[@id='jupyter-config-data']/text()"):
        try:
            return _mapping(json.loads(text))
        except (ValueError, RecursionError):
            return {}
    return {}


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


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _addresses(browser: Browser, page: Page, expression: str) -> list[str]:
    return [path for address in page.document.xpath(expression) if (path := browser.path_to(address, page.path))]
