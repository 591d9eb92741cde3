"""Whether others used the hub as well: the hub counts all requests and spawns, and a run knows its own."""

import re
from collections.abc import Iterable

from hubusers.report import words
from hubusers.report.causes.catalogue import found
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.hub import is_at_fault
from hubusers.report.causes.work import request_seconds
from hubusers.report.finding import Finding
from hubusers.report.hub_intervals import in_all

_OWN = {
    "GET UserListAPIHandler": r"GET (/hub/api)?/users",
    "GET UserAPIHandler": r"GET (/hub/api)?/users/\{name\}",
    "DELETE UserServerAPIHandler": r"DELETE (/hub/api)?/users/\{name\}/servers?(/\{server\})?",
    "POST LoginHandler": r"POST /hub/login",
    "GET HomeHandler": r"GET /hub/home",
    "GET SpawnHandler": r"GET /hub/spawn(/.*)?",
    "POST SpawnHandler": r"POST /hub/spawn(/.*)?",
    "GET AdminHandler": "",
    "GET GroupListAPIHandler": "",
    "GET ServiceListAPIHandler": "",
    "GET ProxyAPIHandler": "",
    "POST ActivityAPIHandler": "",
}
"""What the hub calls requests that others may send as well, and how the run's own requests of the kind are called; ""
where it sends none. Requests that the servers of a run send are not among them, but for reports of activity."""

_CLEAN_UP = {"GET UserAPIHandler", "DELETE UserServerAPIHandler"}
_OF_A_CLEAN_UP = 5
"""How many of these a clean-up may send for each start; a run does not count them."""

_WAITS = "UserServerAPIHandler"
"""Its requests may wait for a spawn, or a stop, so that their seconds are not work of the hub."""

_MANY = 10
"""Requests; fewer of others are not worth a word."""

_LARGE_SHARE = 0.1
"""Share of the seconds that all requests took in the hub."""

_OF_THE_TIME = 0.05
"""Share of the run that the hub spent on others' requests at least. It has one thread."""

_FEWEST_SPAWNS = 3
_MORE_SPAWNS = 0.2
"""Share of the spawns of the run itself."""


def others(facts: Facts) -> Iterable[Finding]:
    """Find requests and spawns beyond those of the run."""
    if len(facts.samples) < 2:
        return
    requests, share = _requests(facts)
    spawns = _spawns(facts)
    if not requests and not spawns:
        return
    slows = bool(requests) and facts.is_anything_slow and is_at_fault(facts)
    yield found(
        "other-load",
        " ".join([*requests[:1], *spawns]),
        explains="slowness" if slows else "note",
        share=share,
        evidence=requests[1:],
        began=facts.samples[0].time,
        ended=facts.samples[-1].time,
    )


def _requests(facts: Facts) -> tuple[list[str], float]:
    """Return sentences about requests of others, the dearest first, and their share of the hub's request seconds."""
    work = request_seconds(facts)
    total = sum(seconds for name, (_, seconds) in work.items() if not name.endswith(_WAITS))
    lasted = facts.samples[-1].time - facts.samples[0].time
    costs: dict[str, tuple[float, float]] = {}
    for name in _OWN.keys() & work.keys():
        count, seconds = work[name]
        more = count - _own(facts, _OWN[name]) - (_OF_A_CLEAN_UP * len(facts.starts) if name in _CLEAN_UP else 0)
        cost = more / count * seconds
        if more >= _MANY and cost >= _LARGE_SHARE * total and cost >= _OF_THE_TIME * lasted:
            costs[name] = (more, cost)
            total += cost if name.endswith(_WAITS) else 0.0
    sentences = [
        f"Others sent {name} {words.counted(round(costs[name][0]), 'time')} during the run: "
        f"{words.in_percent(costs[name][1] / total)} of all seconds that requests took in the hub."
        for name in sorted(costs, key=lambda name: -costs[name][1])
    ]
    return sentences, sum(cost for _, cost in costs.values()) / total if total else 0.0


def _own(facts: Facts, pattern: str) -> int:
    return sum(len(facts.requests.of(name)) for name in facts.requests.names() if re.fullmatch(pattern, name))


def _spawns(facts: Facts) -> list[str]:
    counted = in_all(facts.samples, lambda sample: sample.spawns)
    # Refused starts, as at a limit, count as failures, and are not told from others' there.
    more = round(counted.get("success", (0.0, 0.0))[0]) - len(facts.starts)
    if more < max(_FEWEST_SPAWNS, _MORE_SPAWNS * len(facts.starts)):
        return []
    running = facts.samples[0].running_servers
    before = f" {words.counted(round(running), 'server')} ran already when the run began." if running else ""
    return [f"Others started {words.counted(more, 'server')} during the run.{before}"]


CAUSES = (others,)
