"""All that hubusers patches in Locust, or uses of it without its documentation's promise, in one place.

`tests/plugin/test_locust_internals.py` has a test for each; it fails first, and says so, when a new Locust changes it.
"""

from locust import main as locust_main
from locust import opentelemetry as locust_opentelemetry
from locust import runners as locust_runners
from locust.argument_parser import ui_extra_args_dict
from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.event import EventHook
from locust.exception import StopTest, StopUser
from locust.rpc import Message
from locust.runners import (
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    MasterRunner,
    Runner,
    WorkerNode,
    WorkerRunner,
)
from locust.user import TaskSet, User
from locust.web import WebUI, greenlet_exception_handler

import os
import signal
import sys
from collections.abc import Callable, Collection, Generator
from functools import partial
from typing import Any

import gevent
from flask import Response, request
from gevent import GreenletExit
from gevent.event import Event

from hubusers.log import get_logger

LOG = get_logger(__name__)

START = "locust.swarm"
"""The Flask endpoint of START in the web UI. The page shows the message of its answer if the status is 200."""

CHANGE_USER_CLASS = "locust.update_user"
"""The Flask endpoint that the settings of a user class, in the class picker, are posted to."""

CHATTER = (
    "^Starting Locust",
    "^Starting web interface",
    "^Run time limit set",
    "^No run time limit set",
    "^Ramping to ",
    "^Sending spawn jobs",
    "^All users spawned",
    "^Spawning is complete and report",
    "^Shape test starting",
    "^Shape worker starting",
    "^Shape test updating",
    "^Shape test stopping",
    "^Shape test completed",
    "reported that it has stopped$",
    "^--autoquit time reached",
    "^Shutting down ",
    "^Exiting due to CTRL",
)
"""Regular expressions for what Locust logs of each run, and nobody needs: hubusers says who comes, how far the run is
and how it ends. Whatever Locust says besides is shown.
"""

CHATTER_OF_PROCESSES = ("reported as ready", "^Worker .* quit", "^The last worker quit")
"""The same, of the workers of `--processes`, which Locust starts and ends by itself. One that dies goes missing, which
is shown.
"""


PATIENCE = 10
"""Seconds without a word after which the master takes a worker for lost. Each heartbeat is a second after the last."""


class DispatchNobody(UsersDispatcher):
    """Tells Locust to dispatch no users at all, and so to take none away either: the people of an event come by
    themselves, through `Runner.spawn_users`.
    """

    def new_dispatch(self, *args: Any, **kwargs: Any) -> None:
        super().new_dispatch(*args, **kwargs)
        self._dispatcher_generator = self._nobody()

    def _nobody(self) -> Generator[dict[str, dict[str, int]]]:
        yield {worker.id: {} for worker in self._worker_nodes}


def hold_messages_until(ready: Event) -> None:
    """Have a worker wait with the messages of its master until it is ready for them.

    Locust connects a worker before it fires `init`. In the middle of a run the master sends the run, and users, at
    once: without this they would be handled before hubusers listens.

    Args:
        ready: Set when hubusers listens.
    """
    handle_at_once = WorkerRunner.handle_message

    def handle_when_ready(self: WorkerRunner, msg: Message) -> None:
        if msg.type != "ack":  # without which the worker would not be connected
            ready.wait()
        handle_at_once(self, msg)

    WorkerRunner.handle_message = handle_when_ready  # type: ignore[method-assign]


