"""What answers to which of Locust's events, once Locust has made its runner."""

from __future__ import annotations

from locust.env import Environment
from locust.exception import StopTest
from locust.runners import MasterRunner, Runner, WorkerRunner
from locust.web import WebUI

import atexit
import sys
from functools import partial
from typing import Any

from hubusers.exit_codes import EXIT_CANNOT_TEST
from hubusers.plugin import alone, arrivals, master, web_form, web_guard, web_pages, worker
from hubusers.plugin import lookers as web_lookers
from hubusers.plugin import starter as web_starter
from hubusers.plugin.locust_internals import listen_last, stay_while
from hubusers.plugin.open_telemetry import OpenTelemetry
from hubusers.plugin.process import Process
from hubusers.plugin.prometheus_and_grafana import prometheus_and_grafana
from hubusers.plugin.role import Role
from hubusers.plugin.run_control import RunControl
from hubusers.plugin.signals import handle_signals
from hubusers.plugin.terminal import begin_quietly
from hubusers.plugin.user_events import note_request, note_users
from hubusers.plugin.who_comes import WhoComes
from hubusers.settings.access import SettingsError
from hubusers.version import version

_NO_OPTIONS = (
    "A script that uses Locust as a library must give the options before it fires the event `init`: "
    'environment.parsed_options = locust.argument_parser.get_parser().parse_args(["--headless", "--host", HUB])'
)


def listen(
    open_telemetry: OpenTelemetry, environment: Environment, runner: Runner, web_ui: WebUI | None, **_: Any
) -> None:
    """Conduct the runs of this process from now on, as Locust's events tell.

    Args:
        open_telemetry: As `--otel` has set it up.
        environment: Locust's, with the options.
        runner: Locust's.
        web_ui: Locust's; None where there is none.

    Raises:
        StopTest: There are no options.
        SystemExit: There cannot be a run. The terminal says why.
    """
    if environment.parsed_options is None:
        raise StopTest(_NO_OPTIONS)
    begin_quietly(environment, is_worker=isinstance(runner, WorkerRunner))
    control = RunControl(environment, _role(runner))
    process = Process(control)
    if control.role.conducts:
        version()  # now, because to ask git lets others go on, and whoever stops a run as it begins would break it off
    control.exporters += open_telemetry.exporters
    events = environment.events
    events.request.add_listener(partial(note_request, environment))
    if control.role.has_users:
        note_users(environment)
    events.test_start.add_listener(lambda **_: control.begin_run())
    events.spawning_complete.add_listener(lambda user_count, **_: control.note_all_came(user_count))
    events.test_stopping.add_listener(lambda **_: control.note_stopping())
    events.test_stop.add_listener(lambda **_: control.end_run())
    events.quitting.add_listener(lambda **_: control.end_process())
    listen_last(events.quitting, lambda **_: control.keep_exit_code())
    events.quit.add_listener(lambda **_: control.say_answer())
    # For ways out on which Locust fires no event, such as an exception in its own code.
    atexit.register(process.end_at_exit)
    handle_signals(process)
    shape = arrivals.EventShape(control.advance_event, lambda: control.event_is_over)
    who_comes = WhoComes(environment, control.before_run, shape)
    if web_ui and not environment.parsed_options.dry_run:
        try:
            web_pages.check_it_is_wanted(sys.argv)
            web_pages.check_it_can_listen(web_ui)
        except SettingsError as error:
            process.quit_with(str(error), EXIT_CANNOT_TEST)
    try:
        control.exporters += prometheus_and_grafana(control, web_ui)
    except SettingsError as error:
        process.quit_with(str(error), EXIT_CANNOT_TEST)
    process.start()
    who_comes.choose(who_comes.choice)
    if web_ui:
        starter = web_starter.Starter(web_ui, control, who_comes)
        lookers = web_lookers.Lookers()
        web_pages.add_hub_page(web_ui, control.page, control.report, lookers.note)
        control.show_last = lookers.show_last
        stay_while(
            runner,
            lambda: lookers.are_there() or not control.may_end(),
            control.has_been_told_to_end,
            web_lookers.WHY_STAY,
        )
        web_pages.add_start_page(web_ui, starter)
        web_form.warn_if_open(control.options)
        web_guard.guard(web_ui, control.options.web_host, control.options.web_url)
        web_form.check_before_swarm(web_ui, starter)
        web_pages.say_when_it_answers(web_ui, control.options)


def _role(runner: Runner) -> Role:
    if isinstance(runner, WorkerRunner):
        return worker.Worker(runner)
    return master.Master(runner) if isinstance(runner, MasterRunner) else alone.Alone(runner)
