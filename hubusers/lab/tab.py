"""A page of JupyterLab's or Notebook 7's in a tab of the browser: how it loads, and what it repeats.

What it asks is in `calls.py`; which files it loads is read from its page, in `lab_page.py`, and from its bundle, in
`bundle.py`. Left out are the files of what few notebooks have: code in other languages than Python, diagrams, and
outputs that need more than HTML.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self
from urllib.parse import quote

import gevent
from gevent.pool import Pool

from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.page import Page
from hubusers.browser.websocket import HeldWebsocket
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.lab.bundle import Files
from hubusers.lab.calls import KERNELS, KERNELSPECS, THEME, Call, Calls, lists_folder, workspace
from hubusers.lab.known_builds import KNOWN_BUILDS
from hubusers.lab.lab_page import LabPage
from hubusers.lab.opened import Running, mapping
from hubusers.lab.polls import Polls

Hold = Callable[[type[HeldWebsocket], str, Deadline], HeldWebsocket]
"""Opens a websocket of a certain kind, for a path, until a deadline, and holds it as long as the page is open."""


class Tab:
    """One page in a tab of one person's browser, from loading it until it is closed, which sends nothing.

    Args:
        browser: The person's.
        page: What the page says.
        calls: What it requests.
        files: Which files it loads, and when.
        hold: Opens a websocket, and holds it as long as the page is open.
        loaded: The paths of the files that the browser has, because the bundle was read from them.

    Attributes:
        base: The server's base path, with a slash at its end.
        problem: What of the page or the bundle is not understood, or the empty string.
        notebook_at_start: The path of the notebook that the page opens by itself, or the empty string.
        shown_at_start: The path of the file or folder that the page shows at first; the empty string for the root.
        notebook: The path of the notebook that is open, below the server's folder, or the empty string.
        polls: When the calls are repeated.
        bad_answer: The first bad answer to the calls that were repeated last, or None.
        running: What the page last heard of the kernels that run, or None before that.
    """

    def __init__(
        self, browser: Browser, page: LabPage, calls: Calls, files: Files, hold: Hold, loaded: Iterable[str] = ()
    ) -> None:
        self.base = page.base
        self.problem = page.problem or files.problem
        self.notebook_at_start = page.notebook
        self.shown_at_start = page.linked or page.preferred_folder
        self.notebook = ""
        self.polls = Polls({call: seconds for call, seconds in calls.polls.items() if page.has(call)})
        self.bad_answer: Page | None = None
        self.running: Running | None = None
        self._browser = browser
        self._page = page
        self._calls = calls
        self._hold = hold
        self._files = files
        self._loaded = frozenset(loaded)
        self._folder = ""
        self._kernelspecs: dict[str, Any] = {}

    @classmethod
    def from_page(cls, browser: Browser, page: LabPage, calls: Calls, hold: Hold, deadline: Deadline) -> Self:
        """Read the bundle that a page names, unless that is known.

        Logs:
            WARNING what is not understood of the page or the bundle, once in a process.

        Raises:
            WaitTimeout: Somebody else was still reading the bundle at the deadline.
        """
        browser.page_token = page.token
        if page.problem:
            KNOWN_BUILDS.log_once(page.problem)
            return cls(browser, page, calls, Files(()), hold)
        loaded: list[str] = []

        def texts_of(paths: Iterable[str]) -> list[str]:
            actual = page.actual(paths)
            loaded.extend(actual)
            pool = Pool(CONNECTIONS)
            try:
                # Not by the pool's map, whose greenlet goes on giving work to a pool that was killed.
                readings = [pool.spawn(browser.text_of, path, deadline=deadline) for path in actual]
                return [reading.get() for reading in readings]
            finally:
                pool.kill()  # does something only where the person was ended meanwhile

        files = KNOWN_BUILDS.files_of(page.version, page.main_in_build, page.extensions, texts_of, deadline)
        return cls(browser, page, calls, files, hold, loaded)

    def load(self, deadline: Deadline) -> None:
        """Load the page's files, hold the websocket of the server's events, and let it start.

        Raises:
            WaitTimeout: That took longer than the deadline allows.
            HubUsersError: The websocket was refused.
        """
        with self._listening(deadline), in_time(f"loading {self._page.application}", deadline):
            self._load_files(self._page.files, deadline)
            for paths in self._files.at_start:
                self._load_files(self._page.actual(paths), deadline)
            self._load_files(self._page.icons[:1], deadline)
            for wave in self._calls.starting:
                for call, answer in zip(self._asked(wave), self._ask(wave, deadline), strict=True):
                    if call is KERNELSPECS:
                        self._kernelspecs = mapping(answer.answer.model)
            late = (path for path in self._late_files() if path not in self._loaded)
            self._ask(self._calls.plugins, deadline, [self.base + THEME, *late])
            self._folder = self._folder_of(self._ask(self._calls.linked, deadline) if self._page.linked else [])
            for wave in self._calls.restoring:
                self._ask(wave, deadline, self._launcher_images() if lists_folder(wave) else ())
        self._loaded = frozenset()

    def poll(self, now: float, rng: random.Random) -> float:
        """Send the repeated calls that are due.

        Args:
            now: Seconds on a clock that only goes forward.
            rng: Draws the pause after a call that failed.

        Returns:
            The seconds until the next call is due.
        """
        due = self.polls.take_due(now)
        self.bad_answer = None if due else self.bad_answer
        asked = time.monotonic()
        for call, page in zip(due, self._ask(due, Deadline(self._browser.timeout)), strict=True):
            if page.status not in call.good:
                self.bad_answer = self.bad_answer or page
            elif call is KERNELS:
                self.running = Running.read(page, asked)
            self.polls.note(call, page.status in call.good, now, rng)
        return self.polls.seconds_to_next(now)

    @contextmanager
    def _listening(self, deadline: Deadline) -> Iterator[None]:
        """Open the websocket of the server's events during a with-block; raise its refusal at the end of that."""

        def listen() -> HubUsersError | None:
            try:
                self._hold(HeldWebsocket, f"{self.base}api/events/subscribe", deadline)
            except HubUsersError as refused:  # not an error of this greenlet, which would print a traceback
                return refused
            return None

        listening = gevent.spawn(listen)
        try:
            yield
            if refused := listening.get():
                raise refused
        finally:
            listening.kill()  # does something only where the person was ended meanwhile

    def _load_files(self, paths: Iterable[str], deadline: Deadline) -> None:
        self._browser.load((path for path in paths if path not in self._loaded), deadline=deadline)

    # What differs between the pages

    def _late_files(self) -> Sequence[str]:
        """Return the files that the page loads while it shows itself."""
        return self._page.actual(self._files.while_starting)

    def _launcher_images(self) -> Sequence[str]:
        """Return the kernels' icons that load with the listing of the folder."""
        names = mapping(self._kernelspecs.get("kernelspecs"))
        return [image for name in names if (image := self._logo_of(name, "logo-svg", "logo-64x64"))]

    def _folder_of(self, linked: Sequence[Page]) -> str:
        """Return the path of the folder that the page lists.

        Args:
            linked: The answers with what the page's address names: a folder, or what is in one.
        """
        kind = mapping(linked[0].answer.model).get("type") if linked else None
        if kind == "directory":
            return self._page.linked
        return self._page.linked.rpartition("/")[0] if kind else self._page.preferred_folder

    def _logo_of(self, kernel: str, *kinds: str) -> str:
        """Return the path of a kernel's logo, of the first of some kinds that it has; or the empty string."""
        specification = mapping(mapping(self._kernelspecs.get("kernelspecs")).get(kernel))
        resources = mapping(specification.get("resources"))
        image = next((resources[kind] for kind in kinds if resources.get(kind)), "")
        return image if isinstance(image, str) and image.startswith(self.base) else ""

    # Requests

    def _ask(
        self, wave: Iterable[Call], deadline: Deadline, files: Sequence[str] = (), body: Any = None, session: str = ""
    ) -> list[Page]:
        """Send calls together, load files at the same time, and return the answers in the order of the calls.

        Args:
            wave: The calls; those that this JupyterLab does not make are left out.
            deadline: Until when to wait for all of it.
            files: Paths of files.
            body: What the calls that change something send. Those that save the workspace send the workspace.
            session: The id of the session that the calls are about.
        """
        asked = []
        for call in self._asked(wave):
            name = self._page.workspace
            path = call.path.format(
                notebook=quote(self.notebook),
                folder=f"/{quote(self._folder)}" if self._folder else "",
                linked=quote(self._page.linked),
                workspace=quote(name),
                session=session,
            )
            path = f"{self.base}{path}{'&' if '?' in path else '?'}{time.time_ns() // 1_000_000}"
            content = None
            if call.method == "PUT" and "/workspaces/" in call.path:
                content = workspace(name, self.notebook)
            elif call.method != "GET":
                content = body
            asked.append(partial(self._browser.fetch, call.method, path, content, call.good, deadline=deadline))
        if len(asked) == 1 and not files:
            return [asked[0]()]
        pool = Pool()
        try:
            if files:
                pool.spawn(self._browser.load, files, deadline=deadline)
            answers = [pool.spawn(ask) for ask in asked]
            pool.join()
        finally:
            pool.kill()  # when the person is stopped meanwhile
        return [answer.get() for answer in answers]

    def _asked(self, wave: Iterable[Call]) -> list[Call]:
        return [call for call in wave if self._page.has(call)]


@contextmanager
def in_time(doing: str, deadline: Deadline) -> Iterator[None]:
    """Raise WaitTimeout after a with-block that the deadline has cut short."""
    yield
    if deadline.remaining() <= 0:
        raise WaitTimeout(f"{doing} took longer than {deadline.seconds:g} seconds")
