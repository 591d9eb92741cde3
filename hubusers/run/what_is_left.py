"""What the last line of a run says: what the clean-up removed, and how to remove what is left."""

import shlex

from hubusers.accounts.ledger import Totals
from hubusers.settings.settings import Settings


def clean_up_line(settings: Settings, totals: Totals) -> str:
    """Return the last line of a run, in fixed words."""
    line = f"Clean-up: {totals}"
    if settings.keep:
        return f"{line}; kept as asked, {how_to_remove(settings, 'them')}"
    if totals.left:
        return f"{line}; {how_to_remove(settings, 'what is left')}"
    return line


def how_to_remove(settings: Settings, what: str) -> str:
    """Return a clause that says how to remove what is left of a run.

    Args:
        settings: The run's.
        what: What that is: "them", "what is left".
    """
    if settings.access.hub_ends:
        return "the hub ends with this test, and all that is on it is gone then"
    return f"to remove {what}: {purge_command(settings)}"


def purge_command(settings: Settings) -> str:
    """Return the command that removes what is left of a run."""
    which = ["--name-prefix", settings.prefix, "--run", settings.run_id]
    if settings.accounts_file:
        which = ["--accounts", settings.accounts_file]
    elif settings.named_servers:
        which.append("--named-servers")
    which += settings.access.arguments_for(settings.endpoint)
    return f"JUPYTERHUB_ENDPOINT={shlex.quote(settings.endpoint)} hubusers purge {shlex.join(which)}"
