"""A small Kubernetes for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kube.cluster import Cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path / "cluster") as cluster:
        yield cluster
