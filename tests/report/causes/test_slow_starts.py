"""Starts that are slow: a limit, the hub, what stands before it, or the spawner."""

import math
from dataclasses import replace

import pytest

from hubusers import start_parts
from hubusers.report.causes.facts import Facts
from hubusers.report.causes.hub import FULL_CORE, late_turns
from hubusers.report.evidence import SLOW_ANSWER
from hubusers.report.findings import findings_of, without_causes
from hubusers.report.hub_intervals import Interval
from hubusers.results.hub_samples import Observations
from hubusers.results.records import UNFINISHED
from hubusers.results.start_messages import StartMessage
from tests.report.causes.rush import Rush, event
from tests.report.made_up_run import BEGAN
from tests.report.runs import finished, start

ON_THE_WAY = Rush(seconds=30, client=2.0, hub=0.1, probe=1.0, spawn=2.0)
LIMITED = {"throttled_by": "concurrent_spawn_limit"}

CASES: list[tuple[Rush, list[str], str]] = [
    # A limit.
    (
        Rush(seconds=60, throttled=40),
        ["spawn-limit"],
        "10 of 10 starts were told to come back later (429) because of concurrent_spawn_limit.",
    ),
    (Rush(seconds=60, throttled=40), ["spawn-limit"], "They spent 40 s of their 60 s waiting for the next try"),
    (Rush(seconds=60, throttled=40, metrics=False), ["spawn-limit"], "concurrent_spawn_limit"),
    (Rush(seconds=60, throttled=40, throttled_by="active_server_limit"), ["server-limit"], "active_server_limit"),
    (
        Rush(seconds=60, throttled=40, throttled_by="a limit before the hub"),
        ["limit-before-hub"],
        "10 of 10 starts were told to come back later (429) by something before the hub.",
    ),
    (
        Rush(seconds=60, throttled=60, failure="throttled too long", spawn=None),
        ["spawn-limit"],
        "10 of them never became ready",
    ),
    (
        Rush(seconds=60, throttled=29, spawn=31),
        ["spawner-slow", "spawn-limit"],
        "of their 60 s, on average, 31 s were the spawn, by the hub's own",
    ),
    # The hub: its core, or its event loop.
    (Rush(seconds=30, spawn=25, cpu=FULL_CORE), ["hub-busy"], "The hub used 85 % of a core while most people waited"),
    (Rush(seconds=30, spawn=25, cpu=FULL_CORE - 0.01), ["spawner-slow"], "of their 30 s, on average, 25 s were"),
    (
        Rush(seconds=30, spawn=25, loop=2.5),
        ["hub-blocked"],
        "The hub used only 10 % of a core, but stood still for 100 % of the time in which most people waited: 10 turns "
        "of its event loop took 3 s each, on average.",
    ),
    (Rush(seconds=30, spawn=25, loop=0.25), ["spawner-slow"], "were the spawn"),
    (Rush(seconds=30, spawn=25, loop=2.5, client=2.0, hub=0.1, probe=5.0), ["hub-blocked"], "each, on average"),
    (replace(ON_THE_WAY, hub=1.5, loop=None), ["hub-blocked"], "answered late, even the simplest requests"),
    (replace(ON_THE_WAY, cpu=0.99, loop=None), ["hub-busy"], "99 % of a core"),
    # What stands before the hub.
    (ON_THE_WAY, ["proxy-slow"], "Requests took 2 s as seen from here, and 100 ms in the hub, the median probe"),
    (replace(ON_THE_WAY, cpu=None), ["proxy-slow"], "the median probe of the hub took 1 s, while the hub itself"),
    (replace(ON_THE_WAY, probe=math.inf), ["proxy-slow"], "most probes of the hub failed"),
    # Its turns are late as well, but by much less.
    (Rush(seconds=30, spawn=2, loop=2.5, client=9.0, hub=0.1, probe=9.0), ["proxy-slow"], "Requests took 9 s"),
    (replace(ON_THE_WAY, probe=None), ["proxy-slow"], "Requests took 2 s"),
    (replace(ON_THE_WAY, loop=None), ["proxy-slow"], "Requests took 2 s"),
    # The spawner.
    (Rush(seconds=6, spawn=5), ["spawner-slow"], "of their 6 s, on average, 5 s were"),
    (
        Rush(seconds=60, failure="timed out", spawn=None),
        ["spawner-slow"],
        "10 of 10 starts took too long: of their 60 s",
    ),
    (
        Rush(seconds=60, failure="spawn failed", reason="Timeout", spawn=None, failed_spawn=59),
        ["spawner-slow"],
        "59 s were the spawn",
    ),
    (
        Rush(seconds=60, metrics=False, parts=((start_parts.SPAWNING, 60.0),)),
        ["spawner-slow"],
        "It did not say what it waited for",
    ),
]


