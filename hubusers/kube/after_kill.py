"""Removes from the hub what a run left that was killed before its clean-up."""

import shlex
import time

from hubusers.accounts.names import DEFAULT_PREFIX
from hubusers.kube.kubectl import Kubectl, KubectlError
from hubusers.kube.made import Made
from hubusers.kube.manifests import ACCOUNTS_FILE, RUN, clean_up_manifest
from hubusers.kube.order import Order
from hubusers.kube.patience import EndAtOnce, Patience
from hubusers.kube.pod import Pod
from hubusers.log import get_logger

LOG = get_logger(__name__)

_POD_RUNS_WITHIN = 300.0
"""Seconds that its pod may take until it runs."""


def clean_up_hub(kubectl: Kubectl, order: Order, patience: Patience) -> bool:
    """Remove what a killed run left on the hub, by a pod of the same kind; return whether nothing is left.

    Args:
        kubectl: How to get at the cluster.
        order: Of the run, whose container had begun.
        patience: Asks the cluster.

    Raises:
        EndAtOnce: Somebody wants that.

    Logs:
        INFO what was removed, or ERROR what may be left, and the command that removes it.
    """
    command = purge_command(kubectl, order)
    if order.final.keep:
        LOG.info("What the run made stays on the hub, as --keep says; `%s` removes it", command)
        return True
    if order.final.accounts:
        LOG.error("The servers of the accounts in %s may still run: `%s` stops them all", _accounts(order), command)
        return False
    LOG.info("Removing what the run left on the hub, by a pod of its own")
    made = Made(kubectl, f"{order.name}-clean-up")
    arguments = ["purge", *_which(order), "--yes"]
    try:
        made.make([clean_up_manifest(order.values_for_pods, made.name, arguments)])
        pod = _await_end(made, order, patience)
        if pod and pod.has_begun(RUN):
            _tell_log(kubectl, pod)
        ended = pod.exit(RUN) if pod else None
        if ended and not ended.code:
            return True
        why = "the pod did not end in time" if not ended else f"it ended with code {ended.code}"
    except KubectlError as error:
        why = str(error).rstrip(".")
    finally:
        try:
            patience.ask(lambda: made.delete(0.0))
        except (KubectlError, EndAtOnce) as error:
            LOG.error("%s", made.how_to_delete(str(error).rstrip(".")))
    LOG.error("The hub could not be cleaned up (%s): `%s` removes what is left", why, command)
    return False


def _tell_log(kubectl: Kubectl, pod: Pod) -> None:
    try:
        said = kubectl.run("logs", pod.name, f"--container={RUN}")
    except KubectlError as error:  # its exit code tells enough
        LOG.warning("What the clean-up says cannot be read: %s", error)
        return
    for line in said.splitlines():
        LOG.info("%s", line)


def purge_command(kubectl: Kubectl, order: Order) -> str:
    """Return the command that removes what a run left, on a machine that reaches the hub with its token."""
    if not order.final.accounts:
        return shlex.join(["hubusers", "purge", *_which(order)])
    if order.final.accounts in order.files.names:
        return shlex.join(["hubusers", "purge", "--accounts", _accounts(order)])
    if order.final.accounts != ACCOUNTS_FILE:
        return "hubusers purge --accounts FILE"
    template = '--output=go-template={{index .data "accounts.csv" | base64decode}}'
    secret = kubectl.shown_command("get", "secret", order.values.accounts, template)
    return f"{secret} > accounts.csv && hubusers purge --accounts accounts.csv"


def _accounts(order: Order) -> str:
    """Return where the accounts are, as somebody knows it who made the order."""
    accounts = order.final.accounts
    if accounts == ACCOUNTS_FILE:
        return f"the Secret {order.values.accounts}"
    return order.files.names.get(accounts) or f"{accounts} in the pod (FILE is a copy of it)"


def _which(order: Order) -> list[str]:
    final = order.final
    return [
        *["--run", order.run_id_begins],
        *(["--named-servers"] if final.named_servers else []),
        *(["--name-prefix", final.prefix] if final.prefix != DEFAULT_PREFIX else []),
    ]


def _await_end(made: Made, order: Order, patience: Patience) -> Pod | None:
    pod, seconds = None, _POD_RUNS_WITHIN + order.values.server_timeout + order.values.people
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        pod = next(iter(patience.ask(made.pods)), None)
        if pod and (pod.exit(RUN) or pod.waiting(RUN).is_final):
            break
        patience.progress.say("Waiting for the clean-up of the hub")
        patience.pause()
    return pod
