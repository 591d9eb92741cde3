"""What is said where the machine of a hub has no account for a person, whose server is to run as that account."""

import re


def lacks_account(name: str) -> str:
    """Return a pattern of the words that say that there is no account of a person.

    Python says so by `getpwnam` (in LocalProcessSpawner, SudoSpawner, SystemdSpawner and BatchSpawner), and `sudo` by
    itself. They say it of any account: a hook of the hub may miss one of its own, which is not about the person.

    Args:
        name: Of the person on the hub. The account may be called `jupyter-NAME`, as on The Littlest JupyterHub.
    """
    says = r"(?:getpwnam\(\): name not found:|\bsudo: unknown user:?)"
    return rf"{says} ['\"]?(?:jupyter-)?{re.escape(name)}(?![\w@+-]|\.\w)"
