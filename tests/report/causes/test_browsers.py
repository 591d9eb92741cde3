"""Why people with a browser could not work once they had a server."""

from typing import Any

import pytest

from hubusers.report.findings import findings_of
from hubusers.results.hub_samples import Probe
from hubusers.results.records import (
    CELL,
    GIT_PULL,
    KERNEL,
    KERNEL_READY,
    LAB_LOADED,
    OWN_REQUESTS,
    PAGE_LOADED,
    SAVED,
    SERVER_HELD,
    SILENT,
    START_TO_READY,
    STOP_TO_STOPPED,
    STORAGE,
    USER_CLASS,
    WEBSOCKET_HELD,
    Record,
)
from tests.report.causes.failing import findings, run_with, step, text_of
from tests.report.made_up_run import BEGAN
from tests.report.runs import CLASS


def people(name: str, bad: int, good: int, failure: str, reason: str = "", **more: Any) -> list[Record]:
    """Return the starts of people, and a step that failed for some of them."""
    return [
        *(step(START_TO_READY, n) for n in range(bad + good)),
        *(step(name, n, failure, reason, **more) for n in range(bad)),
        *(step(name, bad + n) for n in range(good)),
    ]


KINDS = [
    (LAB_LOADED, "redirect loop: between /user/{name}/lab and /hub/user/{name}/lab", "redirect-loop"),
    (START_TO_READY, "redirect loop: between /user/{name}/ and /hub/user/{name}/", "redirect-loop"),
    (LAB_LOADED, "server unreachable: the proxy has no route to it", "server-unreachable"),
    (KERNEL_READY, "websocket refused: HTTP 400 from nginx", "websockets-refused"),
    (CELL, "websocket lost: connection lost", "websockets-cut"),
    (WEBSOCKET_HELD, "websocket lost: closed with code 1006", "websockets-cut"),
    (LAB_LOADED, "not a page of JupyterLab or Notebook 7", "other-start-page"),
    (LAB_LOADED, "JupyterLab too old", "lab-too-old"),
    (LAB_LOADED, "files missing: /user/{name}/static/lab/{file}, HTTP 404", "files-missing"),
    (LAB_LOADED, "hub error: /user/{name}/api/kernelspecs, HTTP 500", "files-missing"),
    (PAGE_LOADED, "files missing: /user/{name}/app/{file}, HTTP 404", "files-missing"),
    (PAGE_LOADED, "page broken: HTTP 503", "page-broken"),
    (PAGE_LOADED, "page broken: it asks to log in", "page-broken"),
    (GIT_PULL, "git pull failed: nbgitpuller is not installed", "git-pull-missing"),
    (GIT_PULL, "git pull failed: its page is not nbgitpuller's", "git-pull-missing"),
    (GIT_PULL, "git pull failed: the hub has not led to the link", "git-pull-lost"),
    (GIT_PULL, "git pull failed", "git-pull-failed"),
    (GIT_PULL, "timed out", "git-pull-failed"),
    (PAGE_LOADED, "websocket refused: HTTP 502 from nginx", "websockets-refused"),
    (SAVED, "session lost", "session-lost"),
    (SERVER_HELD, "server was gone", "servers-culled"),
    (STOP_TO_STOPPED, "server was gone", "servers-culled"),
    (CELL, "kernel died: restarting", "kernel-died"),
    (CELL, "kernel gone", "kernel-gone"),
    (KERNEL_READY, "kernel not installed: ir", "kernel-not-installed"),
    (SAVED, "save refused: storage full", "save-refused"),
    (SAVED, "hub error: HTTP 413", "save-refused"),
    (CELL, "wrong output: built-in.ipynb, cell 2", "wrong-output"),
    (CELL, "input asked for: lesson.ipynb, cell 2", "wrong-output"),
    (CELL, "output cut off: IOPub data rate exceeded", "wrong-output"),
    (CELL, "timed out: cell still running", "other-failures"),
    (STOP_TO_STOPPED, "timed out", "other-failures"),
    (USER_CLASS, "ValueError: no such thing", "user-code"),
    (OWN_REQUESTS, "all failed: HTTP 403", "user-requests"),
]


