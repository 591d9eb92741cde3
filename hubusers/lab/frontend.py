"""A page in which people work with notebooks: how it opens them, starts their kernels, and saves them."""

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline
from hubusers.lab.calls import NEW_CHECKPOINT, Wave
from hubusers.lab.kernel_choice import kernel_for
from hubusers.lab.opened import Opened, mapping
from hubusers.lab.tab import Tab, in_time


class FrontEnd(Tab):
    """JupyterLab's page, or the page of a notebook in Notebook 7."""

    def open_notebook(self, notebook: str, deadline: Deadline) -> Opened:
        """Open a notebook, and start a kernel for it unless it has one.

        Args:
            notebook: Its path below the server's folder.
            deadline: Until when all of that must be done.

        Raises:
            WaitTimeout: It was not.
            KernelNotInstalled: The server has no kernel for it.
        """
        self.notebook = notebook
        began = time.monotonic()
        with in_time(f"opening {notebook}", deadline):
            contents, checkpoints, workspace, sessions = self._calls.opening
            content = self._content(contents, deadline)
            if content.status != 200:
                return Opened(content, storage=time.monotonic() - began)
            has = self._ask(checkpoints, deadline, self._files_of_notebooks())
            without = all(page.answer.model == [] for page in has)
            self._ask((*workspace, NEW_CHECKPOINT) if without else workspace, deadline)
            storage = time.monotonic() - began
            session = self._session_of(self._ask(sessions, deadline)[0]) or self._start_kernel(content, deadline)
            opened = Opened(content, session, storage)
            self._ask(self._calls.kernel_found, deadline, self._images_of_kernel(opened.kernel_name))
            self._show_busy(deadline)
            return opened

    def show(self, notebook: str) -> None:
        """Bring a notebook that is open to the front."""
        self.notebook = notebook

    def _session_of(self, sessions: Page) -> Page | None:
        """Return the session of the notebook as an answer of its own."""
        listed = sessions.answer.model
        for session in listed if isinstance(listed, list) else ():
            if mapping(session).get("path") == self.notebook:
                return Page(200, sessions.path, json.dumps(session))
        return None

    def _start_kernel(self, content: Page, deadline: Deadline) -> Page:
        metadata = mapping(mapping(mapping(content.answer.model).get("content")).get("metadata"))
        kernel = kernel_for(self.notebook, metadata, self._kernelspecs)
        folder, slash, name = self.notebook.rpartition("/")
        new = {"path": f"{folder}{slash}{uuid.uuid4()}", "type": "notebook", "name": name, "kernel": {"name": kernel}}
        post, sessions, move, rename = self._calls.starting_kernel
        (session,) = self._ask(post, deadline, body=new)
        identity = mapping(session.answer.model).get("id")
        if session.status != 201 or not identity:
            return session
        self._ask(sessions, deadline)
        for wave, change in ((move, {"path": self.notebook}), (rename, {"name": name})):
            self._ask(wave, deadline, body={**change, "id": identity}, session=str(identity))
        return session

    def after_cell(self, deadline: Deadline) -> None:
        """Do what follows when a cell has run: show that in the tab's icon, and in JupyterLab, save the workspace.

        Raises:
            WaitTimeout: That took longer than the deadline allows.
        """
        with in_time("saving the workspace", deadline):
            self._show_busy(deadline)
            self._ask(self._calls.after_cell, deadline)

    def save(self, content: Any, deadline: Deadline) -> Page:
        """Save the open notebook.

        Args:
            content: The notebook, as it will be JSON.
            deadline: Until when that must be done.

        Returns:
            The answer to the request that saves it.

        Raises:
            WaitTimeout: It was not.
        """
        with in_time(f"saving {self.notebook}", deadline):
            state, put, *afterwards = self._calls.saving
            self._ask(state, deadline)
            (answer,) = self._ask(put, deadline, body={"type": "notebook", "format": "json", "content": content})
            for wave in afterwards:
                self._ask(wave, deadline)
            return answer

    def _show_busy(self, deadline: Deadline) -> None:
        for icon in reversed(self._icons()):  # first the one of a busy kernel, then the one of an idle one
            self._browser.load([icon], deadline=deadline)

    # What differs between the pages

    def _content(self, wave: Wave, deadline: Deadline) -> Page:
        """Return the answer with the notebook, or that which came in its place."""
        return self._ask(wave, deadline)[0]

    def _icons(self) -> Sequence[str]:
        """Return the tab's icons: of an idle kernel first, of a busy one next."""
        return self._page.icons[:2]

    def _files_of_notebooks(self) -> Sequence[str]:
        """Return the files that the page loads when it opens its first notebook."""
        return self._page.actual(self._files.when_opened)

    def _images_of_kernel(self, name: str) -> Sequence[str]:
        """Return the images that show which kernel a notebook has."""
        return ()
