"""What limited a run."""

import math
from dataclasses import dataclass, replace

import pytest

from hubusers.report.evidence import gather
from hubusers.report.limits import FULL_CORE, LONG_WAIT, SHORT_THROTTLING, SLOW_ANSWER, Kind, diagnose
from hubusers.results.hub_samples import HubSample, Observations, Probe
from hubusers.results.records import LAB_LOADED, UNFINISHED, Record
from hubusers.results.results import Results
from tests.report.made_up_run import BEGAN
from tests.report.runs import info, results_of, start

_POST = "POST /users/{name}/server"


@dataclass(frozen=True)
class Case:
    """Ten starts, due at once, and what the hub says for the time that they take."""

    seconds: float = 3.0
    throttled: float = 0.0
    throttled_by: str = "concurrent_spawn_limit"
    failure: str = ""
    spawn: float | None = 2.5  # None: none succeeded
    cpu: float | None = 0.1
    loop: float | None = 0.05  # limit of the bucket of all turns
    probe: float | None = 0.01
    client: float = 0.02
    hub: float = 0.01
    metrics: bool = True
    generator: str = ""

    @property
    def results(self) -> Results:
        results = results_of(
            start(
                number / 1e6,
                self.seconds,
                self.failure,
                throttled=self.throttled,
                throttled_by=self.throttled_by if self.throttled else "",
            )
            for number in range(10)
        )
        for _ in range(10):
            results.requests.note(_POST, BEGAN, self.client)
        if self.probe is not None:
            results.probes = [Probe(BEGAN + 1, self.probe, "" if math.isfinite(self.probe) else "no answer")]
        if self.metrics:
            results.hub_samples = [self.sample(0.0), self.sample(1.0)]
        return results

    def sample(self, share: float) -> HubSample:
        """Return what the hub says when this share of the time has passed."""
        count = 10 * share
        buckets = None if self.loop is None else {"0.05": count if self.loop <= 0.05 else 0.0, str(self.loop): count}
        return HubSample(
            time=BEGAN + share * self.seconds,
            cpu_seconds=None if self.cpu is None else self.cpu * share * self.seconds,
            event_loop=None if buckets is None else Observations(count, count, {**buckets, "+Inf": count}),
            spawns={} if self.spawn is None else {"success": Observations(count, self.spawn * count)},
            requests={"POST UserServerAPIHandler": Observations(count, self.hub * count)},
        )


ON_THE_WAY = Case(seconds=30, client=2.0, hub=0.1, probe=1.0, spawn=2.0)