@pytest.mark.parametrize(("name", "failure", "kind"), KINDS)
def test_each_failure_is_explained_by_one_kind(name: str, failure: str, kind: str) -> None:
    good = 4 if name not in {WEBSOCKET_HELD, SERVER_HELD} else 0
    (found,) = findings(people(name, 8, good, failure, after=5.0) + [step(START_TO_READY, 50 + n) for n in range(4)])
    assert (found.kind, found.explains, found.share) == (kind, "failures", 1.0)
    assert "8 " in found.sentence
    assert failure.partition(": ")[2] in text_of(found)


@pytest.mark.parametrize(("good", "whom"), [(0, "any of the 8 people"), (4, "8 of 12 people")])
def test_a_page_that_nobody_saw_is_not_one_that_some_saw(good: int, whom: str) -> None:
    (found,) = findings(people(PAGE_LOADED, 8, good, "page broken: HTTP 503"))
    assert found.sentence.startswith(f"The server did not show the page that they came for to {whom}: ")


@pytest.mark.parametrize(
    ("spawner", "advice"),
    [("hubusers.local.spawners.StubSpawner", "`hubusers hub --servers lab`"), ("a.Spawner", "`hubusers run PageUser`")],
)
def test_pages_of_stub_servers_are_told_apart(spawner: str, advice: str) -> None:
    (found,) = findings(people(LAB_LOADED, 8, 4, "not a page of JupyterLab or Notebook 7"), spawner=spawner)
    assert advice in found.remedies[0]


def test_slow_pulls() -> None:
    records = [step(GIT_PULL, n, seconds=20.0 if n % 2 else 1.0) for n in range(12)]
    (found,) = findings([*(step(START_TO_READY, n) for n in range(12)), *records])
    assert (found.kind, found.explains, found.share) == ("git-pull-slow", "slowness", 1.0)
    assert found.sentence == "6 of 12 pulls took too long: 20 s on average, 20 s at most."


def test_what_a_page_lacks_is_not_said_of_jupyterlab_or_kernels() -> None:
    (found,) = findings(people(PAGE_LOADED, 8, 4, "files missing: /user/{name}/app/{file}, HTTP 404"))
    assert found.sentence.startswith("The page did not load completely for 8 of 12 people")
    (found,) = findings(people(PAGE_LOADED, 8, 0, "websocket refused: HTTP 502 from nginx"))
    assert found.sentence == "All 8 people got no websocket: HTTP 502 from nginx."


def test_websockets_are_refused_while_http_works() -> None:
    run = run_with(people(KERNEL_READY, 8, 0, "websocket refused: HTTP 400 from nginx"))
    for n in range(8):
        run.results.requests.note("GET /user/{name}/api/kernels/{id}/channels", BEGAN + n, 0.1, "HTTP 400")
        for _ in range(5):
            run.results.requests.note("GET /user/{name}/api/contents", BEGAN + n, 0.1)
    (found,) = findings_of(run)
    assert found.sentence == "All 8 people got no websocket, and so no kernel: HTTP 400 from nginx."
    assert (
        "0 of 8 websockets were opened, while 40 of 40 other requests to the same servers were answered."
        in found.evidence
    )


def test_websockets_that_are_always_cut_after_the_same_time() -> None:
    records = [
        step(WEBSOCKET_HELD, n, "websocket lost: connection lost", after=30.0 + n / 10, seconds=31.0) for n in range(8)
    ]
    (found,) = findings([*(step(START_TO_READY, n) for n in range(8)), *records])
    assert found.sentence.startswith("8 websockets of all 8 people broke off, each after 30.4 s: something on the way")


def test_websockets_that_are_cut_when_they_are_idle() -> None:
    records = [
        step(
            WEBSOCKET_HELD, n, "websocket lost: connection lost", after=20.0 + 9 * n, parts=((SILENT, 15.0 + n / 100),)
        )
        for n in range(8)
    ]
    (found,) = findings([*(step(START_TO_READY, n) for n in range(8)), *records])
    assert "each after 15 s in which nothing was sent" in found.sentence


