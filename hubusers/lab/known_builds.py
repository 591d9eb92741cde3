"""Which files each build of JupyterLab loads, as far as this process knows it."""

from collections.abc import Callable, Iterable

from gevent.lock import BoundedSemaphore

from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import WaitTimeout
from hubusers.lab.bundle import INCOMPLETE, Extension, Files
from hubusers.log import get_logger

LOG = get_logger(__name__)


class KnownBuilds:
    """Keeps what was read from JupyterLab's bundles, because all people whose servers have the same build share it."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, str, tuple[Extension, ...]], Files] = {}
        self._reading = BoundedSemaphore()
        self._logged: set[str] = set()

    def files_of(
        self,
        version: str,
        main: str,
        extensions: tuple[Extension, ...],
        texts_of: Callable[[Iterable[str]], list[str]],
        deadline: Deadline,
    ) -> Files:
        """Return what a build loads. The first person who comes with it reads it, and the others wait for that.

        A build of which some files did not come is read again by the next person.

        Args:
            version: Of JupyterLab or Notebook 7: the name of the first script does not always tell the build.
            main: The first script.
            extensions: Those with a bundle of their own.
            texts_of: As for `Files.read`.
            deadline: Until when to wait for somebody else who reads; `texts_of` has to keep it as well.

        Logs:
            WARNING what is not understood of a bundle, once.

        Raises:
            WaitTimeout: Somebody else was still reading at the deadline.
        """
        build = version, main, extensions
        if not self._reading.acquire(timeout=max(deadline.remaining(), 0.0)):
            raise WaitTimeout(f"JupyterLab's bundle was still being read after {deadline.seconds:g} seconds")
        try:
            if build in self._files:
                return self._files[build]
            files = Files.read(main, extensions, texts_of)
            if files.problem != INCOMPLETE:
                self._files[build] = files
        finally:
            self._reading.release()
        self.log_once(files.problem)
        return files

    def log_once(self, problem: str) -> None:
        """Log a problem, unless there is none or this process has logged it already."""
        if problem and problem not in self._logged:
            self._logged.add(problem)
            LOG.warning("%s", problem)


KNOWN_BUILDS = KnownBuilds()
"""What this process knows."""
