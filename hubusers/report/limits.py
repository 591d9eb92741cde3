"""What limited a run: the load generator, a limit of the hub, its process, the proxy, the spawner, or nothing."""

import math
from dataclasses import dataclass
from typing import Literal

from hubusers.report import words
from hubusers.report.evidence import Evidence, gather
from hubusers.results.folder import RunInfo
from hubusers.results.records import START_TO_READY
from hubusers.results.results import Results

FULL_CORE = 0.85
"""Share of a core. A hub is one process with one thread: close to a whole core, its work queues."""

LATE_LOOP = 0.25
"""Seconds. During one event loop interval nobody gets an answer, and a person notices a quarter of a second."""

SLOW_ANSWER = 0.3
"""Seconds. A hub that is not busy answers simple requests within some hundredths; the rest is lost on the way."""

ON_THE_WAY = 3.0
"""How many times longer a request takes as seen from here than in the hub, when something in between is the limit."""

LONG_WAIT = 5.0
"""Seconds. A server that is ready sooner is quick, whichever part of the time is the largest."""

SHORT_THROTTLING = 1.0
"""Seconds of throttled wait that nobody minds, even where everything else is shorter."""

Kind = Literal["generator", "limit", "hub", "proxy", "spawner", "nothing", "unknown"]


@dataclass(frozen=True)
class Finding:
    """What limited a run, and the figures that show it."""

    kind: Kind
    sentence: str
    advice: str  # "" where there is none
    evidence: Evidence


def diagnose(results: Results, info: RunInfo) -> Finding:
    """Find what limited a run.

    A busy hub makes its spawns longer and its answers late, so the hub is looked at before the spawner and the proxy. A
    proxy that is the limit makes probes late while the hub itself is not busy.
    """
    evidence = gather(results)
    kind, sentence, advice = _judged(evidence, info.generator)
    return Finding(kind, sentence, advice, evidence)


def _judged(evidence: Evidence, generator: str) -> tuple[Kind, str, str]:
    if generator:
        return "generator", f"{generator} The times of this run are not reliable.", ""
    if not evidence.starts:
        reasons = ", and ".join(["no server start was measured", *_bad(evidence)])
        return "unknown", f"It is not known what limited the run: {reasons}.", ""
    if evidence.throttled >= max(evidence.spawn or 0.0, evidence.rest, SHORT_THROTTLING):
        return "limit", f"{_limit(evidence)} {_throttling(evidence)}", _advice_for_limit(evidence.throttled_by)
    if (evidence.cpu or 0.0) >= FULL_CORE or (evidence.event_loop or 0.0) > LATE_LOOP:
        return (
            "hub",
            f"The hub's process was the limit: while most starts were under way, {_hub(evidence)}. {_parts(evidence)}",
            _advice_for_hub(evidence),
        )
    if _is_lost_on_the_way(evidence):
        return (
            "proxy",
            f"The proxy, or something else in front of the hub, was the limit: {_on_the_way(evidence)}, while the hub "
            f"itself was not busy: {_hub(evidence)}. {_parts(evidence)}",
            "Look at the CPU of the proxy, and at the limits of the ingress, load balancer or network in front of it.",
        )
    if _is_spawner(evidence):
        return (
            "spawner",
            f"The spawner was the limit: {_spawning(evidence)}, while the hub was not busy: {_hub(evidence)}.",
            "Look at what a spawn waits for: nodes that must start first, images that must be pulled, volumes, quotas.",
        )
    if evidence.throttled_in_vain:
        return "limit", f"{_limit(evidence)} {_parts(evidence)}", _advice_for_limit(evidence.throttled_by)
    if evidence.mean <= LONG_WAIT:
        return *_without_slowness(evidence), ""
    if not evidence.has_metrics:
        return (
            "unknown",
            "The hub's metrics were not read, so the report cannot tell hub, proxy and spawner apart."
            f"{_probes_without_metrics(evidence)} {_parts(evidence)}",
            "Give the token the scope read:metrics.",
        )
    return "unknown", f"The measurements do not show what limited the run: {_largest_part(evidence)}.", ""


def _without_slowness(evidence: Evidence) -> tuple[Kind, str]:
    knows_hub = evidence.cpu is not None or evidence.event_loop is not None
    reason = f"{_largest_part(evidence)}, and {_hub(evidence)}" if knows_hub else _largest_part(evidence)
    bad = ", and ".join(_bad(evidence))
    if evidence.longest_in_vain > LONG_WAIT or (evidence.unfinished and not evidence.ready):
        waited = f"Starts that did not become ready lasted up to {words.in_seconds(evidence.longest_in_vain)}."
        return "unknown", f"It is not known what limited the run: {bad}. {waited} On the whole, {reason}."
    if evidence.failures or evidence.failed_steps:
        return "nothing", f"Nothing made it slow: {reason}. But {bad}."
    return "nothing", f"Nothing limited it: {reason}.{f' {bad}.' if bad else ''}"


def _bad(evidence: Evidence) -> list[str]:
    """Say what did not succeed, as clauses."""
    starts, bad = words.counted(evidence.starts, "start"), list[str]()
    if evidence.failures:
        bad.append(f"{evidence.failures:,} of {starts} failed")
    if evidence.unfinished:
        were = "was" if evidence.unfinished == 1 else "were"
        bad.append(f"{evidence.unfinished:,} of {starts} {were} under way when the run ended")
    return bad + [words.times_failed(*step) for step in evidence.failed_steps]


