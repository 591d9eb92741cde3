"""Canaille, which asks for the name first, then for the password, then for consent.

Arguments: the port, and the address at the hub to which it sends people back; on the standard input, names and
passwords as JSON.
"""

# mypy: ignore-errors

import json
import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import run_simple

port, callback = sys.argv[1:]
app = create_app(
    {
        "SECRET_KEY": "a key of the test's",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "memory", "LOGGING": None},
        "CANAILLE_OIDC": {"REQUIRE_NONCE": False},  # GenericOAuthenticator sends none
    }
)
with app.app_context():
    for name, password in json.load(sys.stdin).items():
        person = models.User(
            user_name=name, formatted_name=name, family_name=name, emails=[f"{name}@campus.example"], password=password
        )
        Backend.instance.save(person)
    hub = models.Client(
        client_id="hub",
        client_secret="hub-secret",
        client_name="hub",
        redirect_uris=[callback],
        scope=["openid", "profile"],
        grant_types=["authorization_code"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_post",
    )
    Backend.instance.save(hub)
run_simple("127.0.0.1", int(port), app, threaded=True)