CASES: list[tuple[Case, Kind, str]] = [
    (Case(), "nothing", "Nothing limited it: start to ready took 3 s on average"),
    (Case(), "nothing", "most of it (2.5 s) for the spawn, and the hub used 10 % of a core"),
    (Case(failure="spawn failed"), "nothing", "Nothing made it slow"),
    (Case(failure="spawn failed"), "nothing", "But 10 of 10 starts failed."),
    # The load generator comes before all else.
    (
        Case(seconds=60, cpu=1.0, generator="It was late."),
        "generator",
        "It was late. The times of this run are not reliable.",
    ),
    # A limit, where waiting for it is the largest part.
    (
        Case(seconds=60, throttled=40),
        "limit",
        "The limit was concurrent_spawn_limit: 10 of 10 starts were told to come",
    ),
    (Case(seconds=60, throttled=40), "limit", "40 s of the 60 s from start to ready"),
    (Case(seconds=60, throttled=60, failure="throttled too long", spawn=None), "limit", "60 s of the 60 s"),
    (Case(seconds=60, throttled=40, metrics=False), "limit", "concurrent_spawn_limit"),
    (Case(seconds=60, throttled=40, throttled_by="active_server_limit"), "limit", "active_server_limit"),
    (Case(seconds=60, throttled=40, cpu=1.0), "limit", "concurrent_spawn_limit"),
    (Case(seconds=60, throttled=29, spawn=31), "spawner", "the spawn took 31 s of the 60 s"),
    (Case(seconds=1.5, throttled=SHORT_THROTTLING, spawn=0.2), "limit", "1 s of the 1.5 s"),
    (
        Case(seconds=1.1, throttled=SHORT_THROTTLING - 0.1, spawn=0.1),
        "nothing",
        "most of it (0.9 s) for waits because of a 429",
    ),
    # The hub: its core, or its event loop.
    (Case(seconds=30, spawn=25, cpu=FULL_CORE), "hub", "the hub used 85 % of a core"),
    (Case(seconds=30, spawn=25, cpu=FULL_CORE - 0.01), "spawner", "the hub used 84 % of a core"),
    (Case(seconds=30, spawn=25, loop=0.5), "hub", "95 % of its event loop intervals took at most 0.5 s"),
    (Case(seconds=30, spawn=25, loop=0.25), "spawner", "while the hub was not busy"),
    (replace(ON_THE_WAY, cpu=0.99, loop=None), "hub", "the hub used 99 % of a core"),
    # What stands before the hub.
    (ON_THE_WAY, "proxy", "requests took 2 s as seen from here, and 0.1 s in the hub"),
    (replace(ON_THE_WAY, cpu=None), "proxy", "the median probe took 1 s, while the hub itself was not busy"),
    (replace(ON_THE_WAY, probe=math.inf), "proxy", "most probes failed"),
    (replace(ON_THE_WAY, probe=None), "proxy", "requests took 2 s"),
    (replace(ON_THE_WAY, probe=SLOW_ANSWER), "unknown", "most of it (28 s) for neither the spawn nor"),
    (replace(ON_THE_WAY, hub=0.7), "unknown", "do not show what limited"),
    (replace(ON_THE_WAY, loop=None), "proxy", "the hub used 10 % of a core"),
    # The spawner.
    (Case(seconds=LONG_WAIT + 1, spawn=LONG_WAIT), "spawner", "measure, the spawn took 5 s of the 6 s"),
    (Case(seconds=LONG_WAIT, spawn=LONG_WAIT - 0.1), "nothing", "Nothing limited it"),
    (Case(seconds=60, failure="timed out", spawn=None), "spawner", "no spawn succeeded in time"),
    # What cannot be told.
    (Case(seconds=60, spawn=50, cpu=None, loop=None), "unknown", "The measurements do not show what limited the run"),
    (
        Case(seconds=60, metrics=False),
        "unknown",
        "cannot tell hub, proxy and spawner apart. The median probe of the hub took 0.01",
    ),
    (Case(seconds=60, metrics=False, probe=2.0), "unknown", "the hub or the proxy was busy, not the spawner alone"),
    (Case(seconds=60, metrics=False, probe=None), "unknown", "apart. In the slower half"),
    (Case(seconds=2, metrics=False), "nothing", "Nothing limited it: start to ready took 2 s on average"),
]


THROTTLED = {"throttled_by": "concurrent_spawn_limit"}
QUICK = [start(n, 2.0) for n in range(20)]
LAB_FAILED = Record(LAB_LOADED, "ann", BEGAN, 1.0, 0.0, "hub error")

# What is not all well must not be reported as if it were.
NOT_ALL_WELL: list[tuple[list[Record], Kind, str]] = [
    (
        [*QUICK[:9], *(start(n, 18.0, UNFINISHED, throttled=17.0, **THROTTLED) for n in range(20, 30))],
        "limit",
        "The limit was concurrent_spawn_limit: 10 of 19 starts were told to come back later (429), and 10 of them "
        "never became ready. In the slower half of the starts, 17 s of the 18 s from start to ready (or to the end of "
        "the run) were spent waiting for the next try, on average.",
    ),
    (
        [*QUICK, start(20, 6.0, UNFINISHED, throttled=5.0, **THROTTLED)],
        "limit",
        "The limit was concurrent_spawn_limit: 1 of 21 starts were told to come back later (429), and 1 of them never "
        "became ready. In the slower half of the starts, start to ready (or to the end of the run) took 2.36 s on "
        "average, 0.455 s for waits because of a 429 included.",
    ),
    (
        [*QUICK, start(20, 6.0, "throttled too long", throttled=5.0, **THROTTLED)],
        "limit",
        "1 of 21 starts were told to come back later (429), and 1 of them never became ready.",
    ),
    (
        [start(n, 1.7, UNFINISHED) for n in range(5)],
        "unknown",
        "It is not known what limited the run: 5 of 5 starts were under way when the run ended.",
    ),
    (
        [*QUICK, start(20, 8.0, UNFINISHED)],
        "unknown",
        "It is not known what limited the run: 1 of 21 starts was under way when the run ended. Starts that did not "
        "become ready lasted up to 8 s. On the whole, start to ready (or to the end of the run) took 2.55 s",
    ),
    (
        [*QUICK, start(20, 30.0, "timed out")],
        "unknown",
        "It is not known what limited the run: 1 of 21 starts failed. Starts that did not become ready lasted up to "
        "30 s.",
    ),
    (
        [*QUICK, LAB_FAILED],
        "nothing",
        "Nothing made it slow: start to ready took 2 s on average in the slower half of the starts. But lab loaded "
        "failed 1 of 1 time.",
    ),
    (
        [LAB_FAILED],
        "unknown",
        "It is not known what limited the run: no server start was measured, and lab loaded failed 1 of 1 time.",
    ),
]


