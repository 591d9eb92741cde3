"""Logins by the form of an identity provider: a real one, and stand-ins for the pages of others."""

import ssl
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
import trustme

from hubusers.accounts.account import Account
from hubusers.browser import login
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.login_errors import LoggedInAsAnother, LoginAsksMore, LoginElsewhere, LoginRefused
from hubusers.browser.login_page import look_at_login
from hubusers.browser.page import Page
from hubusers.browser.provider_errors import ProviderFailed, ProviderRefused
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError
from hubusers.users.way_in import way_in
from tests.browser import provider_stand_ins as pages
from tests.scripted_hub import Scripted, ScriptedHub

HTML = {"Content-Type": "text/html"}
SECRET = "correct horse"


@pytest.fixture
def provider() -> Iterator[ScriptedHub]:
    with ScriptedHub() as provider:
        yield provider


def browser_at(hub: ScriptedHub, *providers: str) -> Browser:
    return Browser(Connections(hub.url, {}, size=CONNECTIONS), providers=providers)


def of_hub(user: str = "", content: str = "") -> Scripted:
    name = f'user: "{user}",' if user else ""
    return Scripted(200, f"<html><script>window.jhdata = {{ {name} }};</script>{content}</html>", HTML)


def to(url: str) -> Scripted:
    return Scripted(302, "", {"Location": url})


def go_through(hub: ScriptedHub, provider: ScriptedHub, *shown: str | Scripted, status: int = 200) -> Page:
    """Have the hub lead to the provider, whose pages come one after the other; the last one leads back."""
    hub.script(to(f"{provider.url}/auth?state=s"), of_hub("ann"))
    provider.script(*(each if isinstance(each, Scripted) else Scripted(status, each, HTML) for each in shown))
    browser = browser_at(hub, provider.url)
    return login.log_in(browser, "ann", SECRET, Deadline(60), start="/hub/home")


def sent_to(provider: ScriptedHub) -> list[tuple[str, dict[str, str]]]:
    return [
        (asked.path, dict(parse_qsl(asked.body, keep_blank_values=True)))
        for asked in provider.asked
        if asked.method == "POST"
    ]


def back(hub: ScriptedHub) -> Scripted:
    return to(f"{hub.url}/hub/oauth_callback?code=c")


BOTH = {"username": "ann", "password": SECRET}
OF_ZITADEL = {"gorilla.csrf.Token": "t", "authRequestID": "1"}


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ([pages.KEYCLOAK], [("/realms/campus/login?execution=1", {**BOTH, "credentialId": "", "login": "Sign In"})]),
        (
            [pages.KEYCLOAK_NAME, pages.KEYCLOAK_PASSWORD, pages.KEYCLOAK_CONSENT],
            [
                ("/realms/campus/login?execution=1", {"username": "ann", "login": "Sign In"}),
                ("/realms/campus/login?execution=2", {"password": SECRET, "login": "Sign In"}),
                ("/realms/campus/consent", {"code": "c", "accept": "Yes"}),
            ],
        ),
        (
            [pages.DEX_ONE_CONNECTOR, pages.DEX_PASSWORD, pages.DEX_APPROVAL],
            [
                ("/dex/auth/ldap/login?state=s", {"login": "ann", "password": SECRET}),
                ("/dex/auth/ldap/login?state=s", {"req": "r1", "approval": "approve"}),
            ],
        ),
        (
            [pages.SHIBBOLETH_STORAGE, pages.SHIBBOLETH_LOGIN, pages.SHIBBOLETH_CONSENT],
            [
                (
                    "/idp/SSO?execution=e1s1",
                    {"csrf_token": "t", "shib_idp_ls_success.shib_idp_session_ss": "false", "_eventId_proceed": ""},
                ),
                (
                    "/idp/SSO?execution=e1s2",
                    {"csrf_token": "t", "j_username": "ann", "j_password": SECRET, "_eventId_proceed": ""},
                ),
                (
                    "/idp/SSO?execution=e1s3",
                    {
                        "csrf_token": "t",
                        "_shib_idp_consentIds": "uid",
                        "_shib_idp_consentOptions": "_shib_idp_rememberConsent",
                        "_eventId_proceed": "Accept",
                    },
                ),
            ],
        ),
        (
            [pages.ZITADEL_NAME, pages.ZITADEL_PASSWORD, pages.ZITADEL_2FA],
            [
                ("/ui/login/loginname", {**OF_ZITADEL, "loginName": "ann"}),
                ("/ui/login/password", {**OF_ZITADEL, "loginName": "ann", "password": SECRET}),
                ("/ui/login/mfa/prompt", {**OF_ZITADEL, "skip": "true"}),
            ],
        ),
        (
            [pages.ADFS, pages.STAY_SIGNED_IN],
            [
                (
                    "/adfs/ls/?SAMLRequest=x",
                    {"UserName": "ann", "Password": SECRET, "AuthMethod": "FormsAuthentication"},
                ),
                ("/kmsi", {"flowToken": "f"}),
            ],
        ),
    ],
    ids=["Keycloak", "Keycloak, name first", "Dex", "Shibboleth", "Zitadel", "ADFS"],
)
def test_forms_of_providers_are_filled_in(
    scripted_hub: ScriptedHub, provider: ScriptedHub, shown: list[str], sent: list[tuple[str, dict[str, str]]]
) -> None:
    page = go_through(scripted_hub, provider, *shown, back(scripted_hub))
    assert page.path == "/hub/oauth_callback?code=c"
    assert sent_to(provider) == sent


