"""Locust's web UI: the check that comes before the first user there, and who can reach it."""

from locust.runners import STATE_RUNNING, STATE_SPAWNING
from locust.web import WebUI

import argparse
import ipaddress

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hubusers.accounts.names import new_run_id
from hubusers.log import get_logger, shown
from hubusers.plugin.messages import RunPlan
from hubusers.plugin.run_control import RunControl
from hubusers.settings.access import SettingsError, endpoint_of
from hubusers.settings.hub_check import PreflightError

LOG = get_logger(__name__)

_ONLY_AT_START = ("hub_token_file", "password_file", "accounts", "named_servers", "notebooks", "ca_bundle", "insecure")
"""Options that say how this machine gets at the hub, which is not for somebody in a browser to change."""


def check_before_swarm(web_ui: WebUI, control: RunControl) -> None:
    """Check what was typed into the web UI's form, and the hub, before Locust starts the first user.

    What is wrong is shown where Locust shows its own errors in the form, and nothing is started. The host cannot be
    changed to another hub than the one Locust was started for, and not in mid-run: its token would be sent there.
    """
    environment = control.environment
    given_at_start = environment.host

    def check() -> ResponseReturnValue | None:
        if request.method != "POST" or not request.path.endswith("/swarm"):
            return None
        if web_ui.web_login and not current_user.is_authenticated:
            return None  # Locust's own route turns this away
        runner = environment.runner
        is_running = runner and runner.state in {STATE_SPAWNING, STATE_RUNNING}
        try:
            if not request.form.keys().isdisjoint(_ONLY_AT_START):
                raise SettingsError(f"{', '.join(_ONLY_AT_START)}: they can only be given when Locust is started.")
            _refuse_another_hub(request.form.get("host"), environment.host if is_running else given_at_start)
            if is_running:
                return None  # only the number of users changes
            options = argparse.Namespace(**vars(environment.parsed_options))
            for name, text in request.form.items():
                if isinstance(getattr(options, name, None), str | int | float) and name != "host":
                    setattr(options, name, text == "true" if isinstance(getattr(options, name), bool) else text)
            host = request.form.get("host") or environment.host
            with control.checking():
                control.check_hub(control.settings_for(RunPlan(new_run_id(), control.event_text), host, options))
        except (SettingsError, PreflightError) as error:
            return jsonify({"success": False, "message": shown(str(error)), "host": environment.host})
        return None

    assert web_ui.app
    web_ui.app.before_request(check)


def _refuse_another_hub(host: str | None, known: str | None) -> None:
    if host and known and endpoint_of(host) != endpoint_of(known):
        raise SettingsError(f"This Locust has the token for {known}: to test another hub, start it with that --host.")


def warn_if_open(options: argparse.Namespace) -> None:
    """Log a WARNING when the web UI can be reached from the network, and asks nobody who they are."""
    if not options.web_login and not _is_loopback(options.web_host):
        LOG.warning(
            "The web UI listens on the network (--web-host %s) and asks for no login: whoever reaches it can load the "
            "hub with your token. Leave --web-host out and come through `ssh -L 8089:127.0.0.1:8089`, or see to it "
            "that nobody else reaches it.",
            options.web_host,
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