@pytest.mark.parametrize(("rush", "kinds", "says"), CASES)
def test_why_starts_are_slow(rush: Rush, kinds: list[str], says: str) -> None:
    slow = [finding for finding in rush.findings if finding.kind in {*kinds, *SLOWNESS}]
    assert [finding.kind for finding in slow] == kinds
    assert says in " ".join(finding.sentence for finding in slow)


SLOWNESS = {"spawn-limit", "server-limit", "limit-before-hub", "hub-busy", "hub-blocked", "proxy-slow", "spawner-slow"}

UNKNOWN: list[tuple[Rush, str]] = [
    (replace(ON_THE_WAY, probe=SLOW_ANSWER), "10 of 10 starts took long"),
    (replace(ON_THE_WAY, hub=0.7), "10 of 10 starts took long"),
    (
        Rush(seconds=60, metrics=False),
        "The median probe of the hub took 10 ms: neither the hub nor the proxy was slow",
    ),
    (Rush(seconds=60, metrics=False, probe=2.0), "the hub or the proxy was busy, not the spawner alone"),
    (Rush(seconds=60, metrics=False, probe=math.inf), "Most probes of the hub failed"),
    (Rush(seconds=60, metrics=False, probe=None), "Give the token the scope read:metrics"),
]


@pytest.mark.parametrize(("rush", "says"), UNKNOWN)
def test_what_cannot_be_told(rush: Rush, says: str) -> None:
    assert rush.kinds == []
    said = without_causes(rush.run)
    assert said.startswith("It is not known what limited the run: ")
    assert says in said


HEALTHY = [
    Rush(),
    Rush(seconds=2, metrics=False),
    Rush(seconds=5, spawn=4.9),
    Rush(seconds=5, spawn=4.9, cpu=1.0, loop=1.0, probe=2.0),
    Rush(seconds=3, throttled=2.5, spawn=0.1),
    Rush(seconds=40, spawn=39, event_text=event("45s")),
    Rush(seconds=40, throttled=30, cpu=1.0, loop=2.5, probe=5.0, event_text=event("45s")),
    Rush(seconds=40, parts=((start_parts.IMAGE, 38.0), (start_parts.ANSWER, 2.0)), event_text=event("45s")),
    replace(ON_THE_WAY, event_text=event("45s")),
]


@pytest.mark.parametrize("rush", HEALTHY)
def test_nobody_is_accused_where_nothing_was_slow(rush: Rush) -> None:
    assert rush.kinds == []
    assert without_causes(rush.run).startswith("Nothing limited it")


def test_a_target_decides_what_is_slow() -> None:
    assert Rush(seconds=4, spawn=3.9, event_text=event("3s")).kinds == ["spawner-slow"]


# What the spawner tells.

NODE, IMAGE = (start_parts.NODE, 40.0), (start_parts.IMAGE, 15.0)
PULLING = StartMessage("Pulling image {id}", start_parts.IMAGE, 10, 150.0, 20.0, BEGAN, BEGAN + 9, "Pulling image a:1")


