"""Switching the parts of a run on: what answers to which of Locust's events."""

from locust import events as locust_events
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, Runner, WorkerRunner
from locust.web import WebUI

import atexit
import contextlib
import resource
import signal
from typing import Any

import gevent

from hubusers.live.hub_page import add_hub_page
from hubusers.plugin.arrivals import EventShape, NoDispatch
from hubusers.plugin.master import MasterControl
from hubusers.plugin.run_control import RunControl
from hubusers.plugin.web_form import check_before_swarm, warn_if_open
from hubusers.plugin.worker import WorkerControl
from hubusers.settings.options import add_options


def switch_on(events: Events = locust_events) -> None:
    """Switch on, in a locustfile, everything that surrounds a run: options, preflight check, names and clean-up."""
    _allow_many_connections()
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(_on_init)


def _on_init(environment: Environment, runner: Runner | None, web_ui: WebUI | None, **_: Any) -> None:
    if isinstance(runner, WorkerRunner):
        surroundings: RunControl = WorkerControl(environment, runner)
    elif isinstance(runner, MasterRunner):
        surroundings = MasterControl(environment, runner)
    else:
        surroundings = RunControl(environment, runner)
    _hand_signals_to_the_main_greenlet(surroundings)
    surroundings.preflight()
    if surroundings.has_event:
        environment.shape_class = EventShape(surroundings.event_is_over)
        environment.dispatcher_class = NoDispatch
    if web_ui:
        add_hub_page(web_ui, surroundings.page)
        warn_if_open(surroundings.options)
        check_before_swarm(web_ui, surroundings)
    events = environment.events
    events.test_start.add_listener(lambda **_: surroundings.test_start())
    events.test_stopping.add_listener(lambda **_: surroundings.test_stopping())
    events.test_stop.add_listener(lambda **_: surroundings.test_stop())
    events.quitting.add_listener(lambda **_: surroundings.quitting())
    events.quit.add_listener(lambda **_: surroundings.say_summary())
    # Whatever way out Locust takes that fires no event, such as an exception in its own code.
    atexit.register(surroundings.quitting)


def _allow_many_connections() -> None:
    # Locust asks for 10,000 open files; each user has a connection, and may be one of more than that.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a system may allow less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _hand_signals_to_the_main_greenlet(surroundings: RunControl) -> None:
    # Python raises KeyboardInterrupt in whichever greenlet happens to run: a user's, which would end without Locust's
    # noticing, or the one that spawns users, which would then kill itself instead of stopping the test.
    hub = gevent.get_hub()

    def interrupt() -> None:
        if surroundings.was_interrupted:
            surroundings.give_up()
        surroundings.interrupted()
        hub.handle_system_error(KeyboardInterrupt, KeyboardInterrupt())

    def terminate() -> None:
        if surroundings.dies_of_sigterm and not surroundings.was_interrupted:
            interrupt()

    gevent.signal_handler(signal.SIGINT, interrupt)
    gevent.signal_handler(signal.SIGTERM, terminate)
