"""What limited a run: the load generator, a limit of the hub, its process, the proxy, the spawner, or nothing."""

from dataclasses import dataclass
from typing import Literal

from hubusers.report import words
from hubusers.report.evidence import Evidence, gather
from hubusers.results.folder import RunInfo
from hubusers.results.results import Results

FULL_CORE = 0.85
"""Share of a core; a hub is one process with one thread, and what comes close to a whole core queues."""

LATE_LOOP = 0.25
"""Seconds; while one turn of the hub's event loop lasts, nobody gets an answer. A person notices a quarter of one."""

SLOW_ANSWER = 0.3
"""Seconds; a free hub answers what it need not think about in some hundredths, so time is lost on the way to it."""

ON_THE_WAY = 3.0
"""How many times longer than in the hub a request takes from here, when what stands between is the limit."""

LONG_WAIT = 5.0
"""Seconds; a server within that is quick, whichever part of it is the largest."""

SHORT_THROTTLING = 1.0
"""Seconds of throttled wait that nobody minds, though all else may be shorter still."""

Kind = Literal["generator", "limit", "hub", "proxy", "spawner", "nothing", "unknown"]


@dataclass(frozen=True)
class Finding:
    """What limited a run, and the figures that say so."""

    kind: Kind
    sentence: str
    advice: str  # "" where there is none
    evidence: Evidence


def diagnose(results: Results, info: RunInfo) -> Finding:
    """Find what limited a run.

    A busy hub makes its spawns longer and its answers late, so the hub is looked at before spawner and proxy; a proxy
    that is the limit makes probes late while the hub itself is free.
    """
    evidence = gather(results)
    kind, sentence, advice = _judged(evidence, info.generator)
    return Finding(kind, sentence, advice, evidence)


def _judged(e: Evidence, generator: str) -> tuple[Kind, str, str]:
    if generator:
        return "generator", f"{generator} The numbers are not to be trusted.", ""
    if not e.starts:
        return "unknown", "What limited it cannot be told: no server start was measured.", ""
    if e.throttled >= max(e.spawn or 0.0, e.rest, SHORT_THROTTLING):
        return "limit", _of_limit(e), _advice_for_limit(e.throttled_by)
    if (e.cpu or 0.0) >= FULL_CORE or (e.event_loop or 0.0) > LATE_LOOP:
        return (
            "hub",
            f"The hub's process was the limit: while most starts were under way, {_hub(e)}. {_parts(e)}",
            _advice_for_hub(e),
        )
    if _is_lost_on_the_way(e):
        return (
            "proxy",
            f"The proxy, or what else stands before the hub, was the limit: {_on_the_way(e)}, while the hub itself was "
            f"free: {_hub(e)}. {_parts(e)}",
            "Look at the CPU of the proxy, and at the limits of the ingress, load balancer or network before it.",
        )
    if _is_spawner(e):
        return (
            "spawner",
            f"The spawner was the limit: {_spawning(e)}, while the hub was free: {_hub(e)}.",
            "Look at what a spawn waits for: nodes that start first, images that are pulled, volumes, quotas.",
        )
    if e.mean <= LONG_WAIT:
        hub = f", and {_hub(e)}" if e.cpu is not None or e.event_loop is not None else ""
        if e.failures:
            failed = f"But {e.failures:,} of {words.counted(e.starts, 'start')} failed."
            return "nothing", f"Nothing made it slow: {_largest_part(e)}{hub}. {failed}", ""
        return "nothing", f"Nothing limited it: {_largest_part(e)}{hub}.", ""
    if not e.has_metrics:
        return (
            "unknown",
            "The hub's metrics were not read, so hub, proxy and spawner cannot be told apart."
            f"{_probes_without_metrics(e)} {_parts(e)}",
            "Give the token the scope read:metrics.",
        )
    return "unknown", f"What limited it cannot be told from what was measured: {_largest_part(e)}.", ""


def _advice_for_hub(e: Evidence) -> str:
    spread = "Lower concurrent_spawn_limit so that its work comes in portions, or spread the arrivals."
    if e.cpu is None or e.cpu >= FULL_CORE:
        return f"A hub is one process and uses one core: give it a faster one that nobody else uses. {spread}"
    return (
        "Its event loop was late although its core was not full, so it waited: look at its database and disk, and "
        f"whether other work takes its core. {spread}"
    )