def test_the_form_of_cas_is_filled_in(scripted_hub: ScriptedHub, provider: ScriptedHub) -> None:
    """Its action starts from the page; it confirms where people have asked for that, and leads back with a ticket."""
    at_cas = to(f"{provider.url}/cas/login?service={scripted_hub.url}/hub/login")
    scripted_hub.script(at_cas, of_hub("ann"))
    provider.script(
        Scripted(200, pages.CAS, HTML),
        Scripted(200, pages.CAS_CONFIRMS, HTML),
        to(f"{scripted_hub.url}/hub/login?ticket=ST-1"),
    )
    browser = browser_at(scripted_hub, provider.url)
    assert login.log_in(browser, "ann", SECRET, Deadline(60), start="/hub/home").path == "/hub/login?ticket=ST-1"
    assert sent_to(provider) == [
        ("/cas/login", {**BOTH, "execution": "e1s1", "_eventId": "submit", "geolocation": "", "submit": ""}),
        ("/cas/login", {"execution": "e1s1", "_eventId": "success"}),
    ]
    scripted_hub.script(at_cas)
    provider.script(Scripted(200, pages.CAS, HTML), Scripted(401, pages.CAS_REFUSES, HTML))
    with pytest.raises(ProviderRefused) as raised:
        login.log_in(browser_at(scripted_hub, provider.url), "ann", SECRET, Deadline(60), start="/hub/home")
    assert "refuses: HTTP 401: Authentication attempt has failed. (look at this name" in raised.value.detail


def test_what_is_typed_may_differ_from_the_name_that_the_hub_gives(
    scripted_hub: ScriptedHub, provider: ScriptedHub
) -> None:
    scripted_hub.script(to(f"{provider.url}/auth"), of_hub("ann"))
    provider.script(Scripted(200, pages.ADFS, HTML), back(scripted_hub))
    log_in = way_in(None, Account("ann", login="ann@campus.example"))
    log_in(browser_at(scripted_hub, provider.url), "ann", SECRET, Deadline(60), start="/hub/home")
    assert sent_to(provider)[0][1]["UserName"] == "ann@campus.example"


def test_a_form_that_a_script_sends_goes_to_the_hub(scripted_hub: ScriptedHub, provider: ScriptedHub) -> None:
    """As SAML's answers do, and OpenID's in the mode form_post."""
    go_through(scripted_hub, provider, pages.KEYCLOAK, pages.saml_response(f"{scripted_hub.url}/saml/acs"))
    (answer,) = [asked for asked in scripted_hub.asked if asked.method == "POST"]
    assert (answer.path, dict(parse_qsl(answer.body))) == ("/saml/acs", {"RelayState": "r", "SAMLResponse": "PHNhbWw+"})
    assert answer.headers["Origin"] == provider.url
    assert answer.headers["Referer"] == f"{provider.url}/"


