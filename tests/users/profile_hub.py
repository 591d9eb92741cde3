"""A hub with KubeSpawner's own form, several of JupyterHub's authenticators behind one page, and bad luck to choose.

The form is rendered and read by KubeSpawner's real code; what it starts are stubs. The first part of a name says who
checks the password: `shared-…` and `pam-…` the authenticators of that name, the dummy one all others. PAM itself is
played, because it would need accounts of the machine.
"""

CONFIG = """
import asyncio
from pathlib import Path

import pamela
from jupyterhub.auth import Authenticator, DummyAuthenticator, PAMAuthenticator
from jupyterhub.handlers import BaseHandler
from kubespawner import KubeSpawner
from traitlets import default

from hubusers.local.spawners import StubSpawner

try:
    from jupyterhub.authenticators.shared import SharedPasswordAuthenticator
except ImportError:  # JupyterHub 4
    class SharedPasswordAuthenticator(DummyAuthenticator):
        password = "shared-secret"


def play_pam(username, password, **_):
    if password != f"unix-{username}":
        raise pamela.PAMError(7)


pamela.authenticate, pamela.check_account = play_pam, lambda *_, **__: None


class Elsewhere(BaseHandler):
    def get(self):
        self.redirect("https://login.campus.example/authorize?client=hub")


def is_told_to(what):
    # By a file, so that a test can change what the hub does without starting another one.
    return property(lambda self: (folder / what).exists())


class Several(Authenticator):
    auto_login = is_told_to("auto_login")
    login_service = property(lambda self: "Campus ID" if self.auto_login or (folder / "button").exists() else "")

    def login_url(self, base_url):
        return base_url + ("oauth_login" if self.login_service else "login")

    def get_handlers(self, app):
        return [("/oauth_login", Elsewhere)]

    async def authenticate(self, handler, data):
        kinds = {"shared": SharedPasswordAuthenticator, "pam": PAMAuthenticator}
        kind = kinds.get(data["username"].partition("-")[0], DummyAuthenticator)
        authenticated = kind(parent=self, allow_all=True).authenticate(handler, data)
        return await authenticated if hasattr(authenticated, "__await__") else authenticated


PROFILES = [
    {"display_name": "Small", "slug": "small", "profile_options": {
        "image": {"display_name": "Image", "unlisted_choice": {"enabled": True, "display_name": "Other image"},
            "choices": {"base": {"display_name": "Base"}, "scipy": {"display_name": "SciPy"}}},
        "memory": {"display_name": "Memory", "choices": {
            "1": {"display_name": "1 GB"}, "2": {"display_name": "2 GB", "default": True}}},
    }},
    {"display_name": "Large", "default": True, "profile_options": {
        "image": {"display_name": "Image", "choices": {"cuda": {"display_name": "CUDA"}}}}},
    {"display_name": "Broken"},
    {"display_name": "Breaks later"},
]


class ProfileSpawner(StubSpawner):
    profile_form_template = ""
    additional_profile_form_template_paths = []
    _get_initialized_profile_list = KubeSpawner._get_initialized_profile_list
    _validate_user_options = KubeSpawner._validate_user_options
    _get_profile = KubeSpawner._get_profile

    @default("options_form")
    def _options_form_default(self):
        if self.user.name.startswith("plain"):
            return ""
        return lambda spawner: KubeSpawner._render_options_form(spawner, PROFILES)

    @default("options_from_form")
    def _options_from_form_default(self):
        return lambda fields: KubeSpawner._options_from_form(self, fields)

    async def start(self):
        while (folder / "no server starts").exists():
            await asyncio.sleep(0.02)
        profile = self.user_options.get("profile")
        if profile in {"broken", "breaks-later"}:
            await asyncio.sleep(1.2 if profile == "breaks-later" else 0)
            raise RuntimeError("no node has room for this")
        return await super().start()


c.JupyterHub.authenticator_class = Several
c.Authenticator.blocked_users = {"blocked"}
c.DummyAuthenticator.password = "dummy-secret"
c.SharedPasswordAuthenticator.user_password = "shared-secret"
c.JupyterHub.spawner_class = ProfileSpawner
c.JupyterHub.allow_named_servers = True
c.JupyterHub.services.append({
    "name": "curious", "api_token": "x" * 32, "oauth_client_id": "service-curious", "oauth_redirect_uri": "/hub/health",
})
c.JupyterHub.load_roles.append({"name": "user", "scopes": ["self", "access:services"]})
c.JupyterHub.tornado_settings = {
    "slow_spawn_timeout": 0, "slow_stop_timeout": 0, "spawn_throttle_retry_range": (7, 8),
}
"""