def test_parts_that_the_spawner_tells() -> None:
    rush = Rush(seconds=60, spawn=60, parts=((start_parts.ACCEPTANCE, 1.0), NODE, IMAGE, (start_parts.ANSWER, 4.0)))
    nodes, image = rush.findings
    assert nodes.kind == "waiting-for-nodes"
    assert nodes.share == pytest.approx(40 / 60)
    assert nodes.sentence == "All 10 slow starts waited for a node: 40 s of 60 s, on average."
    assert [nodes.began, nodes.ended] == pytest.approx([BEGAN + 1, BEGAN + 41])
    assert image.kind == "image-pull"
    assert image.share == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (start_parts.NODE, "waiting-for-nodes"),
        (start_parts.SCHEDULING, "slow-scheduling"),
        (start_parts.IMAGE, "image-pull"),
        (start_parts.VOLUMES, "volume-wait"),
        (start_parts.CONTAINER, "slow-container"),
        (start_parts.ANSWER, "server-slow-to-answer"),
        ("Waiting in queue {number}", "start-messages"),
    ],
)
def test_each_part_has_its_kind(part: str, kind: str) -> None:
    assert Rush(seconds=20, spawn=19, parts=((start_parts.ACCEPTANCE, 1.0), (part, 19.0))).kinds == [kind]


def test_the_hubs_own_words_are_evidence() -> None:
    rush = Rush(seconds=16, parts=((start_parts.SPAWNING, 1.0), IMAGE), messages=(PULLING,))
    [image] = rush.findings
    assert image.evidence[0].startswith("The hub said 10 times, from ")
    assert "“Pulling image a:1”. Starts went on after 15 s on average, 20 s at most." in image.evidence[0]


def test_messages_that_are_not_known_are_shown_as_they_came() -> None:
    queue = StartMessage("Waiting, place {number}", "Waiting, place {number}", 10, 180.0, 18.0, BEGAN, BEGAN, "place 7")
    rush = Rush(seconds=20, spawn=19, parts=(("Waiting, place {number}", 18.0), ("Go", 2.0)), messages=(queue,))
    [finding] = rush.findings
    assert "waited after the message “Waiting, place {number}”: 18 s of 20 s" in finding.sentence
    assert "“place 7”" in finding.evidence[0]


def test_a_limit_is_the_effect_of_what_kept_its_places() -> None:
    first = [
        start(0, 40.0, user=f"first-{n}", parts=((start_parts.SPAWNING, 1.0), (start_parts.NODE, 39.0)))
        for n in range(4)
    ]
    throttled = [
        start(
            1,
            80.0,
            user=f"late-{n}",
            throttled=70.0,
            **LIMITED,
            parts=((start_parts.PLACE_AT_HUB, 70.0), (start_parts.NODE, 10.0)),
        )
        for n in range(16)
    ]
    nodes, limit = Rush(records=(*first, *throttled)).findings
    assert (nodes.kind, nodes.because_of) == ("waiting-for-nodes", "")
    assert (limit.kind, limit.because_of) == ("spawn-limit", "waiting-for-nodes")
    assert "kept it for 16 s on average, most of it (15.8 s) for: waiting for a node." in limit.evidence[1]


def test_requests_that_something_before_the_hub_refuses() -> None:
    run = Rush(records=(*(start(n, 1.0) for n in range(3)), start(9, 0.1, "hub error: HTTP 429"))).run
    for second in range(3):
        run.results.requests.note("GET /users/{name}", BEGAN + second, 0.01, "HTTP 429")
    [limit] = [finding for finding in findings_of(run) if finding.kind == "limit-before-hub"]
    assert (limit.explains, limit.share) == ("failures", 1.0)
    assert limit.sentence.startswith("3 requests got 429, “too many requests”, from something before the hub")


def test_what_keeps_the_places_counts_although_it_is_little_of_the_time() -> None:
    parts = ((start_parts.PLACE_AT_HUB, 54.0), (start_parts.NODE, 6.0))
    assert Rush(seconds=60, throttled=54, spawn=6, parts=parts).kinds == ["waiting-for-nodes", "spawn-limit"]
    parts = ((start_parts.PLACE_AT_HUB, 56.0), (start_parts.NODE, 4.0))
    assert Rush(seconds=60, throttled=56, spawn=4, parts=parts).kinds == ["spawn-limit"]