def test_a_form_that_a_script_of_the_hub_sends_goes_to_the_provider(
    scripted_hub: ScriptedHub, provider: ScriptedHub
) -> None:
    request = pages.saml_response(f"{provider.url}/sso").replace("SAMLResponse", "SAMLRequest")
    scripted_hub.script(Scripted(200, request, HTML), of_hub("ann"))
    provider.script(Scripted(200, pages.KEYCLOAK, HTML), back(scripted_hub))
    login.log_in(browser_at(scripted_hub, provider.url), "ann", SECRET, Deadline(60), start="/hub/home")
    assert [path for path, _ in sent_to(provider)] == ["/sso", "/realms/campus/login?execution=1"]
    scripted_hub.script(Scripted(200, request, HTML))
    with pytest.raises(LoginElsewhere, match="login is with another service") as raised:
        login.log_in(browser_at(scripted_hub), "ann", SECRET, Deadline(60), start="/hub/home")
    assert f"--identity-provider {provider.url}" in raised.value.detail


@pytest.mark.parametrize(
    ("shown", "error", "detail"),
    [
        (
            [pages.KEYCLOAK, pages.KEYCLOAK_REFUSES],
            ProviderRefused,
            "the identity provider HOST refuses: HTTP 200: Invalid username or password. (look at this name",
        ),
        (
            [pages.KEYCLOAK, pages.KEYCLOAK_LOCKED],
            ProviderRefused,
            "refuses: HTTP 200: Account is temporarily disabled.",
        ),
        ([pages.KEYCLOAK_NAME, pages.KEYCLOAK_NAME], ProviderRefused, "it asks again, and does not say why"),
        ([pages.KEYCLOAK, Scripted(401, "<html>Bad</html>", HTML)], ProviderRefused, "refuses: HTTP 401"),
        (
            [pages.KEYCLOAK, pages.KEYCLOAK_OTP],
            LoginAsksMore,
            "HOST asks for more than a name and a password ('One-time code'): give these people tokens instead",
        ),
        (
            [pages.KEYCLOAK, pages.KEYCLOAK_UPDATES_PASSWORD],
            LoginAsksMore,
            "asks for more than a name and a password ('New Password', 'Confirm password'): give",
        ),
        ([pages.KEYCLOAK, pages.KEYCLOAK_SECURITY_KEY], LoginAsksMore, "asks for a security key or a passkey: give"),
        (
            [pages.KEYCLOAK, pages.KEYCLOAK_TERMS],
            LoginAsksMore,
            "asks to accept its terms ('Terms and Conditions'), which only the account's owner can do: give",
        ),
        ([pages.REALMS], LoginAsksMore, "asks for more than a name and a password ('Organisation'): give"),
        ([pages.CAPTCHA], LoginAsksMore, "has a captcha in its login form, so that only people can fill it in: give"),
        (
            [pages.DEX_CONNECTORS],
            LoginElsewhere,
            "lets people choose how to sign in ('Log in with LDAP', 'Log in with GitHub'): let the hub name one way",
        ),
        ([pages.OKTA], LoginElsewhere, "the login page of HOST has no form in it: scripts draw one"),
        (
            [pages.SENDS_ELSEWHERE],
            LoginElsewhere,
            "passwords go to https://evil.example only if you allow it: with --identity-provider https://evil.example,",
        ),
        ([pages.BASE_ELSEWHERE], LoginElsewhere, "passwords go to https://evil.example only if you allow it: with"),
        ([pages.BUTTON_ELSEWHERE], LoginElsewhere, "passwords go to https://evil.example only if you allow it: with"),
        (
            [pages.KEYCLOAK, Scripted(307, "", {"Location": "https://evil.example/realms"})],
            LoginElsewhere,
            "the identity provider HOST sends people on to evil.example to log in; passwords go to https://evil",
        ),
        ([pages.BY_GET], LoginElsewhere, "the login form of HOST would send the password in its address, where logs"),
        ([pages.BUTTON_BY_GET], LoginElsewhere, "of HOST would send the password in its address, where logs keep it"),
        (
            [pages.BY_SCRIPT],
            LoginElsewhere,
            "a form of HOST names no page to which it could be sent ('javascript:void(0)'); if a script sends it, only",
        ),
        ([pages.NOWHERE], LoginElsewhere, "a form of HOST names no page to which it could be sent ('http://['); if"),
        (
            [pages.KEYCLOAK, pages.CONSENT_NOWHERE],
            LoginElsewhere,
            "a form of HOST names no page to which it could be sent ('http://[')",
        ),
        (
            [to("https://login.other.example/saml")],
            LoginElsewhere,
            "the identity provider HOST sends people on to login.other.example to log in; passwords go to https://login",
        ),
        (
            [Scripted(400, pages.KEYCLOAK_ERROR, HTML)],
            ProviderFailed,
            "HOST answered with HTTP 400: Invalid parameter: redirect_uri; look at how the hub is registered there",
        ),
        ([Scripted(503, "Down")], ProviderFailed, "HOST answered with HTTP 503: Down; look at"),
        (["<html><h1>Welcome</h1></html>"], ProviderFailed, "answered with a page that leads nowhere: Welcome; look"),
        (
            [Scripted(lost=True)],
            ProviderFailed,
            "HOST did not answer: connection lost; is it up, and can it be reached",
        ),
    ],
)
def test_what_a_provider_asks_for_in_vain_is_told(
    scripted_hub: ScriptedHub,
    provider: ScriptedHub,
    shown: list[str | Scripted],
    error: type[HubUsersError],
    detail: str,
) -> None:
    with pytest.raises(error) as raised:
        go_through(scripted_hub, provider, *shown)
    assert detail.replace("HOST", provider.url.removeprefix("http://")) in raised.value.detail
    assert SECRET not in raised.value.detail + str(raised.value) + raised.value.words
    if shown[0] in [pages.REALMS, pages.CAPTCHA] or (error is LoginElsewhere and len(shown) == 1):
        assert not sent_to(provider)
        assert not any("password" in asked.path for asked in provider.asked)


