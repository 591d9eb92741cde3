"""Configurations of a local hub with the authenticators that real hubs have, for its `extra_config`."""

STATSD = """
from unittest.mock import MagicMock

from jupyterhub.handlers import BaseHandler

if not hasattr(BaseHandler, "statsd"):
    BaseHandler.statsd = MagicMock()  # some authenticators still count by it; JupyterHub 6 has it no more
"""

NATIVE = f"""{STATSD}
import nativeauthenticator

c.JupyterHub.authenticator_class = "native"
c.NativeAuthenticator.open_signup = True
c.JupyterHub.template_paths = [str(Path(nativeauthenticator.__file__).parent / "templates")]
"""

NATIVE_2FA = f"{NATIVE}\nc.NativeAuthenticator.allow_2fa = True\n"

NATIVE_NOT_AUTHORIZED = (
    f"{NATIVE}\nc.NativeAuthenticator.open_signup = False\nc.NativeAuthenticator.enable_signup = True\n"
)

FIRST_USE = f"""{STATSD}
c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.FirstUseAuthenticator.dbm_path = str(folder / "passwords.dbm")
c.FirstUseAuthenticator.create_users = True
"""

TMP = 'c.JupyterHub.authenticator_class = "tmp"\n'

TMP_BY_BUTTON = f"{TMP}\nc.TmpAuthenticator.auto_login = False\n"

LTI_11 = f"""{STATSD}
c.JupyterHub.authenticator_class = "ltiauthenticator.LTIAuthenticator"
c.LTI11Authenticator.consumers = {{"client": "secret"}}
"""

LTI_13 = f"""{STATSD}
c.JupyterHub.authenticator_class = "ltiauthenticator.lti13.auth.LTI13Authenticator"
c.LTI13Authenticator.issuer = "https://lms.example"
c.LTI13Authenticator.authorize_url = "https://lms.example/authorize"
c.LTI13Authenticator.jwks_endpoint = "https://lms.example/keys"
c.LTI13Authenticator.client_id = ["hub"]
"""

OAUTH = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = c.GenericOAuthenticator.client_secret = "hub"
c.GenericOAuthenticator.authorize_url = "{provider}/oauth2/authorize"
c.GenericOAuthenticator.token_url = "{provider}/oauth2/token"
c.GenericOAuthenticator.userdata_url = "{provider}/userinfo"
c.GenericOAuthenticator.oauth_callback_url = f"http://127.0.0.1:{settings.public_port}/hub/oauth_callback"
c.GenericOAuthenticator.username_claim = "sub"
c.GenericOAuthenticator.scope = ["openid"]
c.GenericOAuthenticator.login_service = "Campus ID"
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

SEVERAL_WITHOUT_PREFIX = f'{SEVERAL}\nc.MultiAuthenticator.username_prefix = ""\n'

NOBODY_ALLOWED = "c.Authenticator.allow_all = False\n"

OTHER_NAMES = 'c.Authenticator.username_map = {"jdoe": "john"}\n'

OTP = """
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.request_otp = True
"""

NAMES_AND_2FA = f"{OTHER_NAMES}{OTP}c.Authenticator.blocked_users = {{'blocked'}}\n"
