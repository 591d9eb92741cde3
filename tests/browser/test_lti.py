"""LTI launches: with hubs that take them, and compared with other implementations of LTI."""

from locust.exception import StopUser

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from click.testing import CliRunner
from lti import ToolConsumer as OtherConsumer
from lti import ToolProvider
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import MessageLaunchAbstract
from lti1p3platform.registration import Registration
from oauthlib import oauth1
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.tool_config.dict import ToolConfDict

from hubusers.browser import lti_1_1, lti_1_3
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.login_errors import LoggedInAsAnother, LoginFailed
from hubusers.browser.lti import launch
from hubusers.browser.lti_check import look_at_launches
from hubusers.browser.lti_errors import LaunchRefused
from hubusers.browser.lti_platform import AnyPlatform, Platform, PlatformError, ToolConsumer, read_platform
from hubusers.browser.page import Page
from hubusers.cli import main
from hubusers.cli.lti_lines import KEYS_PORT, config_lines
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from hubusers.results.records import LOGIN
from hubusers.users import PageUser
from tests.scripted_hub import Scripted, ScriptedHub
from tests.users.people import people_on
from tests.waiting import wait_until

HOME = "/hub/home"
LINK = "/hub/user-redirect/git-pull?repo=https://example.org/nextcloud.git&urlpath=lab/tree/a%20b"


def made(folder: Path, *arguments: str) -> AnyPlatform:
    """Return a platform that the command has made."""
    done = CliRunner().invoke(main, ["lti", str(folder / "lti.toml"), *arguments])
    assert not done.exit_code, done.output
    return read_platform(str(folder / "lti.toml"))


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> ToolConsumer:
    platform = made(tmp_path_factory.mktemp("lti-1-1"), "--version", "1.1", "--lms", "canvas")
    assert isinstance(platform, ToolConsumer)
    return platform


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    platform = made(tmp_path_factory.mktemp("lti-1-3"))
    assert isinstance(platform, Platform)
    # As the other implementation names keys.
    return platform.model_copy(update={"key_id": Registration.get_jwk(platform.private_key)["kid"]})


@pytest.fixture(scope="module")
def hub_1_1(consumer: ToolConsumer) -> Iterator[LocalHub]:
    allowed = "c.Authenticator.allow_all = False\nc.Authenticator.blocked_users = {'blocked'}\n"
    with LocalHub(extra_config=config_lines(consumer) + allowed.replace("False", "True")) as hub:
        yield hub


@pytest.fixture(scope="module")
def hub_1_3(platform: Platform) -> Iterator[LocalHub]:
    port = free_port()
    with LocalHub(extra_config=config_lines(platform).replace(str(KEYS_PORT), str(port))) as hub:
        wait_until(lambda: get_keys(port), str)
        yield hub


def get_keys(port: int) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"http://127.0.0.1:{port}", timeout=5).status_code == 200
    return False


def come(hub: LocalHub, platform: AnyPlatform, username: str = "ann", start: str = HOME) -> Page:
    browser = Browser(Connections(hub.url, {}, size=CONNECTIONS))
    return launch(platform, browser, username, "", Deadline(60), start=start)


def refusal(hub: LocalHub, platform: AnyPlatform, username: str = "ann") -> str:
    with pytest.raises(LoginFailed) as raised:
        come(hub, platform, username)
    assert isinstance(raised.value, LaunchRefused)
    assert str(raised.value).startswith("launch refused")
    return raised.value.detail


def leads_to_the_pull(page: Page) -> bool:
    """Say whether it is the page of the pull, or the one that leads there when the server is ready: either may come."""
    parts = urlsplit(page.path)
    path = parse_qs(parts.query)["next"][0] if parts.path == "/hub/spawn-pending/ann" else page.path
    return path.startswith("/user/ann/git-pull?repo=https") and path.endswith("&urlpath=lab%2Ftree%2Fa+b")


# LTI 1.1


