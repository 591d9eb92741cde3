"""The pods of a namespace as they come, wait for a place, end and go."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hubusers.kube.cluster_objects import (
    USERNAME,
    Object,
    at,
    component_of,
    mappings_at,
    moment_at,
    names_of_person,
    own_container,
    text_at,
    who_is,
    who_is_named,
)
from hubusers.kube.cluster_tally import Tally
from hubusers.kube.event_words import Heard, heard
from hubusers.kube.replaced import Newcomer, Replaced, Replacements
from hubusers.results.cluster import Restart, Waits, What, Who

_NAMED: tuple[Who, ...] = ("hub", "proxy", "load generator")
"""Whose restarts are told one by one."""

_REPLACED: tuple[Who, ...] = ("hub", "proxy")
"""Whose new pods are told, where they take the place of others."""

_KILLED = 137
"""The exit code of a container that was killed."""

_DISRUPTIONS: Mapping[str, Heard] = {
    "PreemptionByScheduler": Heard("preempted", "for a pod of a higher priority"),
    "DeletionByTaintManager": Heard("evicted", "its node was lost, or got a taint"),
    "DeletionByPodGC": Heard("evicted", "its node was gone"),
    "EvictionByEvictionAPI": Heard("evicted", "by the eviction API, as when a node is drained"),
}
"""By the reasons of the condition `DisruptionTarget`. What kubelet evicted (`TerminationByKubelet`) has a message."""

_MOST_TOLD = 50_000
"""How many pods are kept in mind for what is told of a pod once, by its status and by an event."""


@dataclass
class _Pod:
    name: str
    who: Who
    component: str
    own: str  # its container that is the hub itself, say, and not something beside it; "" where any is
    username: str
    created: float
    is_waiting: bool = False
    ended: dict[str, float] = field(default_factory=dict)  # when each container last ended, as far as it is counted
    is_lost: str = ""  # why, where the cluster takes it away
    is_leaving: bool = False  # whether it has ended, or is told to


@dataclass(frozen=True)
class OwnPod:
    """A pod of the load generator that runs."""

    name: str
    container: str
    cpu_limit: str


class PodsSeen:
    """The pods of a namespace since a moment.

    Args:
        began: The moment, by the cluster's clock.
        tally: Counts what they say.
        run: The name of the run's Job.
    """

    def __init__(self, began: float, tally: Tally, run: str) -> None:
        self._began = began
        self._tally = tally
        self._run = run
        self._pods: dict[str, _Pod] = {}  # that are there now, by their identifiers
        self._own: dict[str, OwnPod] = {}
        self._seen: set[Who] = set()
        self._replacements = Replacements()
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._waits = Waits()
        self._waiting = 0

    def see(self, pod: Object) -> None:
        """Take in a pod as it is now."""
        uid = text_at(pod, "metadata", "uid")
        is_first = uid not in self._pods
        known = self._first_look(pod) if is_first else self._pods[uid]
        self._pods[uid] = known
        self._note_place(known, pod)
        self._note_loss(known, uid, pod)
        is_deleted = text_at(pod, "metadata", "deletionTimestamp") != ""
        if is_deleted or text_at(pod, "status", "phase") in ("Succeeded", "Failed"):
            self._note_leaving(known, _end_asked_for(pod), is_told=is_deleted or not is_first or bool(known.is_lost))
        for status in mappings_at(pod, "status", "initContainerStatuses"):
            self._note_ends(known, uid, pod, status, is_usual=True)
        for status in mappings_at(pod, "status", "containerStatuses"):
            self._note_ends(known, uid, pod, status, is_usual=is_deleted)
        self._note_own(known, uid, pod)

    def gone(self, uid: str, moment: float) -> None:
        """Note that a pod is gone."""
        self._own.pop(uid, None)
        if known := self._pods.pop(uid, None):
            if known.is_waiting:
                self._end_of_wait(known, moment)
            self._note_leaving(known, moment)

    def waits(self, now: float) -> Waits:
        """Return how long servers waited for a place, up to now."""
        still = [now - pod.created for pod in self._pods.values() if pod.is_waiting and now - pod.created >= 1]
        return replace(
            self._waits,
            waited=self._waits.waited + len(still),
            seconds=round(self._waits.seconds + sum(still), 3),
            longest=round(max([self._waits.longest, *still]), 3),
            still=len(still),
        )

    def whose(self) -> list[Who]:
        """Return whose pods there were."""
        return sorted(self._seen)

    def own_running(self) -> list[OwnPod]:
        """Return the pods of the load generator that run."""
        return list(self._own.values())

    def who_is(self, uid: str, name: str) -> Who:
        """Return whose pod one is, by its identifier; by its name, where it was not seen."""
        return self._pods[uid].who if uid in self._pods else who_is_named(name, self._run)

    def is_beside(self, uid: str, container: str) -> bool:
        """Say whether a container of a pod is not the hub's, or the server's, own, but one beside it."""
        own = self._pods[uid].own if uid in self._pods else ""
        return bool(own) and container != own

    def person_of(self, uid: str, name: str) -> list[str]:
        """Return what would name the person of a pod, or of a volume, by its identifier and its name."""
        username = self._pods[uid].username if uid in self._pods else ""
        return names_of_person(name, username) if self.who_is(uid, name) in ("servers", "other pods") else []

    def once(self, what: str, uid: str) -> bool:
        """Say whether something is told of a pod the first time."""
        if (what, uid) in self._told:
            return False
        self._told[what, uid] = None
        if len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)
        return True

    def _first_look(self, pod: Object) -> _Pod:
        created = moment_at(pod, "metadata", "creationTimestamp") or self._began
        username = text_at(at(pod, "metadata", "annotations"), USERNAME)
        name, who = text_at(pod, "metadata", "name"), who_is(pod, self._run)
        known = _Pod(name, who, component_of(pod), own_container(pod, who), username, created)
        if who in _REPLACED and created > self._began:
            self._note_replaced(known, self._replacements.comes(known.component, Newcomer(name, created)))
        self._seen.add(known.who)
        has_place = bool(text_at(pod, "spec", "nodeName"))
        if known.who == "servers" and (created > self._began or not has_place):
            self._waits = replace(self._waits, pods=self._waits.pods + 1)
            known.is_waiting = True
            self._waiting += 1
            self._waits = replace(self._waits, most_at_once=max(self._waits.most_at_once, self._waiting))
        return known

    def _note_leaving(self, known: _Pod, moment: float, *, is_told: bool = True) -> None:
        """Note that a pod ends; one that had ended before the watch began leaves no place."""
        if known.who in _REPLACED and not known.is_leaving:
            known.is_leaving = True
            if is_told:
                found = self._replacements.leaves(known.component, known.name, moment, known.is_lost)
                self._note_replaced(known, found)

    def _note_replaced(self, known: _Pod, found: Replaced | None) -> None:
        if found:
            self._tally.restart(Restart(known.who, found.by, "", found.moment, reason=found.why))

    def _note_place(self, known: _Pod, pod: Object) -> None:
        if known.is_waiting and text_at(pod, "spec", "nodeName"):
            conditions = mappings_at(pod, "status", "conditions")
            placed = [
                moment_at(one, "lastTransitionTime")
                for one in conditions
                if one.get("type") == "PodScheduled" and one.get("status") == "True"
            ]
            since = next(iter(placed), None) or moment_at(pod, "status", "startTime") or known.created
            self._end_of_wait(known, since)

    def _end_of_wait(self, known: _Pod, moment: float) -> None:
        known.is_waiting = False
        self._waiting -= 1
        # The cluster's times are in whole seconds.
        waited = moment - known.created
        if waited >= 1:
            self._waits = replace(
                self._waits,
                waited=self._waits.waited + 1,
                seconds=self._waits.seconds + waited,
                longest=max(self._waits.longest, waited),
            )

    def _note_loss(self, known: _Pod, uid: str, pod: Object) -> None:
        for condition in mappings_at(pod, "status", "conditions"):
            if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
                self._lose(known, uid, condition.get("reason"), text_at(condition, "message"), condition)
        if text_at(pod, "status", "reason") == "Evicted":
            self._lose(known, uid, "Evicted", text_at(pod, "status", "message"), pod)

    def _lose(self, known: _Pod, uid: str, reason: object, message: str, said_in: Object) -> None:
        names = self.person_of(uid, known.name)
        loss = _DISRUPTIONS.get(str(reason)) or heard("Evicted", message, is_warning=True, names=names)
        moment = moment_at(said_in, "lastTransitionTime") or moment_at(said_in, "status", "startTime") or known.created
        if loss and moment >= self._began:
            known.is_lost = f"{loss.what}: {loss.words}" if loss.words else loss.what
            if self.once(loss.what, uid):
                self._tally.say(loss, known.who, uid, moment, moment)

    def _note_ends(self, known: _Pod, uid: str, pod: Object, status: Object, *, is_usual: bool) -> None:
        """Note the ends of a container that are not counted yet.

        Args:
            known: The pod so far.
            uid: Its identifier.
            pod: As it is now.
            status: Of the container.
            is_usual: Whether the container was to end: then only kills for memory are told.
        """
        container = text_at(status, "name")
        for state in ("lastState", "state"):
            end = at(status, state, "terminated")
            finished = moment_at(end, "finishedAt")
            if finished is None or finished < self._began or finished <= known.ended.get(container, 0.0):
                continue
            known.ended[container] = finished
            reason, code = text_at(end, "reason"), at(end, "exitCode")
            code = code if isinstance(code, int) else None
            is_kill = reason == "OOMKilled"
            is_beside = bool(known.own) and container != known.own
            if is_kill:
                what: What = "other container killed for memory" if is_beside else "killed for memory"
                self._tally.say(Heard(what, f"container {container}: OOMKilled"), known.who, uid, finished, finished)
            # A run ends with its verdict as its exit code.
            is_told = is_kill or (not is_usual and (known.who != "load generator" or code == _KILLED))
            if known.who in _NAMED and is_told:
                restarts = at(status, "restartCount")
                self._tally.restart(
                    Restart(
                        who=known.who,
                        pod=known.name,
                        container=container,
                        ended=finished,
                        reason=reason,
                        exit_code=code,
                        restarts=restarts if isinstance(restarts, int) else 0,
                        memory_limit=_limit(pod, container, "memory"),
                    ),
                    is_beside=is_beside,
                )

    def _note_own(self, known: _Pod, uid: str, pod: Object) -> None:
        if known.who != "load generator":
            return
        running = [
            text_at(status, "name")
            for status in mappings_at(pod, "status", "containerStatuses")
            if at(status, "state", "running") is not None and text_at(status, "name") == "hubusers"
        ]
        if running:
            self._own[uid] = OwnPod(known.name, running[0], _limit(pod, running[0], "cpu"))
        else:
            self._own.pop(uid, None)


def _end_asked_for(pod: Object) -> float:
    """Return when a pod was told to end; 0 where it ended by itself."""
    given_up = moment_at(pod, "metadata", "deletionTimestamp")
    grace = at(pod, "metadata", "deletionGracePeriodSeconds")
    return (given_up or 0.0) - (grace if isinstance(grace, int) else 0)


def _limit(pod: Object, container: str, resource: str) -> str:
    for one in [*mappings_at(pod, "spec", "containers"), *mappings_at(pod, "spec", "initContainers")]:
        if text_at(one, "name") == container:
            limit = at(one, "resources", "limits", resource)
            return "" if limit is None else str(limit)
    return ""
