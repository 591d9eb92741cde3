"""The events of a namespace as they come, each counted as often as it came since a moment."""

import re

from hubusers.kube.cluster_objects import Object, at, count_of, first_of, last_of, text_at
from hubusers.kube.cluster_tally import Tally
from hubusers.kube.event_words import heard, pulled
from hubusers.kube.pods_seen import PodsSeen
from hubusers.results.cluster import Who

_MOST_KNOWN = 100_000
"""How many events are kept in mind, to count those that come again; a cluster keeps them for an hour."""

_CONTAINER = re.compile(r"^spec\.(?:init)?[cC]ontainers\{(.+)\}$")
"""How the path of an event's field names its container."""


class EventsSeen:
    """The events of a namespace since a moment.

    Args:
        began: The moment, by the cluster's clock.
        tally: Counts what they say.
        pods: The pods that events are about, as far as they may be seen.
    """

    def __init__(self, began: float, tally: Tally, pods: PodsSeen) -> None:
        self._began = began
        self._tally = tally
        self._pods = pods
        self._counts: dict[str, int] = {}  # by the events' identifiers, the last one that was counted last

    def see(self, event: Object) -> None:
        """Take in an event as it is now."""
        uid, count, last = text_at(event, "metadata", "uid"), count_of(event), last_of(event)
        before = self._counts.pop(uid, None)
        self._counts[uid] = max(count, before or 0)
        if len(self._counts) > _MOST_KNOWN:
            self._counts.pop(next(iter(self._counts)))
        if last is None or last < self._began:
            return
        first = max(first_of(event) or last, self._began)
        # Of one that had come before the watch began, nobody knows how often it came since.
        new = count - before if before is not None else count if first_of(event) == first else 1
        if new > 0:
            self._note(event, first, last, new)

    def gone(self, uid: str) -> None:
        """Forget an event that the cluster has forgotten."""
        self._counts.pop(uid, None)

    def _note(self, event: Object, first: float, last: float, count: int) -> None:
        message, reason = text_at(event, "message"), text_at(event, "reason")
        about = at(event, "involvedObject") or at(event, "regarding")
        name, uid = text_at(about, "name"), text_at(about, "uid")
        who = self._who_of(about, uid, name)
        if who == "load generator" and reason == "BackoffLimitExceeded":
            return  # its Job fails where the run's exit code, which is its verdict, is not 0
        if reason == "Pulled":
            if image := pulled(message):
                node = text_at(event, "source", "host") or text_at(event, "reportingInstance")
                self._tally.pull(image, who, node, last)
            return
        what = heard(
            reason,
            message,
            is_warning=event.get("type") == "Warning",
            names=self._pods.person_of(uid, name),
        )
        if what is None:
            return
        if what.what in ("evicted", "preempted") and not self._pods.once(what.what, uid):
            return
        container = _CONTAINER.search(text_at(about, "fieldPath"))
        if container and self._pods.is_beside(uid, container[1]) and container[1] not in what.words:
            what = what._replace(words=f"container {container[1]}: {what.words}")
        self._tally.say(what, who, uid or name, first, last, count)

    def _who_of(self, about: object, uid: str, name: str) -> Who:
        # Claims of people's volumes, as KubeSpawner names them.
        if text_at(about, "kind") == "PersistentVolumeClaim":
            return "servers" if name.startswith(("claim-", "volume-")) else "other pods"
        return self._pods.who_is(uid, name)
