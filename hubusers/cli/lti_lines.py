"""What a hub's configuration needs so that it takes launches from the LMS that a run plays."""

import json
import textwrap

from hubusers.browser.lti_platform import AnyPlatform, Platform

KEYS_PORT = 8764
"""The port on the hub's own machine at which it asks for the platform's keys."""

_KEYS = '''
import sys

# The platform's public key, for which the hub asks at each login: a service of the hub's own gives it, on the hub's own
# machine. (PyJWT takes no file in its place.)
_GIVE_KEYS = """
import http.server, os

class Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(KEYS)

    def log_message(self, *_):
        pass

server, hub = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Keys), os.getppid()
server.timeout = 1
while os.getppid() == hub:  # also where it was killed
    server.handle_request()
"""
_KEYS = b"""JWKS"""
c.JupyterHub.services.append(
    {
        "name": "hubusers-lti-keys",
        "command": [sys.executable, "-c", "KEYS = " + repr(_KEYS) + _GIVE_KEYS],
    }
)
'''


def config_lines(platform: AnyPlatform) -> str:
    """Return lines for `jupyterhub_config.py`."""
    if not isinstance(platform, Platform):
        consumers = {platform.consumer_key: platform.shared_secret}
        return (
            'c.JupyterHub.authenticator_class = "ltiauthenticator.lti11.auth.LTI11Authenticator"\n'
            f"c.LTI11Authenticator.consumers = {json.dumps(consumers)}\n"
            f"{_ALLOW}"
        )
    keys = _KEYS.replace("PORT", str(KEYS_PORT)).replace("JWKS", json.dumps(platform.jwks))
    return (
        'c.JupyterHub.authenticator_class = "ltiauthenticator.lti13.auth.LTI13Authenticator"\n'
        f'c.LTI13Authenticator.issuer = "{platform.issuer}"\n'
        f'c.LTI13Authenticator.authorize_url = "{platform.authorize_url}"\n'
        f'c.LTI13Authenticator.client_id = ["{platform.client_id}"]\n'
        f'c.LTI13Authenticator.jwks_endpoint = "http://127.0.0.1:{KEYS_PORT}"\n'
        f"{_ALLOW}{keys}"
    )


_ALLOW = "c.Authenticator.allow_all = True  # or as your hub has it\n"


def helm_values(platform: AnyPlatform) -> str:
    """Return the same as values of the Helm chart of Zero to JupyterHub."""
    lines = textwrap.indent(config_lines(platform).rstrip("\n"), "      ", lambda line: bool(line.strip()))
    return f"hub:\n  extraConfig:\n    hubusers-lti: |\n{lines}\n"
