"""Hubs whose people have accounts of the machine, as on HPC systems and small servers: what a test must know."""

from collections.abc import Iterator

from hubusers.settings.hub_check import CheckedHub

_NEED_ACCOUNTS = ("jupyterhub.spawner.LocalProcessSpawner", "sudospawner.", "systemdspawner.", "batchspawner.")
"""How the classes of spawners begin that run each server as the person's account of the machine."""

_THE_LITTLEST = "tljh."
"""The Littlest JupyterHub, whose spawner makes the account `jupyter-NAME`, with a home directory, at a first start."""

_REMEDY = "test with accounts that exist (--accounts), or with named servers of your own account (--named-servers)"


def about_machine_accounts(checked: CheckedHub, prefix: str) -> Iterator[str]:
    """Yield what the classes of spawner and authenticator tell of accounts that a run makes; nothing on other hubs.

    Only a first server shows whether such a hub makes accounts on its machine, which is a matter of its configuration.

    Args:
        checked: What `check_hub` found; without the scope read:hub it has no classes.
        prefix: The beginning of the names of accounts that a run makes.
    """
    spawner, authenticator = (each.rpartition(".")[2] for each in (checked.spawner, checked.authenticator))
    if checked.spawner.startswith(_THE_LITTLEST):
        yield (
            "The Littlest JupyterHub makes an account on its machine for each person whose server starts, and a run "
            f"cannot remove it: the accounts jupyter-{prefix}… and their home directories stay there afterwards, until "
            "somebody removes them as root (userdel --remove NAME)."
        )
        return
    of_machine = [spawner] if checked.spawner.startswith(_NEED_ACCOUNTS) else []
    if authenticator == "PAMAuthenticator" or authenticator.startswith("Local"):
        of_machine.append(authenticator)
    if of_machine:
        use = "uses" if len(of_machine) == 1 else "use"
        yield (
            f"This hub's {' and '.join(of_machine)} {use} accounts of its machine, where accounts that a run makes do "
            f"not exist: {_REMEDY}. If the hub makes them there by itself, a first server starts all the same, and the "
            f"accounts {prefix}… and their home directories stay on the machine after a run, until somebody removes "
            "them as root (userdel --remove NAME)."
        )
