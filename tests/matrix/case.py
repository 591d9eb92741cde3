"""What a case of the matrix is: a hub as people run it, who comes to it, and what must hold."""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NEWEST_HUB = "6.1"
NEWEST_PROXY = "5"

PASSWORD: Mapping[str, str] = {"HUBUSERS_PASSWORD": "a long password of all"}
"""With it, people in a browser log in by the hub's form."""


@dataclass(frozen=True)
class Site:
    """Where a case runs.

    Attributes:
        folder: A new folder for everything that the case writes.
        proxy_port: The port on loopback at which the hub's own proxy listens.
        base_url: The path at which the hub is.
        hub_python: The Python of the hub's environment.
    """

    folder: Path
    proxy_port: int
    base_url: str
    hub_python: Path


@dataclass(frozen=True)
class Part:
    """A program that runs beside the hub, or before it.

    Attributes:
        name: What it is, as the table says it.
        needs: The commands and files that it needs, and where they come from.
        running: Has it run as long as a with-block lasts. It gives names that the hub's configuration may use, and, in
            capital letters, variables for the hub's environment, or for the run's where they begin with `HUBUSERS_`; it
            may ask for names that parts before it gave. A part that stands before the hub gives `public_url`,
            and `authority` if it has a certificate; `begin_of_command` is the begin of the command that starts the hub.
        version: Returns its version; "" where it has none.
    """

    name: str
    needs: Mapping[str, str]
    running: Callable[[Site], AbstractContextManager[Mapping[str, object]]]
    version: Callable[[], str]


@dataclass(frozen=True)
class Case:
    """A hub as people run it, who comes to it, and what must hold.

    Attributes:
        name: What is special about it.
        hub: The version of JupyterHub: its first two numbers.
        hub_packages: What the hub's environment needs beside it, as `pip install` takes it.
        server_packages: What the servers' environment has beside JupyterHub.
        config: Lines of its `jupyterhub_config.py`.
        parts: What runs beside it and before it.
        proxy: The version of npm's configurable-http-proxy; "" if `config` has another proxy.
        base_url: The path at which the hub is.
        people: How many people of each user class come.
        user_options: What everybody chooses on the spawn form.
        environment: Variables of the run.
        has_trial: Whether a login and a server are tried before anybody comes, as runs do by default. That takes time,
            so only cases have it where it may go wrong.
        accounts: The content of the file of `--accounts`; "" for accounts that the run creates.
        stay: Seconds that everybody stays; 0 for a few.
        finds: The kinds of findings that the run must have, on a hub that does not serve everybody at once. Empty where
            everybody must be served, and nothing may fail.
        refused: Words of the sentence with which hubusers refuses this hub before anybody comes. "" if it can be
            rehearsed: then nothing may be left.
        remark: What else the table has to say.
    """

    name: str
    hub: str = NEWEST_HUB
    hub_packages: tuple[str, ...] = ()
    server_packages: tuple[str, ...] = ("jupyterlab",)
    config: str = ""
    parts: tuple[Part, ...] = ()
    proxy: str = NEWEST_PROXY
    base_url: str = "/"
    people: Mapping[str, int] = field(default_factory=lambda: {"ServerLifecycleUser": 1, "NotebookUser": 1})
    user_options: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=lambda: PASSWORD)
    has_trial: bool = False
    accounts: str = ""
    stay: float = 0.0
    finds: tuple[str, ...] = ()
    refused: str = ""
    remark: str = ""

    @property
    def servers(self) -> str:
        """The name of the servers' environment."""
        return re.sub(r"[^\w.]+", "-", "-".join([f"servers-{self.hub}", *self.server_packages])).strip("-")


def browser_case(name: str, **changes: Any) -> Case:
    """Return a case for what only people in a browser meet; the trial asks the API anyway."""
    return Case(name, **{"people": {"NotebookUser": 1}, "has_trial": True, **changes})


def distribution(package: str) -> str:
    """Return the name of what `pip install` is asked for, without versions and extras."""
    return re.split(r"[\[<>=~! ]", package)[0].lower()
