"""What a run sees of a real hub whose KubeSpawner starts pods: the cluster's own words, from the real event stream."""

from locust.exception import StopUser

import secrets
from collections.abc import Iterator
from contextlib import suppress

import gevent
import gevent.event
import pytest
from click.testing import CliRunner

from hubusers.cli import main
from hubusers.hub.diary import Diary
from hubusers.hub.progress import Event
from hubusers.local import LocalHub
from hubusers.results.records import Record
from hubusers.start_parts import IMAGE, NODE
from hubusers.users import ServerLifecycleUser
from tests.kube.cluster import Cluster
from tests.kube.hub import NAMESPACE, hub_in_cluster
from tests.users.people import people_on
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("kube") / "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def hub(cluster: Cluster) -> Iterator[LocalHub]:
    with hub_in_cluster(cluster, "c.KubeSpawner.start_timeout = 600") as hub:
        yield hub


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the hub has said of the starts so far, as it comes."""
    messages: list[str] = []
    note = Diary.note

    def hear(self: Diary, event: Event, seconds: float) -> None:
        messages.append(event.message)
        note(self, event, seconds)

    monkeypatch.setattr(Diary, "note", hear)
    return messages


class Visit:
    """People who come together, and stay until all have their servers.

    Args:
        hub: Where they start a server each.
        count: How many they are.
    """

    def __init__(self, hub: LocalHub, count: int) -> None:
        self.people = people_on(
            hub.endpoint, hub.token, run_id=secrets.token_hex(3), wait="progress", server_timeout=240
        )
        self._all_are_there = gevent.event.Event()
        self._coming = [gevent.spawn(self._come) for _ in range(count)]

    def _come(self) -> None:
        person = self.people.comes(ServerLifecycleUser)
        person.on_start()
        with suppress(StopUser):
            person.start_server()
        if len(self.people.run.results.records.starts()) == len(self._coming):
            self._all_are_there.set()
        self._all_are_there.wait(240)
        person.on_stop()

    def records(self) -> list[Record]:
        """Return the records of their starts, once all have gone."""
        gevent.joinall(self._coming, timeout=300, raise_error=True)
        return self.people.run.results.records.starts()


def test_the_check_finds_a_hub_in_the_cluster(hub: LocalHub) -> None:
    environment = {"JUPYTERHUB_ENDPOINT": hub.endpoint, "JUPYTERHUB_API_TOKEN": hub.token}
    outcome = CliRunner().invoke(main, ["check"], env=environment)
    assert outcome.exit_code == 0, outcome.output
    assert "KubeSpawner" in outcome.output


def test_a_start_that_waits_for_a_node_says_so(cluster: Cluster, hub: LocalHub, heard: list[str]) -> None:
    """Three people come, and the third one's node has to be ordered first."""
    cluster.fault("add_node", name="small", pods=2)
    cluster.kubectl("cordon", "node-1")
    visit = Visit(hub, 3)
    wait_until(lambda: any("nodes are available" in message for message in heard), lambda: str(heard))
    [pending] = [pod for pod in cluster.objects("pods", NAMESPACE) if not pod["spec"].get("nodeName")]
    cluster.fault("scale_up", pod=pending["metadata"]["name"], namespace=NAMESPACE)
    wait_until(lambda: any("pod triggered scale-up" in message for message in heard), lambda: str(heard))
    cluster.fault("add_node", name="new", pods=2)
    records = visit.records()
    assert [record.failure for record in records] == ["", "", ""]
    assert sorted(NODE in dict(record.parts) for record in records) == [False, False, True]
    [late] = [record for record in records if NODE in dict(record.parts)]
    assert sum(dict(late.parts).values()) == pytest.approx(late.seconds, abs=0.01)
    wait_until(lambda: not cluster.objects("pods", NAMESPACE), "every pod is gone with its user")


def test_a_start_whose_image_cannot_be_pulled_says_so(cluster: Cluster, hub: LocalHub, heard: list[str]) -> None:
    cluster.fault("cannot_pull", image="singleuser")
    cluster.kubectl("cordon", *(node["metadata"]["name"] for node in cluster.objects("nodes")))
    cluster.fault("add_node", name="without-the-image")
    visit = Visit(hub, 1)
    wait_until(lambda: any("Error: ImagePullBackOff" in message for message in heard), lambda: str(heard))
    assert any("Failed to pull image" in message for message in heard)
    cluster.fault("can_pull")
    [record] = visit.records()
    assert record.failure == ""
    assert IMAGE in dict(record.parts)
    wait_until(lambda: not cluster.objects("pods", NAMESPACE), "the pod is gone with its user")
