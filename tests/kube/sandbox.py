"""How a container becomes a process of this machine: in namespaces of its own, with its volumes where it expects them.

The process sees this machine's files, and over them its volumes, as real mounts. Its first process is number 1 (which
ignores a SIGTERM that it does not handle), and it ends with all its children, as a container does. No root is needed,
but some machines forbid such namespaces.

What it does not do: no limits of memory or CPU, no network of its own, no user of its own, no files of the image.
"""

import functools
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_ROOT = "/mnt"
"""Where the container's root is made; in the container's own namespace, so that nobody else sees it."""

_UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]

_READ_ONLY = """
import ctypes, os, sys  # mount(8) can do the same from util-linux 2.39 on
libc = ctypes.CDLL(None, use_errno=True)
attributes = (ctypes.c_uint64 * 4)(1, 0, 0, 0)  # MOUNT_ATTR_RDONLY
flags, *paths = sys.argv[1:]
for path in paths:
    if libc.syscall(442, -100, path.encode(), int(flags, 16), attributes, 32):  # mount_setattr; 0x8000: AT_RECURSIVE
        sys.exit(f"{path}: {os.strerror(ctypes.get_errno())}")
"""
_MAKE_READ_ONLY = [sys.executable, "-ISc", _READ_ONLY]


@dataclass(frozen=True)
class Mount:
    """A file or folder, and where the container has it."""

    source: Path
    target: str
    read_only: bool = False


@functools.cache
def has_namespaces() -> bool:
    """Return whether this machine lets us make mounts in a namespace."""
    trial = [*_UNSHARE, "sh", "-c", "mount -t tmpfs tmpfs /mnt && mount -t proc proc /proc"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


def in_namespaces(
    command: list[str], mounts: list[Mount], workdir: str, read_only: bool, shares_with: int | None = None
) -> list[str]:
    """Return the command that runs a container's command in namespaces of its own.

    It writes into its standard input, a pipe, when the container's own command begins, which has none.

    Args:
        shares_with: A process with which it shares its processes (`shareProcessNamespace`): then its first process is
            not number 1.
    """
    script = "\n".join([*_root_script(mounts, workdir, read_only), f'exec chroot {_ROOT} sh -c {_BEGIN} "$@"'])
    namespaces = _UNSHARE
    if shares_with is not None:
        target = ["--target", str(shares_with), "--preserve-credentials", "--user", "--pid"]
        namespaces = ["nsenter", *target, "unshare", "--mount"]
    return ["setpriv", "--pdeathsig", "KILL", *namespaces, "sh", "-c", script, "sh", workdir, *command]


_BEGIN = shlex.quote('cd "$0" && printf . >&0 && exec "$@" </dev/null')


def _root_script(mounts: list[Mount], workdir: str, read_only: bool) -> list[str]:
    """Return the lines of a shell script that make the container's root."""
    lines = ["set -e", f"mount -t tmpfs tmpfs {_ROOT}"]
    folders = []
    for entry in sorted(Path("/").iterdir()):
        if str(entry) in (_ROOT, "/proc", "/lost+found"):
            continue
        lines += _shown(entry)
        if entry.is_dir() and not entry.is_symlink() and str(entry) not in ("/dev", "/sys"):
            folders.append(f"{_ROOT}{entry}")
    lines += [f"mkdir {_ROOT}/proc", f"mount -t proc proc {_ROOT}/proc"]
    replaced: set[Path] = set()
    for target in sorted({*(mount.target for mount in mounts), workdir}):
        source = next((mount.source for mount in mounts if mount.target == target), None)
        lines += _place_for(Path(target), replaced, is_file=source is not None and source.is_file())
    if read_only:
        lines.append(shlex.join([*_MAKE_READ_ONLY, "0", _ROOT]))
        lines.append(shlex.join([*_MAKE_READ_ONLY, "0x8000", *folders]))
    for mount in sorted(mounts, key=lambda mount: mount.target):
        bind = shlex.join(["mount", "--bind", str(mount.source), f"{_ROOT}{mount.target}"])
        lines.append(bind)
        if mount.read_only:
            lines.append(shlex.join([*_MAKE_READ_ONLY, "0", f"{_ROOT}{mount.target}"]))
    return lines


def _shown(entry: Path) -> list[str]:
    """Return the lines that show something of this machine in the container."""
    here = shlex.quote(f"{_ROOT}{entry}")
    there = shlex.quote(str(entry))
    if entry.is_symlink():
        return [f"ln -s {shlex.quote(str(entry.readlink()))} {here}"]
    if entry.is_dir():
        return [f"mkdir {here}", f"mount --rbind {there} {here}"]
    return [f"touch {here}", f"mount --bind {there} {here}"]


def _place_for(target: Path, replaced: set[Path], is_file: bool) -> list[str]:
    """Return the lines that make a place to mount something at, without making anything on this machine."""
    if target.exists():
        return []
    there = next(parent for parent in target.parents if parent.exists())
    lines = []
    if there != Path("/") and there not in replaced:
        replaced.add(there)
        lines.append(f"mount -t tmpfs tmpfs {_ROOT}{there}")
        for entry in sorted(there.iterdir()):
            lines += _shown(entry)
    folder = target.parent if is_file else target
    lines.append(f"mkdir -p {_ROOT}{folder}")
    return [*lines, f"touch {_ROOT}{target}"] if is_file else lines


def enter(pid: int, workdir: str, command: list[str]) -> list[str]:
    """Return the command that runs another command in a container, whose first process is given."""
    into = ["nsenter", "--target", str(pid), "--preserve-credentials", "--user", "--mount", "--pid", "--root", "--wd"]
    return [*into, "sh", "-c", 'cd "$0" && exec "$@"', workdir, *command]


def executable(name: str, path: str) -> str | None:
    """Return where a command is, by the PATH of the container."""
    return shutil.which(name, path=path)
