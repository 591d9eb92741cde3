"""The conductor of a run, without a command line, a hub or a network: its phases, and every way out of them."""

from locust.env import Environment

import argparse
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent import GreenletExit

from hubusers.accounts.ledger import Totals
from hubusers.live.page_content import Headway
from hubusers.plugin import recording, run_control
from hubusers.plugin.alone import Alone
from hubusers.plugin.messages import Briefing, Figures
from hubusers.plugin.process import Process
from hubusers.plugin.recording import Recording
from hubusers.plugin.run_control import RunControl
from hubusers.results.hub_absences import HubAbsence
from hubusers.results.run_info import LOCUST_ENDED, STOPPED_BY_SOMEBODY
from hubusers.run import first_server
from hubusers.run.failed_spawns import SpawnCounts
from hubusers.run.phase import Phase
from hubusers.run.run import Run
from hubusers.settings.access import Access, SettingsError
from hubusers.settings.hub_check import PreflightError
from hubusers.settings.options import OPTIONS
from hubusers.settings.settings import Settings
from hubusers.users import ServerLifecycleUser
from tests.waiting import wait_until


def options(**given: object) -> argparse.Namespace:
    """Return what Locust's parser makes of a command line without options."""
    ours = {option.name: option.default if option.read else False for option in OPTIONS.values()}
    locusts = dict.fromkeys(
        ["autostart", "class_picker", "num_users", "spawn_rate", "run_time", "processes", "print_stats", "only_summary"]
    )
    return argparse.Namespace(
        **ours | locusts | {"headless": True, "user_classes": [], "expect_workers": 1, "runs_folder": ""} | given
    )


class Alone_(Alone):  # noqa: N801
    """Notes what it was asked, and has no users."""

    asked: list[str]

    def clean_up(self, run: Run) -> None:
        self.asked.append("clean up")


class Quiet:
    """Stands in for the recorder, which would watch a hub that is not there."""

    def __init__(self, run: Run, *_: object, **__: object) -> None:
        self.run = run

    def start(self) -> None: ...

    def note_begin(self) -> None: ...

    def note_end(self) -> None: ...

    def note(self, sentence: str) -> None: ...

    def has_missed_step(self) -> bool:
        return False

    report = None

    def page(self, after: float, headway: Headway | None, hub_away: float | None) -> dict[str, Any]:
        return {"after": after, "headway": headway, "hub away": hub_away}


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunControl]:
    monkeypatch.setattr(recording, "Recorder", Quiet)
    monkeypatch.setattr(Recording, "write_report", lambda *_, **__: None)
    environment = Environment(user_classes=[ServerLifecycleUser], host="http://127.0.0.1:9", parsed_options=options())
    runner = environment.create_local_runner()
    role = Alone_(runner)
    role.asked = []
    control = RunControl(environment, role, Access("a-token"))
    monkeypatch.setattr(control.before_run, "check_hub", lambda *_, **__: None)
    environment.events.test_start.add_listener(lambda **_: control.begin_run())
    environment.events.test_stopping.add_listener(lambda **_: control.note_stopping())
    environment.events.test_stop.add_listener(lambda **_: control.end_run())
    yield control
    runner.greenlet.kill(block=True)


def asked(control: RunControl) -> list[str]:
    assert isinstance(control.role, Alone_)
    return control.role.asked


def start_test(control: RunControl) -> None:
    """Do what Locust does at the start of a test."""
    control.environment.events.test_start.fire(environment=control.environment)
    control.role.runner.state = "running"


def test_a_run_goes_through_its_phases_and_another_one_may_follow(control: RunControl) -> None:
    phases = [control.phase]
    control.start()
    phases.append(control.phase)
    assert phases == [Phase.STARTING, Phase.READY]
    run_ids = set()
    for _ in range(2):
        start_test(control)
        phases.append(control.phase)
        run_ids.add(control.briefing.run_id)
        control.role.runner.stop()
        phases.append(control.phase)
    assert phases[2:] == [Phase.RUNNING, Phase.STOPPED] * 2
    assert asked(control) == ["clean up", "clean up"]
    assert len(run_ids) == 2


