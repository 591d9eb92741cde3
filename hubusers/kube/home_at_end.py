"""Brings the folder of a run home at the end; says how to fetch it by hand where that fails, and its pod stays."""

import logging
import time
from dataclasses import dataclass

from hubusers.kube.folder_home import FolderHome
from hubusers.kube.kubectl import Kubectl, KubectlError, NotAllowed
from hubusers.kube.made import Made
from hubusers.kube.manifests import RESULTS, RUNS_FOLDER
from hubusers.kube.patience import LOOK_EVERY, REFUSED_FOR, EndAtOnce, Patience
from hubusers.kube.pod import Pod
from hubusers.log import get_logger

LOG = get_logger(__name__)

_FOLDER_WITHIN = 10 * 60.0
"""Seconds within which the folder must come home."""


@dataclass(frozen=True)
class LastFetch:
    """What came of it.

    Attributes:
        why_not: Why the folder is not at home as it is at the end, in half a sentence; "" where it is.
        stays_in_pod: Whether the pod has it, so that somebody can still fetch it.
    """

    why_not: str = ""
    stays_in_pod: bool = False


def bring_home(home: FolderHome, pod: Pod, made: Made, patience: Patience) -> LastFetch:
    """Fetch the folder as it is at the end. What this machine, or a role, does not allow is not tried for long.

    Args:
        home: Where it comes.
        pod: Of the run.
        made: What the run has made in the cluster.
        patience: Asks the cluster. A second interrupt gives up.

    Logs:
        WARNING once why it is tried again, INFO after a first interrupt what a second one does.
    """
    interrupts, began, seconds = patience.interrupts, time.monotonic(), _FOLDER_WITHIN

    def go_on() -> bool:
        if interrupts.count == 1:
            then = "" if pod.is_being_deleted else ", and leaves it in its pod"
            patience.tell(f"The run's folder is being fetched; Ctrl-C once more gives that up{then}")
        return interrupts.count < 2

    while True:
        try:
            home.fetch(go_on)
            return LastFetch()
        except OSError as error:
            why, seconds = f"it cannot be written on this machine: {error.strerror or error}", 0.0
        except NotAllowed as error:
            why, seconds = str(error), REFUSED_FOR
        except KubectlError as error:
            why = str(error)
        now = _look_at(pod, made, patience)
        if not now or not now.is_running(RESULTS) or now.node_is_silent:
            return LastFetch(why.rstrip("."))
        if not go_on():
            return LastFetch("you gave up", stays_in_pod=not now.is_being_deleted)
        if time.monotonic() - began >= seconds:
            return LastFetch(why.rstrip("."), stays_in_pod=not now.is_being_deleted)
        patience.tell(
            f"The run's folder is not at home yet ({why.rstrip('.')}): it is tried again, for {seconds:.0f} s at most",
            logging.WARNING,
        )
        interrupts.wait(LOOK_EVERY)


def _look_at(pod: Pod, made: Made, patience: Patience) -> Pod | None:
    """Return how the pod is now, or was last; None where it is gone."""
    try:
        return next((each for each in patience.ask(made.pods) if each.name == pod.name), None)
    except (KubectlError, EndAtOnce):
        return pod


def how_to_fetch(kubectl: Kubectl, pod: str, keep_results: int, made: Made) -> str:
    """Return how to bring home by hand what stays in a pod, and how to delete what the run has made.

    Args:
        kubectl: How to get at the cluster.
        pod: Name of the pod.
        keep_results: Seconds for which it keeps the folder after the run.
        made: What the run has made.
    """
    fetch = kubectl.shown_command("cp", f"--container={RESULTS}", f"{pod}:{RUNS_FOLDER}", "runs")
    return (
        f"The run's pod stays in the cluster, and keeps its folder for {keep_results / 60:.0f} minutes after the run. "
        f"`{fetch}` fetches it; `{made.command_to_delete}` then deletes all that the run has made."
    )