def leave_sigterm_to_us() -> None:
    """Have Locust install no handler of its own for SIGTERM, which it does after `init`.

    It ends the process in the greenlet of the signal, also when the main greenlet already ends it. Here, SIGTERM is
    handled like Ctrl-C.
    """
    install = gevent.signal_handler

    def install_others(signal_number: int, handler: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if signal_number == signal.SIGTERM and handler.__module__ == "locust.main":
            return None
        return install(signal_number, handler, *args, **kwargs)

    gevent.signal_handler = install_others  # type: ignore[misc, assignment]


def look_up_no_caller() -> None:
    """Have Locust not look up which code stops a test, for a line of its log that nobody sees.

    Python looks into all modules for that, and so imports those that are to be imported late, or never.
    """
    internals: Any = locust_runners
    internals.inspect = None  # Locust goes on where it cannot look


def tell_of_each_user(
    runner: Runner, note_new: Callable[[User], None], note_failed: Callable[[str, Exception], None]
) -> None:
    """Have a runner tell of each user that it makes, and go on where the code of a class fails to make one.

    Locust itself then makes none of those who were to come after it. And for each call it goes through all users who
    are there, for a line of its log: where people come one by one, that takes longer than to make them.

    Args:
        runner: Of a process with users.
        note_new: Called with each user, which has just been started.
        note_failed: Called with the name of the class whose user could not be made, and with the exception.
    """

    def spawn_each(user_classes_spawn_count: dict[str, int], wait: bool = False) -> list[User]:
        if runner.state in {STATE_INIT, STATE_STOPPED}:
            runner.update_state(STATE_SPAWNING)
        users: list[User] = []
        for name, count in user_classes_spawn_count.items():
            for _ in range(count):
                try:
                    user = _started(runner, name)
                except StopTest:
                    raise
                except Exception as error:
                    note_failed(name, error)
                    continue
                users.append(user)
                setattr(user.greenlet, _USER, user)  # its arguments, too, tell the user, but not once it is killed
                note_new(user)
        if wait:
            runner.user_greenlets.join()
        return users

    runner.spawn_users = spawn_each  # type: ignore[method-assign]


def _started(runner: Runner, name: str) -> User:
    """Return a new user of a class, which has begun, as Locust's own `spawn_users` makes it."""
    user: User = runner.user_classes_by_name[name](runner.environment)
    if not hasattr(user, "environment"):
        raise TypeError(f"the __init__ of {name} does not call super().__init__(environment), so that it is no user")
    user.start(runner.user_greenlets)
    return user


def tell_of_failed_on_stop(note: Callable[[User, Exception], None]) -> None:
    """Have task sets tell of an exception in their `on_stop`, which Locust only logs.

    Args:
        note: Called with the user and the exception.
    """
    run: Callable[[TaskSet], None] = TaskSet.run

    def run_and_tell(self: TaskSet) -> None:
        on_stop: Callable[[], None] = self.on_stop

        def on_stop_and_tell() -> None:
            try:
                on_stop()
            except (StopUser, StopTest):
                raise
            except Exception as error:
                note(self.user, error)
                raise

        self.on_stop = on_stop_and_tell  # type: ignore[method-assign]
        run(self)

    TaskSet.run = run_and_tell  # type: ignore[method-assign, misc]


def tell_of_early_ends(runner: Runner, note: Callable[[User, BaseException], object]) -> Callable[[User], None]:
    """Return what has a runner tell of a user who is ended by a `GreenletExit` that is not Locust's own.

    Locust kills users itself: by `User.stop`, when there are to be fewer, and at the end of a run, there also when
    `--stop-timeout` is over. From any other place, such as a task or a library, a `GreenletExit` ends a user without a
    word.

    Args:
        runner: Of a process with users.
        note: Called with the user and with that exception, when the user is about to end.

    Returns:
        To be called with each user before it begins.
    """
    users: Any = runner.user_greenlets
    kill_one, stop_users = users.killone, runner.stop_users
    stopping = 0

    def kill_and_mark(greenlet: object, *args: Any, **kwargs: Any) -> None:
        setattr(greenlet, _KILLED_BY_LOCUST, True)
        kill_one(greenlet, *args, **kwargs)

    def stop_and_count(*args: Any, **kwargs: Any) -> None:
        nonlocal stopping
        stopping += 1
        try:
            stop_users(*args, **kwargs)
        finally:
            stopping -= 1

    users.killone = kill_and_mark
    runner.stop_users = stop_and_count  # type: ignore[method-assign]

    def is_locusts(user: User) -> bool:
        goes_on = runner.state in {STATE_SPAWNING, STATE_RUNNING} and not stopping
        return not goes_on or hasattr(user.greenlet, _KILLED_BY_LOCUST)

    def watch(user: User) -> None:
        on_stop: Callable[[], None] = user.on_stop

        def tell_and_do() -> None:  # as Locust handles what has ended the user
            ended_by = sys.exception()
            if isinstance(ended_by, GreenletExit) and not is_locusts(user):
                note(user, ended_by)
            try:
                on_stop()
            except GreenletExit as error:  # which gevent takes for a good end
                if not is_locusts(user):
                    note(user, error)
                raise

        user.on_stop = tell_and_do  # type: ignore[method-assign]

    return watch


_KILLED_BY_LOCUST = "hubusers_killed_by_locust"
_USER = "hubusers_user"


def user_of(greenlet: object) -> User | None:
    """Return the user whose greenlet this is, or whose code has spawned it; None for all others.

    Args:
        greenlet: Any object, of a process in which `tell_of_each_user` was called.
    """
    while isinstance(greenlet, gevent.Greenlet):
        user = getattr(greenlet, _USER, None)
        if user:
            return user  # type: ignore[no-any-return]
        spawned_by = greenlet.spawning_greenlet
        greenlet = spawned_by() if spawned_by else None
    return None


def after_log_setup(do: Callable[[], None]) -> None:
    """Call `do` when Locust's `main` has set up logging, which it does after it has read the locustfile; not with
    `--skip-log-setup`.
    """
    main: Any = locust_main
    set_up = main.setup_logging

    def set_up_and_do(*args: Any, **kwargs: Any) -> None:
        set_up(*args, **kwargs)
        do()

    main.setup_logging = set_up_and_do


def set_up_opentelemetry_later(check: Callable[[], None], do: Callable[[Callable[[], object], Any], None]) -> None:
    """Have Locust's `main` set up OpenTelemetry when it makes the environment, and not before `--processes` forks.

    The threads of OpenTelemetry's exporters are greenlets here. These go on in a forked process, where OpenTelemetry,
    which knows threads only, starts them once more: a worker would send everything twice, and end with a traceback.

    Args:
        check: Called where Locust would set it up, if `--otel` asks for it.
        do: Called later, in each process, with what sets it up and with Locust's options.
    """
    main: Any = locust_main
    set_up, create_environment = main.setup_opentelemetry, main.create_environment
    asked: list[Callable[[], object]] = []

    def note(*args: Any) -> bool:
        check()
        asked.append(partial(set_up, *args))
        return True

    def set_up_and_create(user_classes: Any, options: Any, *args: Any, **kwargs: Any) -> Any:
        for set_up_locusts in asked:
            do(set_up_locusts, options)
        return create_environment(user_classes, options, *args, **kwargs)

    main.setup_opentelemetry, main.create_environment = note, set_up_and_create


def opentelemetry_providers(resource: Any) -> tuple[Any, Any]:
    """Return a new provider of tracers, and one of meters, which send to where those of Locust's `--otel` do.

    Args:
        resource: What they send along with everything.
    """
    internals: Any = locust_opentelemetry
    exporters = {
        signal: {name.strip().lower() for name in os.environ.get(f"OTEL_{signal}_EXPORTER", "otlp").split(",")} - {""}
        for signal in ("TRACES", "METRICS")
    }
    return (
        internals._setup_tracer_provider(resource, exporters["TRACES"]),
        internals._setup_meter_provider(resource, exporters["METRICS"]),
    )


def listen_last(quitting: EventHook, listener: Callable[..., None]) -> None:
    """Have a listener of Locust's event `quitting` called after all others: Locust calls those first that came last."""
    quitting._handlers.insert(0, listener)


def before_quitting(master: MasterRunner, do: Callable[[], None]) -> None:
    """Have the master call `do` before it quits.

    Locust's master quits without waiting for anybody: it tells its workers to quit, and does not listen to them after
    that. No event is fired in time, so its method `quit` is replaced.
    """
    quit_at_once = master.quit

    def quit_later() -> None:
        # As Locust does it first in `quit`: the workers are not told to stop, because `do` tells them.
        master.stop(send_stop_to_client=False)
        do()
        quit_at_once()

    master.quit = quit_later  # type: ignore[method-assign]


def stay_while(runner: Runner, is_wanted: Callable[[], bool], must_end: Callable[[], bool], why_it_stays: str) -> None:
    """Have Locust stay at `--autoquit` for as long as it is wanted.

    Locust's `main` sleeps for so many seconds after a run, then calls the runner's `quit`, and after that stops the web
    UI. It calls `quit` from other places as well, when the process ends anyway.

    Args:
        runner: Of a process with a web UI.
        is_wanted: Whether the process is to stay; asked twice a second.
        must_end: Whether the process ends in any case.
        why_it_stays: A sentence.

    Logs:
        INFO that sentence.
    """
    quit_at_once = runner.quit

    def quit_when_not_wanted() -> None:
        if is_wanted() and not must_end():
            LOG.info("%s", why_it_stays)
        while is_wanted() and not must_end():
            gevent.sleep(0.5)
        quit_at_once()

    runner.quit = quit_when_not_wanted  # type: ignore[method-assign]


def be_patient_with_workers() -> None:
    """Have the master take a worker for lost only when it has heard nothing of it for `PATIENCE` seconds.

    Locust waits three seconds, and ends a run without any other worker. On a busy machine that is too short for a
    worker that is alive: when its users begin, it reads and checks what they need.
    """
    locust_runners.HEARTBEAT_LIVENESS = PATIENCE


def connected_workers(master: MasterRunner) -> list[WorkerNode]:
    """Return the workers whose heartbeat the master still hears."""
    return [worker for worker in master.clients.all if worker.state != STATE_MISSING]


def workers_that_can_start(master: MasterRunner) -> list[str]:
    """Return the ids of the workers to which Locust gives users when a test starts, in order."""
    clients = master.clients
    return sorted(worker.id for worker in clients.ready + clients.spawning + clients.running)


def workers_with_users(master: MasterRunner) -> list[str]:
    """Return the ids of the workers that have said that their users come, or have come."""
    return [worker.id for worker in master.clients.spawning + master.clients.running]


def interrupt_main_greenlet() -> None:
    """Raise KeyboardInterrupt in the main greenlet, where Locust expects it.

    Python raises it in whichever greenlet happens to run: a user's, which would end without Locust's noticing, or the
    one that spawns users, which would then kill itself instead of stopping the test.
    """
    gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())


