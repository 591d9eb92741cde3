"""Configurations of a local hub with authenticators that real hubs have, for its `extra_config`."""

NAMES_AND_2FA = """
c.Authenticator.username_map = {"jdoe": "john"}
c.Authenticator.request_otp = True
c.Authenticator.blocked_users = {"blocked"}
"""

SEVERAL = """
c.JupyterHub.authenticator_class = "multiauthenticator.MultiAuthenticator"
c.MultiAuthenticator.authenticators = [
    {"authenticator_class": "generic-oauth", "url_prefix": "/campus", "config": {
        "client_id": "hub", "client_secret": "hub", "login_service": "Campus ID", "allow_all": True,
        "authorize_url": "https://login.campus.example/authorize", "token_url": "https://login.campus.example/token",
    }},
    {"authenticator_class": "dummy", "url_prefix": "/local", "config": {
        "allow_all": True, "password": "local-secret", "service_name": "local",
    }},
]
"""

TMP = 'c.JupyterHub.authenticator_class = "tmp"'
