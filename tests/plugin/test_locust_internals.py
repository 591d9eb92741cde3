"""Whether Locust still is as hubusers patches it: these tests fail first when a new Locust changes it, and say what."""

import locust.main
from locust import runners as locust_runners
from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.event import Events
from locust.rpc import Message
from locust.runners import MasterRunner, Runner, WorkerNode, WorkerRunner
from locust.user import User
from locust.web import WebUI

import ast
import inspect
import re
import signal
from collections.abc import Iterator
from typing import Any
from unittest import mock

import gevent
import pytest
from flask import Flask
from gevent.event import Event
from gevent.pool import Group

from hubusers.local.ports import free_port
from hubusers.plugin import locust_internals
from hubusers.plugin.arrivals import EventShape
from hubusers.users import ServerLifecycleUser

WHERE = "see hubusers/plugin/locust_internals.py"


@pytest.fixture
def master() -> Iterator[MasterRunner]:
    runner = Environment(user_classes=[ServerLifecycleUser]).create_master_runner("127.0.0.1", free_port())
    yield runner
    runner.greenlet.kill(block=True)
    runner.server.close(linger=0)
    runner.server.socket.context.term()


def test_no_worker_is_told_to_start_or_stop_anybody_not_even_when_workers_come_and_go() -> None:
    dispatcher = locust_internals.DispatchNobody([WorkerNode("a"), WorkerNode("b")], [ServerLifecycleUser])
    dispatcher.new_dispatch(0, 1)
    assert list(dispatcher) == [{"a": {}, "b": {}}]
    late = WorkerNode("c")
    dispatcher.add_worker(late)
    dispatcher.new_dispatch(0, 1)
    assert list(dispatcher) == [{"a": {}, "b": {}, "c": {}}]
    dispatcher.remove_worker(late)
    dispatcher.new_dispatch(0, 1)
    assert list(dispatcher) == [{"a": {}, "b": {}}]
    assert not dispatcher.dispatch_in_progress


def test_a_dispatcher_takes_what_it_dispatches_from_one_generator() -> None:
    dispatcher = UsersDispatcher([WorkerNode("a")], [ServerLifecycleUser])
    dispatcher.new_dispatch(1, 1)
    assert isinstance(getattr(dispatcher, "_dispatcher_generator", None), Iterator), (
        f"Locust's dispatcher has no _dispatcher_generator any more, which is replaced for events; {WHERE}"
    )


def test_a_runner_takes_in_users_that_come_by_themselves() -> None:
    assert list(inspect.signature(Runner.spawn_users).parameters)[:2] == ["self", "user_classes_spawn_count"], (
        f"Locust's Runner.spawn_users takes other arguments now; {WHERE} and arrivals.py"
    )


def test_a_test_is_stopped_without_a_look_into_all_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    source = inspect.getsource(locust_runners)
    looks = re.findall(
        r"try:\n[^\n]*inspect\.getframeinfo\(inspect\.stack\(\)[^\n]*\n[^\n]*\n *except Exception:", source
    )
    assert len(looks) == 1, f"Locust looks up its caller in another way now; {WHERE}"
    assert source.count("inspect.") == 2, f"Locust uses inspect for something else as well now; {WHERE}"
    monkeypatch.setattr(locust_runners, "inspect", inspect)
    locust_internals.look_up_no_caller()
    runner = Environment(user_classes=[ServerLifecycleUser]).create_local_runner()
    with mock.patch("inspect.stack") as stack:
        runner.stop()
    assert not stack.called


def test_a_runner_makes_users_as_we_do() -> None:
    source = inspect.getsource(Runner.spawn_users)
    for part in (
        "if self.state == STATE_INIT or self.state == STATE_STOPPED:\n            self.update_state(STATE_SPAWNING)",
        "new_user = self.user_classes_by_name[user_class](self.environment)",
        "new_user.start(self.user_greenlets)",
    ):
        assert part in source, f"Locust's Runner.spawn_users makes users in another way now; {WHERE}: _started"


def test_locust_kills_users_as_we_know_it() -> None:
    assert "self._group.killone(self._greenlet)" in inspect.getsource(User.stop), f"{WHERE}: tell_of_early_ends"
    for part in ("user_to_stop.group.killone(user_to_stop.greenlet, block=False)", "stop_group.kill(block=True)"):
        assert part in inspect.getsource(Runner.stop_users), f"{WHERE}: tell_of_early_ends"
    assert "self.on_stop()" in inspect.getsource(User.run).partition("except (GreenletExit, StopUser, StopTest):")[2]


