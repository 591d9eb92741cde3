"""How hubusers was installed, and so which command adds an extra to it, or brings a newer version.

Every hint of this kind comes from here: the command of another way of installing would fail, or would install into an
environment that nobody uses.
"""

import json
import shlex
import sys
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from os import environ, pathsep
from pathlib import Path

IMAGE_MARK = "image-of-hubusers"
"""A file in the environment of the image, which the Dockerfile makes: nothing can be added there."""

NOT_INSTALLED = "This run cannot be made with what is installed here: "
"""How the reason begins why a run ended that needs an extra."""


class Way(Enum):
    """A way of installing."""

    PIP = auto()
    """pip or uv, into a virtual environment, one of conda's, or the system."""
    CHECKOUT = auto()
    PIPX = auto()
    PIPX_RUN = auto()
    UV_TOOL = auto()
    UVX = auto()
    IMAGE = auto()


@dataclass(frozen=True)
class Installation:
    """Where this hubusers is, and where it came from.

    Args:
        package: Folder of the package `hubusers`.
        prefix: Folder of the environment that it is installed in.
        python: The interpreter of that environment.
        search_path: The variable PATH.
        home: The user's home folder. Commands name it `~`, so that a hint in a report does not tell who ran it.
        source: What it was installed from, as in `pip install "hubusers @ …"`; "" for a package index.
        command: The command line that runs now.
    """

    package: Path
    prefix: Path
    python: Path
    search_path: str = ""
    home: Path = Path("/root")
    source: str = ""
    command: str = "hubusers"

    @cached_property
    def way(self) -> Way:
        """How it was installed, by what each tool leaves in the environments that it makes."""
        if (self.prefix / IMAGE_MARK).exists():
            return Way.IMAGE
        if any(part.startswith("archive-v") for part in self.prefix.parts):  # in uv's cache
            return Way.UVX
        if (self.prefix / "uv-receipt.toml").exists():
            return Way.UV_TOOL
        if (self.prefix / "pipx_metadata.json").exists():
            return Way.PIPX if self.prefix.parent.name == "venvs" else Way.PIPX_RUN
        return Way.CHECKOUT if (self.package.parent / "pyproject.toml").exists() else Way.PIP

    def to_add(self, extra: str, then: str = "") -> str:
        """Return how to get an extra: a sentence without its full stop.

        Args:
            extra: Its name, such as "hub".
            then: A command that needs it; "" where the person is going to repeat the present command.
        """
        name = f'"hubusers[{extra}]"'
        # An environment that is made anew needs the same hubusers in it.
        name_and_source = f'"hubusers[{extra}] @ {self.source}"' if self.source else name
        match self.way:
            case Way.IMAGE:
                where = f"hubusers' image does not have it. Where you can install something, run: pip install {name}"
                return _one_after_another(where, then)
            case Way.UVX:
                return f"Run: uvx --from {name_and_source} {then or self.command}"
            case Way.PIPX_RUN:
                return f"Run: pipx run --spec {name_and_source} {then or self.command}"
            case Way.PIPX:
                return _one_after_another(f"Run: pipx install --force {name_and_source}", then)
            case Way.UV_TOOL:
                return _one_after_another(f"Run: uv tool install {name_and_source}", then)
            case Way.CHECKOUT:
                install = f'Run in the folder of hubusers: {self._pip_install} --editable ".[{extra}]"'
                return _one_after_another(install, then)
            case Way.PIP:
                return _one_after_another(f"Run: {self._pip_install} {name}", then)

    def without(self, extra: str, needs: str, error: ImportError | None = None) -> str:
        """Return the sentence for what cannot be done without an extra, and how to get it.

        Args:
            extra: Its name, such as "kube".
            needs: What cannot be done, and that it needs them, as in "LTI launches need".
            error: How the import failed. One that fails although the library is there is told with its reason.
        """
        broken = f"cannot be imported here: {error}" if error and not isinstance(error, ModuleNotFoundError) else ""
        return f"{needs} libraries that {broken or 'are not installed here'}. {self.to_add(extra)}"

    def to_upgrade(self) -> str:
        """Return how to get the newest version: a sentence without its full stop."""
        match self.way:
            case Way.IMAGE:
                return "Take a newer image of hubusers"
            case Way.UVX:
                return f"Run: uvx --from hubusers@latest {self.command}"
            case Way.PIPX_RUN:
                return f"Run: pipx run --no-cache --spec hubusers {self.command}"
            case Way.PIPX:
                return "Run: pipx upgrade hubusers"
            case Way.UV_TOOL:
                return "Run: uv tool upgrade hubusers"
            case Way.CHECKOUT:
                return f"Run in the folder of hubusers: git pull && {self._pip_install} --editable ."
            case Way.PIP:
                return f"Run: {self._pip_install} --upgrade hubusers"

    @property
    def _pip_install(self) -> str:
        """The command that installs into this environment."""
        scripts = self.python.parent
        if not (scripts / "pip").exists():  # as in what uv makes
            return f"uv pip install --python {self._for_shell(self.python)}"
        if str(scripts) in self.search_path.split(pathsep):
            return "pip install"
        if self.way is Way.CHECKOUT and scripts.is_relative_to(self.package.parent):
            return f"{scripts.relative_to(self.package.parent)}/pip install"
        return f"{self._for_shell(self.python)} -m pip install"

    def _for_shell(self, path: Path) -> str:
        if path.is_relative_to(self.home) and shlex.quote(str(path)) == str(path):
            return f"~/{path.relative_to(self.home)}"
        return shlex.quote(str(path))


def _one_after_another(first: str, second: str) -> str:
    return f"{first} && {second}" if second else first


def this_installation() -> Installation:
    """Return how the hubusers that runs now was installed."""
    return Installation(
        package=Path(__file__).parent,
        prefix=Path(sys.prefix),
        python=Path(sys.executable),
        search_path=environ.get("PATH", ""),
        home=Path.home(),
        source=_source(),
        command=_command(sys.argv),
    )


def _source() -> str:
    """Return what hubusers was installed from, where that was not an index; installers write it down (PEP 610)."""
    try:
        origin = json.loads(distribution("hubusers").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:  # files that nobody has installed
        return ""
    if "vcs_info" in origin:
        return "{vcs}+{url}@{commit_id}".format(url=origin["url"], **origin["vcs_info"])
    return str(origin.get("url", ""))


def _command(arguments: list[str]) -> str:
    """Return the command line of this process, as one types it."""
    name = Path(arguments[0]).name if arguments else ""
    if name in {"hubusers", "locust"}:
        return shlex.join([name, *arguments[1:]])
    return "hubusers run …" if name == "hubusers run" else "hubusers …"
