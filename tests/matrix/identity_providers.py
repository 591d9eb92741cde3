"""Identity providers: people log in by their forms, and are led back to the hub."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hubusers.local.ports import LOOPBACK, free_port
from tests import environments
from tests.matrix.case import PASSWORD, Part, Site, browser_case
from tests.matrix.directories import ACCOUNTS, PEOPLE
from tests.matrix.processes import listens, ran, running, version_of
from tests.matrix.web_servers import apache_with_saml

_SCRIPTS = Path(__file__).parent / "providers"

_OAUTH = """
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "hub"
c.GenericOAuthenticator.client_secret = "hub-secret"
c.GenericOAuthenticator.authorize_url = f"{provider}/PATHS"
c.GenericOAuthenticator.token_url = f"{provider}/PATHS"
c.GenericOAuthenticator.userdata_url = f"{provider}/PATHS"
c.GenericOAuthenticator.oauth_callback_url = f"http://127.0.0.1:{proxy_port}/hub/oauth_callback"
c.GenericOAuthenticator.login_service = "Campus ID"
"""


def _hub(authorize: str, token: str, who: str, claim: str, scope: str, more: str = "") -> str:
    """Return the configuration of a hub whose people log in with a provider."""
    config = _OAUTH
    for path in (authorize, token, who):
        config = config.replace("PATHS", path, 1)
    return (
        f"{config}c.GenericOAuthenticator.username_claim = {claim!r}\n"
        f"c.GenericOAuthenticator.scope = {scope.split()!r}\n{more}"
    )


@contextmanager
def _provider(site: Site, command: Sequence[str], port: int) -> Iterator[Mapping[str, object]]:
    people, url = site.folder / "people.json", f"http://{LOOPBACK}:{port}"
    people.write_text(json.dumps(dict(PEOPLE)), encoding="utf-8")
    with (
        people.open("rb") as standard_input,
        running(
            command, site.folder / "provider.log", lambda: listens(port), standard_input=standard_input, cwd=site.folder
        ),
    ):
        yield {"provider": url, "HUBUSERS_IDENTITY_PROVIDER": url}


@contextmanager
def _oidc_provider(site: Site) -> Iterator[Mapping[str, object]]:
    package, _ = environments.npm_package("oidc-provider", "9")
    port = free_port()
    file, callback = package / "lib" / "index.js", f"http://{LOOPBACK}:{site.proxy_port}/hub/oauth_callback"
    command = ["node", str(_SCRIPTS / "oidc_provider.mjs"), str(file), str(port), callback]
    with _provider(site, command, port) as names:
        yield names


def _python_provider(name: str, *packages: str) -> Part:
    """Return a provider from PyPI, which is started by a script of its name."""

    @contextmanager
    def start(site: Site) -> Iterator[Mapping[str, object]]:
        python, port = environments.environment(f"provider-{name.lower()}", *packages), free_port()
        callback = f"http://{LOOPBACK}:{site.proxy_port}/hub/oauth_callback"
        script = _SCRIPTS / f"{name.lower().split()[0]}_provider.py"
        with _provider(site, [str(python), str(script), str(port), callback], port) as names:
            yield names

    def version() -> str:
        installed = environments.installed_versions(environments.environment(f"provider-{name.lower()}", *packages))
        return installed[packages[0].partition("[")[0]]

    return Part(name, {}, start, version)


_OIDC_PROVIDER = Part(
    "oidc-provider",
    {"npm": "apt install npm"},
    _oidc_provider,
    lambda: environments.npm_package("oidc-provider", "9")[1],
)
_CANAILLE = _python_provider("Canaille", "canaille[front,oidc,server]")
_DJANGO = _python_provider("Django OAuth Toolkit", "django-oauth-toolkit", "django~=5.2")

_SAML_CONFIG = """<?php
$config = [
    'baseurlpath' => 'http://{ip}:{port}/',
    'certdir' => '{folder}/saml/',
    'loggingdir' => '{folder}/saml/',
    'datadir' => '{folder}/saml/',
    'tempdir' => '{folder}/saml/',
    'metadatadir' => '{folder}/saml/metadata/',
    'secretsalt' => 'a salt of the test',
    'auth.adminpassword' => 'not used',
    'logging.handler' => 'file',
    'enable.saml20-idp' => true,
    'module.enable' => ['exampleauth' => true, 'consent' => true, 'core' => true, 'saml' => true],
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => '{folder}/saml/',
    'metadata.sources' => [['type' => 'flatfile']],
    'authproc.idp' => [90 => ['class' => 'consent:Consent', 'identifyingAttribute' => 'uid']],
];
"""
_SAML_PEOPLE = "<?php\n$config = ['people' => ['exampleauth:UserPass', {people}]];\n"
_SAML_HOSTED = """<?php
$metadata['http://{ip}:{port}/idp'] = [
    'host' => '__DEFAULT__', 'privatekey' => 'idp.key', 'certificate' => 'idp.crt', 'auth' => 'people',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
];
"""
_SAML_HUB = """<?php
$metadata['{hub}/mellon/metadata'] = [
    'AssertionConsumerService' => '{hub}/mellon/postResponse', 'SingleLogoutService' => '{hub}/mellon/logout',
];
"""

BY_HEADER = """
from jupyterhub.auth import Authenticator
from jupyterhub.handlers import LoginHandler


