"""What somebody can change by Locust's own form: what it or the start form offers, after a check of it and of the hub.

Locust itself sets every option that somebody posts to /swarm, and every attribute of a user class that somebody posts
to /user, whether its page offers them or not. Here, what the pages do not offer is refused. The start form is in
start_page.py. Which pages and scripts may send requests at all is in web_guard.py.
"""

from locust.runners import STATE_RUNNING, STATE_SPAWNING
from locust.web import WebUI

import argparse
import contextlib
import ipaddress

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hubusers.log import get_logger, shown
from hubusers.plugin.form_options import OFFERED, with_form
from hubusers.plugin.locust_internals import (
    CHANGE_USER_CLASS,
    START,
    changeable_in_user_class,
    fields_of_start,
)
from hubusers.plugin.starter import Order, Starter
from hubusers.plugin.who_comes import Choice
from hubusers.settings.access import SettingsError, endpoint_of
from hubusers.settings.hub_check import PreflightError
from hubusers.settings.options import OPTIONS

LOG = get_logger(__name__)


def check_before_swarm(web_ui: WebUI, starter: Starter) -> None:
    """Check what somebody typed into Locust's form, and the hub, before Locust starts the first user.

    What is wrong is shown where Locust shows its own errors in the form; nothing is changed, and nothing starts. The
    host cannot be changed to another hub than the one that Locust was started for: the token would be sent there.
    """
    environment = web_ui.environment
    given_at_start = environment.host

    def check() -> ResponseReturnValue | None:
        if request.endpoint not in {START, CHANGE_USER_CLASS} or request.method != "POST":
            return None
        if web_ui.web_login and not current_user.is_authenticated:
            return None  # Locust's own route turns this away
        try:
            if request.endpoint == CHANGE_USER_CLASS:
                _check_user_class(web_ui, given_at_start)
            else:
                check_form()
        except (SettingsError, PreflightError) as error:
            model = {"success": False, "message": shown(str(error)), "host": environment.host}
            return jsonify(model), 200 if request.endpoint == START else 400
        return None

    def check_form() -> None:
        runner = environment.runner
        is_running = runner and runner.state in {STATE_SPAWNING, STATE_RUNNING}
        _refuse_other_fields(web_ui)
        refuse_another_hub(request.form.get("host"), environment.host if is_running else given_at_start)
        order = _order(web_ui, starter)
        reason = starter.control.why_no_check_now
        if reason and is_running and environment.shape_class:  # Locust would change nothing, and call that a success
            raise SettingsError(reason)
        if is_running:  # only the number of users changes
            starter.settings_of(order)
        else:
            starter.check(order)
            starter.take(order)

    assert web_ui.app
    web_ui.app.before_request(check)


def _refuse_other_fields(web_ui: WebUI) -> None:
    """Raise SettingsError for fields that neither form has, and for values that the lists of Locust's do not have."""
    offered = {**fields_of_start(web_ui), **dict.fromkeys(OFFERED)}
    if others := request.form.keys() - offered.keys():
        flags = {option.name: option.flag for option in OPTIONS.values()}
        names = ", ".join(sorted(flags.get(name, name) for name in others))
        raise SettingsError(f"The web form cannot change this: {names}. Give it when you start Locust.")
    for field in request.form:
        choices = offered[field]
        for text in request.form.getlist(field):
            if choices is not None and text not in choices:
                raise SettingsError(f"{field}: {text!r} must be one of {', '.join(sorted(choices))}.")


def refuse_another_hub(host: str | None, known: str | None) -> None:
    if host and known and endpoint_of(host) != endpoint_of(known):
        raise SettingsError(
            f"This Locust has the token for {known}: to test another hub, start it with that --host.", "host"
        )


def _order(web_ui: WebUI, starter: Starter) -> Order:
    """Return the run that Locust's form asks for.

    Raises:
        SettingsError: An option cannot be used.
    """
    choice = starter.who_comes.choice
    if web_ui.userclass_picker_is_active:  # then Locust takes the form's classes, or all, and its own shape
        picked, known = request.form.getlist("user_classes"), starter.who_comes.known_classes
        choice = Choice(user_classes=tuple(each for each in known if each in picked or not picked))
    options = with_form(starter.control.options, request.form, has_event=bool(choice.event_text))
    with contextlib.suppress(ValueError):  # which Locust itself refuses next
        options.num_users = int(request.form.get("user_count", ""))
    return Order(choice, request.form.get("host", web_ui.environment.host), options)


def _check_user_class(web_ui: WebUI, known_host: str | None) -> None:
    """Raise SettingsError for what the settings of a user class, in Locust's class picker, do not offer."""
    changes = request.get_json(force=True, silent=True)
    if not isinstance(changes, dict):
        raise SettingsError("The settings of a user class must be a JSON object.")
    offered = changeable_in_user_class(web_ui, str(changes.pop("user_class_name", "")))
    if offered is None:
        raise SettingsError("Only user classes of Locust's class picker can be changed, with --class-picker.")
    if others := changes.keys() - offered:
        raise SettingsError(f"The web form cannot change this of a user class: {', '.join(sorted(others))}.")
    for field in changes.keys() & {"weight", "fixed_count"}:
        if not isinstance(changes[field], int) or changes[field] < 0:
            raise SettingsError(f"{field} must be a whole number, 0 or more.")
    host = changes.get("host")
    refuse_another_hub(str(host) if host else None, known_host or web_ui.environment.host)


def warn_if_open(options: argparse.Namespace) -> None:
    """Log a WARNING when the web UI can be reached from the network without a login."""
    if not options.web_login and not _is_loopback(options.web_host):
        LOG.warning(
            "The web UI listens on the network (--web-host %s) and asks for no login: anybody who reaches it can load "
            "the hub with your token. Leave --web-host out and come through `ssh -L 8089:127.0.0.1:8089`, or make sure "
            "that nobody else reaches it.",
            options.web_host,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
