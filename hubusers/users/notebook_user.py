"""People who work with notebooks in JupyterLab, in a browser."""

from locust import task
from locust.env import Environment

import random
import time
import uuid
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

import gevent

from hubusers.browser.page import Page
from hubusers.browser.path_template import template_of
from hubusers.browser.websocket import HeldWebsocket, WebsocketRefused, websocket_url
from hubusers.http.request_event import count
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError, HubUsersError
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.kernel import Kernel
from hubusers.lab.lab_page import NOT_JUPYTERLAB
from hubusers.lab.notebooks import Cell, Notebook, NotebookError, built_in_notebook, read_notebooks
from hubusers.results.records import CELL, KERNEL_READY, LAB_LOADED, SAVED
from hubusers.settings.access import SettingsError
from hubusers.settings.settings import Settings
from hubusers.users.browser_user import BrowserUser

Held = TypeVar("Held", bound=HeldWebsocket)


class WrongOutput(HubUsersError):
    """A cell gave something else than its notebook has stored. The person sees it, and goes on."""

    phrase = "wrong output"
    ends_task = False


class NotebookUser(BrowserUser):
    """A person who comes, works through notebooks in JupyterLab, leaves, and comes back as often as planned.

    The steps of a visit are methods; a subclass can put them together in its own way. The notebooks are those of
    `--notebooks`, drawn at random. The person begins another one until the stay is over, and works through each to its
    end, unless they have to leave (`until` in an event). Before each cell the person thinks.

    Each notebook becomes a file in the person's folder. Its name begins with the run's prefix, so that no file of
    anybody else's is opened. With named servers, which may share one folder, it begins with the server's name, so that
    each person has files of their own. A person who logs out deletes them first.
    """

    only_if_asked = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._random = random.Random(f"{self.person.seed}/notebooks")
        self._thoughts = self.person.thoughts()
        self._front_end: FrontEnd
        self._asking: gevent.Greenlet[..., None] | None = None
        self._websockets: list[HeldWebsocket] = []
        self._kernels: dict[str, Kernel] = {}  # of the open notebooks, by their paths
        self._files: set[str] = set()  # the paths of those put into the person's folder

    @classmethod
    def check(cls, settings: Settings) -> None:
        try:
            _notebooks_in(settings.notebooks)
        except NotebookError as error:
            raise SettingsError(str(error)) from None

    @task
    def visit(self) -> None:
        stays_until = time.monotonic() + self.begin_lifecycle()
        try:
            self.log_in()
            page = self.open_server()
            self.load_lab(page)
            while True:
                self.work_through(self._random.choice(_notebooks_in(self.settings.notebooks)))
                if min(stays_until - time.monotonic(), self.time_left) <= 0:
                    break
            self.leave()
        except Exception:  # a step failed, and was counted
            self.close_page()
            raise

    # The steps

    def load_lab(self, page: Page) -> None:
        """Load JupyterLab from its page, and begin the requests that it repeats: the row `STEP lab loaded`.

        Args:
            page: JupyterLab's page, as `open_server` returns it.
        """
        with self.step(LAB_LOADED) as step:
            if page.error or page.status >= 400:
                raise self._error_for(page.answer, "opening JupyterLab")
            failed = self.browser.failures
            front_end = self._front_end = FrontEnd.from_page(self.browser, page, step.deadline)
            if front_end.problem == NOT_JUPYTERLAB:
                raise HubError(
                    f"opening JupyterLab: the answer at {page.path} is not JupyterLab's page (stub servers have none: "
                    "start the local hub with `hubusers hub --servers lab`)",
                    cause="no JupyterLab page",
                )
            listening = gevent.spawn(self._listen, front_end.events_path, step.deadline)
            try:
                front_end.load(step.deadline)
                refused = listening.get()
            finally:
                listening.kill()  # does something only where the person was ended meanwhile
            if refused:
                raise refused
            if count := self.browser.failures - failed:
                raise HubError(f"opening JupyterLab: {count} requests failed", cause="requests failed")
        self._asking = gevent.spawn(self._ask_again_and_again)

    def work_through(self, notebook: Notebook) -> None:
        """Open a notebook, run its cells, with a pause for thought before each, and save it."""
        path = self.put_there(notebook)
        kernel = self.open_notebook(path)
        document = notebook.document()
        for cell in notebook.cells:
            self.stay(min(next(self._thoughts), self.time_left))
            if self.time_left <= 0:
                break
            self.run_cell(kernel, notebook, cell, document)
            with self.errors_end_the_task():
                self._front_end.after_cell(Deadline(self.settings.server_timeout))
        self.save(path, document)

    def put_there(self, notebook: Notebook) -> str:
        """Put a notebook into the person's folder, once; return its path there."""
        # Servers of one account may share its folder; their names begin with the run's prefix as well.
        path = f"{self.account.server_name or self.settings.prefix}-{notebook.name}"
        if path not in self._files:
            body = {"type": "notebook", "format": "json", "content": notebook.document()}
            with self.errors_end_the_task():
                answer = self.browser.fetch("PUT", self._contents(path), body, good=(200, 201)).answer
                if answer.status not in {200, 201}:
                    raise self._error_for(answer, f"putting {path} there")
            self._files.add(path)
        return path

    def open_notebook(self, path: str) -> Kernel:
        """Open a notebook, and return its kernel, which runs nothing else: the row `STEP kernel ready`.

        If the notebook is open already, its kernel is restarted.
        """
        with self.step(KERNEL_READY) as step:
            kernel = self._kernels.get(path)
            if kernel and not kernel.lost:
                self._front_end.notebook = path
                restart = f"{self._front_end.base}api/kernels/{kernel.id}/restart"
                answer = self.browser.fetch("POST", restart, deadline=step.deadline).answer
                if answer.status != 200:
                    raise self._error_for(answer, "restarting a kernel")
            else:
                kernel = self._start_kernel(path, step.deadline)
            kernel.wait_until_ready(step.deadline)
        return kernel

    def run_cell(self, kernel: Kernel, notebook: Notebook, cell: Cell, document: dict[str, Any]) -> None:
        """Run a cell, and compare its outputs with those stored in the notebook: the row `STEP cell`.

        Args:
            kernel: The notebook's kernel.
            notebook: The cell's notebook.
            cell: The cell.
            document: The notebook as the browser has it; the outputs are put there.
        """
        with self.step(CELL) as step:
            result = kernel.execute(cell.source, step.deadline)
            document["cells"][cell.index].update(outputs=result.outputs, execution_count=result.execution_count)
            if failure := cell.failure(result.outputs):
                where = f"{notebook.name}, cell {cell.index + 1}"
                # The output may differ each time, so it is in the detail only: Locust has a row for each cause.
                raise WrongOutput(f"{where}, of {self.username}: {failure}", cause=where)

    def save(self, path: str, document: dict[str, Any]) -> None:
        """Save the open notebook: the row `STEP saved`."""
        with self.step(SAVED) as step:
            answer = self._front_end.save(document, step.deadline).answer
            if answer.status not in {200, 201}:
                raise self._error_for(answer, f"saving {path}")

    # Leaving

    def close_page(self) -> None:
        """Close the tab: close its websockets, and send no more requests."""
        self._stop_asking()
        gevent.joinall([gevent.spawn(websocket.close) for websocket in self._websockets])
        self._forget_page()

    def abandon_page(self) -> None:
        """Go away: leave the websockets open, with nobody who reads them."""
        self._stop_asking()
        for websocket in self._websockets:
            websocket.abandon()
            self.test_run.keep_open(websocket)
        self._forget_page()

    def before_logging_out(self) -> None:
        """Delete the notebooks that were put into the person's folder."""
        deadline = Deadline(self.settings.server_timeout)
        for path in sorted(self._files):
            self.browser.fetch("DELETE", self._contents(path), good=(204, 404), deadline=deadline)
        self._files.clear()

    # How it is done

    def _start_kernel(self, path: str, deadline: Deadline) -> Kernel:
        opened = self._front_end.open_notebook(path, deadline)
        if opened.notebook.status != 200:
            raise self._error_for(opened.notebook.answer, f"opening {path}")
        if opened.session.status not in {200, 201} or not opened.kernel:
            raise self._error_for(opened.session.answer, f"starting a kernel for {path}")
        channels = f"{self._front_end.base}api/kernels/{opened.kernel}/channels?session_id={uuid.uuid4()}"
        kernel = self._kernels[path] = self._hold(Kernel, channels, deadline)
        return kernel

    def _listen(self, path: str, deadline: Deadline) -> WebsocketRefused | None:
        """Hold a websocket that is only listened to; return its refusal, if any, for the greenlet that waits."""
        try:
            self._hold(HeldWebsocket, path, deadline)
        except WebsocketRefused as refused:
            return refused
        return None

    def _hold(self, kind: type[Held], path: str, deadline: Deadline) -> Held:
        """Open a websocket, count its handshake under its path template, and hold it until the page is closed."""
        began = time.perf_counter()
        try:
            websocket = kind(
                websocket_url(self.settings.endpoint, path),
                self.browser.websocket_headers(path),
                tls_context=self.test_run.tls_context(),
                timeout=deadline.remaining(),
            )
        except WebsocketRefused as refused:
            self._count_handshake(path, began, refused)
            raise
        self._websockets.append(websocket)
        self._count_handshake(path, began)
        return websocket

    def _count_handshake(self, path: str, began: float, refused: WebsocketRefused | None = None) -> None:
        name = template_of(path.removeprefix(self.browser.base), self.account.server_name)
        seconds = time.perf_counter() - began
        count(self.environment.events.request, "GET", name, seconds, refused, self.context())

    def _ask_again_and_again(self) -> None:
        while True:
            gevent.sleep(self._front_end.poll(time.monotonic(), self._random))

    def _stop_asking(self) -> None:
        if self._asking:
            self._asking.kill()
            self._asking = None

    def _forget_page(self) -> None:
        self._websockets.clear()
        self._kernels.clear()

    def _contents(self, path: str) -> str:
        return f"{self._front_end.base}api/contents/{quote(path)}"


@lru_cache(maxsize=1)
def _notebooks_in(folder: str) -> list[Notebook]:
    return read_notebooks(folder) if folder else [built_in_notebook()]