def test_the_page_hub_follows_a_run_from_before_it_to_its_clean_up(control: RunControl) -> None:
    control.start()
    assert control.page(0.0)["run"]["state"] == "ready"
    assert control.report() is None
    assert control.may_end()
    start_test(control)
    assert control.run
    assert control.recording
    presence = control.recording.notices.presence
    assert not control.may_end()
    for name in ("ann", "bob", "cem"):
        control.run.ledger.user_created(name)
    control.run.ledger.removed("ann")  # left while the run went on
    presence.absences.append(HubAbsence(1000.0, 1010.0))
    assert control.page(2.0) == {"after": 2.0, "headway": None, "hub away": None}
    presence.absences.append(HubAbsence(1020.0, None))
    assert control.page(2.0)["hub away"] == 1020.0
    control.note_stopping()
    assert control.page(2.0)["headway"] == Headway("users removed", 0, 2)
    control.run.ledger.removed("bob")
    assert control.page(2.0)["headway"] == Headway("users removed", 1, 2)
    shown: list[Phase] = []
    control.show_last = lambda: shown.append(control.phase)
    assert not control.has_been_told_to_end()
    control.was_interrupted = True
    assert control.has_been_told_to_end()
    control.end_run()
    assert shown == [Phase.STOPPED]  # or the process would end before the page has the answer
    assert control.page(2.0) == {"after": 2.0, "headway": None, "hub away": None}
    assert control.may_end()


@pytest.mark.parametrize("phase", ["ready", "running", "stopping", "stopped"])
def test_every_way_out_cleans_up_once_and_lets_no_run_begin(control: RunControl, phase: str) -> None:
    control.start()
    if phase != "ready":
        start_test(control)
    if phase == "stopping":
        control.note_stopping()
    elif phase == "stopped":
        control.role.runner.stop()
    assert control.phase is Phase(phase)
    for _ in range(2):  # Locust's event, and the interpreter's end
        control.end_process()
    assert control.phase.value == "quitting"
    assert asked(control) == ([] if phase == "ready" else ["clean up"])
    with pytest.raises(GreenletExit):
        control.begin_run()


