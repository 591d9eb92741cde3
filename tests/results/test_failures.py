"""Failures by their reason, and who was affected."""

import pytest

from hubusers.results.examples import Examples
from hubusers.results.failures import FailureKind, Failures, with_reason
from hubusers.results.records import LOGIN, NEW, RETURNING, START_TO_READY, UNFINISHED, Record
from hubusers.results.request_log import RequestLog

BEGAN = 1000.0
LASTED = 1.0


def record(user: str, began: float, failure: str = "", reason: str = "", step: str = LOGIN, **more: object) -> Record:
    return Record(step, user, BEGAN + began, LASTED, 0.0, failure, reason=reason, **more)  # type: ignore[arg-type]


def kinds_of(*records: Record, most: int | None = None) -> list[FailureKind]:
    examples = Examples()
    for one in records:
        examples.note(one.step, one.failure, one.reason, f"{one.reason} It was {one.username}.")
    failures = Failures(examples)
    failures.note(records)
    return failures.kinds(most)


def test_each_reason_is_a_kind_of_its_own() -> None:
    many, few = kinds_of(
        record("ann", 3, "spawn failed", "No room."),
        record("ann", 9, "spawn failed", "No room."),
        record("bob", 1, "spawn failed", "No room."),
        record("cat", 5, "spawn failed", "No image."),
    )
    assert (many.name, many.failure, many.reason, many.count) == (LOGIN, "spawn failed", "No room.", 3)
    assert (many.first, many.last, many.people) == (BEGAN + 1 + LASTED, BEGAN + 9 + LASTED, 2)
    assert many.example == "No room. It was ann."
    assert (many.what, few.what) == ("spawn failed: No room.", "spawn failed: No image.")


@pytest.mark.parametrize(
    ("failure", "reason", "shown"),
    [
        ("spawn failed", "No room.", "spawn failed: No room."),
        ("spawn failed", "", "spawn failed"),
        ("spawn failed", "Spawn failed:", "spawn failed"),
        ("spawn failed", "Spawn failed: No room.", "spawn failed: No room."),
        ("hub error: HTTP 503", "503: Service Unavailable", "hub error: HTTP 503: Service Unavailable"),
        ("hub error: HTTP 503", "503 Service Unavailable", "hub error: HTTP 503: Service Unavailable"),
        ("hub error: HTTP 503", "5030 requests", "hub error: HTTP 503: 5030 requests"),
        ("timed out: server not ready", "Ready soon", "timed out: server not ready: Ready soon"),
    ],
)
def test_words_of_both_failure_and_reason_are_told_once(failure: str, reason: str, shown: str) -> None:
    assert with_reason(failure, reason) == shown


def test_the_most_frequent_come_first_and_not_all_are_asked_for() -> None:
    records = [record("ann", n, "spawn failed", f"Reason {n // 3}.") for n in range(8)]
    assert [kind.reason for kind in kinds_of(*records, most=2)] == ["Reason 0.", "Reason 1."]


def test_what_did_not_fail_is_no_failure() -> None:
    assert kinds_of(record("ann", 1), record("bob", 1, UNFINISHED, "Pulling image.", START_TO_READY)) == []


def who(*records: Record) -> str:
    return kinds_of(*records)[0].who


def test_who_was_affected_is_told_where_there_are_others() -> None:
    bad = [record(f"bad-{n}", n, "hub error", person=NEW, cohort="students", worker=1) for n in range(3)]
    assert who(*bad) == "3 people"
    others = [record(f"good-{n}", n, person=RETURNING, cohort="students", worker=2) for n in range(3)]
    assert who(*bad, *others) == "3 people, all new; worker: all 1"
    assert who(bad[0], *others) == "1 person, new; worker: 1"


def test_people_are_counted_and_not_their_failures() -> None:
    records = [
        *(record("ann", n, "hub error", cohort="students") for n in range(9)),
        record("bob", 1, "hub error", cohort="staff"),
        record("cat", 1, "hub error", cohort="staff"),
    ]
    assert who(*records) == "3 people; cohort: 2 staff, 1 students"


def test_only_a_few_values_are_named() -> None:
    records = [record(f"user-{n}", n, "hub error", profile=f"profile-{n % 5}") for n in range(12)]
    assert who(*records) == "12 people; profile: 3 profile-0, 3 profile-1, 2 profile-2, 2 more"


def test_what_is_not_known_is_not_told() -> None:
    assert who(record("ann", 1, "hub error", person=""), record("bob", 1, person=NEW)) == "1 person"


def test_requests_have_their_failures_too() -> None:
    requests = RequestLog()
    requests.note("GET /users", BEGAN, 0.1)
    requests.note("GET /users", BEGAN + 5, 0.5, "HTTP 503")
    requests.note("GET /users", BEGAN + 7, 0.5, "HTTP 503")
    failures = Failures(Examples())
    failures.note_requests(requests)
    (kind,) = failures.kinds()
    assert (kind.name, kind.failure, kind.count) == ("GET /users", "HTTP 503", 2)
    assert (kind.first, kind.last, kind.people, kind.who) == (BEGAN + 5.5, BEGAN + 7.5, 0, "")


def test_failures_can_be_taken_in_as_they_come() -> None:
    failures = Failures(Examples())
    failures.note([record("ann", 1, "hub error", cohort="students")])
    assert failures.kinds()[0].who == "1 person"
    failures.note([record("bob", 2, cohort="staff"), record("cat", 3, "hub error", cohort="students")])
    assert (failures.kinds()[0].count, failures.kinds()[0].who) == (2, "2 people; cohort: all students")
