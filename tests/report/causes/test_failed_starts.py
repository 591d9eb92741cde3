"""Why starts failed."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from hubusers import start_parts
from hubusers.report.finding import Finding
from hubusers.report.findings import findings_of, without_causes
from hubusers.results.records import NEW, RETURNING, SPAWN_PAGE, START_TO_READY, Record
from hubusers.results.start_messages import StartMessage
from tests.report.causes.failing import findings, message, run_with, starts, step, text_of
from tests.report.runs import CLASS


def failures(records: Iterable[Record], *messages: StartMessage) -> list[Finding]:
    return [one for one in findings(records, *messages) if one.explains == "failures"]


BY_WORDS = [
    ("image-missing", 'Spawn failed: Failed to pull image "reg/a:1": manifest for reg/a:1 not found'),
    ("image-missing", 'Spawn failed: 404 Client Error: Not Found ("No such image: reg/a:1")'),
    ("image-missing", "Spawn failed: toomanyrequests: You have reached your pull rate limit"),
    ("no-room", "Spawn failed: {number}/{number} nodes are available: {number} Insufficient memory."),
    ("no-room", 'Spawn failed: pods "{name}" is forbidden: exceeded quota: compute, requested: pods={number}'),
    ("no-room", "Spawn failed: pod didn't trigger scale-up: {number} max node group size reached"),
    ("volume-failed", "{number}/{number} nodes are available: pod has unbound immediate PersistentVolumeClaims."),
    ("volume-failed", 'MountVolume.SetUp failed for volume "home" : mount failed: exit status 32'),
    ("volume-failed", "Spawn failed: [Errno 28] No space left on device: '/home/{name}'"),
    ("volume-failed", "{number}/{number} nodes are available: {number} node(s) exceed max volume count."),
    ("server-exits", "Back-off restarting failed container notebook in pod {name}"),
    ("server-exits", "Spawn failed: The server exited with status 1 before it answered"),
    (
        "job-gone",
        "The Jupyter batch job has disappeared while pending in the queue or died immediately after starting.",
    ),
    ("job-refused", "Spawn failed: sbatch: error: Batch job submission failed: Invalid partition name specified"),
    ("job-refused", "Spawn failed: qsub: Unauthorized Request"),
    ("job-refused", "Spawn failed: Jupyter batch job submission failure (no jobid in output)"),
    ("no-machine-account", "Spawn failed: \"getpwnam(): name not found: '{name}'\""),
    ("no-machine-account", "Spawn failed: \"getpwnam(): name not found: 'jupyter-{name}'\""),
    ("no-machine-account", "Spawn failed: sudo: unknown user {name}"),
    ("no-machine-account", "Spawn failed: sudo: unknown user: {name}. The job was not submitted"),
    ("no-machine-account", "Spawn failed: sbatch: error: Batch job submission failed: Invalid user id"),
    ("sudo-refused", "Spawn failed: sudo: a password is required"),
    ("sudo-refused", "Spawn failed: substring not found"),
    ("sudo-refused", "Spawn failed: sudospawner subprocess failed with exit code: 1"),
    ("server-exits", "the hub answered with an error while it still waited for the server"),
    ("start-timeout", "Spawn failed: Server at {address} didn't respond in {duration}"),
    ("start-timeout", "Spawn failed: Timeout"),
    ("start-timeout", "Spawn failed: pod {name} did not start in {duration}!"),
    ("start-failures", "Spawn failed: Your group has no allocation left"),
    ("start-failures", "Spawn failed: [Errno 13] Permission denied: '/home/{name}'"),
    ("start-failures", ""),
]


@pytest.mark.parametrize(("kind", "reason"), BY_WORDS)
def test_the_hubs_words_tell_the_mechanism(kind: str, reason: str) -> None:
    (found,) = failures(starts((5, "spawn failed", reason), good=5, seconds=60.0 if kind == "start-timeout" else 1.0))
    assert (found.kind, found.explains, found.share) == (kind, "failures", 1.0)
    assert found.sentence.startswith("5 of 10 starts ")
    assert reason in text_of(found)


OTHER_WORDS = [
    "HTTP 403: error (You have insufficient permissions to use this hub: ask your teacher)",
    "HTTP 402: error (Insufficient credits: your project has {number} GPU hours left)",
    "HTTP 402: error (Insufficient CPU hours)",
    "HTTP 403: error (Insufficient privileges for user)",
    "HTTP 403: error (Your weekly GPU hours exceeded quota; ask for more)",
    "out of resources: licences",
    "Command '['sudo', 'useradd', 'x']' returned non-zero exit status 1.",
    "Command '['chown']' exited with status 1",
    "\"getpwnam(): name not found: 'svc-jupyter'\"",
    "\"getpwnam(): name not found: '{name}-svc'\"",
    "sudo: unknown user svc",
    "Your account exit date is before today: code 7",
    "LDAP connection timed out",
    "LDAP didn't respond in {duration}",
    "Your session timed out, log in again",
    "HTTPSConnectionPool(host='{address}', port={number}): Read timed out. (read timeout={number})",
    "git clone: repository 'https://github.com/x/y/' not found",
    "remote: Repository not found. fatal: repository does not exist",
    "HTTP 404: error (No profile: image 'x' was not found in your course's list)",
    "[Errno 28] No space left on device: '/srv/jupyterhub/logs'",
    "(sqlite3.OperationalError) database or disk is full: no space left on device",
    "admission webhook denied: subPath must be set",
]


@pytest.mark.parametrize("seconds", [0.2, 12.0])
@pytest.mark.parametrize("said", OTHER_WORDS)
def test_words_of_a_hook_are_not_those_of_kubernetes(said: str, seconds: float) -> None:
    parts = ((start_parts.ACCEPTANCE, 0.1), (start_parts.SPAWNING, seconds - 0.1))
    (found,) = failures(starts((5, "spawn failed", f"Spawn failed: {said}"), good=5, seconds=seconds, parts=parts))
    assert (found.kind, said in found.sentence) == ("start-failures", True)


def test_words_of_a_hook_tell_more_than_what_the_start_waited_for() -> None:
    records = starts((5, "spawn failed", "Spawn failed: No such course"), parts=((start_parts.IMAGE, 1.0),))
    (found,) = failures(records, message("Error: ErrImagePull", start_parts.IMAGE))
    assert found.sentence == "All 5 starts failed: “Spawn failed: No such course”."


def test_a_start_that_failed_at_once_was_not_given_up_because_time_was_up() -> None:
    (found,) = failures(starts((5, "spawn failed", "Spawn failed: Timeout"), good=5, seconds=0.3))
    assert found.kind == "start-failures"


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (start_parts.IMAGE, "Failed to pull image reg/a:1: i/o timeout"),
        (start_parts.ANSWER, "Back-off restarting failed container"),
    ],
)
@pytest.mark.parametrize("failed", [0, 1])
def test_what_was_said_of_another_start_does_not_explain_failures(part: str, said: str, failed: int) -> None:
    records = starts((5, "spawn failed", "Spawn failed:"), good=5, seconds=9.0, parts=((part, 8.5),))
    (found,) = failures(records, message(said, part, 1, failed), message("Begun", part, 10, 5))
    assert found.kind == "start-timeout"
    assert said not in text_of(found)


@pytest.mark.parametrize(
    ("part", "said", "kind"),
    [
        (start_parts.IMAGE, "Error: ErrImagePull", "image-missing"),
        (start_parts.NODE, "0/7 nodes are available: 7 Insufficient cpu.", "no-room"),
        (start_parts.NODE, "pod triggered scale-up", "no-room"),
        (start_parts.VOLUMES, "MountVolume.SetUp failed for volume", "volume-failed"),
        (start_parts.ANSWER, "Back-off restarting failed container", "server-exits"),
        (start_parts.IMAGE, "Pulling image “a”", "start-timeout"),
        (start_parts.ANSWER, "Started container notebook", "start-timeout"),
    ],
)
def test_a_timeout_is_explained_by_what_the_start_waited_for(part: str, said: str, kind: str) -> None:
    records = starts((5, "spawn failed", "Spawn failed: Timeout"), seconds=60.0, parts=((part, 50.0), ("x", 10.0)))
    (found, *others) = [one for one in findings(records, message(said, part)) if one.explains == "failures"]
    assert (found.kind, others) == (kind, [])
    assert said in text_of(found) or part in text_of(found)


def test_a_warning_after_which_starts_waited_until_the_end_tells_more_than_a_timeout() -> None:
    warning = "[Warning] Error: the hook of the class failed"
    records = starts(
        (5, "spawn failed", "Spawn failed: pod hub/{name} did not start in {number} seconds!"), seconds=9.0
    )
    records = [replace(record, parts=((start_parts.CONTAINER, 8.0),)) for record in records]
    found = findings(records, message(warning, start_parts.CONTAINER))
    assert [one.sentence for one in found if one.kind == "start-failures"] == [f"All 5 starts failed: “{warning}”."]
    assert "start-timeout" not in {one.kind for one in found}


def test_a_start_that_was_given_up_late_without_a_reason_is_taken_for_a_timeout() -> None:
    (found,) = [
        one
        for one in findings(starts((5, "spawn failed", "Spawn failed:"), good=5, seconds=4.0))
        if one.explains == "failures"
    ]
    assert found.sentence == (
        "5 of 10 starts were given up by the hub after 4 s without a reason, as it does when `start_timeout` is over."
    )
    assert "it was said" not in text_of(found)


def test_a_start_of_which_nothing_was_said_is_no_timeout() -> None:
    (found,) = [
        one for one in findings(starts((5, "spawn failed", ""), good=5, seconds=4.0)) if one.explains != "slowness"
    ]
    assert (found.kind, found.sentence) == (
        "start-failures",
        "5 of 10 starts failed: “spawn failed”, without a reason.",
    )
    assert found.remedies[0].startswith("The hub gave no reason")
    assert "Follow the words" not in " ".join(found.remedies)


@pytest.mark.parametrize(
    ("reason", "first"),
    [
        ("pods {name} is forbidden: exceeded quota: compute", "After *exceeded quota*"),
        ("{number}/{number} nodes are available: {number} Insufficient memory.", "Let the node pool grow"),
        ("Failed to pull image: toomanyrequests", "After *toomanyrequests*"),
        ("Failed to pull image: not found", "Look at the name and the tag"),
        ("The container was OOMKilled", "After *OOMKilled*"),
    ],
)
def test_the_remedy_that_fits_the_words_comes_first(reason: str, first: str) -> None:
    (found,) = findings(starts((5, "spawn failed", reason)))
    assert found.remedies[0].startswith(first)


def test_messages_that_say_more_come_first() -> None:
    said = ["Error: ErrImagePull", "Failed to pull image: toomanyrequests", "Error: ImagePullBackOff"]
    records = starts((5, "spawn failed", "Spawn failed:"), good=5, parts=((start_parts.IMAGE, 1.0),))
    (found,) = findings(records, *(message(text, start_parts.IMAGE) for text in said))
    assert [said[1] in found.evidence[0], said[2] in found.evidence[1], said[0] in found.evidence[2]] == [True] * 3


def test_what_others_waited_for_does_not_explain_a_timeout() -> None:
    records = starts((5, "spawn failed", "Spawn failed: Timeout"), seconds=60.0, parts=((start_parts.ANSWER, 50.0),))
    kinds = {one.kind for one in findings(records, message("Error: ErrImagePull", start_parts.IMAGE))}
    assert "start-timeout" in kinds
    assert "image-missing" not in kinds


def test_a_server_that_always_ends_after_the_same_time() -> None:
    records = [
        step(START_TO_READY, n, "spawn failed", "Back-off restarting failed container", seconds=3.0 + n / 50)
        for n in range(12)
    ]
    (found,) = findings(records)
    assert found.sentence == (
        "All 12 starts failed because the server ended soon after it was started, each after 3 s to 3.22 s."
    )
    times = [3.0, 9.0, 30.0]
    (found,) = findings([step(START_TO_READY, n, "spawn failed", "CrashLoopBackOff", s) for n, s in enumerate(times)])
    assert "each" not in found.sentence


def test_of_an_answer_of_kubernetes_its_message_is_shown() -> None:
    reason = (
        'Spawn failed: ({number}) Reason: Forbidden HTTP response body: {"kind": "Status", "message": "pods '
        '\\"{name}\\" is forbidden: exceeded quota: hub-memory", "reason": "Forbidden"}'
    )
    (found,) = findings(starts((5, "spawn failed", reason)))
    assert found.evidence == ('5 times it was said: “pods "{name}" is forbidden: exceeded quota: hub-memory”.',)


def test_who_gave_up_is_told() -> None:
    (by_run,) = [
        one
        for one in findings(starts((5, "timed out", ""), good=5, seconds=60.0), options={"server_timeout": 60.0})
        if one.kind == "start-timeout"
    ]
    assert "not ready within 60 s, which is as long as this run waits (`--server-timeout`)" in by_run.sentence
    (http,) = failures(starts((5, "spawn failed", "Server at {address} didn't respond in {duration}"), seconds=60.0))
    assert "(`http_timeout`)" in http.sentence
    (start,) = failures(starts((5, "spawn failed", "Spawn failed: Timeout"), seconds=60.0))
    assert "(`start_timeout`)" in start.sentence


def test_each_reason_is_a_finding_of_its_own() -> None:
    records = starts((3, "spawn failed", "No such user."), (6, "spawn failed", "No allocation left."), good=20)
    often, seldom = findings(records)
    assert often.sentence == "6 of 29 starts failed: “No allocation left.”."
    assert [often.share, seldom.share] == pytest.approx([2 / 3, 1 / 3])


def test_many_different_reasons_are_no_flood() -> None:
    found = findings(starts(*((1, "spawn failed", f"Reason {n}.") for n in range(30))))
    assert len(found) == 4
    assert found[0].sentence == "27 of 30 starts failed for 27 other reasons."
    assert sum(one.share for one in found) == pytest.approx(1.0)


def test_who_is_affected_is_said_where_it_is_clear() -> None:
    bad = starts((8, "spawn failed", "Permission denied: '/home/{name}'"), person=NEW)
    good = [step(START_TO_READY, 100 + n, person=RETURNING) for n in range(10)]
    (found,) = findings([*bad, *good])
    assert found.evidence[-1] == (
        "All 8 people whose start failed in this way had never had a server before; all 10 others had."
    )
    assert found.remedies[0].startswith("Look at what is done only for people who come for the first time")


def test_random_failures_in_two_cohorts_have_no_who() -> None:
    records = [
        step(START_TO_READY, n, "spawn failed" if n % 7 in {0, 3} else "", cohort=("students", "staff")[n % 2])
        for n in range(60)
    ]
    (found,) = findings(records)
    assert "people whose start" not in text_of(found)


def test_two_mechanisms_are_two_findings_with_their_shares() -> None:
    records = starts((9, "spawn failed", "Error: ErrImagePull"), (3, "spawn failed", "Insufficient memory."), good=4)
    image, room = findings(records)
    assert (image.kind, image.share) == ("image-missing", 0.75)
    assert (room.kind, room.share) == ("no-room", 0.25)
    assert (image.began, image.ended) == (records[0].began, records[8].began + 1)


def test_one_failure_among_many_is_a_note() -> None:
    run = run_with(starts((1, "spawn failed", "Error: ErrImagePull"), good=299))
    (found,) = findings(run.results.records)
    assert (found.kind, found.explains) == ("image-missing", "note")
    assert found.sentence.startswith("1 of 300 starts failed")
    assert "Nothing limited it" not in without_causes(run)


@pytest.mark.parametrize(("bad", "good", "explains"), [(2, 298, "note"), (3, 297, "failures"), (1, 11, "failures")])
def test_how_many_failures_are_more_than_single_cases(bad: int, good: int, explains: str) -> None:
    (found,) = findings(starts((bad, "spawn failed", "Error: ErrImagePull"), good=good))
    assert found.explains == explains


def test_one_failure_that_misses_a_target_is_no_note() -> None:
    event = CLASS + '[[targets]]\nmeasure = "failed starts"\nat_most = "0 %"\n'
    (found,) = findings(starts((1, "spawn failed", "Error: ErrImagePull"), good=299), event=event)
    assert found.explains == "failures"


def test_the_only_start_failed() -> None:
    (found,) = findings(starts((1, "spawn failed", "Error: ErrImagePull")))
    assert found.explains == "failures"
    assert found.sentence == "The only start failed because the image of the server could not be pulled."


def test_a_start_that_failed_on_its_page_is_one_start() -> None:
    pages = [step(SPAWN_PAGE, n, "spawn failed", "No allocation left.") for n in range(4)]
    (found,) = findings([*pages, *starts((4, "spawn failed", "No allocation left."), good=4)])
    assert found.sentence == "4 of 8 starts failed: “No allocation left.”."
    assert found.share == 1.0


def test_starts_that_were_told_to_come_back_too_long_are_explained_by_the_limit() -> None:
    records = starts((5, "throttled too long", ""), good=5, throttled=60.0, throttled_by="concurrent_spawn_limit")
    assert {one.kind for one in findings(records)} == {"spawn-limit"}


@pytest.mark.parametrize(
    "failure", ["spawn form not sent: a value is missing", "not in the spawn form: profile", "spawn form not sent"]
)
def test_a_form_that_nobody_could_send_is_not_blamed_on_the_hub(failure: str) -> None:
    detail = "the spawn form requires project: give it in the user options"
    run = run_with(step(name, number, failure) for number in range(3) for name in (SPAWN_PAGE, START_TO_READY))
    run.results.examples.note(SPAWN_PAGE, failure, "", detail)
    (found,) = findings_of(run)
    assert (found.kind, found.explains) == ("spawn-form", "failures")
    assert found.sentence == f"All 3 people failed to send the spawn form: {detail}."
    assert "--user-options" in found.remedies[0]
    assert not any("log" in remedy for remedy in found.remedies)


def test_a_proxy_that_does_not_wait_for_the_hubs_answer_is_not_taken_for_the_hubs_own_limit() -> None:
    (found,) = findings(starts((4, "hub error: HTTP 504", ""), seconds=10.0))
    assert found.kind == "start-timeout"
    assert found.sentence == (
        "All 4 starts were answered with HTTP 504 after 10 s: something before the hub waited no longer for its answer."
    )
    assert "slow_spawn_timeout" in found.remedies[0]


@pytest.mark.parametrize(
    ("part", "kind"),
    [(start_parts.QUEUE, "queue-too-long"), (start_parts.BATCH_SYSTEM, "batch-system-away")],
)
@pytest.mark.parametrize("failure", ["spawn failed", "timed out"])
def test_a_job_that_was_given_up_is_named_by_what_it_waited_for(part: str, kind: str, failure: str) -> None:
    # The hub answers after ten seconds, in which nobody hears that the job waits.
    parts = ((start_parts.ACCEPTANCE, 10.0), (start_parts.SPAWNING, 0.1), (part, 5.9))
    (found,) = failures(starts((5, failure, ""), good=5, seconds=16.0, parts=parts))
    assert found.kind == kind
    assert f"Once the hub had answered, most of their time was {part}: 5.9 s of 16 s, on average." in text_of(found)
