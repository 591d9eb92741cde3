"""What a start waited for, from the messages of its progress stream."""

from typing import Any

import pytest

from hubusers import start_parts as parts
from hubusers.hub.diary import MOST_NOTES, Diary
from hubusers.hub.progress import Event, event_of

T0 = 1_700_000_000.0
"""Seconds since the epoch, by the cluster's clock."""


def kubernetes(reason: str, message: str = "", time: float = 0.0, **more: Any) -> Event:
    return Event(message or reason, has_progress=True, reason=reason, time=time, **more)


def said(text: str) -> Event:
    return Event(text, has_progress=True)


def diary_of(*events: tuple[float, Event], accepted: float = 0.1) -> Diary:
    diary = Diary("ann-smith")
    diary.wait_for(parts.SPAWNING, accepted)
    for seconds, event in events:
        diary.note(event, seconds)
    return diary


class TestParts:
    def test_a_start_on_kubernetes(self) -> None:
        diary = diary_of(
            (0.2, said("Server requested")),
            (1.0, kubernetes("FailedScheduling", "0/3 nodes are available: 3 Insufficient memory.")),
            (2.0, kubernetes("TriggeredScaleUp")),
            (60.0, kubernetes("Scheduled")),
            (62.0, kubernetes("SuccessfulAttachVolume")),
            (63.0, kubernetes("Pulling")),
            (93.0, kubernetes("Pulled")),
            (94.0, kubernetes("Started", of_init_container=True)),
            (95.0, kubernetes("Created")),
            (96.0, kubernetes("Started")),
        )
        assert dict(diary.parts(100.0)) == {
            parts.ACCEPTANCE: 0.1,
            parts.SCHEDULING: pytest.approx(0.8),  # until the scheduler said that there is no room
            parts.SPAWNING: pytest.approx(0.1),
            parts.NODE: pytest.approx(59.0),
            parts.VOLUMES: pytest.approx(2.0),
            parts.CONTAINER: pytest.approx(1.0 + 3.0),
            parts.IMAGE: pytest.approx(30.0),
            parts.ANSWER: pytest.approx(4.0),
        }

    def test_the_parts_are_the_whole_start(self) -> None:
        diary = diary_of((0.5, said("Server requested")), (3.0, said("Job 17 is pending")), (9.0, said("Job 17 runs")))
        assert sum(seconds for _, seconds in diary.parts(12.5)) == pytest.approx(12.5)

    def test_messages_that_nobody_knows_are_parts_of_their_own(self) -> None:
        diary = diary_of((1.0, said("Job 17 of ann-smith is pending")), (9.0, said("Job 17 of ann-smith runs")))
        assert dict(diary.parts(10.0)) == {
            parts.ACCEPTANCE: 0.1,
            parts.SPAWNING: 0.9,
            "Job {number} of {name} is pending": 8.0,
            "Job {number} of {name} runs": 1.0,
        }

    def test_texts_of_events_are_known_without_their_reasons(self) -> None:
        diary = diary_of((1.0, said('Pulling image "a/b:1"')), (21.0, said('Successfully pulled image "a/b:1"')))
        assert dict(diary.parts(22.0))[parts.IMAGE] == 20.0

    @pytest.mark.parametrize(
        ("reason", "message", "part"),
        [
            ("BackOff", 'Back-off pulling image "a/b:1"', parts.IMAGE),
            ("BackOff", "Back-off restarting failed container", parts.ANSWER),
            ("Failed", 'Failed to pull image "a/b:1": not found', parts.IMAGE),
            ("Failed", "Error: failed to create containerd task", parts.CONTAINER),
            ("FailedMount", "MountVolume.SetUp failed", parts.VOLUMES),
            ("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached", parts.NODE),
        ],
    )
    def test_what_a_start_waits_for_after_an_event(self, reason: str, message: str, part: str) -> None:
        assert diary_of((1.0, kubernetes(reason, message))).part == part

    def test_a_reason_counts_more_than_its_wording(self) -> None:
        assert diary_of((1.0, kubernetes("Pulling", "Das Abbild wird geholt"))).part == parts.IMAGE

    def test_a_request_for_patience_changes_nothing(self) -> None:
        diary = diary_of((1.0, kubernetes("Pulling")), (20.0, Event("We have been waiting for 20 seconds")))
        assert diary.part == parts.IMAGE
        assert [entry.message for entry in diary.entries()] == ["Pulling", "We have been waiting for 20 seconds"]

    def test_a_wait_because_of_a_429_is_a_part(self) -> None:
        diary = Diary("ann-smith")
        diary.wait_for(parts.PLACE_AT_HUB, 0.2)
        diary.wait_for(parts.ACCEPTANCE, 30.2)
        diary.wait_for(parts.SPAWNING, 30.3)
        waited = dict(diary.parts(32.0))
        assert waited[parts.PLACE_AT_HUB] == pytest.approx(30.0)
        assert waited[parts.ACCEPTANCE] == pytest.approx(0.3)

    def test_a_start_that_ended_before_its_last_message(self) -> None:
        diary = diary_of((1.0, kubernetes("Pulling")), (9.0, kubernetes("Pulled")))
        assert dict(diary.parts(5.0)) == {parts.ACCEPTANCE: 0.1, parts.SPAWNING: 0.9, parts.IMAGE: 4.0}


