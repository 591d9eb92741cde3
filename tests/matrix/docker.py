"""Docker's own engine, started here with a folder of its own: what runs on it is gone with it."""

import io
import os
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests import environments
from tests.matrix.case import Part, Site
from tests.matrix.processes import folder_of, ran, running, version_of

IMAGE = "hubusers-matrix"
"""An image with hardly anything in it: the programs of this machine are mounted into its containers, read-only."""

_MOUNTED = ["/usr", "/lib", "/lib64", "/bin", "/etc/ssl"]


@contextmanager
def _docker(site: Site) -> Iterator[Mapping[str, object]]:
    with folder_of("root") as folder:
        host = f"unix://{folder}/docker.sock"
        # What the engine mounts goes with it, because only it sees that.
        command = [
            "unshare",
            "--mount",
            "dockerd",
            "--host",
            host,
            "--data-root",
            f"{folder}/data",
            "--exec-root",
            f"{folder}/exec",
        ]
        command += ["--pidfile", f"{folder}/pid", "--storage-driver", "vfs"]
        # Containers are in the network of this machine, so no rule and no bridge is added to it.
        command += ["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"]
        env = os.environ | {"DOCKER_HOST": host}

        def docker(*arguments: str, stdin: bytes = b"") -> bytes:
            return ran(["docker", *arguments], env=env, input=stdin)

        with running(command, site.folder / "docker.log", lambda: docker("info")):
            docker("import", "-", IMAGE, stdin=_archive())
            try:
                yield {"DOCKER_HOST": host, "docker_image": IMAGE, "mounted": _mounted()}
            finally:
                if containers := docker("ps", "--all", "--quiet").decode().split():
                    docker("rm", "--force", *containers)


def _archive() -> bytes:
    """Return an archive with all that the image has: a folder for files of the moment."""
    written, folder = io.BytesIO(), tarfile.TarInfo("tmp")
    folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
    with tarfile.open(fileobj=written, mode="w") as archive:
        archive.addfile(folder)
    return written.getvalue()


def _mounted() -> dict[str, str]:
    """Return what a container sees of this machine."""
    python = str(Path(sys.executable).resolve().parents[1])
    folders = [folder for folder in _MOUNTED if Path(folder).exists()]
    if not python.startswith("/usr"):
        folders.append(python)
    return {folder: folder for folder in [*folders, str(environments.FOLDER)]}


DOCKER = Part(
    "Docker",
    {"dockerd": "apt install docker.io", "docker": "apt install docker.io", "unshare": "apt install util-linux"},
    _docker,
    version_of("dockerd", "--version"),
)