def _advice_for_hub(evidence: Evidence) -> str:
    spread = "Lower concurrent_spawn_limit so that its work comes in portions, or spread the arrivals."
    if evidence.cpu is None or evidence.cpu >= FULL_CORE:
        return f"A hub is one process and uses one core: give it a faster core of its own. {spread}"
    return (
        "Its event loop was late although its core was not full, so it waited for something: look at its database and "
        f"disk, and whether other work takes its core. {spread}"
    )


def _is_lost_on_the_way(evidence: Evidence) -> bool:
    if evidence.cpu is None and evidence.event_loop is None:
        return False  # it is not known whether the hub was busy
    signs = []
    if evidence.probe is not None:
        signs.append(evidence.probe > SLOW_ANSWER)
    if evidence.client_requests is not None and evidence.hub_requests is not None:
        signs.append(evidence.client_requests > max(SLOW_ANSWER, ON_THE_WAY * evidence.hub_requests))
    return bool(signs) and all(signs)


def _is_spawner(evidence: Evidence) -> bool:
    if evidence.cpu is None and evidence.event_loop is None:
        return False
    if evidence.spawns:
        return (evidence.spawn or 0.0) >= max(evidence.throttled, evidence.rest, LONG_WAIT)
    return evidence.rest > LONG_WAIT  # the hub accepted the starts and answered quickly, but no spawn succeeded


def _limit(evidence: Evidence) -> str:
    name = evidence.throttled_by or "a limit of the hub"
    told = (
        f"{evidence.throttled_starts:,} of {words.counted(evidence.starts, 'start')} were told to come back later (429)"
    )
    if not evidence.throttled_in_vain:
        return f"The limit was {name}: {told}."
    return f"The limit was {name}: {told}, and {evidence.throttled_in_vain:,} of them never became ready."


def _throttling(evidence: Evidence) -> str:
    throttled, mean = words.in_seconds(evidence.throttled), words.in_seconds(evidence.mean)
    return (
        f"In the slower half of the starts, {throttled} of the {mean} from {_span(evidence)} were spent waiting "
        "for the next try, on average."
    )


def _span(evidence: Evidence) -> str:
    """Say what the mean is of."""
    other_ends = ["or to its failure"] if evidence.failures else []
    if evidence.unfinished:
        other_ends.append("or to the end of the run")
    return f"{START_TO_READY} ({', '.join(other_ends)})" if other_ends else START_TO_READY


def _advice_for_limit(name: str) -> str:
    if not name.endswith("_limit"):
        return (
            "Something in front of the hub answered “too many requests” (429): look for a rate limit in the ingress, "
            "load balancer or proxy."
        )
    return (
        f"Raise c.JupyterHub.{name}, if the spawner and the machines for the servers can take more. Then repeat the "
        "run to see what limits it next."
    )


def _hub(evidence: Evidence) -> str:
    said = []
    if evidence.cpu is not None:
        said.append(f"the hub used {words.in_percent(evidence.cpu)} of a core")
    if evidence.event_loop is not None:
        said.append(f"95 % of its event loop intervals took at most {words.in_seconds(evidence.event_loop)}")
    return " and ".join(said)


def _on_the_way(evidence: Evidence) -> str:
    said = []
    if evidence.client_requests is not None and evidence.hub_requests is not None:
        here, there = words.in_seconds(evidence.client_requests), words.in_seconds(evidence.hub_requests)
        said.append(f"requests took {here} as seen from here, and {there} in the hub")
    if evidence.probe is not None:
        said.append(
            f"the median probe took {words.in_seconds(evidence.probe)}"
            if math.isfinite(evidence.probe)
            else "most probes failed"
        )
    return ", ".join(said)


def _spawning(evidence: Evidence) -> str:
    if not evidence.spawns or evidence.spawn is None:
        return "no spawn succeeded in time"
    spawn, mean = words.in_seconds(evidence.spawn), words.in_seconds(evidence.mean)
    return (
        f"by the hub's own measure, the spawn took {spawn} of the {mean} from {_span(evidence)}, on average in the "
        "slower half of the starts"
    )


def _parts(evidence: Evidence) -> str:
    """Say what the mean is made of."""
    throttled = f"{words.in_seconds(evidence.throttled)} for waits because of a 429"
    mean = words.in_seconds(evidence.mean)
    whole = f"In the slower half of the starts, {_span(evidence)} took {mean} on average"
    if evidence.spawn is None:
        return f"{whole}, {throttled} included."
    spawn, rest = words.in_seconds(evidence.spawn), words.in_seconds(evidence.rest)
    return f"{whole}: {spawn} for the spawn, {throttled}, {rest} for everything else."


def _largest_part(evidence: Evidence) -> str:
    whole = f"{_span(evidence)} took {words.in_seconds(evidence.mean)} on average in the slower half of the starts"
    if evidence.spawn is None:
        return whole
    if evidence.spawn >= max(evidence.throttled, evidence.rest):
        return f"{whole}, most of it ({words.in_seconds(evidence.spawn)}) for the spawn"
    if evidence.throttled >= evidence.rest:
        return f"{whole}, most of it ({words.in_seconds(evidence.throttled)}) for waits because of a 429"
    return f"{whole}, most of it ({words.in_seconds(evidence.rest)}) for neither the spawn nor waits because of a 429"


def _probes_without_metrics(evidence: Evidence) -> str:
    if evidence.probe is None:
        return ""
    if math.isinf(evidence.probe):
        return " Most probes of the hub failed: the hub or the proxy was busy or down, not the spawner alone."
    probe = f" The median probe of the hub took {words.in_seconds(evidence.probe)}"
    if evidence.probe > SLOW_ANSWER:
        return f"{probe}: the hub or the proxy was busy, not the spawner alone."
    return f"{probe}: neither the hub nor the proxy was slow to answer."
