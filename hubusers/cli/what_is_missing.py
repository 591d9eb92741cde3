"""What a hub or a token does not have and a test does not need, and what a report can then not say."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from hubusers.http.messages import Answer
from hubusers.hub.client import HubClient
from hubusers.results.hub_metrics import hub_sample
from hubusers.settings.access import PASSWORD_FILE_VARIABLE, PASSWORD_VARIABLE, Access
from hubusers.settings.hub_check import METRICS_SCOPE, CheckedHub
from hubusers.settings.public_address import public_address, sends_browsers_to

_CLOCKS_DIFFER = 5.0
"""Seconds. The hub's answers tell its time to the second, and take a moment."""

OPTIONAL_SCOPES = ("tokens", "read:hub", METRICS_SCOPE)

_WITHOUT_METRICS = (
    "a report will not show the hub's CPU, memory and event loop, nor the hub's own measure of its spawns, and so it "
    "can hardly tell a busy hub from slow spawns"
)


def what_is_missing(checked: CheckedHub, access: Access, *, makes_accounts: bool) -> Iterator[str]:
    """Yield a sentence for each thing, with what to do. Two small requests ask for metrics and for the start page.

    Args:
        checked: What `check_hub` found.
        access: The token, the password of accounts, and how to verify the hub's certificate.
        makes_accounts: Whether a run would create the accounts of its users.
    """
    asked_at = time.time()
    answer = HubClient(checked.endpoint, access.session).request("GET", "/metrics", timeout=10)
    answered_at = time.time()
    yield from _of_metrics(answer, f"{checked.endpoint}/metrics")
    if makes_accounts and "tokens" not in checked.scopes and not access.password:
        yield (
            "The token lacks the scope tokens: a NotebookUser cannot log in, so that a run with people in a browser is "
            f"refused. Add the scope, or give these people a password ({PASSWORD_VARIABLE}, {PASSWORD_FILE_VARIABLE}) "
            "if the hub's login takes any. Runs without a browser do not need it."
        )
    if public := public_address(checked.endpoint, access):
        yield (
            f"{sends_browsers_to(checked.endpoint, public)}: their run is refused. Give that address in --host or "
            "JUPYTERHUB_ENDPOINT. Runs without a browser do not need it."
        )
    if not checked.spawner:
        yield "The token lacks the scope read:hub: a report will not name the spawner. Nothing else depends on it."
    yield from _of_clocks(answer, asked_at, answered_at)


def _of_metrics(answer: Answer, url: str) -> Iterator[str]:
    if answer.status in {401, 403}:
        yield f"The token lacks the scope {METRICS_SCOPE}: {_WITHOUT_METRICS}. Add the scope to its role."
        return
    if answer.status != 200:
        yield f"The hub's metrics cannot be read ({answer.cause} from {url}): {_WITHOUT_METRICS}."
        return
    try:
        sample = hub_sample(answer.body, 0.0)
    except ValueError as error:
        yield f"{error} So {_WITHOUT_METRICS}."
        return
    if sample.cpu_seconds is None:
        yield (
            "The hub's metrics do not say its CPU and memory, as where it does not run on Linux: a report cannot say "
            "whether the hub was busy."
        )
    if sample.event_loop is None:
        yield (
            "The hub's metrics do not say how its event loop does, as before JupyterHub 5: a report tells from its own "
            "small requests only whether something blocked the hub."
        )


def _of_clocks(answer: Answer, asked_at: float, answered_at: float) -> Iterator[str]:
    """Say how far the hub's time is from all moments between question and answer: it may have taken seconds."""
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except ValueError:
        return
    ahead = max(asked_at - theirs, 0.0) or min(answered_at - theirs, 0.0)
    if abs(ahead) > _CLOCKS_DIFFER:
        yield (
            f"The clock of this machine is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the hub's: the "
            "times in a report will not be those in the hub's log. Set both clocks."
        )