def test_a_class_whose_user_cannot_be_one_is_told_of_and_the_others_come() -> None:
    class Plain(User):
        def on_start(self) -> None:
            gevent.sleep(60)

    class Forgets(User):
        def __init__(self, environment: Environment) -> None:
            pass

    runner = Environment(user_classes=[Plain, Forgets]).create_local_runner()
    new: list[User] = []
    failed: list[str] = []
    locust_internals.tell_of_each_user(runner, new.append, lambda name, error: failed.append(f"{name}: {error}"))
    users = runner.spawn_users({"Forgets": 1, "Plain": 2})
    assert users == new
    assert (runner.user_count, runner.user_classes_count, runner.state) == (2, {"Plain": 2, "Forgets": 0}, "spawning")
    assert [locust_internals.user_of(user.greenlet) for user in users] == users
    assert failed == [
        "Forgets: the __init__ of Forgets does not call super().__init__(environment), so that it is no user"
    ]
    runner.quit()


def test_a_master_does_something_before_it_quits(master: MasterRunner) -> None:
    done: list[str] = []
    quit_by_locust = master.quit
    locust_internals.before_quitting(master, lambda: done.append(master.state))
    assert "send_stop_to_client" in inspect.signature(MasterRunner.stop).parameters, (
        f"Locust's master cannot be stopped without its workers any more; {WHERE}"
    )
    assert master.quit != quit_by_locust
    master.quit()
    assert done == ["ready"]


def test_a_listener_that_is_called_last() -> None:
    heard = list[str]()
    quitting = Events().quitting
    quitting.add_listener(lambda **_: heard.append("of a locustfile"))
    locust_internals.listen_last(quitting, lambda **_: heard.append("last"))
    quitting.add_listener(lambda **_: heard.append("ours"))
    assert "events.quitting.fire(environment=environment, reverse=True)" in inspect.getsource(locust.main.main), WHERE
    quitting.fire(reverse=True)
    assert heard == ["ours", "of a locustfile", "last"]


def test_a_runner_quits_when_nobody_wants_it_any_more_or_somebody_insists() -> None:
    source = inspect.getsource(locust.main.main)
    slept, stopped = source.find("sleep(options.autoquit)"), source.find("web_ui.stop()")
    assert 0 < slept < source.find("runner.quit()", slept) < stopped, f"Locust quits otherwise at --autoquit; {WHERE}"
    runner = Environment(user_classes=[ServerLifecycleUser]).create_local_runner()
    wanted, insisted = [True], [False]
    locust_internals.stay_while(runner, lambda: wanted[0], lambda: insisted[0], "Somebody looks.")
    quitting = gevent.spawn(runner.quit)
    gevent.sleep(0.1)
    assert not quitting.ready()
    wanted[0] = False
    quitting.join(60)
    assert quitting.ready()
    wanted[0], insisted[0] = True, True
    with gevent.Timeout(60):
        runner.quit()


def test_a_master_knows_its_workers_by_their_states(master: MasterRunner) -> None:
    for name, state in (("b", "ready"), ("a", "running"), ("c", "spawning"), ("d", "missing")):
        master.clients[name] = WorkerNode(name, state)
    assert locust_internals.workers_that_can_start(master) == ["a", "b", "c"], (
        f"Locust calls the states of its workers otherwise; {WHERE}"
    )
    assert sorted(worker.id for worker in locust_internals.connected_workers(master)) == ["a", "b", "c"], (
        f"Locust calls a missing worker otherwise; {WHERE}"
    )


def test_a_master_is_patient_with_its_workers(master: MasterRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locust_runners, "HEARTBEAT_LIVENESS", 3)
    locust_internals.be_patient_with_workers()
    for kind in ("client_ready", "heartbeat"):
        part = inspect.getsource(MasterRunner).partition(f'"{kind}":')[2]
        assert "HEARTBEAT_LIVENESS" in part.partition("case ")[0], f"Locust counts heartbeats otherwise; {WHERE}"
    assert locust_runners.HEARTBEAT_LIVENESS * locust_runners.HEARTBEAT_INTERVAL == locust_internals.PATIENCE


def test_a_master_tells_of_a_worker_that_connects() -> None:
    source = inspect.getsource(MasterRunner.handle_message)
    told, started = source.find("worker_connect.fire"), source.find("add_worker(")
    assert 0 < source.find('"ack"') < told < started, (
        "Locust no longer fires worker_connect between a worker's acknowledgement and its first users, so a worker "
        "that comes late may get users before the plan of the run; see hubusers/plugin/master.py"
    )