def test_spawns_that_are_short_by_the_hubs_own_measure_are_not_to_blame() -> None:
    assert Rush(seconds=60, spawn=20, parts=((start_parts.ACCEPTANCE, 60.0),)).kinds == []


def test_few_starts_that_never_became_ready_because_of_a_limit_are_enough() -> None:
    records = [start(n, 2.0) for n in range(90)]
    records.append(start(91, 60.0, "throttled too long", throttled=59.0, **LIMITED))
    limit = Rush(records=tuple(records)).only("spawn-limit")
    assert (limit.explains, limit.share) == ("failures", 1.0)


def test_time_in_short_turns_is_not_time_that_the_hub_stood_still() -> None:
    # Of 30 s, one turn took 1 s; the others were short.
    loop = Observations(581, 30.0, {"0.05": 580, "1.0": 581, "+Inf": 581})
    interval = Interval(0.0, 30.0, 1.0, loop, Observations(), Observations())
    assert late_turns([interval]) == Observations(1, 1.0)


def test_a_limit_whose_places_are_soon_free_again_is_its_own_cause() -> None:
    parts = ((start_parts.PLACE_AT_HUB, 28.0), (start_parts.SPAWNING, 2.0))
    rush = Rush(seconds=30, throttled=28, spawn=2, parts=parts)
    assert rush.kinds == ["spawn-limit"]
    assert rush.findings[0].because_of == ""


def test_starts_that_still_wait_for_a_place_at_the_end_are_not_forgotten() -> None:
    waiting = [start(n, 18.0, UNFINISHED, throttled=17.0, **LIMITED) for n in range(20, 30)]
    for records in ([start(n, 2.0) for n in range(9)], [start(n, 2.0) for n in range(90)]):
        assert Rush(records=(*records, *waiting)).kinds == ["spawn-limit"]


def test_a_profile_that_waits_is_named() -> None:
    small = [start(n, 20.0, profile="small", parts=((start_parts.ANSWER, 20.0),)) for n in range(30)]
    large = [
        start(n + 0.5, 50.0, profile="gpu", parts=((start_parts.ANSWER, 5.0), (start_parts.NODE, 45.0)))
        for n in range(3)
    ]
    nodes = Rush(records=(*small, *large)).only("waiting-for-nodes")
    assert nodes.share == pytest.approx(0.18)  # little of all the time, but most of theirs
    assert nodes.sentence == "3 of 33 slow starts waited for a node: 45 s of 50 s, on average."
    assert "By profile, on average: gpu 45 s of 50 s (3 starts), small 0 s of 20 s (30 starts)." in nodes.evidence


def test_slow_starts_that_were_given_up_are_told_apart() -> None:
    """Another finding counts them, too, with those that were given up sooner."""
    late = [start(n, 20.0, parts=((start_parts.ANSWER, 19.0),)) for n in range(4)]
    failed = [start(10 + n, 21.0, "timed out", parts=((start_parts.ANSWER, 20.0),)) for n in range(3)]
    sentence = next(
        one.sentence for one in Rush(records=(*late, *failed)).findings if one.kind == "server-slow-to-answer"
    )
    assert sentence.startswith("All 7 slow starts (4 ready late, 3 given up) waited until their server answered: ")


def test_two_starts_are_enough() -> None:
    both = tuple(start(n, 20.0, parts=((start_parts.NODE, 20.0),)) for n in range(2))
    assert Rush(records=both, metrics=False).kinds == ["waiting-for-nodes"]


@pytest.mark.parametrize(
    ("reason", "kinds"),
    [
        ("ImagePullBackOff", set()),  # nobody has the image; that is a finding of its own
        ("Timeout", {"image-pull", "server-slow-to-answer"}),
    ],
)
def test_time_in_which_a_start_failed_for_another_reason_is_not_a_wait(reason: str, kinds: set[str]) -> None:
    parts = (IMAGE, (start_parts.ANSWER, 20.0))
    failed = [start(n, 35.0, "spawn failed", parts=parts, reason=reason) for n in range(4)]
    assert WAITS & set(Rush(records=tuple(failed), metrics=False).kinds) == kinds


