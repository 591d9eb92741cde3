"""Locust's web UI: the check that comes before the first user there."""

from locust.env import Environment
from locust.web import WebUI

import argparse

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from hubusers.hub.endpoint import hub_url
from hubusers.run.options import SettingsError, endpoint_of, settings_from
from hubusers.run.preflight import PreflightError, check_hub


def check_before_swarm(web_ui: WebUI, environment: Environment) -> None:
    """Check what was typed into the web UI's form, and the hub, before Locust starts the first user.

    What is wrong is shown where Locust shows its own errors in the form, and nothing is started. The host cannot be
    changed to another hub than the one Locust was started for: its token would be sent there.
    """
    given_at_start = environment.host

    def check() -> ResponseReturnValue | None:
        if request.method != "POST" or not request.path.endswith("/swarm"):
            return None
        if web_ui.web_login and not current_user.is_authenticated:
            return None  # Locust's own route turns this away
        host = request.form.get("host") or environment.host
        try:
            if "hub_token_file" in request.form:
                raise SettingsError("The token's file can only be given when Locust is started.")
            options = argparse.Namespace(**vars(environment.parsed_options))
            for name, text in request.form.items():
                if isinstance(getattr(options, name, None), str | int | float) and name != "host":
                    setattr(options, name, text == "true" if isinstance(getattr(options, name), bool) else text)
            settings = settings_from(options, host, run_id="")
            if given_at_start and settings.endpoint != endpoint_of(given_at_start):
                raise SettingsError(
                    f"This Locust has the token for {given_at_start}: to test another hub, start it with that --host."
                )
            check_hub(settings.endpoint, settings.token)
        except (SettingsError, PreflightError) as error:
            return jsonify({"success": False, "message": str(error), "host": environment.host})
        environment.host = hub_url(settings.endpoint)
        return None

    assert web_ui.app
    web_ui.app.before_request(check)