class OfHeader(LoginHandler):
    async def get(self):
        user = await self.login_user({"username": self.request.headers["X-Remote-User"]})
        self.redirect(self.get_next_url(user)) if user else self.send_error(403)


class HeaderAuthenticator(Authenticator):
    auto_login = True

    async def authenticate(self, handler, data):
        return data["username"]

    def get_handlers(self, app):
        return [("/login", OfHeader)]


c.JupyterHub.authenticator_class = HeaderAuthenticator
c.Authenticator.allow_all = True
"""
"""The hub takes the name that the web server before it has made sure of, as authenticators for REMOTE_USER do."""


@contextmanager
def _simplesamlphp(site: Site) -> Iterator[Mapping[str, object]]:
    port, folder, hub_port = free_port(), site.folder / "saml", free_port()
    hub, values = f"https://{LOOPBACK}:{hub_port}", {"ip": LOOPBACK, "port": port, "folder": site.folder}
    (folder / "metadata").mkdir(parents=True)
    for name in ("idp", "hub"):
        subject = ["-subj", f"/CN={name}", "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.crt")]
        ran(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject])
    quoted = ((f"{name}:{password}".replace("'", "\\'"), name) for name, password in PEOPLE.items())
    people = ", ".join(f"'{who}' => ['uid' => ['{name}']]" for who, name in quoted)
    texts = {
        "config.php": _SAML_CONFIG.format(**values),
        "authsources.php": _SAML_PEOPLE.format(people=people),
        "metadata/saml20-idp-hosted.php": _SAML_HOSTED.format(**values),
        "metadata/saml20-sp-remote.php": _SAML_HUB.format(hub=hub),
    }
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    command = ["php", "-S", f"{LOOPBACK}:{port}", "-t", "/usr/share/simplesamlphp/www"]
    environment = {"PATH": "/usr/bin:/bin", "SIMPLESAMLPHP_CONFIG_DIR": str(folder)}
    url = f"http://{LOOPBACK}:{port}"
    with running(command, site.folder / "provider.log", lambda: listens(port), env=environment):
        metadata = ran(["curl", "-s", "-f", f"{url}/saml2/idp/metadata.php"])
        (folder / "idp.xml").write_bytes(metadata)
        with apache_with_saml(site, hub_port) as names:
            yield {**names, "HUBUSERS_IDENTITY_PROVIDER": url}


_SIMPLESAMLPHP = Part(
    "SimpleSAMLphp",
    {
        "/usr/share/simplesamlphp": "apt install simplesamlphp",
        "php": "apt install php-cli",
        "/usr/lib/apache2/modules/mod_auth_mellon.so": "apt install libapache2-mod-auth-mellon",
        "openssl": "apt install openssl",
        "curl": "apt install curl",
    },
    _simplesamlphp,
    version_of("dpkg-query", "-W", "simplesamlphp"),
)

_OF_OIDC_PROVIDER = _hub("auth", "token", "me", "sub", "openid")

CASES = (
    browser_case(
        "a form, then a page for consent (oidc-provider), behind the hub's button",
        hub_packages=("oauthenticator",),
        config=_OF_OIDC_PROVIDER,
        parts=(_OIDC_PROVIDER,),
        environment=PASSWORD,
    ),
    browser_case(
        "the same, where the hub leads there by itself (auto_login)",
        hub_packages=("oauthenticator",),
        config=f"{_OF_OIDC_PROVIDER}c.Authenticator.auto_login = True\n",
        parts=(_OIDC_PROVIDER,),
        environment=PASSWORD,
    ),
    browser_case(
        "the name first, then the password, then a page for consent (Canaille)",
        hub_packages=("oauthenticator",),
        config=_hub("oauth/authorize", "oauth/token", "oauth/userinfo", "sub", "openid profile"),
        parts=(_CANAILLE,),
        accounts=ACCOUNTS,
    ),
    browser_case(
        "Django's form, then a page for consent (Django OAuth Toolkit)",
        hub_packages=("oauthenticator",),
        config=_hub("o/authorize/", "o/token/", "who", "name", "name"),
        parts=(_DJANGO,),
        accounts=ACCOUNTS,
    ),
    browser_case(
        "SAML: a form, a page for consent, and an answer that a script sends (SimpleSAMLphp, Apache's mod_auth_mellon)",
        config=BY_HEADER,
        parts=(_SIMPLESAMLPHP,),
        accounts=ACCOUNTS,
    ),
    browser_case(
        "an identity provider that refuses the password (Canaille)",
        hub_packages=("oauthenticator",),
        config=_hub("oauth/authorize", "oauth/token", "oauth/userinfo", "sub", "openid profile"),
        parts=(_CANAILLE,),
        accounts="name,password\nanna,wrong\n",
        refused="the identity provider",
    ),
)