def test_starts_that_wait_for_what_made_all_others_fail() -> None:
    parts = ((start_parts.ANSWER, 20.0),)
    failed = [start(n, 20.0, "spawn failed", parts=parts, reason="exited with code 1") for n in range(4)]
    waiting = [start(n + 9, 20.0, UNFINISHED, parts=parts) for n in range(4)]
    assert not WAITS & set(Rush(records=(*failed, *waiting), metrics=False).kinds)
    ready = [start(n + 20, 20.0, parts=parts) for n in range(4)]
    assert WAITS & set(Rush(records=(*failed, *waiting, *ready), metrics=False).kinds)


def test_a_start_that_the_run_gave_up_was_slow_whatever_it_waited_for() -> None:
    late = start(0, 60.0, "timed out", reason="0/3 nodes are available: Insufficient memory")
    failed = start(1, 60.0, "spawn failed", reason="0/3 nodes are available: Insufficient memory")
    assert Facts(finished([late, failed])).slow_starts == [late]


def test_a_hub_is_not_accused_because_of_starts_that_failed_for_another_reason() -> None:
    failed = [start(n, 20.0, "spawn failed", reason="exited with code 1") for n in range(8)]
    assert not SLOWNESS & set(Rush(records=tuple(failed), cpu=1.0, loop=5.0, probe=3.0).kinds)


WAITS = {"image-pull", "server-slow-to-answer"}


@pytest.mark.parametrize("metrics", [True, False])
@pytest.mark.parametrize("target", ["", "30s"])
def test_starts_that_hang_are_not_hidden_by_quick_ones(metrics: bool, target: str) -> None:
    parts = ((start_parts.ACCEPTANCE, 0.6), (start_parts.SPAWNING, 7.0))
    quick = [start(n, 1.0) for n in range(15)]
    hanging = [start(16 + n, 7.8 - n / 10, UNFINISHED, parts=parts) for n in range(4)]
    run = Rush(
        records=(*quick, start(0.5, 9.0), *hanging), metrics=metrics, spawn=0.8, event_text=target and event(target)
    )
    finding = run.only("spawner-slow")
    assert finding.explains == "slowness"
    assert finding.sentence == (
        "4 of 20 starts took too long: of their 7.65 s, on average, 7.6 s were the spawn, as its progress shows. It "
        "did not say what it waited for."
    )
    assert "When the run ended, 4 of them were still under way." in finding.evidence


def test_starts_that_hang_in_a_part_that_was_told() -> None:
    quick = [start(n, 1.0) for n in range(15)]
    hanging = [start(16 + n, 7.8, UNFINISHED, parts=((start_parts.NODE, 7.0),)) for n in range(4)]
    assert Rush(records=(*quick, *hanging), metrics=False).kinds == ["waiting-for-nodes"]


@pytest.mark.parametrize(("usual", "seconds"), [(1.0, 4.5), (3.0, 5.5)])
def test_young_unfinished_starts_do_not_hang(usual: float, seconds: float) -> None:
    young = [start(16 + n, seconds, UNFINISHED) for n in range(2)]
    assert Facts(finished([*(start(n, usual) for n in range(15)), *young])).slow_starts == []


def test_how_many_had_a_place_is_not_more_than_the_limit_because_ends_are_seen_late() -> None:
    # One after the other has the only place for 3 s, and each end is seen 0.5 s later.
    records = [
        start(n / 1e6, 3.0 * n + 3.5, throttled=3.0 * n, throttled_by=LIMITED["throttled_by"]) for n in range(10)
    ]
    assert Rush(records=tuple(records), metrics=False).only("spawn-limit").evidence[0] == (
        "While people were told to come back, about 1 start had a place at the hub at the same time, on average, as "
        "seen from here."
    )