def url_prefix_of(web_ui: WebUI) -> str:
    """Return what the paths of Locust's own pages begin with (`--web-base-path`)."""
    assert web_ui.app
    return web_ui.app.blueprints["locust"].url_prefix or ""


def add_script_to_locusts_page(web_ui: WebUI, script: bytes) -> None:
    """Add an HTML element to the head of Locust's page, whose tabs are made by a script in the browser.

    Locust's own means for more tabs knows tables only.
    """

    def add(response: Response) -> Response:
        if request.endpoint == "locust.index" and response.status_code == 200 and response.mimetype == "text/html":
            before, head, after = response.get_data().partition(b"</head>")
            response.set_data(before + script + head + after)
        return response

    assert web_ui.app
    web_ui.app.after_request(add)


def start_test(web_ui: WebUI, users: int, spawn_rate: float, run_time: float | None) -> None:
    """Start a test as Locust's own START does, so that its STOP ends it.

    Args:
        web_ui: Locust's.
        users: How many come, unless a shape says so.
        spawn_rate: How many come in a second, unless a shape says so.
        run_time: Seconds until the test is stopped; None: when somebody stops it.
    """
    environment = web_ui.environment
    assert environment.runner
    web_ui._cancel_run_time_timer()  # of a start that was refused
    if environment.shape_class:
        environment.runner.start_shape()
        return
    web_ui._swarm_greenlet = gevent.spawn(environment.runner.start, users, spawn_rate)
    web_ui._swarm_greenlet.link_exception(greenlet_exception_handler)
    if run_time:
        web_ui._run_time_greenlet = gevent.spawn_later(run_time, web_ui._stop_runners)


