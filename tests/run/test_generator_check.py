"""The load generator's look at itself."""

import os
import signal
import time
from types import SimpleNamespace

import gevent
import pytest

from hubusers.local import LocalHub
from hubusers.results.records import START_TO_READY
from hubusers.run import generator_check
from hubusers.run.generator_check import GeneratorCheck, Strain, strained, why_not_reliable
from hubusers.users import ServerLifecycleUser
from tests.fake_clock import FakeClock
from tests.locust_process import LocustProcess
from tests.users.people import people_on


def stall(seconds: float) -> None:
    """Do what keeps an event loop from everything else."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


@pytest.mark.parametrize(
    ("lateness", "cpu", "too_much"), [(0.0, 0.5, False), (0.05, 0.85, False), (0.2, 0.1, True), (0.0, 0.95, True)]
)
def test_what_is_too_much(lateness: float, cpu: float, too_much: bool) -> None:
    assert strained(lateness, cpu) is too_much


class TestVerdict:
    def test_none(self) -> None:
        assert why_not_reliable([]) == ""
        assert why_not_reliable([Strain(spans=9), Strain(spans=9)]) == ""

    @pytest.mark.parametrize(
        ("strains", "workers"),
        [
            ([Strain(9, 4, 0.5, 0.99)], 2),
            ([Strain(9, 4, 0.5, 1.0), Strain(9, 4, 0.5, 1.0), Strain(9, 4, 0.5, 1.0)], 5),
            ([Strain(9, 0), Strain(9, 4, 0.5, 0.95)], 3),
        ],
    )
    def test_how_many_workers_would_do(self, strains: list[Strain], workers: int) -> None:
        text = why_not_reliable(strains)
        assert f"{workers} workers (--processes {workers}, on as many cores) would do" in text
        assert "leave this machine" not in text

    def test_starved(self) -> None:
        assert why_not_reliable([Strain(spans=12, strained=3, lateness=0.8, cpu=0.2)]) == (
            "The load generator was late for 15 of 60 s, so the time of each request may be up to 800 ms too long, and "
            "that of several in a row by more. No core was full, so more processes do not help: leave this machine to "
            "Locust alone, or let fewer people come in the same moment."
        )

    def test_some_of_the_workers(self) -> None:
        text = why_not_reliable([Strain(12, 0), Strain(12, 3, 0.558, 0.039)])
        assert text.startswith(
            "1 of 2 workers was late for 15 of 60 s, so the time of each request may be up to 558 ms"
        )


class Clock(FakeClock):
    """The time of a check, which passes when the test says so."""

    def sleep(self, seconds: float) -> None:
        wakes_at = self.now + seconds
        while self.now < wakes_at:
            gevent.sleep(0)

    def process_time(self) -> float:
        return 0.0

    def passes(self, seconds: float) -> None:
        """Let time pass in which everybody has a turn, every tenth of a second."""
        for _ in range(round(seconds / 0.1)):
            self.now += 0.1
            gevent.sleep(0)


class TestLateBy:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        clock = Clock()
        monkeypatch.setattr(generator_check, "time", clock)
        monkeypatch.setattr(generator_check, "gevent", SimpleNamespace(spawn=gevent.spawn, sleep=clock.sleep))
        return clock

    def test_a_stalled_event_loop_makes_everything_late(self, clock: Clock) -> None:
        check = GeneratorCheck(lambda _: None)
        check.start()
        gevent.sleep(0)
        try:
            clock.passes(0.6)  # the check has ticked at 0.3 and at 0.6, and would at 0.85
            due = clock.now + 0.1
            clock.now += 0.5  # nobody has a turn
            assert check.late_by(due) == pytest.approx(0.25)  # also before the check itself has woken
            clock.passes(0.3)
            assert check.late_by(due) == pytest.approx(0.35)
        finally:
            check.stop()

    def test_what_a_user_did_meanwhile_is_no_lateness(self, clock: Clock) -> None:
        check = GeneratorCheck(lambda _: None)
        check.start()
        gevent.sleep(0)
        try:
            due = clock.now
            clock.passes(0.6)
            assert check.late_by(due) == pytest.approx(0.05)  # the check ticked at 0.3 in place of 0.25
        finally:
            check.stop()

    def test_nothing_is_late_before_and_after_a_run(self) -> None:
        check = GeneratorCheck(lambda _: None)
        assert check.late_by(time.monotonic() - 5) == 0
        check.start()
        gevent.sleep(0)
        check.stop()
        assert check.late_by(time.monotonic() + 5) == 0


def test_a_start_that_could_not_begin_is_measured_from_when_it_was_due(local_hub: LocalHub) -> None:
    people = people_on(local_hub.endpoint, local_hub.token)
    run, person = people.run, people.comes(ServerLifecycleUser)
    run.generator.start()
    person.on_start()
    try:
        gevent.sleep(0.3)  # the check has begun
        resting, due = gevent.spawn(person.stay, 0.2), time.monotonic() + 0.2
        gevent.sleep(0.05)
        stall(1.2)
        resting.join()
        started = time.monotonic()
        person.start_server()
        took = time.monotonic() - started
    finally:
        run.generator.stop()
        person.on_stop()
        run.clean_up_everything()
    [record] = run.results.records.of(START_TO_READY)
    assert took + 0.5 <= record.seconds <= took + started - due + 0.1


def test_a_starved_worker_is_told_from_a_slow_hub(local_hub: LocalHub, free_master_port: list[str]) -> None:
    arguments = ["--headless", "-u", "4", "-t", "300s", "--stay", "0.2", "--pause", "0.1", *free_master_port]
    with (
        LocustProcess(local_hub, ["--master", "--expect-workers", "1", *arguments]) as master,
        LocustProcess(local_hub, ["--worker", *free_master_port]) as worker,
    ):
        master.wait_for("users are there")
        give_up_at = time.monotonic() + 200
        while "cannot keep up" not in master.output and time.monotonic() < give_up_at:
            os.kill(worker.process.pid, signal.SIGSTOP)
            time.sleep(0.6)
            os.kill(worker.process.pid, signal.SIGCONT)
            time.sleep(0.4)
        assert "The load generator cannot keep up" in master.output  # live
        assert master.stop() == 4, master.output  # before its time was over
        worker.wait()
    assert "The load generator was late for" in master.output  # at the end
    assert "leave this machine to Locust alone" in master.output
    assert "No answer: somebody stopped the run after" in "".join(master.lines[-5:])
    assert "Clean-up" in master.lines[-1]
