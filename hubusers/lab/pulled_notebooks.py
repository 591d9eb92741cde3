"""The notebooks among the files that nbgitpuller has brought: people work through these, where they are."""

import json
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any
from urllib.parse import quote

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError
from hubusers.lab.known_builds import KNOWN_BUILDS
from hubusers.lab.notebooks import Notebook, NotebookError, notebook_in
from hubusers.lab.person_folder import folder_of

MOST_FOLDERS = 20
"""How many folders are looked into, those nearest to the top: each is a request that nobody's browser sends."""

_NONE = (
    "There is no notebook among the files that nbgitpuller has brought into {folder}, so people work through the one "
    "that comes with hubusers."
)


class UnusableNotebook(HubUsersError):
    """A notebook that nbgitpuller has brought cannot be worked through; the detail says why."""

    phrase = "notebook not usable"


class PulledNotebooks:
    """The notebooks that a link of nbgitpuller has brought to one person: the one that it opens, or those in a folder.

    Args:
        browser: The person's.
        base: The server's base path, with a slash at its end.
        opened: The path of the notebook that the link has opened; "" for none.
        shown: The path of the folder or file to which the link has led; "" for the root.
        folder: Where the files are, for links that lead to the root.
        error_of: Returns the error for a bad answer, and what the person was doing.
    """

    def __init__(
        self,
        browser: Browser,
        base: str,
        *,
        opened: str,
        shown: str,
        folder: str,
        error_of: Callable[[Page, str], HubUsersError],
    ) -> None:
        self._browser, self._base = browser, base
        self._paths = [opened] if opened else None
        self._shown, self._folder = shown, folder
        self._error_of = error_of

    def __contains__(self, path: object) -> bool:
        return path in (self._paths or ())

    def choose(self, random: Random, deadline: Deadline) -> Notebook | None:
        """Return one of them as it is on the server, with the outputs that are stored in it; None where there is none.

        Args:
            random: Which one.
            deadline: Until when the answers must have come.

        Raises:
            UnusableNotebook: It has nothing to run, or is not a notebook.
            HubUsersError: The server did not give it.

        Logs:
            WARNING once, where there is none.
        """
        if self._paths is None:
            self._paths = self._look(deadline)
        if not self._paths:
            KNOWN_BUILDS.log_once(_NONE.format(folder=self._folder or "the root of the server"))
            return None
        path = random.choice(self._paths)
        content = self._contents(path, deadline)
        try:
            return _notebook(json.dumps(content, sort_keys=True), path)
        except NotebookError as error:
            raise UnusableNotebook(str(error), cause=path) from None

    def _look(self, deadline: Deadline) -> list[str]:
        """Return the paths of the notebooks in the folder, and in the folders inside it."""
        top = folder_of(self._browser, self._base, self._shown) or self._folder
        found, folders = list[str](), deque([top])
        for _ in range(MOST_FOLDERS):
            if not folders:
                break
            listed = self._contents(folders.popleft(), deadline)
            for each in listed if isinstance(listed, list) else ():
                if each.get("type") == "directory":
                    folders.append(str(each["path"]))
                elif each.get("type") == "notebook":
                    found.append(str(each["path"]))
        return sorted(found)

    def _contents(self, path: str, deadline: Deadline) -> Any:
        page = self._browser.fetch("GET", f"{self._base}api/contents/{quote(path)}?content=1", deadline=deadline)
        model = page.answer.model
        if page.status != 200 or not isinstance(model, dict):
            raise self._error_of(page, f"looking at {path or 'the root'}, where files were pulled")
        return model.get("content")


@lru_cache(maxsize=50)
def _notebook(text: str, path: str) -> Notebook:
    # Everybody gets the same files, and checking a notebook takes longer than all of a person's requests for it.
    return notebook_in(text, path, path)