def _is_lost_on_the_way(e: Evidence) -> bool:
    if e.cpu is None and e.event_loop is None:
        return False  # nobody knows whether the hub was free
    signs = []
    if e.probe is not None:
        signs.append(e.probe > SLOW_ANSWER)
    if e.client_requests is not None and e.hub_requests is not None:
        signs.append(e.client_requests > max(SLOW_ANSWER, ON_THE_WAY * e.hub_requests))
    return bool(signs) and all(signs)


def _is_spawner(e: Evidence) -> bool:
    if e.cpu is None and e.event_loop is None:
        return False
    if e.spawns:
        return (e.spawn or 0.0) >= max(e.throttled, e.rest, LONG_WAIT)
    return e.rest > LONG_WAIT  # it accepted the starts, answered quickly, and no spawn ended well


def _of_limit(e: Evidence) -> str:
    name = e.throttled_by or "a limit of the hub"
    return (
        f"The limit was {name}: {e.throttled_starts:,} of {words.counted(e.starts, 'start')} had to come back later "
        f"(429). Among the slower half, {words.seconds(e.throttled)} of the {words.seconds(e.mean)} from start to "
        "ready were waits for the next try, on average."
    )


def _advice_for_limit(name: str) -> str:
    if not name.endswith("_limit"):
        return "Something before the hub sent people away (429): look for its rate limit."
    return (
        f"Raise c.JupyterHub.{name}, if the spawner and what runs the servers can take more; then repeat the run to "
        "see what limits it next."
    )


def _hub(e: Evidence) -> str:
    cpu = "" if e.cpu is None else f"the hub used {words.share(e.cpu)} of a core"
    turns = (
        "" if e.event_loop is None else f"95 of 100 turns of its event loop took at most {words.seconds(e.event_loop)}"
    )
    return " and ".join(filter(None, [cpu, turns]))


def _on_the_way(e: Evidence) -> str:
    said = []
    if e.client_requests is not None and e.hub_requests is not None:
        said.append(
            f"requests took {words.seconds(e.client_requests)} as seen from here, and {words.seconds(e.hub_requests)} "
            "in the hub"
        )
    if e.probe is not None:
        said.append(f"probes {words.seconds(e.probe)}")
    return ", ".join(said)


def _spawning(e: Evidence) -> str:
    if not e.spawns or e.spawn is None:
        return "no spawn succeeded within the time"
    return f"by the hub's own measure a spawn took {words.seconds(e.spawn)} of the {words.seconds(e.mean)}"


def _parts(e: Evidence) -> str:
    """Say what the mean is made of."""
    if e.spawn is None:
        return (
            f"Among the slower half of the starts, start to ready took {words.seconds(e.mean)} on average, "
            f"{words.seconds(e.throttled)} of it waits because of a 429."
        )
    return (
        f"Among the slower half of the starts, start to ready took {words.seconds(e.mean)} on average: "
        f"{words.seconds(e.spawn)} the spawn, {words.seconds(e.throttled)} waits because of a 429, "
        f"{words.seconds(e.rest)} all else."
    )


def _largest_part(e: Evidence) -> str:
    whole = f"start to ready took {words.seconds(e.mean)} on average among the slower half"
    if e.spawn is None:
        return whole
    if e.spawn >= max(e.throttled, e.rest):
        return f"{whole}, the largest part of it the spawner's {words.seconds(e.spawn)}"
    if e.throttled >= e.rest:
        return f"{whole}, the largest part of it {words.seconds(e.throttled)} of waits because of a 429"
    return f"{whole}, the largest part of it {words.seconds(e.rest)} that are neither spawn nor waits because of a 429"


def _probes_without_metrics(e: Evidence) -> str:
    if e.probe is None:
        return ""
    if e.probe > SLOW_ANSWER:
        return (
            f" Probes of the hub took {words.seconds(e.probe)}: the hub or the proxy was busy, not the spawner alone."
        )
    return f" Probes of the hub took {words.seconds(e.probe)}: neither hub nor proxy kept them waiting."
