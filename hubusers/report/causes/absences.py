"""When the hub was away: spells in which probes were not answered, and restarts that its metrics or cluster tell."""

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from hubusers.report.hub_intervals import is_restart
from hubusers.results.cluster import Restart
from hubusers.results.hub_absences import HubAbsence
from hubusers.results.hub_samples import UNANSWERED, HubSample, Probe

_FEWEST = 2
"""Probes in a row that fail; a single one may be chance."""

_PAUSE = 5.0
"""Seconds. A hub that restarts answers now and then before it is back, so shorter pauses are of the same absence."""

_SETTLED = 5
"""Probes that must be as quick as before until the hub is taken to answer as before."""

_AS_BEFORE = 0.1
"""Seconds that a probe may always take, however quick the hub was before."""


_BEFORE = 10.0
"""Seconds that a hub may go on not to answer before its cluster says that it ended: its times are in whole seconds."""

_AFTER = 60.0
"""Seconds after the hub was back in which its cluster may still tell of it: the pod that replaces it, for one."""


@dataclass(frozen=True)
class Absence:
    """A time in which the hub did not answer.

    Attributes:
        began: When the first probe failed, or when its process began anew, in seconds since the epoch.
        back: When it answered again; None if it did not until the run ended.
        as_before: When it answered as quickly as before; None if it did not until the run ended.
        failures: How probes failed, with their counts.
        restarted: When its process began anew; None where it did not, or where that is not known.
        went_on: Whether its metrics tell that its process was the same before and after.
        by_cluster: What its cluster tells of it.
    """

    began: float
    back: float | None
    as_before: float | None
    failures: Counter[str]
    restarted: float | None = None
    went_on: bool = False
    by_cluster: tuple[Restart, ...] = ()


def absences(
    probes: list[Probe],
    samples: list[HubSample],
    told: Iterable[HubAbsence] = (),
    by_cluster: Iterable[Restart] = (),
) -> list[Absence]:
    """Return all absences of a hub, in their order.

    Args:
        probes: The probes of a run.
        samples: The readings of the hub's metrics.
        told: Those that the run itself found, which goes on to look when there are no probes any more.
        by_cluster: What the hub's cluster tells of ends of the hub.
    """
    known = [probe for probe in probes if probe.failure != UNANSWERED]
    ordered = sorted(known, key=lambda probe: probe.began)
    found = [_of_spell(spell, ordered) for spell in _spells(ordered)]
    last_probe = ordered[-1].began if ordered else 0.0
    found += [Absence(one.began, one.back, one.back, Counter()) for one in told if one.began > last_probe]
    for earlier, later in itertools.pairwise(samples):
        if not is_restart(earlier, later):
            continue
        moment = min(max(later.started or later.time, earlier.time), later.time)
        around = [one for one in found if one.began <= later.time and (one.back is None or one.back >= earlier.time)]
        if around:
            found[found.index(around[-1])] = replace(around[-1], restarted=moment)
        else:
            found.append(Absence(moment, moment, _settled(moment, ordered), Counter(), restarted=moment))
    for restart in sorted(by_cluster, key=lambda restart: restart.ended):
        _add(restart, found, ordered)
    return sorted((_with_process(one, samples) for one in found), key=lambda one: one.began)


def _add(restart: Restart, found: list[Absence], ordered: list[Probe]) -> None:
    """Add what the cluster tells to the absence that it belongs to, or as one of its own."""
    moment = restart.ended
    for position, one in enumerate(found):
        if one.began - _BEFORE <= moment and (one.back is None or moment <= one.back + _AFTER):
            began = min(one.began, moment) if not one.failures else one.began
            together = (*one.by_cluster, restart)
            found[position] = replace(one, began=began, restarted=one.restarted or moment, by_cluster=together)
            return
    found.append(Absence(moment, moment, _settled(moment, ordered), Counter(), restarted=moment, by_cluster=(restart,)))


def _spells(ordered: list[Probe]) -> list[list[Probe]]:
    """Return the probes that failed one after the other, as lists; those with a short pause between them as one."""
    in_a_row = [list(group) for failed, group in itertools.groupby(ordered, key=_failed) if failed]
    spells: list[list[Probe]] = []
    for some in (group for group in in_a_row if len(group) >= _FEWEST):
        if spells and some[0].began - spells[-1][-1].began < _PAUSE:
            spells[-1] += some
        else:
            spells.append(some)
    return spells


def _failed(probe: Probe) -> bool:
    """Say whether a probe failed as it does without a hub; with a 429 or an unknown certificate something answers."""
    return probe.failure not in {"", "HTTP 429", "TLS certificate not trusted"}


def _of_spell(spell: list[Probe], ordered: list[Probe]) -> Absence:
    after = [probe for probe in ordered if probe.began > spell[-1].began]
    back = after[0].began + after[0].seconds if after else None
    return Absence(
        began=spell[0].began,
        back=back,
        as_before=None if back is None else _settled(spell[0].began, ordered),
        failures=Counter(probe.failure for probe in spell),
    )


def _settled(began: float, ordered: list[Probe]) -> float | None:
    """Return when probes were as quick again as before a moment; None where they never were."""
    before = [probe.seconds for probe in ordered if probe.began < began and not probe.failure]
    after = [probe for probe in ordered if probe.began >= began]
    quick = max(_AS_BEFORE, 2 * median(before)) if before else _AS_BEFORE
    for position in range(len(after)):
        some = after[position : position + _SETTLED]
        if len(some) >= min(_SETTLED, 2) and all(probe.time_taken <= quick for probe in some):
            return some[0].began + some[0].seconds
    return None


def _with_process(one: Absence, samples: list[HubSample]) -> Absence:
    before = [sample for sample in samples if sample.time <= one.began]
    after = [sample for sample in samples if one.back is not None and sample.time >= one.back]
    if one.restarted is not None or not before or not after or before[-1].started is None:
        return one
    return replace(one, went_on=not is_restart(before[-1], after[0]))