class TestLateListeners:
    def test_events_that_come_in_one_go_are_set_apart_by_their_own_times(self) -> None:
        # The hub answered after ten seconds only, and tells then what has happened meanwhile.
        diary = diary_of(
            (10.0, said("Server requested")),
            (10.0, kubernetes("Scheduled", time=T0)),
            (10.0, kubernetes("Pulling", time=T0 + 1)),
            (10.0, kubernetes("Pulled", time=T0 + 9)),
            accepted=10.0,
        )
        waited = dict(diary.parts(11.0))
        assert waited[parts.IMAGE] == pytest.approx(8.0)
        assert sum(waited.values()) == pytest.approx(11.0)

    def test_nothing_is_set_back_before_the_hub_was_asked(self) -> None:
        diary = Diary("ann-smith")
        diary.wait_for(parts.PLACE_AT_HUB, 0.1)
        diary.wait_for(parts.ACCEPTANCE, 30.0)
        diary.wait_for(parts.SPAWNING, 31.0)
        diary.note(kubernetes("Pulling", time=T0), 31.0)  # of a try before, for all that is known
        diary.note(kubernetes("Pulled", time=T0 + 300), 31.0)
        waited = dict(diary.parts(32.0))
        assert waited[parts.PLACE_AT_HUB] == pytest.approx(29.9)
        assert waited[parts.IMAGE] == pytest.approx(1.0)

    def test_times_in_whole_seconds_do_not_move_what_came_as_it_happened(self) -> None:
        diary = diary_of((1.0, kubernetes("Pulling", time=T0)), (1.9, kubernetes("Pulled", time=T0 + 1)))
        assert dict(diary.parts(3.0))[parts.IMAGE] == pytest.approx(0.9)


def test_a_diary_is_bounded_and_keeps_the_last_message() -> None:
    diary = diary_of(*((float(number), said(f"message {number}")) for number in range(1, 500)))
    entries = diary.entries()
    assert len(entries) < MOST_NOTES
    assert entries[-1].message == "message 499"


def test_events_of_kubernetes_are_read_with_their_reasons() -> None:
    line = (
        'data: {"progress": 30, "message": "2023-11-14T22:13:20Z [Normal] Started container x", "raw_event": '
        '{"reason": "Started", "lastTimestamp": "2023-11-14T22:13:20Z", "eventTime": null, '
        '"involvedObject": {"fieldPath": "spec.initContainers{block-cloud-metadata}"}}}'
    )
    event = event_of(line)
    assert event
    assert (event.reason, event.time, event.of_init_container, event.has_progress) == ("Started", T0, True, True)


@pytest.mark.parametrize(
    "raw", ["3", "[]", '{"reason": 3, "lastTimestamp": "yesterday", "involvedObject": 3}', '{"eventTime": 12}']
)
def test_odd_events_are_read_all_the_same(raw: str) -> None:
    event = event_of(f'data: {{"message": "hm", "raw_event": {raw}}}')
    assert event
    assert (event.message, event.time) == ("hm", 0.0)


def test_a_job_that_waits_in_a_queue_is_told_once_however_often_it_is_said() -> None:
    waits = [(2.0 + second, said("Pending in queue...")) for second in range(200)]
    runs = (202.0, said("Cluster job running... waiting to connect"))
    diary = diary_of((1.0, said("Unknown status...")), *waits, runs, (203.0, said("Pending in queue...")))
    assert [(entry.seconds, entry.part) for entry in diary.entries()] == [
        (1.0, parts.BATCH_SYSTEM),
        (2.0, parts.QUEUE),
        (202.0, parts.ANSWER),
        (203.0, parts.QUEUE),  # its node failed, and it waits again
    ]
    assert dict(diary.parts(205.0))[parts.QUEUE] == pytest.approx(202.0)
