"""What an event of Kubernetes says: which kind of thing happened, in words without names and numbers.

Reasons and texts are those of Kubernetes' own scheduler, kubelet and controllers, of the cluster autoscaler, of
Karpenter and of GKE, in the versions in use.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hubusers.hub.templates import template_of
from hubusers.results.cluster import What

_BY_REASON: Mapping[str, What] = {
    "FailedScheduling": "no place",
    "Unschedulable": "no place",
    "OutOfcpu": "no place",
    "OutOfmemory": "no place",
    "OutOfpods": "no place",
    "TriggeredScaleUp": "node asked for",
    "Nominated": "node asked for",
    "NotTriggerScaleUp": "no node comes",
    "FailedScaleUp": "no node comes",
    "ScaleUpFailed": "no node comes",
    "ScaleUpTimedOut": "no node comes",
    "ErrImagePull": "image not pulled",
    "InvalidImageName": "image not pulled",
    "FailedMount": "volume",
    "FailedAttachVolume": "volume",
    "FailedMapVolume": "volume",
    "FailedBinding": "volume",
    "ProvisioningFailed": "volume",
    "VolumeFailedDelete": "volume",
    "FailedCreatePodSandBox": "container not made",
    "FailedCreatePodContainer": "container not made",
    "NetworkNotReady": "container not made",
    "FailedPostStartHook": "container not made",
    "Evicted": "evicted",
    "TaintManagerEviction": "evicted",
    "ScaleDown": "evicted",
    "NodeNotReady": "evicted",
    "NodeShutdown": "evicted",
    "Terminated": "evicted",
    "Preempted": "preempted",
    "Preempting": "preempted",
    "OOMKilling": "killed for memory",
    "SystemOOM": "killed for memory",
    "Unhealthy": "probe failed",
}

_BY_WORDS: tuple[tuple[str, re.Pattern[str], What], ...] = (
    ("BackOff", re.compile("pulling image"), "image not pulled"),
    ("BackOff", re.compile("restarting"), "container keeps ending"),
    ("Failed", re.compile(r"[Ff]ailed to pull|no match for platform"), "image not pulled"),
    # What kubelet says beside the message above, for each try.
    ("Failed", re.compile("ErrImagePull|ImagePullBackOff"), "other warning"),
    ("Failed", re.compile(""), "container not made"),
    ("FailedCreate", re.compile("exceeded quota|quota"), "quota"),
    ("Killing", re.compile("failed (liveness|startup) probe"), "probe failed"),
    ("Killing", re.compile("Preempting"), "preempted"),
)
"""For reasons that say little by themselves: the first pattern of the same reason that the message has."""

_SAYS_NOTHING_NEW = re.compile(
    r"^Error: (ErrImagePull|ImagePullBackOff)$|^Cancelling deletion of|skip schedule deleting pod"
)

_PULLED = re.compile(
    r'Successfully pulled image "(?P<image>[^"]+)" in (?P<seconds>[\dhms.µun]+)'
    r"(?: \((?P<waited>[\dhms.µun]+) including waiting\))?(?:\. Image size: (?P<size>\d+) bytes)?"
)
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|µs|us|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "us": 1e-6, "ns": 1e-9}

_NODES = re.compile(
    r"^(?:\(combined from similar events\): )?\d+/\d+ nodes are (?:un)?available: ?(?P<clauses>.*)$", re.DOTALL
)
_NO_SCALE_UP = re.compile(
    r"^pod didn't trigger scale-?up(?: \(it wouldn't fit if a new node is added\))?:? ?(?P<clauses>.*)$"
)
_PREEMPTION = re.compile(r"\.? (preemption|no new claims to deallocate)\b.*$", re.DOTALL)
_COUNT = re.compile(r"^\d+ ")
_GROUP = re.compile(r"(?P<group>[^\s\[{/]+) \d+->\d+ \(max: (?P<most>\d+)\)")
_BY_SOMEBODY = re.compile(r"^Preempted by .*$")
_FIRST_OF_EVICTION = re.compile(r"^(The node (?:was low on resource: [\w-]+|had condition: \[[^\]]*\]))")
_QUOTED = re.compile('"[^"]*"')
_NODECLAIM = re.compile(r"(nodeclaim|node)/\S+")
_FOR_OTHERS = re.compile(r"taint|node affinity/selector|node selector|unschedulable")
_VOLUME = re.compile(r"volume|persistentvolumeclaim", re.IGNORECASE)
_OVERHEAD = re.compile(r", daemonset overhead=\{[^}]*\}")


class Heard(NamedTuple):
    """What an event says."""

    what: What
    words: str


class Pulled(NamedTuple):
    """An image that was pulled."""

    image: str
    seconds: float  # with the time that it waited for other pulls
    size: int | None


def heard(reason: str, message: str, *, is_warning: bool, names: Iterable[str]) -> Heard | None:
    """Return what an event of a pod, of a volume claim or of what makes pods says; None for one of the usual course.

    Args:
        reason: Of the event.
        message: Of the event.
        is_warning: Whether its type is "Warning".
        names: What would name a person.
    """
    if _SAYS_NOTHING_NEW.search(message):
        return None
    by_words = (what for name, pattern, what in _BY_WORDS if name == reason and pattern.search(message))
    what = _BY_REASON.get(reason) or next(by_words, "other warning" if is_warning else None)
    if what is None:
        return None
    if what == "no place" and _is_of_volume(message):
        what = "volume"
    if what == "no place" and message.startswith("Failed to schedule pod"):
        what = "no node comes"  # Karpenter takes the reason of the scheduler
    return Heard(what, _words(what, reason, message, names))


def pulled(message: str) -> Pulled | None:
    """Return the image that a message says was pulled; None for one that the node had already."""
    found = _PULLED.search(message)
    if not found:
        return None
    size = found["size"]
    return Pulled(found["image"], _seconds(found["waited"] or found["seconds"]), int(size) if size else None)


def _words(what: What, reason: str, message: str, names: Iterable[str]) -> str:
    for pattern in (_NODES, _NO_SCALE_UP):
        if found := pattern.search(message):
            clauses = _clauses(found["clauses"])
            return template_of("; ".join(clauses) or message, names)
    if what == "node asked for" and (groups := _GROUP.findall(message)):
        return "; ".join(dict.fromkeys(f"node group {group}, {most} nodes at most" for group, most in groups))
    if what == "preempted":
        message = _BY_SOMEBODY.sub("for a pod of a higher priority", message)
    if found := _FIRST_OF_EVICTION.search(message):
        return found[1]
    message = _OVERHEAD.sub("", _NODECLAIM.sub(r"\1", message))
    if what in ("volume", "quota"):
        message = _QUOTED.sub("“…”", message)
    if what == "other warning":
        message = f"{reason}: {message}"
    return template_of(message, names)


def _clauses(text: str) -> list[str]:
    """Return why no node would do, without how many nodes that was said of, in the order of the alphabet.

    The number of nodes changes with each node that comes, and the order with each message.
    """
    text = _PREEMPTION.sub("", text.strip()).rstrip(".")
    text = text.replace(", that the pod didn't tolerate", " that the pod didn't tolerate")
    return sorted(
        dict.fromkeys(_QUOTED.sub("“…”", _COUNT.sub("", part.strip())) for part in text.split(", ") if part.strip())
    )


def _is_of_volume(message: str) -> bool:
    found = _NODES.search(message)
    clauses = _clauses(found["clauses"]) if found else [message]
    # Nodes for something else, such as those of the hub, are never meant for a server.
    meant = [clause for clause in clauses if not _FOR_OTHERS.search(clause)]
    return bool(meant) and all(_VOLUME.search(clause) for clause in meant)


def _seconds(text: str) -> float:
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
