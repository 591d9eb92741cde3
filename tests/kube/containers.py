"""A container that runs: its process, what it writes, how it ends."""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

from tests.kube import sandbox
from tests.kube.sandbox import Mount


@dataclass(frozen=True)
class Image:
    """What an image brings along: its entry point, its variables, its folder."""

    entrypoint: list[str]
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    files: list[Mount] = field(default_factory=list)


class CannotStart(Exception):
    """The command of a container is not there."""


class NotRunning(Exception):
    """A container has ended meanwhile."""


@dataclass
class Output:
    """What a container has written: lines with their time, as the kubelet keeps them."""

    lines: list[tuple[datetime, bytes]] = field(default_factory=list)
    ended: bool = False
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self, stream: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await stream.read(65536):
            *whole, rest = (rest + chunk).split(b"\n")
            self.lines += [(datetime.now(UTC), line + b"\n") for line in whole]
            self._tell()
        if rest:
            self.lines.append((datetime.now(UTC), rest))
        self.ended = True
        self._tell()

    def _tell(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    async def more(self) -> None:
        await self._more.wait()


@dataclass
class Container:
    """One start of a container; a restart makes a new one."""

    command: list[str]
    env: dict[str, str]
    workdir: str
    mounts: list[Mount]
    read_only: bool = False
    shares_with: "Container | None" = None
    """The container that holds the processes of all, where a pod shares them."""
    output: Output = field(default_factory=Output)
    killed_for: str = ""
    """Why the kubelet or the kernel killed it, as in `OOMKilled`."""
    process: asyncio.subprocess.Process | None = None
    """What runs it, from its start on."""

    async def start(self) -> None:
        """Start the process, and return when the container's own command has begun.

        Raises:
            CannotStart: there is no such command.
        """
        if sandbox.executable(self.command[0], self.env["PATH"]) is None:
            raise CannotStart(f'exec: "{self.command[0]}": executable file not found in $PATH')
        reader, writer = os.pipe()
        # A pipe of our own: asyncio would count a process as running for as long as a child of it holds its output.
        output, written = os.pipe()
        try:
            self.process = await asyncio.create_subprocess_exec(
                *self._whole_command(),
                env=self.env,
                stdin=writer,
                stdout=written,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(writer)
            os.close(written)
        stream = asyncio.StreamReader()
        pipe = os.fdopen(output, "rb")
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), pipe)
        self._reading = asyncio.create_task(self.output.read(stream))
        await asyncio.to_thread(os.read, reader, 1)
        os.close(reader)

    def _whole_command(self) -> list[str]:
        """Return what to run; it writes into the pipe that is its standard input when the command begins."""
        try:
            shared = self.shares_with._first() if self.shares_with else None
        except NotRunning:
            raise CannotStart("the pod's own container has ended") from None
        return sandbox.in_namespaces(self.command, self.mounts, self.workdir, self.read_only, shared)

    async def wait(self) -> int:
        """Return the exit code, as Kubernetes counts it: 128 and the signal, if one ended it."""
        assert self.process
        code = await self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # what it has left behind ends with it
        with contextlib.suppress(TimeoutError):
            # A child of its own may hold its output open for longer than it lives.
            await asyncio.wait_for(self._reading, 5)
        self.output.ended = True
        self.output._tell()
        if self.killed_for == "OOMKilled":
            return 128 + signal.SIGKILL  # whatever those say that started it
        return 128 - code if code < 0 else code

    def signal(self, number: int) -> None:
        """Send a signal to the container's first process."""
        with contextlib.suppress(NotRunning, ProcessLookupError):
            os.kill(self._first(), number)

    def kill(self) -> None:
        """End all processes of the container at once; they go with the process that made their namespaces."""
        with contextlib.suppress(ProcessLookupError):
            if self.process and self.process.returncode is None:
                os.killpg(self.process.pid, signal.SIGKILL)

    def _first(self) -> int:
        """Return the container's first process, as this machine numbers it.

        Raises:
            NotRunning: It has none.
        """
        if self.process and self.process.returncode is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self.process.pid).children():
                    return child.pid
        raise NotRunning

    async def execute(self, command: list[str], stdin: bool) -> asyncio.subprocess.Process:
        """Start another command in the container (`kubectl exec`).

        Raises:
            NotRunning: The container does not run any more.
        """
        return await asyncio.create_subprocess_exec(
            *sandbox.enter(self._first(), self.workdir, command),
            env=self.env,
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
