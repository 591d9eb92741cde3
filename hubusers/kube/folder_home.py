"""Brings the folder of a run home from its pod: whole, or not at all."""

import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from hubusers.kube.kubectl import ClusterAway, Kubectl, end, error_of
from hubusers.kube.manifests import RESULTS, RUNS_FOLDER
from hubusers.log import shown
from hubusers.results.folder import RUN_FILE

_LONGEST = 600.0
"""Seconds for one transfer. A folder of some hundred MB takes a minute on a slow line."""

_LOOK_EVERY = 0.5
"""Seconds between two looks whether to wait on."""

_ARCHIVE = f"cd {RUNS_FOLDER} && tar --create --gzip --file=- --exclude='./.*' . || [ $? = 1 ]"
"""What the pod runs. tar ends with 1 where a file grew meanwhile, as files of a run under way do; it is whole all the
same. gzip's checksum tells whether all has arrived.
"""


class FolderHome:
    """Keeps a copy of a pod's runs on this machine. Each copy takes the place of the one before when it is whole.

    Args:
        kubectl: How to get at the cluster.
        pod: Name of the pod.
        home: The folder for the folders of runs on this machine.
    """

    def __init__(self, kubectl: Kubectl, pod: str, home: Path) -> None:
        self._kubectl = kubectl
        self._pod = pod
        self._home = home
        self.runs: list[Path] = []
        """The folders of runs that are at home, in the order of their names, which is that of their beginnings."""

    def fetch(self, go_on: Callable[[], bool] = lambda: True, seconds: float = _LONGEST) -> None:
        """Fetch all runs of the pod.

        Args:
            go_on: Whether to wait on.
            seconds: How long it may take.

        Raises:
            KubectlError: They cannot be fetched now. What was fetched before stays.
            OSError: They cannot be written here.
        """
        self._home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".from-pod-", dir=self._home) as unfinished:
            archive, unpacked = Path(unfinished, "runs.tar.gz"), Path(unfinished, "runs")
            self._download(archive, go_on, seconds)
            try:
                with tarfile.open(archive, "r:gz") as packed:
                    packed.extractall(unpacked, filter="data")
            except (EOFError, tarfile.TarError, OSError) as error:
                if isinstance(error, OSError) and error.errno:  # this machine's own, such as a full disk
                    raise
                raise ClusterAway(
                    f"The run's folder has not arrived whole ({shown(str(error))}): the connection broke off."
                ) from None
            for run in sorted(path.parent for path in unpacked.glob(f"*/{RUN_FILE}")):
                self._replace(run, Path(unfinished, "before"))

    def _download(self, archive: Path, go_on: Callable[[], bool], seconds: float) -> None:
        # --request-timeout would end a transfer that still goes on.
        arguments = ["exec", self._pod, f"--container={RESULTS}", "--", "sh", "-c", _ARCHIVE]
        with (
            tempfile.TemporaryFile() as said,
            ThreadPoolExecutor(1) as pool,
            self._kubectl.start(*arguments, stderr=said) as process,
            archive.open("wb") as file,
        ):
            # Not written by kubectl, which does not tell a full disk from a connection that broke off.
            arriving, give_up_at = pool.submit(file.writelines, process.stdout or ()), time.monotonic() + seconds
            try:
                while not wait([arriving], _LOOK_EVERY).done:
                    if time.monotonic() >= give_up_at or not go_on():
                        raise ClusterAway("The run's folder has not arrived in time.")
                arriving.result()
                process.wait()
            finally:
                end(process)
                wait([arriving])  # before its files are closed
            if process.returncode:
                said.seek(0)
                words, command = said.read().decode("utf-8", "replace"), self._kubectl.shown_command(*arguments)
                raise error_of(words, process.returncode, "kubectl exec", command)

    def _replace(self, run: Path, before: Path) -> None:
        at_home = self._home / run.name
        if at_home.exists():
            at_home.replace(before)
        try:
            run.replace(at_home)
        except OSError:
            if before.exists():
                before.replace(at_home)
            raise
        shutil.rmtree(before, ignore_errors=True)
        if at_home not in self.runs:
            self.runs.append(at_home)