def test_the_run_time_of_a_run_that_ended_before_it_does_not_stop_the_next_one(
    control: RunControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled: list[Phase] = []
    monkeypatch.setattr(run_control, "cancel_run_time", lambda _: cancelled.append(control.phase))
    control.start()
    for _ in range(2):
        start_test(control)
        assert Phase.RUNNING not in cancelled
        control.role.runner.stop()  # as when the last user is done
    assert cancelled == [Phase.STOPPING] * 2


def test_a_run_that_two_stop_at_once_is_cleaned_up_after_its_last_reading(
    control: RunControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_once_more(_: Quiet) -> None:
        gevent.sleep(0.05)
        asked(control).append("last reading")

    monkeypatch.setattr(Quiet, "note_end", read_once_more)
    control.start()
    start_test(control)
    gevent.joinall([gevent.spawn(control.role.runner.stop) for _ in range(2)], timeout=60, raise_error=True)
    assert asked(control) == ["last reading", "clean up"]
    assert control.phase is Phase.STOPPED


@pytest.mark.parametrize(
    ("interrupted", "given", "because"),
    [
        (True, {"run_time": 180}, STOPPED_BY_SOMEBODY),
        (True, {"lifecycles": 2}, STOPPED_BY_SOMEBODY),
        (True, {}, ""),  # which has no other end
        (False, {"run_time": 180, "headless": True}, LOCUST_ENDED),  # by code that calls the runner's quit
        (False, {"run_time": 180, "headless": False}, ""),  # by STOP on the page
        (False, {"run_time": 0.1, "headless": True}, ""),  # its time is over
        (False, {"headless": True}, ""),
    ],
)
def test_a_run_that_is_stopped_before_its_end_says_so(
    control: RunControl, interrupted: bool, given: dict[str, float], because: str
) -> None:
    for name, value in given.items():
        setattr(control.options, name, value)
    control.start()
    start_test(control)
    control.was_interrupted = interrupted
    control.role.runner.stop()
    assert control.stopped_because == because


def test_an_interrupt_in_the_check_ends_in_order(control: RunControl, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the first server is tried: what its ledger holds is removed, once, and the exit code is 130."""
    removed: list[str] = []

    def try_one_server(run: Run, *_: object, **__: object) -> None:
        run.ledger.user_created("ann")
        raise KeyboardInterrupt

    def clean_up_everything(run: Run) -> None:
        removed.extend(run.ledger.left())
        run.ledger.removed("ann")

    def check_hub(settings: Settings, **_: object) -> None:
        control.before_run._try_first_servers(settings, [])

    monkeypatch.setattr(first_server, "try_one_server", try_one_server)
    monkeypatch.setattr(Run, "clean_up_everything", clean_up_everything)
    monkeypatch.setattr(control.before_run, "check_hub", check_hub)
    with pytest.raises(SystemExit) as ended:
        Process(control).start()
    assert ended.value.code == 130
    control.end_process()
    assert removed == ["ann"]


def test_what_the_first_server_leaves_is_said_by_the_exit_code(
    control: RunControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def try_one_server(run: Run, *_: object, **__: object) -> None:
        run.ledger.user_created("ann")
        raise PreflightError("Four spawns failed.")

    monkeypatch.setattr(first_server, "try_one_server", try_one_server)
    monkeypatch.setattr(Run, "clean_up_everything", lambda _: None)
    monkeypatch.setattr(
        control.before_run, "check_hub", lambda settings, **_: control.before_run._try_first_servers(settings, [])
    )
    with pytest.raises(SystemExit) as ended:
        Process(control).start()
    assert ended.value.code == 3


def test_the_report_knows_of_a_first_server_that_is_left(control: RunControl, monkeypatch: pytest.MonkeyPatch) -> None:
    def left_by_first_server(settings: Settings, **_: object) -> None:
        run = Run(settings, worker=0)
        run.ledger.user_created("ann")
        control.before_run._first_servers.append(run)

    known: list[bool] = []
    monkeypatch.setattr(Run, "clean_up_everything", lambda _: None)
    monkeypatch.setattr(control.before_run, "check_hub", left_by_first_server)
    monkeypatch.setattr(Recording, "write_report", lambda *_, first_server_left: known.append(first_server_left))
    Process(control).start()
    start_test(control)
    control.role.runner.stop()
    wait_until(lambda: bool(known), "the report")
    assert known == [True]


def test_asking_whether_an_event_is_over_changes_nothing(control: RunControl) -> None:
    control.start()
    control.event_ended = "of the run before"
    assert not control.event_is_over
    control.phase = Phase.PREPARING
    for _ in range(3):
        assert not control.event_is_over
    assert control.phase is Phase.PREPARING
    control.phase = Phase.RUNNING
    assert control.event_is_over


def test_a_run_is_stopped_early_once_and_for_the_first_reason(
    control: RunControl, caplog: pytest.LogCaptureFixture
) -> None:
    control.start()
    start_test(control)
    control.stop_early("The first reason.")
    control.stop_early("The second reason.")
    wait_until(lambda: control.phase is Phase.STOPPED, lambda: str(control.phase))
    assert control.stopped_because == "The first reason."
    assert "The second reason." not in caplog.text
    assert control.environment.process_exit_code == 1


@pytest.mark.parametrize(("ours", "theirs", "code"), [(1, 0, 1), (3, 1, 3), (0, 7, 7), (None, 7, 7), (0, None, None)])
def test_a_locustfile_makes_no_exit_code_better(
    control: RunControl, ours: int | None, theirs: int | None, code: int | None
) -> None:
    control.exit_with(ours)
    control.environment.process_exit_code = theirs
    control.keep_exit_code()
    assert control.environment.process_exit_code == code


def test_one_user_and_one_failed_spawn_are_not_told_as_several(
    control: RunControl, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    control.options.stop_after_failed_spawns = 1
    control.start()
    start_test(control)
    control.note_all_came(1)
    control.note_all_came(2000)
    control.note_spawns("", SpawnCounts(failed=1))
    assert "The only user is there\n" in caplog.text
    assert "All 2,000 users are there\n" in caplog.text
    assert control.stopped_because.startswith("A spawn failed, so the run ends: ")


def test_users_are_not_there_before_the_workers_say_that_they_have_begun(
    control: RunControl, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    control.start()
    start_test(control)
    monkeypatch.setattr(control.role, "workers_to_begin", lambda: 2)
    control.note_all_came(6)
    gevent.sleep(0.1)
    assert "users are there" not in caplog.text
    monkeypatch.setattr(control.role, "workers_to_begin", lambda: 0)
    wait_until(lambda: "All 6 users are there" in caplog.text, "it is said")
    gevent.sleep(0.3)
    assert caplog.text.count("All 6 users are there") == 1


@pytest.mark.parametrize(
    ("phase", "reason"),
    [
        (Phase.CHECKING, "Another test is about to start"),
        (Phase.RUNNING, "A test is running already"),
        (Phase.STOPPING, "The clean-up of the test before goes on"),
        (Phase.QUITTING, "Locust is quitting"),
    ],
)
def test_nothing_is_checked_in_the_middle_of_something_else(control: RunControl, phase: Phase, reason: str) -> None:
    control.phase = phase
    with pytest.raises(SettingsError, match=reason), control.checking():
        raise AssertionError("not reached")
    assert control.phase is phase


def test_after_a_check_in_the_web_ui_the_phase_is_as_before(control: RunControl) -> None:
    control.start()
    phases: list[Phase] = []

    def check() -> None:
        with control.checking():
            phases.append(control.phase)
            raise PreflightError("No hub.")

    with pytest.raises(PreflightError):
        check()
    assert phases == [Phase.CHECKING]
    assert control.phase is Phase.READY

    def check_while_locust_is_interrupted() -> None:
        with control.checking():
            control.end_process()

    with pytest.raises(SettingsError, match=r"^Locust is quitting\.$"):
        check_while_locust_is_interrupted()  # or Locust would start the test
    assert control.phase.value == "quitting"
    assert control.environment.process_exit_code == 130


def test_what_processes_tell_each_other_arrives_as_it_was_sent(control: RunControl) -> None:
    plan = Briefing("k3x9qa", "title = 'Class'", "ann", ("ServerLifecycleUser",), ("a", "b"))
    message = plan.as_message() | {"workers": ["a", "b"], "user_classes": ["ServerLifecycleUser"]}  # no tuples there
    assert Briefing.from_message(message) == plan
    control.start()
    start_test(control)
    assert control.run
    control.run.ledger.user_created("ann")
    figures = Figures.of(control.run, has_left=True)
    assert Figures.from_message(figures.as_message()) == figures
    assert figures.totals == Totals(users_created=1)
    assert all(isinstance(value, str | int | float | bool | list | dict) for value in figures.as_message().values())


def test_locust_s_options_hold_only_what_people_typed(control: RunControl) -> None:
    before = vars(control.options).copy()
    control.start()
    start_test(control)
    control.role.runner.stop()
    assert vars(control.options) == before


class Loop:
    """Refers to itself, so that only the garbage collector frees it."""

    def __init__(self) -> None:
        self.itself = self


def test_the_garbage_collector_frees_what_an_earlier_run_has_left_and_looks_at_nothing_else_of_it() -> None:
    loop = Loop()
    left = weakref.ref(loop)
    run_control._spare_collector_what_stays()
    try:
        del loop
        gc.collect()
        assert left()  # nobody looks at what there was before the run
        run_control._spare_collector_what_stays()
        assert not left()
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