def cancel_run_time(environment: Environment) -> None:
    """Have the web UI not stop a test after the run time of a test that is over.

    Locust does this itself only where its own STOP, or the run time, ends a test.
    """
    if environment.web_ui:
        environment.web_ui._cancel_run_time_timer()


def fields_of_start(web_ui: WebUI) -> dict[str, Collection[str] | None]:
    """Return the fields that Locust's START posts, each with the list that its values are chosen from, or None.

    Locust itself also takes the names of all other options.
    """
    fields: dict[str, Collection[str] | None] = dict.fromkeys(
        ("user_count", "spawn_rate", "host", "run_time", "profile", *ui_extra_args_dict())
    )
    if web_ui.userclass_picker_is_active:
        environment = web_ui.environment
        fields["user_classes"] = environment.available_user_classes or {}
        fields["shape_class"] = ["Default", *(environment.available_shape_classes or {})]
    return fields


def changeable_in_user_class(web_ui: WebUI, name: str) -> Collection[str] | None:
    """Return the attributes of a user class that the class picker offers to change; None if there is no such class.

    Locust itself also changes all other attributes, and without the class picker.
    """
    classes = web_ui.environment.available_user_classes or {}
    return classes[name].json().keys() if web_ui.userclass_picker_is_active and name in classes else None
