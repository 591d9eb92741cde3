"""How objects of Kubernetes' API are read: whose pod one is, when something was, how often an event came."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hubusers.results.cluster import Who

Object = Mapping[str, Any]
"""An object of Kubernetes' API, as kubectl prints it with `-o json`."""

_BY_COMPONENT: dict[str, Who] = {
    "hub": "hub",
    "proxy": "proxy",
    "autohttps": "proxy",
    "singleuser-server": "servers",
    "user-placeholder": "placeholders",
    "continuous-image-puller": "image pullers",
    "hook-image-puller": "image pullers",
    "image-puller": "image pullers",
}
"""By the labels that the Zero to JupyterHub chart and KubeSpawner give."""

_BY_NAME: tuple[tuple[str, Who], ...] = (
    ("hubusers-", "other load tests"),
    ("hub-", "hub"),
    ("proxy-", "proxy"),
    ("autohttps-", "proxy"),
    ("jupyter-", "servers"),
    ("user-placeholder-", "placeholders"),
    ("continuous-image-puller-", "image pullers"),
    ("hook-image-puller-", "image pullers"),
    ("image-puller-", "image pullers"),
)
"""By the beginnings of names, for events of pods that were not seen themselves."""

_COMPONENTS = ("component", "app.kubernetes.io/component")

_OWN_CONTAINERS: Mapping[Who, tuple[str, ...]] = {
    "hub": ("hub",),
    "proxy": ("chp", "traefik"),
    "servers": ("notebook",),
    "load generator": ("hubusers",),
}
"""The containers that are the thing itself, as the chart, KubeSpawner and a run name them. All others in the same pods
are beside it: a cloud's proxy for the database, what a service mesh adds, what prepares a volume."""

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
"""The annotation by which whoever adds a container to pods says which one is meant without it."""

_BEFORE_SLUG = re.compile("^(jupyter|claim|volume)-")

USERNAME = "hub.jupyter.org/username"
"""The annotation in which KubeSpawner keeps for whom a server is; its label of the same name is escaped."""


def at(value: Any, *path: str) -> Any:
    """Return what stands in an object at a path of names; None where it, or something on the way, is not there."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text_at(value: Any, *path: str) -> str:
    """Return a text that stands in an object; "" where none does."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def mappings_at(value: Any, *path: str) -> list[Object]:
    """Return the list of objects that stands in an object; an empty one where none does."""
    found = at(value, *path)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def moment(text: Any) -> float | None:
    """Return a time of Kubernetes, such as "2026-11-26T08:00:00Z", in seconds since the epoch; None for none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None


def moment_at(value: Any, *path: str) -> float | None:
    """Return the time that stands in an object; None where none does."""
    return moment(at(value, *path))


def who_is(pod: Object, run: str) -> Who:
    """Return whose pod one is, by its labels.

    Args:
        pod: The pod.
        run: The name of the run's Job.
    """
    labels = at(pod, "metadata", "labels")
    if text_at(labels, "app.kubernetes.io/name") == "hubusers":
        return "load generator" if text_at(labels, "app.kubernetes.io/instance") == run else "other load tests"
    return _BY_COMPONENT.get(component_of(pod), "other pods")


def component_of(pod: Object) -> str:
    """Return what a pod is in its application, by the first of its labels that is known here; "" where none is."""
    labels = at(pod, "metadata", "labels")
    return next((found for name in _COMPONENTS if (found := text_at(labels, name)) in _BY_COMPONENT), "")


def who_is_named(name: str, run: str) -> Who:
    """Return whose pod has a name, as the chart and KubeSpawner name them unless they are told otherwise."""
    if name == run or (name.startswith(f"{run}-") and not name.startswith(f"{run}-clean-up")):
        return "load generator"
    return next((who for beginning, who in _BY_NAME if name.startswith(beginning)), "other pods")


def own_container(pod: Object, who: Who) -> str:
    """Return the name of the container that is the hub itself, and not something beside it; "" where any is."""
    if who not in _OWN_CONTAINERS:
        return ""
    names = [text_at(one, "name") for one in mappings_at(pod, "spec", "containers")]
    default = text_at(at(pod, "metadata", "annotations"), _DEFAULT_CONTAINER)
    return next((name for name in (*_OWN_CONTAINERS[who], default) if name in names), "".join(names[:1]))


def names_of_person(pod_name: str, username: str = "") -> list[str]:
    """Return what in the words about a server's pod, or its volume, would name its person.

    Args:
        pod_name: As KubeSpawner makes it: `jupyter-ann`, or `jupyter-ann---5af1ac3b`; of a volume, `claim-ann`.
        username: Where it is known.
    """
    slug = _BEFORE_SLUG.sub("", pod_name)
    escaped = slug.partition("---")[0]
    unescaped = escaped.replace("-2d", "-").replace("-40", "@").replace("-2e", ".")
    return [name for name in dict.fromkeys((username, pod_name, slug, escaped, unescaped)) if name]


def count_of(event: Object) -> int:
    """Return how often an event has come by now: newer reporters count in its series, and leave the other empty."""
    counts = (at(event, "series", "count"), at(event, "count"), at(event, "deprecatedCount"))
    return max((count for count in counts if isinstance(count, int) and count > 0), default=1)


def first_of(event: Object) -> float | None:
    """Return when an event came first."""
    return _first_moment(event, ("firstTimestamp",), ("eventTime",), ("metadata", "creationTimestamp"))


def last_of(event: Object) -> float | None:
    """Return when an event came last."""
    return _first_moment(
        event,
        ("series", "lastObservedTime"),
        ("lastTimestamp",),
        ("eventTime",),
        ("firstTimestamp",),
        ("metadata", "creationTimestamp"),
    )


def _first_moment(event: Object, *paths: tuple[str, ...]) -> float | None:
    found = (moment_at(event, *path) for path in paths)
    return next((one for one in found if one is not None), None)
