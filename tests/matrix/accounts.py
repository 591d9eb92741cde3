"""Accounts of the machine that only some processes see: the files that list them are others in a namespace of theirs.

So real spawners and PAM can have real accounts, with numbers, homes and hashed passwords, and the machine stays as it
is. That needs root.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests import environments
from tests.matrix.case import Part, Site
from tests.matrix.directories import PEOPLE
from tests.matrix.processes import ran, version_of

_FIRST_NUMBER = 52_000

_SCRIPT = """\
set -e
for name in passwd shadow group; do mount --bind {etc}/$name /etc/$name; done
{mounts}
exec "$@"
"""


def with_accounts(folder: Path) -> list[str]:
    """Make accounts for everybody, with homes, and return the begin of commands that see them.

    Args:
        folder: A folder in which there are other files for `/etc`, and the homes.
    """
    etc = folder / "etc"
    etc.mkdir()
    theirs = {"passwd": "", "shadow": "", "group": ""}
    for number, (name, password) in enumerate(PEOPLE.items(), _FIRST_NUMBER):
        home = folder / "homes" / name
        home.mkdir(parents=True)
        os.chown(home, number, number)
        hashed = ran(["openssl", "passwd", "-6", "-stdin"], input=password.encode()).decode().strip()
        theirs["passwd"] += f"{name}:x:{number}:{number}::{home}:/bin/bash\n"
        theirs["shadow"] += f"{name}:{hashed}:19000:0:99999:7:::\n"
        theirs["group"] += f"{name}:x:{number}:\n"
    for file, lines in theirs.items():
        (etc / file).write_text(Path("/etc", file).read_text(encoding="utf-8") + lines, encoding="utf-8")
    (etc / "shadow").chmod(0o600)
    script = folder / "with_accounts.sh"
    script.write_text(_SCRIPT.format(etc=etc, mounts=_shown_of_root(folder)), encoding="utf-8")
    return ["unshare", "--mount", "sh", str(script)]


def _shown_of_root(folder: Path) -> str:
    """Return what lets everybody use our Python and this project where they are in root's home."""
    home, shown = Path("/root"), folder / "root"
    needed = [Path(sys.executable).resolve().parents[1], environments.PROJECT]
    paths = [path for path in needed if path.is_relative_to(home)]
    if not paths:
        return ""
    for path in paths:
        (shown / path.relative_to(home)).mkdir(parents=True, exist_ok=True)
    binds = [f"mount --bind {path} {shown / path.relative_to(home)}" for path in paths]
    return "\n".join([*binds, f"mount --rbind {shown} {home}"])


@contextmanager
def _accounts(site: Site) -> Iterator[Mapping[str, object]]:
    yield {"begin_of_command": with_accounts(site.folder)}


ACCOUNTS_OF_THE_MACHINE = Part(
    "accounts of the machine",
    {
        "unshare": "apt install util-linux",
        "openssl": "apt install openssl",
        "/etc/shadow": "a Linux machine, as root",
    },
    _accounts,
    lambda: "",
)


@contextmanager
def _nothing(site: Site) -> Iterator[Mapping[str, object]]:
    yield {}


SUDO = Part("sudo", {"sudo": "apt install sudo"}, _nothing, version_of("sudo", "--version"))
SYSTEMD = Part(
    "systemd",
    {"/run/systemd/system": "a machine that systemd has started"},
    _nothing,
    version_of("systemctl", "--version"),
)