def test_a_page_of_a_server_may_send_a_form_by_script(scripted_hub: ScriptedHub) -> None:
    page = Scripted(200, pages.saml_response("https://elsewhere.example/acs"), HTML)
    scripted_hub.script(to("/user/ann/app"), page, Scripted(200, {"name": "ann"}))
    assert login.log_in(browser_at(scripted_hub), "ann", SECRET, Deadline(60)).path == "/user/ann/app"


def test_a_provider_whose_certificate_is_not_trusted_is_sent_nothing(scripted_hub: ScriptedHub) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with ScriptedHub(tls=tls) as provider:
        scripted_hub.script(to(f"{provider.url}/auth"))
        with pytest.raises(ProviderFailed) as raised:
            login.log_in(browser_at(scripted_hub, provider.url), "ann", SECRET, Deadline(60))
        assert not provider.asked
    assert raised.value.detail.endswith(
        "did not answer: TLS certificate not trusted; give the certificate of its authority with --ca-bundle"
    )


def test_a_provider_that_nobody_named_is_sent_nothing(scripted_hub: ScriptedHub, provider: ScriptedHub) -> None:
    scripted_hub.script(to(f"{provider.url}/auth"))
    with pytest.raises(LoginElsewhere):
        login.log_in(browser_at(scripted_hub, "https://sso.example.org"), "ann", SECRET, Deadline(60))
    assert not provider.asked


