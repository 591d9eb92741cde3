"""The image: built by Docker's own engine, which is started here with a folder of its own, and run as a pod runs it."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hubusers.how_installed import IMAGE_MARK
from hubusers.kube.manifests import FETCHED, RUNS_FOLDER
from hubusers.local import LocalHub
from tests.deploy.files import TOP
from tests.matrix.processes import folder_of, ran, running
from tests.telemetry.collector import Collector

BASE, IMAGE = "hubusers-base", "hubusers-tested"
BUILT_AS = "9.9.1"
MOST_MEGABYTES = 400
"""How much the image may add to its base."""

MISSING = [name for name in ("dockerd", "docker", "unshare", "debootstrap") if not shutil.which(name)]

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (apt install docker.io debootstrap)"
    ),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may start an engine"),
]

Docker = Callable[..., str]


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    """Docker, with the image: on Debian's Python, and of the versions in requirements/image.txt."""
    with folder_of("root") as folder:
        host = f"unix://{folder}/docker.sock"
        roots = ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        network = ["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"]
        env = os.environ | {"DOCKER_HOST": host, "DOCKER_BUILDKIT": "0"}

        def run(*arguments: str) -> str:
            return ran(["docker", *arguments], env=env).decode()

        log = tmp_path_factory.mktemp("docker") / "docker.log"
        # What the engine mounts goes with it, because only it sees that.
        command = ["unshare", "--mount", "dockerd", "--host", host, *roots, *network]
        with running(command, log, lambda: run("info")):
            run("import", _base(Path(folder)), BASE)
            said = [f"--build-arg=BASE={BASE}", f"--build-arg=VERSION={BUILT_AS}"]
            run("build", "--network=host", *said, f"--tag={IMAGE}", str(TOP))
            try:
                yield run
            finally:
                if containers := run("ps", "--all", "--quiet").split():
                    run("rm", "--force", *containers)


def _base(folder: Path) -> str:
    """Return an archive of a small Debian with Python, in which pip finds all packages, and nothing else."""
    system, archive = folder / "system", folder / "system.tar"
    packages = "--include=python3,python3-venv,ca-certificates"
    ran(["debootstrap", "--variant=minbase", packages, "bookworm", str(system)])
    of_debian = ["--python-version=3.11", "--only-binary=:all:", "--no-deps"]
    download = [sys.executable, "-m", "pip", "download", *of_debian, f"--dest={system}/wheels"]
    ran([*download, f"--requirement={TOP / 'requirements' / 'image.txt'}"])
    (system / "etc" / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n", encoding="utf-8")
    ran(["tar", "--create", f"--file={archive}", f"--directory={system}", "."])
    return str(archive)


def test_what_is_in_it(docker: Docker) -> None:
    (image,), (base,) = (json.loads(docker("image", "inspect", name)) for name in (IMAGE, BASE))
    assert image["Config"]["Entrypoint"] == ["locust"]
    assert image["Config"]["User"].isdecimal()
    assert int(image["Config"]["User"]) > 0
    assert (image["Size"] - base["Size"]) / 1e6 < MOST_MEGABYTES

    def shell(script: str) -> list[str]:
        return docker("run", "--rm", "--network=none", "--entrypoint=sh", IMAGE, "-c", script).split()

    found = shell("ls /opt/hubusers/bin; which tar gcc || true")
    assert {"locust", "hubusers"} <= set(found)
    assert not {"pip", "hatchling", "/usr/bin/gcc"} & set(found)
    assert any(path.endswith("/tar") for path in found)
    assert shell("find /opt/hubusers -type d -name tests") == []
    assert shell("hubusers --version") == ["hubusers,", "version", BUILT_AS]
    assert f"/opt/hubusers/{IMAGE_MARK}" in shell("ls /opt/hubusers/*")
    # What --otel sends with by default. The run below sends in the other way.
    assert shell("python -c 'import opentelemetry.exporter.otlp.proto.grpc.metric_exporter'") == []


def test_a_pod_with_a_run_whose_folder_is_fetched(docker: Docker, local_hub: LocalHub, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    runs.chmod(0o777)
    docker("run", "--detach", "--name=pause", "--network=none", "--entrypoint=sleep", IMAGE, "3600")
    # As the pod's: read-only, any user, no capabilities, and processes that see each other.
    as_in_pod = ["--read-only", "--user=1234:1234", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
    as_in_pod += ["--pid=container:pause", f"--volume={runs}:{RUNS_FOLDER}", "--detach"]
    hub = ["--network=host", f"--env=JUPYTERHUB_ENDPOINT={local_hub.endpoint}"]
    hub += [f"--env=JUPYTERHUB_API_TOKEN={local_hub.token}", "--tmpfs=/tmp"]
    run = ["--headless", "--users=3", "--spawn-rate=3", "--run-time=5s", "--otel"]
    results = ["--network=none", "--memory=64m", "--name=results", "--entrypoint=keep-results"]
    with Collector() as collector:
        hub += [f"--env=OTEL_EXPORTER_OTLP_ENDPOINT={collector.url}", "--env=OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"]
        docker("run", *as_in_pod, *hub, "--name=hubusers", IMAGE, *run)
        docker("run", *as_in_pod, *results, IMAGE, "3600")
        assert docker("wait", "hubusers").strip() == "0", docker("logs", "hubusers")
        assert list(collector.exports("hubusers"))
    # What kubectl cp does.
    docker("exec", "results", "tar", "cf", "/dev/null", RUNS_FOLDER)
    (folder,) = docker("exec", "results", "ls", RUNS_FOLDER).split()
    assert "report.html" in docker("exec", "results", "ls", f"{RUNS_FOLDER}/{folder}")
    docker("exec", "results", "touch", FETCHED)
    began = time.monotonic()
    assert docker("wait", "results").strip() == "0"
    assert time.monotonic() - began < 60
