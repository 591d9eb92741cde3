"""What Kubernetes says about a pod that starts, in the words of its scheduler, autoscaler and kubelet."""

from hubusers.local.incidents.start import Start

IMAGE = "registry.example.org/class/notebook:2026-01"

WARNING = "Warning"


def scheduled(start: Start, node: str) -> None:
    start.say_of_pod("Scheduled", f"Successfully assigned hub/{start.pod} to {node}", source="default-scheduler")


def no_room(start: Start, nodes: int) -> None:
    """Say that the pod fits on none of so many nodes."""
    start.say_of_pod(
        "FailedScheduling",
        f"0/{nodes} nodes are available: {nodes} Insufficient memory. preemption: 0/{nodes} nodes are available: "
        f"{nodes} No preemption victims found for incoming pod.",
        WARNING,
        "default-scheduler",
    )


def image_present(start: Start) -> None:
    start.say_of_pod("Pulled", f'Container image "{IMAGE}" already present on machine')


def container_started(start: Start) -> None:
    start.say_of_pod("Created", "Created container: notebook")
    start.say_of_pod("Started", "Started container notebook")