def test_a_button_is_pressed_that_leads_to_the_provider(scripted_hub: ScriptedHub, provider: ScriptedHub) -> None:
    links = "".join(f"<a href='/hub/{each}/oauth_login'>{each}</a>" for each in ("github", "campus"))
    scripted_hub.script(
        of_hub("", f"<div id='login-main'>{links}</div>"),
        to("https://github.example/login"),  # only looked at
        to(f"{provider.url}/auth"),  # likewise
        to(f"{provider.url}/auth"),
        of_hub("ann"),
    )
    provider.script(Scripted(200, pages.KEYCLOAK, HTML), back(scripted_hub))
    login.log_in(browser_at(scripted_hub, provider.url), "ann", SECRET, Deadline(60), start="/hub/login")
    assert [asked.path for asked in scripted_hub.asked] == [
        "/hub/login",
        "/hub/github/oauth_login",
        "/hub/campus/oauth_login",
        "/hub/campus/oauth_login",
        "/hub/oauth_callback?code=c",
    ]


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (of_hub("mia"), LoggedInAsAnother, "the hub says that this is mia"),
        (
            Scripted(403, "<html>jhdata<div class=error><p>You are not allowed.</p></div></html>", HTML),
            LoginRefused,
            "logging in as ann: HTTP 403: You are not allowed.",
        ),
        (
            Scripted(500, "<html>jhdata<div class=error><p>Token exchange failed.</p></div></html>", HTML),
            HubUsersError,
            'logging in as ann: HTTP 500: {"message": "Token exchange failed."}',
        ),
    ],
)
def test_what_the_hub_says_after_the_provider_is_told(
    scripted_hub: ScriptedHub, provider: ScriptedHub, answer: Scripted, error: type[HubUsersError], words: str
) -> None:
    scripted_hub.script(to(f"{provider.url}/auth"), answer)
    provider.script(Scripted(200, pages.KEYCLOAK, HTML), back(scripted_hub))
    with pytest.raises(error) as raised:
        login.log_in(browser_at(scripted_hub, provider.url), "ann", SECRET, Deadline(60), start="/hub/home")
    assert words in raised.value.detail
    assert not isinstance(raised.value, ProviderFailed | ProviderRefused)


def test_what_a_provider_asks_for_is_told_without_logging_in(scripted_hub: ScriptedHub, provider: ScriptedHub) -> None:
    host = provider.url.removeprefix("http://")
    provider.script(Scripted(200, pages.KEYCLOAK, HTML))
    button = of_hub("", "<div id='login-main'><a href='/hub/oauth_login'>Campus ID</a></div>")
    for first in (button, to("/hub/oauth_login?next=")):  # as with auto_login
        scripted_hub.script(first, to(f"{provider.url}/auth"))
        looked = look_at_login(browser_at(scripted_hub, provider.url), Deadline(60))
        assert (looked.asks_for, looked.takes_passwords) == (f"a form for name and password, at {host}", True)
    provider.script(Scripted(200, pages.OKTA, HTML))
    scripted_hub.script(to(f"{provider.url}/auth"))
    looked = look_at_login(browser_at(scripted_hub, provider.url), Deadline(60))
    assert (looked.asks_for, looked.takes_passwords) == (f"nothing that is known here, at {host}", None)
    assert {asked.method for asked in (*provider.asked, *scripted_hub.asked)} == {"GET"}


def test_time_at_the_provider_is_told_apart(scripted_hub: ScriptedHub, provider: ScriptedHub) -> None:
    scripted_hub.script(to(f"{provider.url}/auth"), of_hub("ann"))
    scripted_hub.answers[1].held = 0.2
    provider.script(Scripted(200, pages.KEYCLOAK, HTML, held=0.3), back(scripted_hub))
    browser = browser_at(scripted_hub, provider.url)
    login.log_in(browser, "ann", SECRET, Deadline(60), start="/hub/home")
    assert browser.seconds_with.keys() == {"", provider.url.removeprefix("http://")}
    assert browser.seconds_with[provider.url.removeprefix("http://")] >= 0.3
    assert browser.seconds_with[""] >= 0.2


def test_tokens_are_for_the_hub_alone(scripted_hub: ScriptedHub, provider: ScriptedHub) -> None:
    scripted_hub.script(to(f"{provider.url}/auth"))
    provider.script(Scripted(200, "<html></html>", HTML))
    Browser(Connections(scripted_hub.url, {}), authorization="token t", providers=[provider.url]).get("/hub/home")
    assert scripted_hub.asked[0].headers["Authorization"] == "token t"
    assert "Authorization" not in provider.asked[0].headers