def test_ctrl_c_reaches_the_main_greenlet_and_no_other() -> None:
    interrupted: list[str] = []

    def somebody_else() -> None:
        try:
            locust_internals.interrupt_main_greenlet()
            gevent.sleep(0.01)
        except KeyboardInterrupt:
            interrupted.append("somebody else")

    gevent.spawn(somebody_else)
    try:
        gevent.sleep(60)
    except KeyboardInterrupt:
        interrupted.append("the main greenlet")
    assert interrupted == ["the main greenlet"], (
        f"gevent's hub does not raise KeyboardInterrupt in the main greenlet any more; {WHERE}"
    )


def test_the_web_ui_is_a_flask_application_with_one_blueprint_and_one_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["locust"])  # which it parses once more
    environment = Environment(user_classes=[ServerLifecycleUser])
    environment.create_local_runner()
    web_ui = WebUI(environment, "127.0.0.1", 0, web_base_path="/base", delayed_start=True)
    assert isinstance(web_ui.app, Flask), f"Locust's web UI is not a Flask application any more; {WHERE}"
    assert locust_internals.url_prefix_of(web_ui) == "/base", f"Locust keeps its base path elsewhere; {WHERE}"
    locust_internals.add_script_to_locusts_page(web_ui, b"<script>ours</script>")
    page = web_ui.app.test_client().get("/base/")
    assert page.status_code == 200
    assert b"<script>ours</script></head>" in page.data, (
        f"Locust's page is not the endpoint locust.index, or has no head; {WHERE}"
    )


def test_a_test_that_we_start_is_ended_by_locusts_own_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["locust"])
    environment = Environment(user_classes=[ServerLifecycleUser])
    runner = environment.create_local_runner()
    web_ui = WebUI(environment, "127.0.0.1", 0, delayed_start=True)
    assert web_ui.app
    asked: list[tuple[object, ...]] = []

    def start(*args: object) -> None:
        asked.append(args)
        gevent.sleep(60)

    monkeypatch.setattr(runner, "start", start)
    monkeypatch.setattr(runner, "start_shape", lambda: asked.append(("shape",)))
    locust_internals.start_test(web_ui, 30, 2.5, 300)
    gevent.sleep(0.01)
    ramping_up, run_time = web_ui._swarm_greenlet, web_ui._run_time_greenlet
    assert ramping_up
    assert run_time, f"Locust ends a test after its run time in another way; {WHERE}"
    assert web_ui.app.test_client().post("/stop").status_code == 200
    assert ramping_up.dead, f"Locust's STOP does not end a ramp-up that we began; {WHERE}"
    gevent.sleep(0.01)
    assert run_time.dead
    locust_internals.start_test(web_ui, 30, 2.5, 300)
    gevent.sleep(0.01)
    run_time = web_ui._run_time_greenlet
    assert run_time
    environment.web_ui = web_ui
    locust_internals.cancel_run_time(environment)  # as where the test ends before it
    gevent.sleep(0.01)
    assert run_time.dead, f"Locust ends a test after its run time in another way; {WHERE}"
    asked.pop()
    environment.shape_class = EventShape(lambda: None, lambda: False)
    locust_internals.start_test(web_ui, 30, 2.5, None)
    assert asked == [(30, 2.5), ("shape",)]
    runner.greenlet.kill(block=True)


def test_what_the_web_ui_can_change_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["locust"])
    environment = Environment(user_classes=[ServerLifecycleUser])
    environment.create_local_runner()
    environment.available_user_classes = {"ServerLifecycleUser": ServerLifecycleUser}  # type: ignore[dict-item]
    web_ui = WebUI(environment, "127.0.0.1", 0, delayed_start=True, userclass_picker_is_active=True)
    assert web_ui.app
    changing = {rule.endpoint for rule in web_ui.app.url_map.iter_rules() if (rule.methods or set()) & {"POST", "PUT"}}
    assert changing == {
        locust_internals.START,
        locust_internals.CHANGE_USER_CLASS,
        "locust.stop",
        "locust.reset_stats",
    }, "Locust's web UI can change something else now: see hubusers/plugin/web_form.py whether anybody may do that"
    assert locust_internals.fields_of_start(web_ui)["user_classes"] == environment.available_user_classes
    assert locust_internals.fields_of_start(web_ui)["shape_class"] == ["Default"]
    assert set(locust_internals.changeable_in_user_class(web_ui, "ServerLifecycleUser") or ()) == {
        *["host", "weight", "fixed_count", "tasks"]
    }, f"Locust's class picker offers something else to change; {WHERE}"
    web_ui.userclass_picker_is_active = False
    assert "user_classes" not in locust_internals.fields_of_start(web_ui)
    assert locust_internals.changeable_in_user_class(web_ui, "ServerLifecycleUser") is None


