"""What people work with notebooks in: JupyterLab or Notebook 7, whichever the hub has led to."""

import random
from typing import Any, Protocol

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.how_installed import this_installation
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError
from hubusers.lab.calls import CALLS_OF_LAB
from hubusers.lab.frontend import FrontEnd
from hubusers.lab.known_builds import KNOWN_BUILDS
from hubusers.lab.lab_3 import Lab3
from hubusers.lab.lab_3_calls import CALLS_OF_LAB_3
from hubusers.lab.lab_page import JUPYTERLAB, NOTEBOOK, NOTEBOOK_7, TREE, LabPage
from hubusers.lab.notebook_7 import Notebook7
from hubusers.lab.opened import Opened, Running
from hubusers.lab.tab import Hold

try:  # here, because this file is imported before people come: nobody has to wait for it then
    from hubusers.lab.collaboration import CALLS_OF_COLLABORATION, CollaborativeLab

    _LACK = ""
except ImportError as error:
    _LACK = this_installation().without(
        "collaboration", "people's servers have jupyter-collaboration, which needs", error
    )

_TITLE_CHARACTERS = 80

WITHOUT_COLLABORATION = (
    "jupyter-collaboration is installed, and people are led to Notebook 7: there they work as if it were not, so the "
    "server keeps no notebook open for them. Lead them to JupyterLab (/lab) to include that"
)


class Interface(Protocol):
    """JupyterLab or Notebook 7 in one person's browser, from loading its page until it is closed, which sends nothing.

    Attributes:
        base: The server's base path, with a slash at its end.
        notebook_at_start: The path of the notebook that the page opens by itself; the empty string for none.
        shown_at_start: The path of the file or folder that the page shows at first; the empty string for the root.
        bad_answer: The first bad answer to the calls that were repeated last, or None.
        running: What the page last heard of the kernels that run, or None before that.
    """

    base: str
    notebook_at_start: str
    shown_at_start: str

    @property
    def bad_answer(self) -> Page | None: ...

    @property
    def running(self) -> Running | None: ...

    def load(self, deadline: Deadline) -> None:
        """Load its files, hold the websocket of the server's events, and let it start.

        Raises:
            WaitTimeout: That took longer than the deadline allows.
            HubUsersError: The websocket was refused.
        """

    def open_notebook(self, notebook: str, deadline: Deadline) -> Opened:
        """Open a notebook, and start a kernel for it unless it has one.

        Args:
            notebook: Its path below the server's folder.
            deadline: Until when all of that must be done.

        Raises:
            WaitTimeout: It was not.
            KernelNotInstalled: The server has no kernel for it.
        """

    def show(self, notebook: str) -> None:
        """Bring a notebook that is open to the front."""

    def after_cell(self, deadline: Deadline) -> None:
        """Do what follows when a cell has run.

        Raises:
            WaitTimeout: That took longer than the deadline allows.
        """

    def save(self, content: Any, deadline: Deadline) -> Page:
        """Save the notebook in front.

        Args:
            content: The notebook, as it will be JSON.
            deadline: Until when that must be done.

        Returns:
            The answer to the request that saves it.

        Raises:
            WaitTimeout: It was not.
        """

    def poll(self, now: float, rng: random.Random) -> float:
        """Send the repeated calls that are due.

        Args:
            now: Seconds on a clock that only goes forward.
            rng: Draws the pause after a call that failed.

        Returns:
            The seconds until the next call is due.
        """


class TooOld(HubError):
    """The server's JupyterLab is older than those that are known."""

    phrase = "JupyterLab too old"


class UnknownPage(HubError):
    """The server's page is neither JupyterLab's nor Notebook 7's. The words are its title."""

    phrase = "not a page of JupyterLab or Notebook 7"


class CollaborationMissing(Exception):
    """The server has jupyter-collaboration, and nobody can work there without the extra. Not the hub's failure."""


def interface_of(browser: Browser, page: Page, hold: Hold, deadline: Deadline) -> Interface:
    """Return what the page belongs to, ready to be loaded.

    The first person who comes with a build of it loads its scripts and reads them; the others wait.

    Args:
        browser: The person's.
        page: Where the hub has led to, such as `/user/ann/lab`.
        hold: Opens a websocket and holds it as long as the page is open.
        deadline: Until when its bundle must have been read.

    Logs:
        WARNING what is not understood of the page or the bundle, once in a process.

    Raises:
        CollaborationMissing: The page needs the extra `collaboration`, which is not installed.
        TooOld: The page is of a JupyterLab before version 3.
        UnknownPage: The page is something else's.
        WaitTimeout: Somebody else was still reading the bundle at the deadline.
    """
    lab_page = LabPage.read(browser, page)
    if lab_page.application == JUPYTERLAB and lab_page.release < (3, 0):
        raise TooOld(
            f"the server has JupyterLab {lab_page.version}, and NotebookUser knows JupyterLab 3 and 4. Put a newer one "
            "into the servers' image, or use PageUser for people who only go to its page",
            cause=lab_page.version,
        )
    if lab_page.application == JUPYTERLAB and lab_page.release < (4, 0):
        return Lab3.from_page(browser, lab_page, CALLS_OF_LAB_3, hold, deadline)
    if lab_page.application == JUPYTERLAB and lab_page.is_collaborative:
        if _LACK:
            raise CollaborationMissing(_LACK)
        return CollaborativeLab.from_page(browser, lab_page, CALLS_OF_COLLABORATION, hold, deadline)
    if lab_page.application == JUPYTERLAB:
        return FrontEnd.from_page(browser, lab_page, CALLS_OF_LAB, hold, deadline)
    if lab_page.application == NOTEBOOK_7 and lab_page.kind in {TREE, NOTEBOOK}:
        if lab_page.is_collaborative:
            KNOWN_BUILDS.log_once(WITHOUT_COLLABORATION)
        return Notebook7(browser, lab_page, hold, deadline)
    raise _unknown(page)


def _unknown(page: Page) -> UnknownPage:
    title = " ".join(" ".join(page.document.xpath("//head/title//text()")).split())[:_TITLE_CHARACTERS]
    is_called = f'is called "{title}"' if title else "has no title"
    return UnknownPage(
        f"the page at {page.path.partition('?')[0]} {is_called}. NotebookUser works in JupyterLab, and in the tree and "
        "the notebooks of Notebook 7. Use PageUser for people who go to another page (stub servers have no other: "
        "start the local hub with `hubusers hub --servers lab`)",
        words=title,
    )
