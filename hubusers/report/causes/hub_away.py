"""Whether the hub was away for a time: it restarted, ended itself after failed spawns, or was not reached."""

from collections.abc import Iterable

from hubusers.report import cluster_words, words
from hubusers.report.causes.absences import Absence, absences
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.cluster import restarts_of
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.hub import is_at_fault
from hubusers.report.finding import Finding
from hubusers.results.records import Record

_TIMED_OUT = "timed out"
"""How a probe fails that a hub, or what stands before it, took in and did not answer."""

_SPAWN_FAILED = ("spawn failed", "timed out")
"""How a start fails that the hub counts as a failed spawn."""

_IN_A_ROW = 3
"""Failed spawns right before an absence that make it likely that the hub ended itself. Those that failed in the same
moment may not have been seen to fail."""

_RIGHT_BEFORE = 60.0
"""Seconds in which these failures ended."""

_MOST = 3
"""How many absences get a finding of their own."""

_FEWEST_ANSWERS = 5
"""More answers than these show that a hub is not away, if most requests were answered."""

_SEEN_LATE = 3.0
"""Seconds after which a hub that is away is noticed by a probe at the latest."""

_BEFORE = 2.0
"""Seconds before the first probe that fails in which the hub may have been away already."""

_AFTER = 10.0
"""Seconds after the hub is back in which failures are still of its absence."""


def away(facts: Facts) -> Iterable[Finding]:
    """Find each time in which the hub was away; of many, the longest, and the others together."""
    longest_first = sorted(_absences(facts), key=lambda one: -((one.back or facts.info.ended) - one.began))
    for one in longest_first[:_MOST]:
        yield _finding(one, facts)
    if others := longest_first[_MOST:]:
        ends = [one.back or facts.info.ended for one in others]
        met = [record for record in [*facts.failures, *facts.unfinished] if any(_met(record, one) for one in others)]
        yield found(
            "hub-away",
            f"The hub was away {words.counted(len(others), 'more time')}, "
            f"for {words.in_seconds(sum(ends) - _begins(others))} in all.",
            explains="failures" if met else "note",
            share=facts.share_of_failures(met),
            began=min(one.began for one in others),
            ended=max(ends),
        )


def gone_at_the_end(facts: Facts) -> Absence | None:
    """Return the absence from which the hub did not come back until the run ended; None where it answered then."""
    return next((one for one in _absences(facts) if one.back is None), None)


def _absences(facts: Facts) -> list[Absence]:
    return [
        one
        for one in absences(facts.probes, facts.samples, facts.info.hub_absences, restarts_of(facts, "hub"))
        if not (set(one.failures) == {_TIMED_OUT} and one.restarted is None and is_at_fault(facts))
        and not (one.restarted is None and _answered_others(one, facts))
    ]


def _answered_others(one: Absence, facts: Facts) -> bool:
    """Say whether the hub answered most other requests while its probes failed: then it was not away."""
    answered = failed = 0
    back = one.back or facts.info.ended
    # The hub comes back between the last probe that failed and the first that did not, and then answers everybody.
    last = max((probe.began for probe in facts.probes if probe.failure and probe.began <= back), default=one.began)
    for name in facts.requests_to_hub:
        if " /user/" in name:  # servers go on without their hub
            continue
        times = facts.requests.of(name)
        for began, failure, count in times.moments():
            # Of requests that are counted, only those count that surely began while the probes failed.
            if one.began <= began and began + times.width <= last:
                failed += count if failure else 0
                answered += 0 if failure else count
    return answered > max(failed, _FEWEST_ANSWERS)


def _begins(some: list[Absence]) -> float:
    return sum(one.began for one in some)


