"""The folder on a server that has one person's notebooks in it, with the files beside them.

It is made for the person, and has a name of its own, so that nothing of anybody else's is opened, changed or deleted,
whoever else has files in the same place. In it, notebooks find the files beside them by the names that they know.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline
from hubusers.lab.files_beside import FileBeside
from hubusers.lab.notebooks import Notebook

_FOLDER = {"type": "directory"}
_PUT = (200, 201)
_DELETED = (204, 404)


def name_for(prefix: str, username: str, server_name: str) -> str:
    """Return the name of a person's folder: it has the run's prefix, the person and a named server's name in it."""
    name = "-".join(part for part in (server_name, username) if part)
    name = name if name.startswith(f"{prefix}-") else f"{prefix}-{name}"
    return re.sub(r"[^\w.@+-]", lambda found: quote(found[0], safe=""), name)


def folder_of(browser: Browser, base: str, path: str) -> str:
    """Return the folder that a path on a server leads to, or in which its file is; the empty string for the root.

    Args:
        browser: The person's.
        base: The server's base path, with a slash at its end.
        path: Below the server's root. Where nothing is there, it leads to the root.
    """
    if not path:
        return ""
    there = browser.fetch("GET", f"{base}api/contents/{quote(path)}?content=0", good=(200, 404))
    model = there.answer.model
    if there.status != 200 or not isinstance(model, dict):
        return ""
    return path if model.get("type") == "directory" else path.rpartition("/")[0]


class PersonFolder:
    """A person's folder on their server.

    Args:
        browser: The person's.
        base: The server's base path, with a slash at its end.
        path: Of the folder, below the server's root.
    """

    def __init__(self, browser: Browser, base: str, path: str) -> None:
        self.path = path
        self._browser = browser
        self._contents = f"{base}api/contents/"
        self._made: set[str] = set()  # the paths of the folders in it
        self._modules: list[str] = []

    def make(self, files: Iterable[FileBeside]) -> Page:
        """Make the folder, and put the files into it; return the first answer that is not good, or the last one."""
        page = self._fetch("PUT", self.path, _FOLDER)
        for file in files:
            for body in file.bodies:
                if page.status not in _PUT:
                    return page
                page = self._put(file.path, body)
            if file.path.endswith(".py"):
                self._modules.append(f"{self.path}/{file.path}")
        return page

    def put(self, notebook: Notebook) -> Page:
        """Put a notebook into it; return the first answer that is not good, or the last one."""
        return self._put(notebook.path, {"type": "notebook", "format": "json", "content": notebook.document()})

    def _put(self, path: str, body: dict[str, Any]) -> Page:
        """Put a file into it, after those of the folders in its path that are not there yet."""
        parts = path.split("/")
        for folder in ("/".join(parts[:count]) for count in range(1, len(parts))):
            if folder not in self._made:
                page = self._fetch("PUT", f"{self.path}/{folder}", _FOLDER)
                if page.status not in _PUT:
                    return page
                self._made.add(folder)
        return self._fetch("PUT", f"{self.path}/{path}", body)

    def remove(self, deadline: Deadline, python: str) -> None:
        """Delete it, with all that is in it.

        Args:
            deadline: Until when to send requests for it.
            python: The version of the kernels' Python, such as `3.11.7`; the empty string where it is not known.
        """
        # Servers that have a trash take the whole folder; others refuse one that is not empty, with 400.
        if self._delete(self.path, deadline, (*_DELETED, 400)).status in _DELETED:
            return
        for module in self._modules:  # what was imported has left a file that the server does not list
            folder, _, name = module.rpartition("/")
            tag = "".join(python.split(".")[:2])
            self._delete(f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-{tag}.pyc", deadline)
            self._delete(f"{folder}/__pycache__", deadline, (*_DELETED, 400))
        self._empty(self.path, deadline)
        self._delete(self.path, deadline)

    def _empty(self, folder: str, deadline: Deadline) -> None:
        page = self._fetch("GET", folder, query="?content=1", good=(200, 404), deadline=deadline)
        model = page.answer.model
        listed = model.get("content") if isinstance(model, dict) else None
        for each in listed if isinstance(listed, list) else ():
            if not isinstance(each, dict) or not each.get("name"):
                continue
            path = f"{folder}/{each['name']}"
            if each.get("type") == "directory":
                self._empty(path, deadline)
            self._delete(path, deadline)

    def _delete(self, path: str, deadline: Deadline, good: tuple[int, ...] = _DELETED) -> Page:
        return self._fetch("DELETE", path, good=good, deadline=deadline)

    def _fetch(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: str = "",
        good: tuple[int, ...] = _PUT,
        deadline: Deadline | None = None,
    ) -> Page:
        return self._browser.fetch(method, f"{self._contents}{quote(path)}{query}", body, good, deadline=deadline)
