"""People who work with notebooks in JupyterLab or Notebook 7, in a browser."""

from __future__ import annotations

from locust import task
from locust.env import Environment

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hubusers.browser import git_pull, said, websocket
from hubusers.counting import counted
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, WaitTimeout
from hubusers.lab import files_beside, person_folder, pulled_notebooks, refusals
from hubusers.lab import kernel as kernels
from hubusers.lab import notebooks as notebook_files
from hubusers.results.records import CELL, KERNEL, KERNEL_READY, PAGE, SAVED, STORAGE
from hubusers.settings.access import SettingsError
from hubusers.users.step import Step
from hubusers.users.tab_user import LOOK, TabUser

if TYPE_CHECKING:
    from hubusers.browser.page import Page
    from hubusers.lab.files_beside import FileBeside
    from hubusers.lab.notebooks import Cell, Notebook
    from hubusers.lab.opened import Running
    from hubusers.settings.settings import Settings

Parts = tuple[tuple[str, float], ...]
"""What a step was for, each with its seconds."""


_MOST_NAMED = 5
"""How many notebooks the log names at the start of a run."""


class WrongOutput(HubUsersError):
    """A cell gave something else than its notebook has stored. The person sees it, and goes on."""

    phrase = "wrong output"
    ends_task = False


class NotebookUser(TabUser):
    """A person who comes, works through notebooks, leaves, and comes back as often as planned.

    They work in what the hub leads to: JupyterLab, or Notebook 7, which has a tab for each notebook.

    The steps of a visit are methods; a subclass can put them together in its own way. The notebooks are those of
    `--notebooks` and of the folders inside it, drawn at random. The person begins another one until the stay is over,
    and works through each to its end, unless they have to leave (`until` in an event). Before each cell the person
    thinks. Without `--notebooks`, people who come by a link of nbgitpuller work through the notebooks that it brings.

    The notebooks of `--notebooks`, and the files beside them, are put into a folder that is made for the person: its
    name has the run's prefix, the person's name and that of a named server in it, so that no file of anybody else's is
    opened or changed, also where servers share a place for files. A person who logs out deletes it first.
    """

    only_if_asked = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._thoughts = self.person.thoughts()
        self._kernels: dict[str, kernels.Kernel] = {}  # of the open notebooks, by their paths
        self._folder: person_folder.PersonFolder | None = None
        self._files: set[str] = set()  # the paths of the notebooks put into it
        self._pulled_notebooks: pulled_notebooks.PulledNotebooks | None = None

    @classmethod
    def check_settings(cls, settings: Settings) -> None:
        super().check_settings(settings)
        try:
            _notebooks_in(settings.notebooks)
            _files_beside(settings.notebooks)
        except notebook_files.NotebookError as error:
            raise SettingsError(str(error)) from None

    @classmethod
    def what_they_do(cls, settings: Settings) -> str:
        notebooks = _notebooks_in(settings.notebooks)
        named = ", ".join(notebook.path for notebook in notebooks[:_MOST_NAMED])
        more = f", and {len(notebooks) - _MOST_NAMED} more" if len(notebooks) > _MOST_NAMED else ""
        whose = f"in {settings.notebooks}" if settings.notebooks else "that comes with hubusers"
        does = f"Each {cls.__name__} works through {counted(len(notebooks), 'notebook')} {whose}: {named}{more}"
        if settings.notebooks or not any(map(git_pull.is_link, settings.first_pages)):
            return does
        return f"{does}. Those for whom a link of nbgitpuller brings notebooks work through these instead"

    @task
    def visit(self) -> None:
        stays_until = time.monotonic() + self.begin_lifecycle()
        try:
            self.log_in()
            page = self.open_server()
            self.load_lab(page)
            while True:
                self.work_through(self.next_notebook())
                if min(stays_until - time.monotonic(), self.time_left) <= 0:
                    break
            self.leave()
        except Exception:  # a step failed, and was counted
            self.close_page()
            raise

    # The steps

    def load_lab(self, page: Page) -> None:
        """Load JupyterLab, or Notebook 7, and open the notebook that its page shows, if it shows one.

        The rows are `STEP lab loaded` and, for such a notebook, `STEP kernel ready`; before them, for a link of
        nbgitpuller, `STEP git pull`. The notebook that such a link opens is the one that the person works through.
        """
        super().load_lab(page)
        opened = self._front_end.notebook_at_start
        self._pulled_notebooks = None
        if self.pulled and not self.settings.notebooks:
            self._pulled_notebooks = pulled_notebooks.PulledNotebooks(
                self.browser,
                self._front_end.base,
                opened=opened,
                shown=self._front_end.shown_at_start,
                folder=self.pulled.folder,
                error_of=self.error_of,
            )
        elif opened:
            self.open_notebook(opened)

    def next_notebook(self) -> Notebook:
        """Return the notebook that the person works through next.

        It is one of `--notebooks`, drawn at random. Without that option, people for whom nbgitpuller has brought files
        take one of these: the notebook that the link has opened, or else one in the folder to which the link has led.
        """
        if pulled := self._pulled_notebooks:
            began = self._began()
            try:
                if notebook := pulled.choose(self._random, Deadline(self.settings.server_timeout)):
                    return notebook
            except HubUsersError as error:
                with self.errors_end_the_task(), self._measured(KERNEL_READY, "STEP", began):
                    raise error
        return self._random.choice(_notebooks_in(self.settings.notebooks))

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
            self._save_workspace()
        self.save(path, document)

    def put_there(self, notebook: Notebook) -> str:
        """Put a notebook into the person's folder, once; return its path there. One that was pulled stays in its place.

        The first time, the folder is made, and the files beside the notebooks are put there.
        """
        if self._pulled_notebooks and notebook.path in self._pulled_notebooks:
            return notebook.path
        folder = self._folder = self._folder or self._make_folder()
        path = f"{folder.path}/{notebook.path}"
        if path not in self._files:
            began = time.monotonic()
            page = folder.put(notebook)
            if page.status not in {200, 201}:
                self._fail_to_save(self._save_error(page, f"putting {path} there"), began)
            self._files.add(path)
        return path

    def open_notebook(self, path: str) -> kernels.Kernel:
        """Open a notebook, and return its kernel, which runs nothing else: the row `STEP kernel ready`.

        If the notebook is open already, its kernel is restarted.
        """
        with self.step(KERNEL_READY) as step:
            kernel = self._kernels.get(path)
            others: Parts = ((STORAGE, 0.0),)
            if kernel and not kernel.lost:
                self._front_end.show(path)
                self._restart(kernel, step.deadline)
            else:
                kernel, others = self._start_kernel(path, step)
            with self._failures_explained(kernel, step):
                kernel.wait_until_ready(step.deadline)
            step.parts = self._parts_of(step, others)
        return kernel

    def run_cell(self, kernel: kernels.Kernel, notebook: Notebook, cell: Cell, document: dict[str, Any]) -> None:
        """Run a cell, and compare its outputs with those stored in the notebook: the row `STEP cell`.

        Args:
            kernel: The notebook's kernel.
            notebook: The cell's notebook.
            cell: The cell.
            document: The notebook as the browser has it; the outputs are put there.
        """
        with self.step(CELL) as step:
            with self._failures_explained(kernel, step):
                result = kernel.execute(cell.source, step.deadline)
            document["cells"][cell.index].update(outputs=result.outputs, execution_count=result.execution_count)
            where = f"{notebook.path}, cell {cell.index + 1}"
            whose = f"{where}, of {self.username}"
            if result.has_asked and not cell.may_fail:
                raise kernels.InputAsked(f"{whose}: it asks for input, and nobody answers", cause=where)
            if result.cut_off:
                raise kernels.OutputCutOff(f"{whose}: the server says {result.cut_off!r}", cause=result.cut_off)
            if failure := cell.failure(result.outputs, result.may_change):
                # The output may differ each time, so it is in the detail only: Locust has a row for each cause.
                raise WrongOutput(f"{whose}: {failure}", cause=where)

    def save(self, path: str, document: dict[str, Any]) -> None:
        """Save the open notebook: the row `STEP saved`."""
        with self.step(SAVED) as step:
            page = self._front_end.save(document, step.deadline)
            step.parts = ((STORAGE, round(time.monotonic() - step.began, 3)),)
            if page.status not in {200, 201}:
                step.ended = time.monotonic()
                raise self._save_error(page, f"saving {path}")

    def hear_of_kernels(self, running: Running) -> None:
        """Look after each kernel of the person's that does not run any more; a cell on it does not wait longer."""
        for kernel in tuple(self._kernels.values()):
            if kernel.opened < running.asked and kernel.id not in running.kernels:
                page = self.browser.fetch("GET", self._path_of(kernel), deadline=Deadline(LOOK))
                if gone := self._gone_kernel(kernel, page):
                    kernel.end(gone)

    def end_if_the_page_has_ended(self) -> None:
        """End the task also if a kernel has died since its last cell, which counts as one more cell: `STEP cell`.

        The page tells people so at once, and what they had computed is lost.
        """
        super().end_if_the_page_has_ended()
        for kernel in self._kernels.values():
            if died := kernel.take_death():
                with self.errors_end_the_task(), self._measured(CELL, "STEP"):
                    raise died

    # Leaving

    def close_page(self) -> None:
        super().close_page()
        self._kernels.clear()

    def abandon_page(self) -> None:
        super().abandon_page()
        self._kernels.clear()

    def before_logging_out(self) -> None:
        """Delete the folder that was made for the person."""
        if self._folder:
            versions = {kernel.language_version for kernel in self._kernels.values()} - {""}
            self._folder.remove(Deadline(self.settings.server_timeout), next(iter(versions), ""))
        self._folder = None
        self._files.clear()

    # How it is done

    def _make_folder(self) -> person_folder.PersonFolder:
        base, name = (
            self._front_end.base,
            person_folder.name_for(self.settings.prefix, self.username, self.account.server_name),
        )
        began = time.monotonic()
        parent = self.settings.notebook_dir.replace("{username}", self.username) or person_folder.folder_of(
            self.browser, base, self._front_end.shown_at_start
        )
        folder = person_folder.PersonFolder(self.browser, base, f"{parent}/{name}" if parent else name)
        page = folder.make(_files_beside(self.settings.notebooks))
        if page.status not in {200, 201}:
            where = f"in {parent}" if parent else "at the server's root"
            doing = f"making the folder {name} {where} (--notebook-dir can name another place)"
            self._fail_to_save(self._save_error(page, doing), began)
        return folder

    def _start_kernel(self, path: str, step: Step) -> tuple[kernels.Kernel, Parts]:
        """Return a kernel for a notebook, and what else opening it took."""
        opened = self._front_end.open_notebook(path, step.deadline)
        others: Parts = ((STORAGE, round(opened.storage, 3)),)
        if opened.page:
            others = ((PAGE, round(opened.page, 3)), *others)
        step.parts = self._parts_of(step, others)
        if opened.failures:
            step.ended = time.monotonic()
            raise self._behind(refusals.loading_error(opened.failures, f"opening the page of {path}"))
        if opened.session is None:
            raise self.error_of(opened.notebook, f"opening {path}")
        if opened.session.status not in {200, 201} or not opened.kernel:
            raise self.error_of(opened.session, f"starting a kernel for {path}")
        channels = f"{self._front_end.base}api/kernels/{opened.kernel}/channels?session_id={uuid.uuid4()}"
        try:
            kernel = self._kernels[path] = self.hold(kernels.Kernel, channels, step.deadline)
        except websocket.WebsocketRefused as refused:
            if refused.status == 404 and refused.refused_by == said.SERVER:
                raise kernels.KernelGone(
                    f"the server does not know the kernel of {path}", words=refused.words
                ) from None
            raise
        return kernel, others

    def _parts_of(self, step: Step, others: Parts) -> Parts:
        rest = time.monotonic() - step.began - sum(seconds for _, seconds in others)
        return *others, (KERNEL, round(max(0.0, rest), 3))

    def _restart(self, kernel: kernels.Kernel, deadline: Deadline) -> None:
        page = self.browser.fetch("POST", f"{self._path_of(kernel)}/restart", deadline=deadline)
        if page.status != 200:
            raise self._gone_kernel(kernel, page) or self.error_of(page, "restarting a kernel")

    @contextmanager
    def _failures_explained(self, kernel: kernels.Kernel, step: Step) -> Iterator[None]:
        """Raise what is behind a failure of the with-block, if more can be told: the server is gone, or the kernel."""
        try:
            yield
        except (websocket.WebsocketLost, WaitTimeout) as error:
            step.ended = time.monotonic()
            page = self.browser.fetch("GET", self._path_of(kernel), deadline=Deadline(LOOK))
            raise self._gone_kernel(kernel, page) or self._behind(error) from None

    def _gone_kernel(self, kernel: kernels.Kernel, page: Page) -> kernels.KernelGone | None:
        """Return the error for a kernel that is not at its address any more, which a page tells; otherwise None."""
        if page.status != 404 or said.answered_by(page) != said.SERVER:
            return None
        self._kernels = {path: other for path, other in self._kernels.items() if other is not kernel}
        error = kernels.KernelGone("the server does not know the kernel any more, which was culled or shut down")
        error.after, error.words = time.monotonic() - kernel.opened, said.words_of(page)
        return error

    def _save_error(self, page: Page, doing: str) -> HubUsersError:
        return refusals.save_error(page, doing) or self.error_of(page, doing)

    def _save_workspace(self) -> None:
        began = time.monotonic()
        try:
            self._front_end.after_cell(Deadline(self.settings.server_timeout))
        except WaitTimeout as error:
            self._fail_to_save(error, began)

    def _fail_to_save(self, error: HubUsersError, began: float) -> None:
        """Count a failure to save what is not a notebook that the person saves: a failed step `saved`."""
        with self.errors_end_the_task(), self._measured(SAVED, "STEP", began):
            raise error

    def _path_of(self, kernel: kernels.Kernel) -> str:
        return f"{self._front_end.base}api/kernels/{kernel.id}"


@lru_cache(maxsize=1)
def _notebooks_in(folder: str) -> list[Notebook]:
    return notebook_files.read_notebooks(folder) if folder else [notebook_files.built_in_notebook()]


@lru_cache(maxsize=1)
def _files_beside(folder: str) -> list[FileBeside]:
    return files_beside.read_files_beside(folder) if folder else []
