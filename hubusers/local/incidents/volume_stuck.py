"""Volumes that are not attached for a long time."""

from hubusers.local.incidents.incident import Incident, class_event
from hubusers.local.incidents.kubernetes import WARNING, container_started, image_present, scheduled
from hubusers.local.incidents.start import Start


async def start(start: Start) -> None:
    volume = f"volume-{start.username}"
    claim = f"pvc-{start.number:08x}-cb48-4bd6-8f15-50df54eef04b"
    scheduled(start, f"node-{start.number % 3}")
    await start.wait(3, 4)
    start.say_of_pod(
        "FailedAttachVolume",
        f'AttachVolume.Attach failed for volume "{claim}" : timed out waiting for external-attacher of '
        "disk.csi.example.org CSI driver to attach volume",
        WARNING,
        "attachdetach-controller",
    )
    await start.wait(1, 2)
    start.say_of_pod(
        "FailedMount",
        f"Unable to attach or mount volumes: unmounted volumes=[{volume}], unattached volumes=[{volume}]: timed out "
        "waiting for the condition",
        WARNING,
    )
    await start.wait(5, 7)
    start.say_of_pod(
        "SuccessfulAttachVolume",
        f'AttachVolume.Attach succeeded for volume "{claim}"',
        source="attachdetach-controller",
    )
    await start.wait(0.2)
    image_present(start)
    container_started(start)


INCIDENT = Incident(
    name="volume-stuck",
    title="The volumes with people's homes are not attached for a long time",
    source="Planetary Computer Hub, issue 261, September 2023",
    what_happens="Each server has its node at once, but the volume with the person's home is not attached to that node "
    "until the storage system has tried again. The container starts only then.",
    finds=("volume-wait",),
    hub={"spawn_seconds": (0.3, 0.6)},
    start=start,
    event=class_event(people=16, over="16s", stay="15s", ready_within="6s"),
)
