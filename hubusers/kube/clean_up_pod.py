"""A pod that removes from the hub what a run left: for whoever reaches the cluster, but not the hub, nor its token."""

import time
from collections.abc import Callable

from hubusers.kube.cluster_check import address_of_hub, check_namespace, check_token
from hubusers.kube.kubectl import Kubectl, KubectlError
from hubusers.kube.made import Made
from hubusers.kube.manifests import ACCOUNTS_FILE, RUN, Manifest, clean_up_manifest
from hubusers.kube.patience import EndAtOnce, Patience
from hubusers.kube.pod import Pod
from hubusers.kube.values import Values
from hubusers.log import get_logger

LOG = get_logger(__name__)

_POD_RUNS_WITHIN = 300.0
"""Seconds that its pod may take until it runs."""


def purge_in_cluster(
    kubectl: Kubectl, values: Values, name: str, which: list[str], *, has_address: bool, patience: Patience
) -> str:
    """Run `hubusers purge` in a pod beside the hub.

    Args:
        kubectl: How to get at the cluster.
        values: Where and how it runs. Where they name a Secret with accounts, the servers of these are stopped.
        name: Of its Job.
        which: Options of `hubusers purge` that say what to remove.
        has_address: Whether the values say where the hub is.
        patience: Asks the cluster.

    Returns:
        Why something may be left on the hub, in half a sentence; "" where nothing is.

    Raises:
        KubectlError: There is no hub, no token, or no such namespace.
        EndAtOnce: Somebody wants that.
    """
    check_namespace(kubectl)
    check_token(kubectl, values.hub.token_secret)
    if not has_address:
        hub = values.hub.model_copy(update={"url": address_of_hub(kubectl, with_browser=False)})
        values = values.model_copy(update={"hub": hub})
    accounts = [f"--accounts={ACCOUNTS_FILE}"] if values.accounts else []
    return run_clean_up(kubectl, values, name, ["purge", *(accounts or which), "--yes"], patience)


def run_clean_up(
    kubectl: Kubectl,
    values: Values,
    name: str,
    arguments: list[str],
    patience: Patience,
    secrets: Callable[[list[Manifest]], list[Manifest]] = lambda _: [],
) -> str:
    """Run the command `hubusers` with these arguments in a pod, and delete it.

    Args:
        kubectl: How to get at the cluster.
        values: Where and how it runs.
        name: Of its Job.
        arguments: Of the command.
        patience: Asks the cluster.
        secrets: Returns the Secrets that the values name and that are made for this pod, from what it stands beside.

    Returns:
        Why it did not succeed, in half a sentence; "" where it did.

    Raises:
        EndAtOnce: Somebody wants that.

    Logs:
        INFO what it says; ERROR what is left in the cluster.
    """
    made = Made(kubectl, name)
    try:
        job = clean_up_manifest(values, made.name, arguments)
        made.make([*secrets([job]), job])
        pod = _await_end(made, values, patience)
        if pod and pod.has_begun(RUN):
            _tell_log(kubectl, pod)
        ended = pod.exit(RUN) if pod else None
        if ended:
            return f"it ended with code {ended.code}" if ended.code else ""
        waiting = pod.waiting(RUN) if pod else None
        return waiting.reason if waiting and waiting.is_final else "the pod did not end in time"
    except KubectlError as error:
        return str(error).rstrip(".")
    finally:
        try:
            patience.ask(lambda: made.delete(0.0))
        except (KubectlError, EndAtOnce) as error:
            LOG.error("%s", made.how_to_delete(str(error).rstrip(".")))


def _tell_log(kubectl: Kubectl, pod: Pod) -> None:
    try:
        said = kubectl.run("logs", pod.name, f"--container={RUN}")
    except KubectlError as error:  # its exit code tells enough
        LOG.warning("What the clean-up says cannot be read: %s", error)
        return
    for line in said.splitlines():
        LOG.info("%s", line)


def _await_end(made: Made, values: Values, patience: Patience) -> Pod | None:
    pod, seconds = None, _POD_RUNS_WITHIN + values.server_timeout + values.people
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        pod = next(iter(patience.ask(made.pods)), None)
        if pod and (pod.exit(RUN) or pod.waiting(RUN).is_final):
            break
        patience.progress.say("Waiting for the clean-up of the hub")
        patience.pause()
    return pod