def test_people_come_by_lti_1_1_and_are_who_they_are(hub_1_1: LocalHub, consumer: ToolConsumer) -> None:
    assert come(hub_1_1, consumer).path == HOME
    assert come(hub_1_1, consumer, "o brien+1@x.org").path == HOME
    assert leads_to_the_pull(come(hub_1_1, consumer, start=LINK))
    moodle = consumer.model_copy(update={"lms": "moodle"})
    assert come(hub_1_1, moodle, "bob").path == HOME
    with pytest.raises(LoggedInAsAnother, match="logged in as another name") as raised:
        come(hub_1_1, consumer.model_copy(update={"fields": {"custom_canvas_user_id": "id-{username}"}}))
    assert raised.value.name == "id-ann"
    assert "write into the LTI file, under [fields], the field that it reads" in raised.value.detail


def test_why_a_hub_refuses_lti_1_1(
    hub_1_1: LocalHub, consumer: ToolConsumer, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = refusal(hub_1_1, consumer.model_copy(update={"shared_secret": "wrong"}))
    assert "HTTP 401: Invalid oauth_signature (the hub has another shared secret for this consumer key, or" in wrong
    unknown = refusal(hub_1_1, consumer.model_copy(update={"consumer_key": "other"}))
    assert (
        "HTTP 401: unknown oauth_consumer_key (the hub does not know the consumer key: `hubusers lti FILE`" in unknown
    )
    assert refusal(hub_1_1, platform).startswith(
        "launching ann by LTI 1.3: the hub takes no launches by LTI 1.3 (HTTP 403 at /hub/lti13/oauth_login): is its "
        "authenticator an LTI13Authenticator?"
    )
    blocked = refusal(hub_1_1, consumer, "blocked")
    assert "the hub took the launch, and let nobody in (it does not allow these people: since version 5" in blocked
    with monkeypatch.context() as patch:
        patch.setattr(oauth1.rfc5849, "generate_timestamp", lambda: str(int(time.time()) - 90))
        assert "(the clocks of the hub and of this machine differ by more than half a minute" in refusal(
            hub_1_1, consumer
        )
    with monkeypatch.context() as patch:  # what is between here and the hub sends it twice
        form = lti_1_1.signed_form(f"{hub_1_1.url}/hub/lti/launch", consumer, "ann")
        patch.setattr(lti_1_1, "signed_form", lambda *_: form)
        come(hub_1_1, consumer)
        assert "(this launch has reached the hub before" in refusal(hub_1_1, consumer)


def test_what_launches_bring_into_being_is_removed(hub_1_1: LocalHub, consumer: ToolConsumer, tmp_path: Path) -> None:
    lines = [f'{name} = "{getattr(consumer, name)}"' for name in ("version", "lms", "consumer_key", "shared_secret")]
    file = tmp_path / "lti.toml"
    file.write_text("\n".join(lines))
    people = people_on(hub_1_1.endpoint, hub_1_1.token, lti_file=str(file), stay=(0.0, 0.0))
    person = people.comes(PageUser)
    person.on_start()
    for _ in range(2):  # the second time, the person has logged out
        person.log_in()
        person.open_server()
        person.leave()
    logins = [record.failure for record in people.run.results.records.of(LOGIN)]
    assert logins == ["", ""]

    # A hub that has other names for people has made an account for one, too.
    file.write_text("\n".join([*lines, "[fields]", 'custom_canvas_user_id = "id-{username}"']))
    read_platform.cache_clear()
    other = people.comes(PageUser)
    other.on_start()
    with pytest.raises(StopUser):
        other.log_in()
    people.run.clean_up_own()
    totals = people.run.ledger.totals()
    assert (totals.users_created, totals.users_left, totals.servers_left) == (3, 0, 0)
    headers = {"Authorization": f"token {hub_1_1.token}"}
    names = [user["name"] for user in requests.get(f"{hub_1_1.endpoint}/users", headers=headers, timeout=10).json()]
    assert not [name for name in names if "hub-stress-test" in name]


class OneConsumer(oauth1.RequestValidator):
    """Knows one consumer, and any nonce."""

    enforce_ssl = False
    allowed_signature_methods = ("HMAC-SHA1",)
    nonce_length = (5, 50)

    def __init__(self, consumer: ToolConsumer) -> None:
        super().__init__()
        self._consumer = consumer

    @property
    def dummy_client(self) -> str:
        return "none"

    def check_client_key(self, client_key: str) -> bool:
        return client_key == self._consumer.consumer_key

    def validate_client_key(self, client_key: str, request: object) -> bool:
        return client_key == self._consumer.consumer_key

    def validate_timestamp_and_nonce(self, *_: object, **__: object) -> bool:
        return True

    def get_client_secret(self, *_: object) -> str:
        return self._consumer.shared_secret


@pytest.mark.parametrize("lms", ["moodle", "canvas"])
def test_another_implementation_takes_our_launch_by_lti_1_1(consumer: ToolConsumer, lms: str) -> None:
    url, chosen = "http://hub.example.org:8000/hub/lti/launch", consumer.model_copy(update={"lms": lms})
    form = dict(lti_1_1.signed_form(url, chosen, "änn o'brien", "/hub/x?a=b&c=d e"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    tool = ToolProvider.from_unpacked_request(consumer.shared_secret, form, url, headers)
    assert tool.is_valid_request(OneConsumer(consumer))
    assert (tool.launch_params["user_id"], tool.launch_params["custom_next"]) == ("änn o'brien", "/hub/x?a=b&c=d e")
    form["user_id"] = "somebody-else"
    forged = ToolProvider.from_unpacked_request(consumer.shared_secret, form, url, headers)
    assert not forged.is_valid_request(OneConsumer(consumer))


def test_the_hub_takes_the_launch_of_another_implementation_too(hub_1_1: LocalHub, consumer: ToolConsumer) -> None:
    url = f"{hub_1_1.url}/hub/lti/launch"
    fields = {"lti_message_type": "basic-lti-launch-request", "lti_version": "LTI-1p0", "resource_link_id": "1"}
    other = OtherConsumer(
        consumer.consumer_key, consumer.shared_secret, launch_url=url, params={**fields, "user_id": "cy"}
    )
    theirs = other.generate_launch_data()
    assert requests.post(url, data=theirs, timeout=10).history[0].status_code == 302
    ours = dict(lti_1_1.signed_form(url, consumer, "cy"))
    assert set(theirs) <= set(ours) | {"oauth_body_hash"}
    same = {*fields, "user_id", "oauth_version", "oauth_signature_method", "oauth_consumer_key", "oauth_callback"}
    assert {name: theirs[name] for name in same & set(theirs)} == {name: ours[name] for name in same & set(theirs)}


# LTI 1.3


def test_people_come_by_lti_1_3_and_are_who_they_are(hub_1_3: LocalHub, platform: Platform) -> None:
    assert come(hub_1_3, platform).path == HOME
    assert come(hub_1_3, platform, "o brien+1@x.org").path == HOME
    assert leads_to_the_pull(come(hub_1_3, platform, start=LINK))
    assert come(hub_1_3, platform.model_copy(update={"lms": "canvas"}), "bob").path == HOME
    with pytest.raises(LoggedInAsAnother) as raised:
        come(hub_1_3, platform.model_copy(update={"fields": {"email": "{username}@example.org"}}))
    assert raised.value.name == "ann@example.org"


def test_why_a_hub_refuses_lti_1_3(
    hub_1_3: LocalHub, platform: Platform, consumer: ToolConsumer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(**changes: str) -> str:
        return refusal(hub_1_3, Platform.model_validate({**platform.model_dump(), **changes}))

    another = made(tmp_path)
    assert isinstance(another, Platform)
    assert "(the hub got another key of the platform than that in the LTI file" in changed(
        private_key=another.private_key
    )
    assert "(the hub got another key of the platform than that in the LTI file" in changed(key_id="other")
    assert "(the hub knows another platform, c.LTI13Authenticator.issuer" in changed(issuer="https://x.invalid")
    assert "HTTP 401: Audience doesn't match (the hub has another name on the platform" in changed(client_id="other")
    assert changed(authorize_url="https://x.invalid/a").startswith(
        "launching by LTI 1.3: the hub sends people to https://hubusers.invalid/authorize, and not to"
    )
    assert "the hub takes no launches by LTI 1.1 (HTTP 403 at /hub/lti/launch)" in refusal(hub_1_3, consumer)
    for seconds in (-1000, 60):
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda off=seconds: clock() + off)
            assert "(the clocks of the hub and of this machine differ" in changed()


def clock() -> float:
    return float(time.clock_gettime(time.CLOCK_REALTIME))


def test_cookies_that_browsers_do_not_send_back_are_told(hub_1_3: LocalHub, platform: Platform) -> None:
    query = "?client_id={}&redirect_uri={}/hub/lti13/oauth_callback&response_type=id_token&scope=openid&nonce=n&state=s"
    with ScriptedHub() as hub:
        to = (
            "https://hubusers.invalid/authorize"
            + query.format(platform.client_id, hub.url)
            + "&response_mode=form_post"
        )
        cookies = "lti13authenticator-state=a; Path=/; SameSite=Lax"
        missing = '<html><div class="error"><p>OAuth state missing from cookies</p></div></html>'
        hub.script(Scripted(302, headers={"Location": to, "Set-Cookie": cookies}), Scripted(400, missing))
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS))
        with pytest.raises(LaunchRefused) as raised:
            launch(platform, browser, "ann", "", Deadline(60), start=HOME)
        assert "OAuth state missing from cookies (browsers do not send the hub's cookies back" in raised.value.detail
        first, second = hub.asked[:2]
        assert (first.headers["Origin"], first.headers["Sec-Fetch-Site"]) == ("https://hubusers.invalid", "cross-site")
        assert "Cookie" not in second.headers

        # Behind a proxy that ends TLS, the hub may take its own address for another one.
        hub.script(Scripted(302, headers={"Location": to.replace(hub.url, "http://hub:8081")}))
        with pytest.raises(LaunchRefused) as raised:
            launch(platform, browser, "ann", "", Deadline(60), start=HOME)
        assert "the hub wants people back at http://hub:8081/hub/lti13/oauth_callback, which" in raised.value.detail


def test_a_look_tells_what_a_hub_takes_and_makes_no_account(
    hub_1_1: LocalHub, hub_1_3: LocalHub, consumer: ToolConsumer, platform: Platform
) -> None:
    def look(hub: LocalHub, platform: AnyPlatform) -> tuple[str, str]:
        return look_at_launches(Browser(Connections(hub.url, {}, size=CONNECTIONS)), platform, Deadline(60))

    assert look(hub_1_1, consumer)[0].startswith("by LTI 1.1, as from Canvas: taken")
    assert look(hub_1_3, platform)[0].startswith("by LTI 1.3, as from Moodle: the hub asks this platform")
    for hub, other in ((hub_1_1, platform), (hub_1_3, consumer)):
        assert look(hub, other)[1].startswith(f"launching hubusers-check by LTI {other.version}: the hub takes no")
        headers = {"Authorization": f"token {hub.token}"}
        asked = requests.get(f"{hub.endpoint}/users/hubusers-check", headers=headers, timeout=10)
        assert asked.status_code == 404


class OneRegistration(LTI1P3PlatformConfAbstract):  # type: ignore[misc]
    def init_platform_config(self, platform: Platform) -> None:
        registration = Registration().set_iss(platform.issuer).set_client_id(platform.client_id)
        registration.set_deployment_id(platform.deployment_id).set_platform_private_key(platform.private_key)
        self._registration = registration.set_launch_url("https://hub.example.org/hub")

    def get_registration_by_params(self, **_: object) -> Registration:
        return self._registration


class OtherLaunch(MessageLaunchAbstract):  # type: ignore[misc]
    def render_launch_form(self, launch_data: Mapping[str, Any], **_: object) -> Mapping[str, Any]:
        return launch_data


class Asked:
    get_data: Mapping[str, str] | None = None

    def __init__(self, **form: str) -> None:
        self.form_data = form


def test_the_hub_takes_the_token_of_another_implementation_too(
    hub_1_3: LocalHub, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str] = []

    def by_another(platform: Platform, username: str, target: str, nonce: str) -> str:
        other = OtherLaunch(
            Asked(nonce=nonce, state="s", redirect_uri=target, client_id=platform.client_id),
            OneRegistration(platform=platform),
        )
        other.set_user_data(username, ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"], "A", username)
        other.set_resource_link_claim("1")
        other.set_launch_context_claim("1", context_label="x")
        other.set_launch_presentation_claim("window")
        tokens.append(other.lti_launch()["id_token"])
        return tokens[-1]

    ours = lti_1_3.id_token(platform, "ann", "https://hub.example.org/hub", "n")
    monkeypatch.setattr(lti_1_3, "id_token", by_another)
    assert come(hub_1_3, platform).path == HOME
    theirs, mine = (jwt.decode(token, options={"verify_signature": False}) for token in (tokens[0], ours))
    assert set(theirs) <= set(mine)
    assert {name for name in theirs if type(theirs[name]) is not type(mine[name])} == set()
    assert jwt.get_unverified_header(tokens[0]) == jwt.get_unverified_header(ours)


class OtherTool(MessageLaunch):  # type: ignore[type-arg]
    def _get_request_param(self, key: str) -> Any:
        return self._request[key]


@pytest.mark.parametrize("lms", ["moodle", "canvas"])
def test_another_implementation_takes_our_token(platform: Platform, lms: str) -> None:
    config: Any = {
        "client_id": platform.client_id,
        "auth_login_url": platform.authorize_url,
        "auth_token_url": platform.issuer,
        "key_set": platform.jwks,
        "deployment_ids": [platform.deployment_id],
    }
    token = lti_1_3.id_token(platform.model_copy(update={"lms": lms}), "änn", "https://hub.example.org/hub", "n")
    tool = OtherTool({"id_token": token}, ToolConfDict({platform.issuer: config}), object(), object())
    tool.set_auto_validation(False)
    tool.validate_jwt_format().validate_registration().validate_jwt_signature().validate_deployment().validate_message()
    assert tool.check_student_access()
    forged = token.rsplit(".", 1)[0] + ".AAAA"
    tool = OtherTool({"id_token": forged}, ToolConfDict({platform.issuer: config}), object(), object())
    tool.set_auto_validation(False)
    with pytest.raises(Exception, match="Signature verification failed"):
        tool.validate_jwt_format().validate_registration().validate_jwt_signature()


# The file


def test_the_command_keeps_a_file_and_its_secret(tmp_path: Path) -> None:
    file = tmp_path / "lti.toml"
    for helm in ([], ["--helm"]):
        done = CliRunner().invoke(main, ["lti", str(file), *helm])
        assert not done.exit_code
        text = file.read_text()
        platform = read_platform(str(file))
        assert isinstance(platform, Platform)
        assert platform.key_id in done.stdout
        assert "PRIVATE" not in done.output
        assert ("hub:\n  extraConfig:" in done.stdout) == bool(helm)
    other = CliRunner().invoke(main, ["lti", str(file), "--version", "1.1"])
    assert (other.exit_code, other.stdout) == (2, "")
    assert (
        "is there already, for LTI 1.3 and launches as from Moodle: give another name for a new file." in other.stderr
    )
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == text
    assert "PRIVATE" not in repr(read_platform(str(file)))


def test_what_to_install_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lti.toml"
    file.write_text('version = "1.1"\nconsumer_key = "a"\nshared_secret = "b"')
    monkeypatch.setitem(sys.modules, "oauthlib.oauth1", None)
    monkeypatch.setitem(sys.modules, "jwt", None)
    with pytest.raises(PlatformError, match=r"need libraries that are not installed here\. Run.*\[lti\]"):
        read_platform(str(file))
    done = CliRunner().invoke(main, ["lti", str(tmp_path / "new.toml")])
    assert "LTI launches need libraries" in done.stderr
    assert not (tmp_path / "new.toml").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read: No such file or directory; `hubusers lti FILE` makes a new one."),
        ("version = ", "is not TOML: "),
        ("", "version: "),
        ('version = "2.0"', "version: "),
        ('version = "1.1"\nconsumer_key = "a"', "shared_secret: Field required; "),
        (
            'version = "1.1"\nconsumer_key = "a"\nshared_secret = "s3cret"\nkey = 1',
            "key: Extra inputs are not permitted",
        ),
        (
            'version = "1.3"\nissuer = "hub"\nclient_id = "a"\nauthorize_url = "https://x"\nkey_id = "k"\n'
            'private_key = "s3cret"',
            "issuer: Value error, must be an address that begins with https://",
        ),
        (
            'version = "1.3"\nissuer = "https://x"\nclient_id = "a"\nauthorize_url = "https://x"\nkey_id = "k"\n'
            'private_key = "s3cret"',
            "private_key is not an RSA key in PEM, without a password",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_without_its_secret(tmp_path: Path, text: str | None, says: str) -> None:
    file = tmp_path / "lti.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(PlatformError) as raised:
        read_platform(str(file))
    assert says in str(raised.value)
    assert "s3cret" not in str(raised.value)