def test_websockets_that_are_cut_at_different_times_have_no_limit() -> None:
    records = [step(WEBSOCKET_HELD, n, "websocket lost: connection lost", after=3.0 + 9 * n) for n in range(8)]
    (found,) = findings([*(step(START_TO_READY, n) for n in range(8)), *records])
    assert found.sentence.endswith("broke off, after 3 s to 66 s.")


def test_websockets_that_are_cut_in_the_same_moment() -> None:
    records = [
        step(WEBSOCKET_HELD, n, "websocket lost: connection lost", after=60.0 - n, seconds=60.0 - n) for n in range(8)
    ]
    (found,) = findings([*(step(START_TO_READY, n) for n in range(8)), *records])
    assert "broke off in the same moment, at 08:01:00 UTC" in found.sentence
    assert [remedy[:29] for remedy in found.remedies] == ["If all broke off in the same "]


def test_websockets_that_are_cut_when_nothing_answers() -> None:
    records = [step(WEBSOCKET_HELD, n, "websocket lost: connection lost", after=9.0, seconds=9.0) for n in range(2)]
    run = run_with([*(step(START_TO_READY, n) for n in range(8)), *records])
    run.results.probes = [
        *(Probe(BEGAN + n, 0.01) for n in range(9)),
        *(Probe(BEGAN + 9 + n, 0.01, "connection refused") for n in range(9)),
    ]
    found = {one.kind: one for one in findings_of(run)}
    assert found["websockets-cut"].sentence.endswith("broke off when nothing was reached at the hub's address.")
    assert found["websockets-cut"].because_of == "hub-away"
    assert len(found["websockets-cut"].remedies) == 1


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        (KERNEL_READY, "websocket refused: connection refused"),
        (LAB_LOADED, "files missing: /user/{name}/static/lab/{file}, connection refused"),
        (SAVED, "hub error: HTTP 503"),
    ],
)
def test_what_was_not_answered_at_all_says_nothing_of_websockets_or_files(name: str, failure: str) -> None:
    (found,) = findings(people(name, 8, 4, failure))
    assert found.kind == "other-failures"
    assert failure in found.sentence


def test_servers_that_are_culled_at_an_age() -> None:
    (found,) = findings(people(SERVER_HELD, 8, 0, "server was gone", after=60.2))
    assert found.sentence.startswith("The servers of all 8 people were gone, each at most 60.2 s after it was ready")


def test_sessions_that_always_end_after_the_same_time() -> None:
    ready = [step(START_TO_READY, n, seconds=3.0) for n in range(8)]
    lost = [Record(SAVED, f"user-{n}", BEGAN + n + 22.5, 0.5, 0.0, "session lost") for n in range(8)]
    (found,) = findings([*ready, *lost])
    assert found.evidence == ("Each of them had been at the server for 20 s.",)
    lost = [Record(SAVED, f"user-{n}", BEGAN + 9 * n + 22.5, 0.5, 0.0, "session lost") for n in range(8)]
    (found,) = findings([*ready, *lost])
    assert found.evidence == ("They had been at their server for 20 s to 76 s.",)


def test_a_full_volume_is_told_from_a_large_notebook() -> None:
    (full,) = findings(people(SAVED, 8, 4, "save refused: storage full", "No space left on device"))
    (large,) = findings(people(SAVED, 8, 4, "save refused: too large", "413 Request Entity Too Large"))
    assert full.sentence == "Notebooks of 8 of 12 people could not be saved: storage full."
    assert [remedy[:13] for remedy in (*full.remedies, *large.remedies)] == ["If it is full", "If the reques"]
    assert "8 times it was said: “No space left on device”." in full.evidence


def test_a_folder_that_is_not_there_needs_no_larger_volume() -> None:
    (found,) = findings(people(SAVED, 8, 4, "save refused: no such folder", "No such file or directory: '/x'"))
    assert [remedy for remedy in found.remedies if "--notebook-dir" in remedy] == list(found.remedies)


