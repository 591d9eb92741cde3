"""Authenticators: who people are, and how they log in."""

from tests.browser.authenticators import SEVERAL, TMP
from tests.matrix.accounts import ACCOUNTS_OF_THE_MACHINE
from tests.matrix.case import PASSWORD, browser_case
from tests.matrix.directories import ACCOUNTS, OPENID_PROVIDER, PEOPLE, SLAPD

_SIGNED_UP = f"""
import nativeauthenticator


class WithPeople(nativeauthenticator.NativeAuthenticator):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        for name, password in {dict(PEOPLE)!r}.items():
            self.create_user(name, password)


c.JupyterHub.authenticator_class = WithPeople
c.NativeAuthenticator.open_signup = True
c.JupyterHub.template_paths = [str(Path(nativeauthenticator.__file__).parent / "templates")]
"""

_FIRST_USE = """
c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.FirstUseAuthenticator.dbm_path = str(folder / "passwords.dbm")
c.FirstUseAuthenticator.create_users = True
"""

_LTI = """
c.JupyterHub.authenticator_class = "ltiauthenticator.LTIAuthenticator"
c.LTI11Authenticator.consumers = {"client": "secret"}
"""

_LDAP = """
c.JupyterHub.authenticator_class = "ldapauthenticator.LDAPAuthenticator"
c.LDAPAuthenticator.server_address = "127.0.0.1"
c.LDAPAuthenticator.server_port = ldap_port
c.LDAPAuthenticator.tls_strategy = "insecure"
c.LDAPAuthenticator.bind_dn_template = ["uid={username},dc=campus,dc=example"]
"""

_PAM = 'c.JupyterHub.authenticator_class = "pam"\n'

_SHARED = f"""
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {PASSWORD["HUBUSERS_PASSWORD"]!r}
"""

_OPENID = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = c.GenericOAuthenticator.client_secret = "hub"
c.GenericOAuthenticator.authorize_url = f"{provider}/oauth2/authorize"
c.GenericOAuthenticator.token_url = f"{provider}/oauth2/token"
c.GenericOAuthenticator.userdata_url = f"{provider}/userinfo"
c.GenericOAuthenticator.oauth_callback_url = f"http://127.0.0.1:{proxy_port}/hub/oauth_callback"
c.GenericOAuthenticator.username_claim = "sub"
c.GenericOAuthenticator.scope = ["openid"]
c.GenericOAuthenticator.login_service = "Campus ID"
"""

_SEVERAL = f"""{SEVERAL}
c.MultiAuthenticator.username_prefix = ""
"""

_FIRST_USE_PACKAGE = "jupyterhub-firstuseauthenticator"
_LTI_PACKAGE = "jupyterhub-ltiauthenticator"
_OPENID_PACKAGES = ("oauthenticator", "oidc-provider-mock")

CASES = (
    browser_case("dummy, everybody with a token", environment={}),
    browser_case("shared password", config=_SHARED),
    browser_case(
        "native, people who have signed up",
        hub="5.5",
        hub_packages=("jupyterhub-nativeauthenticator",),
        config=_SIGNED_UP,
        accounts=ACCOUNTS,
        remark="On JupyterHub 6.1 nobody can log in: nativeauthenticator 1.3 uses the `statsd` that it had before",
    ),
    browser_case("first use", hub_packages=(_FIRST_USE_PACKAGE,), config=_FIRST_USE),
    browser_case("PAM", config=_PAM, parts=(ACCOUNTS_OF_THE_MACHINE,), accounts=ACCOUNTS),
    browser_case(
        "LDAP", hub_packages=("jupyterhub-ldapauthenticator",), config=_LDAP, parts=(SLAPD,), accounts=ACCOUNTS
    ),
    browser_case(
        "OpenID (GenericOAuthenticator), everybody with a token",
        hub_packages=_OPENID_PACKAGES,
        config=_OPENID,
        parts=(OPENID_PROVIDER,),
        environment={},
    ),
    browser_case(
        "OpenID (GenericOAuthenticator), with passwords",
        hub_packages=_OPENID_PACKAGES,
        config=_OPENID,
        parts=(OPENID_PROVIDER,),
        refused="only if you allow it: with --identity-provider",
    ),
    browser_case("LTI, everybody with a token", hub_packages=(_LTI_PACKAGE,), config=_LTI, environment={}),
    browser_case(
        "LTI, with passwords",
        hub_packages=(_LTI_PACKAGE,),
        config=_LTI,
        refused="which only takes people whom another service sends",
    ),
    browser_case(
        "OpenID and the dummy authenticator on one page",
        hub_packages=(*_OPENID_PACKAGES, "jupyterhub-multiauthenticator"),
        config=_SEVERAL,
        environment={"HUBUSERS_PASSWORD": "local-secret"},
        parts=(OPENID_PROVIDER,),
    ),
    browser_case(
        "tmp, everybody with a token",
        hub_packages=("jupyterhub-tmpauthenticator",),
        config=TMP,
        environment={},
    ),
    browser_case(
        "tmp, with passwords",
        hub_packages=("jupyterhub-tmpauthenticator",),
        config=TMP,
        refused="the hub says that this is",
    ),
    browser_case(
        "a hub that allows nobody",
        config="c.Authenticator.allow_all = False\n",
        refused="since version 5 nobody may log in",
    ),
    browser_case(
        "names that the hub maps to others",
        config='c.Authenticator.username_map = {"anna": "annika"}\n',
        accounts=ACCOUNTS,
        refused="the hub says that this is annika",
    ),
)
