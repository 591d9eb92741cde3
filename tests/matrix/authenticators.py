"""Authenticators: who people are, and how they log in."""

from tests.browser.authenticators import (
    FIRST_USE,
    LTI_11,
    NATIVE,
    NOBODY_ALLOWED,
    OAUTH,
    SEVERAL_WITHOUT_PREFIX,
    TMP,
)
from tests.matrix.accounts import ACCOUNTS_OF_THE_MACHINE
from tests.matrix.case import PASSWORD, browser_case
from tests.matrix.directories import ACCOUNTS, OPENID_PROVIDER, PEOPLE, SLAPD

_SIGNED_UP = f"""{NATIVE}
class WithPeople(nativeauthenticator.NativeAuthenticator):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        for name, password in {dict(PEOPLE)!r}.items():
            self.create_user(name, password)


c.JupyterHub.authenticator_class = WithPeople
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

_OPENID = OAUTH.replace('"{provider}', 'f"{provider}')

_FIRST_USE_PACKAGE = "jupyterhub-firstuseauthenticator"
_LTI_PACKAGE = "jupyterhub-ltiauthenticator"
_OPENID_PACKAGES = ("oauthenticator", "oidc-provider-mock")

CASES = (
    browser_case("dummy, everybody with a token", environment={}),
    browser_case("shared password", config=_SHARED),
    browser_case(
        "native, people who have signed up",
        hub_packages=("jupyterhub-nativeauthenticator",),
        config=_SIGNED_UP,
        accounts=ACCOUNTS,
    ),
    browser_case("first use", hub_packages=(_FIRST_USE_PACKAGE,), config=FIRST_USE),
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
        refused="what another service asks cannot be typed in from here",
    ),
    browser_case("LTI, everybody with a token", hub_packages=(_LTI_PACKAGE,), config=LTI_11, environment={}),
    browser_case(
        "LTI, with passwords",
        hub_packages=(_LTI_PACKAGE,),
        config=LTI_11,
        refused="which only takes people whom another service sends",
    ),
    browser_case(
        "OpenID and the dummy authenticator on one page",
        hub_packages=(*_OPENID_PACKAGES, "jupyterhub-multiauthenticator"),
        config=SEVERAL_WITHOUT_PREFIX,
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
        config=NOBODY_ALLOWED,
        refused="since version 5 nobody may log in",
    ),
    browser_case(
        "names that the hub maps to others",
        config='c.Authenticator.username_map = {"anna": "annika"}\n',
        accounts=ACCOUNTS,
        refused="the hub says that this is annika",
    ),
)