def test_a_worker_s_messages_wait_until_hubusers_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    handled: list[str] = []
    assert list(inspect.signature(WorkerRunner.handle_message).parameters) == ["self", "msg"], (
        f"Locust's worker handles its messages otherwise; {WHERE}"
    )
    assert "self.handle_message(msg)" in inspect.getsource(WorkerRunner.worker), (
        f"Locust's worker no longer handles its messages by handle_message; {WHERE}"
    )
    monkeypatch.setattr(WorkerRunner, "handle_message", lambda _, msg: handled.append(msg.type))
    listening = Event()
    locust_internals.hold_messages_until(listening)
    worker = object.__new__(WorkerRunner)  # a real one wants a master
    for kind in ("ack", "spawn"):
        gevent.spawn(worker.handle_message, Message(kind, None, "a"))
    gevent.sleep(0.01)
    assert handled == ["ack"]
    listening.set()
    gevent.sleep(0.01)
    assert handled == ["ack", "spawn"]
    worker.greenlet = Group()  # its finalizer looks for it


def test_locust_installs_no_handler_of_its_own_for_sigterm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "gevent.signal_handler(signal.SIGTERM, sig_term_handler)" in inspect.getsource(locust.main.main), (
        f"Locust answers SIGTERM in another way; {WHERE}"
    )
    installed: list[int] = []
    monkeypatch.setattr(gevent, "signal_handler", lambda number, _: installed.append(number))
    locust_internals.leave_sigterm_to_us()

    def of_locust() -> None: ...

    of_locust.__module__ = "locust.main"
    gevent.signal_handler(signal.SIGTERM, of_locust)
    gevent.signal_handler(signal.SIGUSR1, of_locust)
    gevent.signal_handler(signal.SIGTERM, lambda: None)
    assert installed == [signal.SIGUSR1, signal.SIGTERM]


def test_locust_still_says_in_passing_what_is_left_out() -> None:
    source = ast.parse(inspect.getsource(locust.main) + inspect.getsource(locust.runners))
    texts = [
        ast.unparse(node).strip("f'\"") for node in ast.walk(source) if isinstance(node, ast.Constant | ast.JoinedStr)
    ]
    texts += ["Shape test completed, shutting down"]  # of two parts
    assert "Shape test completed" in texts
    for words in (*locust_internals.CHATTER, *locust_internals.CHATTER_OF_PROCESSES):
        assert any(re.search(words, text) for text in texts), f"Locust does not say {words!r} any more; {WHERE}"


def test_locust_sets_up_logging_after_it_has_read_the_locustfile() -> None:
    source = inspect.getsource(locust.main.main)
    assert source.index("merge_locustfiles_content(") < source.index("    setup_logging("), WHERE


def test_opentelemetry_is_set_up_when_the_environment_is_made_in_a_process_that_is_not_forked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = inspect.getsource(locust.main.main)
    told, forked = source.find("setup_opentelemetry(options.locustfile"), source.find("gevent.fork()")
    made, fired = source.find("environment = create_environment("), source.find("events.init.fire(")
    assert 0 < told < forked < made < fired, f"Locust sets OpenTelemetry up otherwise; {WHERE}"
    done: list[object] = []
    monkeypatch.setattr(locust.main, "setup_opentelemetry", lambda *args: done.append(args))
    monkeypatch.setattr(locust.main, "create_environment", lambda *args, **_: done.append("made"))
    locust_internals.set_up_opentelemetry_later(
        lambda: done.append("checked"), lambda set_up, options: done.append((set_up(), options))
    )
    main: Any = locust.main
    main.create_environment([], "options")
    assert done == ["made"]  # nobody asks for OpenTelemetry
    assert main.setup_opentelemetry("locustfile.py", None)
    main.create_environment([], "options", events=None)
    assert done == ["made", "checked", ("locustfile.py", None), (None, "options"), "made"]


def test_providers_of_opentelemetry_can_be_made_as_locust_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    tracers, meters = locust_internals.opentelemetry_providers(None)
    assert hasattr(tracers, "get_tracer"), f"Locust makes no provider of tracers any more; {WHERE}"
    assert hasattr(meters, "get_meter"), f"Locust makes no provider of meters any more; {WHERE}"
