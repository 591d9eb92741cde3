"""Removes from the hub what a run left that was killed before its clean-up."""

import shlex

from hubusers.accounts.names import DEFAULT_PREFIX
from hubusers.kube.clean_up_pod import run_clean_up
from hubusers.kube.kubectl import Kubectl
from hubusers.kube.manifests import ACCOUNTS_FILE
from hubusers.kube.order import Order
from hubusers.kube.patience import Patience
from hubusers.log import get_logger

LOG = get_logger(__name__)


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
    arguments = ["purge", *_which(order), "--yes"]
    # The Secret of the run is deleted by now, with all else that was made for it.
    name = f"{order.name}-clean-up"
    why = run_clean_up(kubectl, order.values_for_pods, name, arguments, patience, order.secrets)
    if not why:
        return True
    LOG.error("The hub could not be cleaned up (%s): `%s` removes what is left", why, command)
    return False


def purge_command(kubectl: Kubectl, order: Order) -> str:
    """Return the command that removes what a run left.

    Where its accounts are in a file on this machine, or in an image, it is for a machine that reaches the hub with a
    token. Otherwise it works by a pod in the cluster.
    """
    if order.final.accounts in order.files.names:
        return shlex.join(["hubusers", "purge", "--accounts", _accounts(order)])
    if order.final.accounts not in ("", ACCOUNTS_FILE):
        return "hubusers purge --accounts FILE"
    which = [] if order.final.accounts else _which(order)
    return shlex.join(["hubusers", "kube", "purge", *kubectl.options, *order.where, *which])


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