@pytest.mark.parametrize(("records", "kind", "says"), NOT_ALL_WELL)
def test_what_is_not_all_well(records: list[Record], kind: Kind, says: str) -> None:
    finding = diagnose(results_of(records), info())
    assert finding.kind == kind
    assert says in finding.sentence
    assert "Nothing limited it" not in finding.sentence


def test_a_young_start_that_the_end_broke_off_tells_nothing() -> None:
    sentence = diagnose(results_of([*QUICK, start(20, 0.5, UNFINISHED)]), info()).sentence
    assert sentence.startswith("Nothing limited it: start to ready")
    assert sentence.endswith(" 1 of 21 starts was under way when the run ended.")


@pytest.mark.parametrize(("case", "kind", "says"), CASES)
def test_what_limited_it(case: Case, kind: Kind, says: str) -> None:
    finding = diagnose(case.results, info(generator=case.generator))
    assert finding.kind == kind
    assert says in finding.sentence


def test_nothing_was_measured() -> None:
    finding = diagnose(Results(), info())
    assert (finding.kind, finding.sentence) == (
        "unknown",
        "It is not known what limited the run: no server start was measured.",
    )


def test_a_limit_in_front_of_the_hub_is_not_one_of_its_options() -> None:
    case = Case(seconds=60, throttled=40, throttled_by="a limit before the hub")
    assert "look for a rate limit" in diagnose(case.results, info()).advice
    assert "c.JupyterHub.concurrent_spawn_limit" in diagnose(Case(seconds=60, throttled=40).results, info()).advice


def test_the_slower_half_is_what_counts() -> None:
    evidence = gather(
        results_of([start(n, 1.0) for n in range(5)] + [start(10 + n, 9.0, throttled=8.0) for n in range(5)])
    )
    assert (evidence.mean, evidence.throttled, evidence.rest) == (9.0, 8.0, 1.0)
    assert (evidence.starts, evidence.throttled_starts) == (10, 5)


def test_failures_are_the_slowest() -> None:
    assert gather(results_of([start(0, 5.0), start(1, 0.5, "spawn failed")])).mean == 0.5


def test_the_calm_before_and_after_does_not_hide_the_rush() -> None:
    results = results_of([start(60 + n / 10, 4.0) for n in range(20)])
    cpu = 0.0
    for second in range(120):
        results.hub_samples.append(HubSample(BEGAN + second, cpu_seconds=cpu))
        cpu += 0.95 if 60 <= second < 66 else 0.02
        results.probes.append(Probe(BEGAN + second, 2.0 if 61 <= second < 65 else 0.01))
    evidence = gather(results)
    assert evidence.cpu == pytest.approx(0.95)
    assert evidence.probe == 2.0
    assert diagnose(results, info()).kind == "hub"


def test_requests_have_the_same_weights_on_both_sides() -> None:
    results = Case().results
    results.requests.note("GET /users/{name}", BEGAN, 0.5)
    last = results.hub_samples[-1]
    last.requests["GET UserAPIHandler"] = Observations(1000, 100.0)
    evidence = gather(results)
    assert evidence.client_requests == pytest.approx((10 * 0.02 + 0.5) / 11)
    assert evidence.hub_requests == pytest.approx((10 * 0.01 + 0.1) / 11)