def test_several_causes_are_all_named() -> None:
    records = people(SAVED, 8, 0, "save refused: storage full") + people(SAVED, 3, 0, "save refused: too large")
    (found,) = findings(records)
    assert "Causes: storage full (8 times), too large (3 times)." in found.evidence


def work(name: str, storage: float, kernel: float) -> list[Record]:
    parts = ((STORAGE, storage), (KERNEL, kernel))
    return [step(name, n, seconds=storage + kernel, parts=parts) for n in range(8)]


def test_slow_files_are_told_from_slow_kernels() -> None:
    (files,) = findings(work(KERNEL_READY, 18.0, 2.0))
    assert (files.kind, files.explains, files.share) == ("slow-storage", "slowness", 0.9)
    assert files.sentence.startswith("All 8 people waited for files: 18 s on average")
    (kernels,) = findings(work(KERNEL_READY, 2.0, 18.0))
    assert (kernels.kind, kernels.share) == ("slow-kernels", 0.9)
    assert kernels.sentence.endswith("18 s at most, until it was ready.")
    (saved,) = findings([step(SAVED, n, seconds=8.0, parts=((STORAGE, 8.0),)) for n in range(8)])
    assert saved.kind == "slow-storage"
    assert findings(work(KERNEL_READY, 10.0, 10.0)) == []


def test_files_are_not_blamed_where_all_requests_are_slow() -> None:
    for others, kinds in ((0.5, {"slow-storage"}), (2.0, set())):
        run = run_with(work(KERNEL_READY, 18.0, 2.0))
        for n in range(8):
            run.results.requests.note("GET /user/{name}/api/contents/{path}", BEGAN + n, 2.5)
            run.results.requests.note("GET /user/{name}/api/kernelspecs", BEGAN + n, others)
        assert {one.kind for one in findings_of(run)} == kinds


def test_quick_work_is_no_finding() -> None:
    assert findings([*work(KERNEL_READY, 1.0, 9.0), *work(SAVED, 1.0, 0.0)]) == []


def test_one_person_who_waits_is_no_finding() -> None:
    quick = [step(KERNEL_READY, 50 + n, seconds=4.9, parts=((STORAGE, 2.0), (KERNEL, 2.9))) for n in range(3)]
    unlucky = step(KERNEL_READY, 1, seconds=30.0, parts=((STORAGE, 20.0), (KERNEL, 10.0)))
    assert findings([*quick, unlucky]) == []


def test_a_long_cell_is_slow_only_by_a_target() -> None:
    records = [step(CELL, n, seconds=20.0) for n in range(8)]
    assert "slow-kernels" not in {one.kind for one in findings(records)}
    event = CLASS + '[[targets]]\nmeasure = "cell"\npercentile = 95\nat_most = "10s"\n'
    (found,) = findings(records, event=event)
    assert found.sentence.endswith("20 s at most, until a cell had run.")


def test_other_failures_are_shown_as_they_came() -> None:
    often, seldom = findings(
        [
            *people(STOP_TO_STOPPED, 8, 0, "hub error: HTTP 500", "It broke."),
            *(step(CELL, n, "timed out: cell still running") for n in range(4)),
        ]
    )
    assert often.sentence == "The step “stop to stopped” failed 8 times, for all 8 people: “hub error: HTTP 500”."
    assert "8 times it was said: “It broke.”." in often.evidence
    assert seldom.kind == "other-failures"
    assert seldom.share == pytest.approx(1 / 3)


def test_many_other_failures_are_no_flood() -> None:
    found = findings([step(CELL, n, f"odd {n}") for n in range(30)])
    assert len(found) == 6
    assert sum(one.share for one in found) == pytest.approx(1.0)


def test_one_broken_websocket_among_many_people_is_a_note() -> None:
    records = [step(START_TO_READY, n) for n in range(300)]
    (found,) = findings([*records, step(WEBSOCKET_HELD, 7, "websocket lost: connection lost", after=12.0)])
    assert (found.kind, found.explains) == ("websockets-cut", "note")
    assert found.sentence == "1 websocket of 1 of 300 people broke off, after 12 s."