def _finding(one: Absence, facts: Facts) -> Finding:
    failed_before = _failed_in_a_row(one, facts)
    met = [record for record in [*facts.failures, *facts.unfinished] if _met(record, one)]
    slow = [record for record in facts.all_slow if _met(record, one)]
    if len(failed_before) >= _IN_A_ROW and not _was_ended(one):
        kind = "hub-exited"
        what = (
            f"After {words.counted(len(failed_before), 'spawn')} in a row had failed, the hub was gone: it ends itself "
            "when consecutive_failure_limit spawns have failed"
        )
    elif one.restarted is not None:
        kind, what = "hub-restarted", "The hub's process began anew"
    else:
        kind, what = "hub-away", "The hub was not reached"
    return found(
        kind,
        f"{what}, at {words.moment(one.restarted or one.began)}{_why(one)}. {_how_long(one, facts)}",
        # A hub that failed spawns have taken down is never a side remark, also where nobody met it any more.
        explains="failures" if met or kind == "hub-exited" else "slowness" if slow else "note",
        share=facts.share_of_failures(met) if met else len(slow) / len(facts.all_slow) if slow else 0.0,
        evidence=[*_evidence(one, met, failed_before), *_by_cluster(one, facts)],
        began=one.began,
        ended=one.as_before or one.back or facts.info.ended,
    )


def _was_ended(one: Absence) -> bool:
    """Say whether the cluster ended the hub, so that it did not end itself."""
    return any(cluster_words.is_killed_for_memory(restart) or not restart.container for restart in one.by_cluster)


def _why(one: Absence) -> str:
    """Say why the hub was away, by its cluster: what its container says, before its pod."""
    telling = sorted(one.by_cluster, key=lambda restart: not restart.container)
    return f": {cluster_words.why_ended(telling[0])}" if telling else ""


def _by_cluster(one: Absence, facts: Facts) -> list[str]:
    if not one.by_cluster or facts.cluster is None:
        return []
    return cluster_words.of_restarts(facts.cluster, "hub", one.by_cluster)


def _how_long(one: Absence, facts: Facts) -> str:
    if one.back is None:
        return "It did not answer again until the run ended."
    gone = one.back - one.began
    answered = f"It did not answer for {words.in_seconds(gone)}" if gone else "No probe met it while it was away"
    if one.as_before is None:
        return f"{answered}, and did not answer as quickly as before until the run ended."
    if one.as_before - one.back < _SEEN_LATE:
        return f"{answered}."
    return f"{answered}; after {words.in_seconds(one.as_before - one.began)} it answered as quickly as before."


def _evidence(one: Absence, met: list[Record], failed_before: list[Record]) -> list[str]:
    said = [f"Probes of the hub failed: {failure} ({count:,})." for failure, count in one.failures.most_common()]
    if one.restarted is not None and not one.by_cluster:
        said.append(f"By its metrics, the hub's process began at {words.moment(one.restarted)}.")
    if one.went_on:
        said.append(
            "By its metrics, the hub's process was the same before and after: what stands before it (proxy, ingress, "
            "network) did not reach it, or it stood still."
        )
    if failed_before:
        reasons = dict.fromkeys(record.reason for record in failed_before if record.reason)
        said += [f"The hub had said of these spawns: “{reason}”." for reason in list(reasons)[:2]]
    if met:
        said.append(f"{words.counted(len(met), 'step')} failed, or still waited, in this time.")
    return said


def _met(record: Record, one: Absence) -> bool:
    """Say whether a step was under way, or ended, while the hub was away."""
    end = (one.as_before or one.back or record.began) + _AFTER
    return record.began <= end and record.began + record.seconds >= one.began - _BEFORE


def _failed_in_a_row(one: Absence, facts: Facts) -> list[Record]:
    """Return the starts that failed one after the other right before an absence."""
    moment = (one.restarted if one.restarted is not None and not one.failures else one.began) + _SEEN_LATE
    ended = sorted(
        (start for start in facts.starts if not start.is_unfinished and start.began + start.seconds <= moment),
        key=lambda start: -(start.began + start.seconds),
    )
    in_a_row: list[Record] = []
    for start in ended:
        if not start.failure or start.began + start.seconds < moment - _RIGHT_BEFORE:
            break
        if start.failure.startswith(_SPAWN_FAILED):
            in_a_row.append(start)
    return in_a_row


CAUSES = (away,)
