"""The options of a run, parsed by Locust's own parser and made into settings."""

from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

import argparse
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from hubusers.accounts.ledger import Totals
from hubusers.event.file import parse_event
from hubusers.run.what_is_left import clean_up_line, purge_command
from hubusers.settings.access import Access, SettingsError, access_from, endpoint_of, read_token
from hubusers.settings.options import OPTIONS, add_options
from hubusers.settings.settings import Settings, event_text_from, settings_from
from tests.settings.settings import settings_for

TOKEN = "0123456789abcdef"
ACCESS = Access(TOKEN)


@pytest.fixture(autouse=True)
def only_a_token_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for option in OPTIONS.values():
        monkeypatch.delenv(option.variable or "HUBUSERS_NOTHING", raising=False)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    add_options(parser)
    options: argparse.Namespace = parser.parse_args(arguments)
    return options


def test_the_defaults() -> None:
    settings = settings_from(parsed(), "https://host", "run", ACCESS)
    assert settings.endpoint == "https://host/hub/api"
    assert (settings.server_timeout, settings.poll_interval) == (60, 1)
    assert (settings.stay, settings.pause) == ((30, 90), (10, 30))
    assert settings.user_options is None
    assert not settings.keep
    assert TOKEN not in repr(settings)


def test_the_web_ui_and_the_master_listen_on_loopback_unless_told_otherwise() -> None:
    assert (parsed().web_host, parsed().master_bind_host) == ("127.0.0.1", "127.0.0.1")
    assert parsed("--web-host", "0.0.0.0").web_host == "0.0.0.0"  # noqa: S104


def test_every_option_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    options = parsed(
        *["--name-prefix", "try", "--server-timeout", "2m", "--poll-interval", "0.5", "--stay", "3s", "--pause", "0-2"],
        *["--user-options", '{"image": "x"}', "--keep", "--lifecycles", "2"],
    )
    settings = settings_from(options, "https://host", "run", ACCESS)
    assert (settings.prefix, settings.server_timeout, settings.poll_interval) == ("try", 120, 0.5)
    assert (settings.stay, settings.pause) == ((3, 3), (0, 2))
    assert settings.user_options == {"image": "x"}
    assert settings.keep
    assert settings.lifecycles == 2


def test_the_environment_gives_options_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_ENDPOINT", "https://host/hub/api")
    monkeypatch.setenv("SERVER_LIFECYCLE_TIMEOUT", "2m")
    monkeypatch.setenv("HUBUSERS_SERVER_PROFILE", "small")
    options = parsed()
    settings = settings_from(options, options.host, "run", ACCESS)
    assert (settings.endpoint, settings.server_timeout) == ("https://host/hub/api", 120)
    assert settings.user_options == {"profile": "small"}


def test_every_default_is_the_value_of_a_run_without_options() -> None:
    settings = settings_from(parsed(), "https://host", "run", ACCESS)
    assert settings == Settings(endpoint="https://host/hub/api", access=ACCESS, run_id="run")
    assert {name: getattr(settings, name) for name in OPTIONS} == {
        "hub_token_file": "",
        "ca_bundle": "",
        "insecure": False,
        "web_url": "",
        "prefix": "hub-stress-test",
        "accounts_file": "",
        "named_servers": False,
        "password_file": "",
        "event_file": "",
        "time_scale": 1.0,
        "dry_run": False,
        "runs_folder": "runs",
        "server_profile": "",
        "user_options": None,
        "server_timeout": 60.0,
        "poll_interval": 1.0,
        "wait": "progress",
        "stay": (30.0, 90.0),
        "pause": (10.0, 30.0),
        "notebooks": "",
        "notebook_dir": "",
        "start_page": "",
        "git_pull": "",
        "thinking": (5.0, 20.0),
        "leave": {"log-out": 1.0},
        "activity_interval": 300.0,
        "lifecycles": 0,
        "keep": False,
        "end_after_failure": False,
        "failed_spawns_to_stop": 4,
        "metrics": None,
        "grafana_url": "",
        "grafana_token_file": "",
        "identity_providers": (),
        "lti_file": "",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--server-timeout", "0"], "longer than 0 seconds"),
        (["--server-timeout", "1-2"], "is not a duration"),
        (["--poll-interval", "soon"], "write seconds, or 90s"),
        (["--stay", "15-5"], "the wrong way round"),
        (["--stay", "-3"], "a range such as 30-90"),
        (["--stay", "1-2m"], "write it at both"),
        (["--pause", "nan"], "a range such as 30-90"),
        (["--name-prefix", "My Test"], "lower-case"),
        (["--user-options", "[1]"], "JSON object"),
        (["--user-options", "{"], "JSON object"),
        (["--user-options", '{"cpu": NaN}'], "JSON object"),
        (["--lifecycles", "-1"], "whole number"),
        (["--lifecycles", "1.5"], "whole number"),
        (["--leave", "by-the-window"], "must be one of log-out, close-tab, walk-away"),
        (["--leave", "log-out=50%"], "must add up to 100 %"),
        (["--thinking", "long"], "is not a duration or a range"),
        (["--wait", "hope"], "must be one of progress, listing, poll"),
        (["--notebook-dir", "home/../.."], "must be a folder below the server's root"),
        (["--notebook-dir", "home/{user}"], "can have {username} in it, such as home/{username}, and no other braces"),
        (["--web-url", "locust.example.org"], "must be a URL such as"),
        (["--web-url", "http://locust:one"], "must be a URL such as"),
        (["--time-scale", "0"], "must be a number above 0"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*arguments)
    assert ended.value.code == 2
    message = capsys.readouterr().err
    assert words in message
    assert arguments[0] in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--stay", "5"], r"^Leave out --stay: the event's file says it\.$"),
        (["--stay", "30s-90s"], "Leave out --stay"),  # the default, but somebody gave it
        (["--lifecycles", "0"], "Leave out --lifecycles"),
        (["--keep"], "Leave out --keep"),
        (["-u", "5"], "^Leave out -u: the event's file says who comes, when, and for how long"),
        (["--class-picker"], "Leave out --class-picker"),
        (["-t", "2m"], "Leave out -t"),
    ],
)
def test_what_an_event_decides_cannot_be_given_beside_it(arguments: list[str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        event_text_from(parsed("--event", "class-at-nine", *arguments))


def test_an_event_replaces_the_options_that_it_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBUSERS_SERVER_PROFILE", "")
    options = parsed("--event", "class-at-nine", "--time-scale", "12", "--server-timeout", "2m")
    text = event_text_from(options)
    settings = settings_from(options, "https://host", "run", ACCESS, event_text=text)
    assert settings.event
    assert settings.event.time_scale == 12
    assert settings.event.seed is not None
    # The plan that was shown is the plan that runs: this file has no seed.
    assert event_text_from(options) == text
    assert parse_event(event_text_from(parsed("--event", "class-at-nine")), "").seed == settings.event.seed
    assert not hasattr(options, "event_text")
    assert "stay" not in settings.shown()
    assert settings.shown()["server_timeout"] == 120
    assert settings.changed() == ["server_timeout"]


def test_what_people_open_first_is_one_page_however_it_is_given() -> None:
    def cohort(name: str, more: str) -> str:
        arrivals = 'arrivals = { pattern = "evenly", over = "1m" }'
        return f'[[cohorts]]\nname = "{name}"\npeople = 2\nstay = "1m"\nuser_class = "PageUser"\n{arrivals}\n{more}\n'

    link, settings = "git-pull?repo=course.git", settings_for("https://host", ACCESS)
    assert settings.first_pages == [""]
    assert replace(settings, start_page="rstudio/").first_pages == ["rstudio/"]
    assert replace(settings, git_pull=link).first_pages == [link]
    text = cohort("a", f'git_pull = "{link}"') + cohort("b", 'start_page = "rstudio/"') + cohort("c", "")
    event = parse_event(f'title = "Class"\n{text}', "event.toml")
    assert replace(settings, event=event).first_pages == [link, "rstudio/", ""]


def test_an_event_s_options_need_an_event() -> None:
    assert event_text_from(parsed()) == ""
    for arguments in (["--dry-run"], ["--time-scale", "2"]):
        with pytest.raises(SettingsError, match=f"{arguments[0]} is for an event: give one with --event"):
            event_text_from(parsed(*arguments))


def test_the_report_shows_how_users_behaved_and_not_whose_they_were() -> None:
    options = parsed("--server-profile", "small", "--name-prefix", "mine", "--runs-folder", "elsewhere")
    assert settings_from(options, "https://host", "run", ACCESS).shown() == {
        "named_servers": False,
        "user_options": {"profile": "small"},
        "server_timeout": 60.0,
        "poll_interval": 1.0,
        "wait": "progress",
        "stay": (30.0, 90.0),
        "pause": (10.0, 30.0),
        "notebooks": "",
        "notebook_dir": "",
        "start_page": "",
        "git_pull": "",
        "thinking": (5.0, 20.0),
        "leave": {"log-out": 1.0},
        "activity_interval": 300.0,
        "lifecycles": 0,
        "keep": False,
        "after_failure": False,
        "stop_after_failed_spawns": 4,
    }


def test_the_web_form_offers_what_the_declarations_say() -> None:
    assert {option.name for option in OPTIONS.values() if option.in_web_form} == {
        *["name_prefix", "server_profile", "user_options", "server_timeout", "poll_interval", "wait", "stay", "pause"],
        *["notebook_dir", "start_page", "git_pull", "thinking", "leave", "activity_interval", "lifecycles", "keep"],
        *["after_failure", "stop_after_failed_spawns"],
    }


def test_a_token_on_the_command_line_is_refused_and_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--hub-token", "s3cr3t")
    message = capsys.readouterr().err
    assert "JUPYTERHUB_API_TOKEN" in message
    assert "s3cr3t" not in message


def test_what_the_web_ui_sends_back_is_checked_again() -> None:
    options = parsed()
    options.stay = "never"
    with pytest.raises(SettingsError, match=r"^--stay: 'never' is not a duration or a range"):
        settings_from(options, "https://host", "run", ACCESS)
    options = parsed()
    options.wait = "hope"
    with pytest.raises(SettingsError, match=r"^--wait: 'hope' must be one of progress, listing, poll\.$"):
        settings_from(options, "https://host", "run", ACCESS)
    options = parsed("--server-profile", "small", "--user-options", "{}")
    with pytest.raises(SettingsError, match="not both"):
        settings_from(options, "https://host", "run", ACCESS)


def test_no_hub_and_no_token_say_which_variable_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="JUPYTERHUB_ENDPOINT"):
        endpoint_of(None)
    with pytest.raises(SettingsError, match="'hub' must begin with http:// or https://"):
        endpoint_of("hub")
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN")
    with pytest.raises(SettingsError, match=r"^There is no API token\. Put one into JUPYTERHUB_API_TOKEN, or its"):
        read_token()
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "two words")
    with pytest.raises(SettingsError, match=r"^The API token in JUPYTERHUB_API_TOKEN cannot be used: token contains"):
        read_token()


@pytest.mark.parametrize(
    ("ca_bundle", "insecure", "arguments"),
    [(False, False, []), (True, False, ["--ca-bundle", "BUNDLE"]), (True, True, ["--insecure"])],
)
def test_the_command_that_removes_what_is_left_has_the_same_access(
    ca_bundle: bool, insecure: bool, arguments: list[str], tmp_path: Path
) -> None:
    bundle, token = tmp_path / "my bundle.pem", tmp_path / "token"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    token.write_text(TOKEN)
    for token_file in (None, str(token)):
        access = access_from(token_file, str(bundle) if ca_bundle else None, insecure)
        words = shlex.split(purge_command(settings_for("https://host/hub/api", access)))
        assert words[:3] == ["JUPYTERHUB_ENDPOINT=https://host/hub/api", "hubusers", "purge"]
        assert words[3:7] == ["--name-prefix", "hub-stress-test", "--run", "k3x9qa"]
        assert [word.replace(str(bundle), "BUNDLE") for word in words[7:]] == [
            *(["--hub-token-file", token_file] if token_file else []),
            *arguments,
        ]
        without_tls = purge_command(settings_for("http://host/hub/api", access))
        assert "--ca-bundle" not in without_tls
        assert "--insecure" not in without_tls


def test_no_command_is_named_for_a_hub_that_ends_with_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    for value, named in (("", True), ("yes", False)):
        monkeypatch.setenv("JUPYTERHUB_ENDS_WITH_TEST", value)
        settings = settings_for("http://host/hub/api", access_from(str(token), None, insecure=False))
        said = clean_up_line(settings, Totals(users_created=100, users_removed=33))
        assert "67 left" in said
        assert ("hubusers purge" in said) is named
        assert ("the hub ends with this test, and all that is on it is gone then" in said) is not named


def test_a_token_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(SettingsError, match="No such file"):
        read_token(str(file))
    file.write_text(f"{TOKEN}x\n")
    assert read_token(str(file)) == f"{TOKEN}x"
    file.write_text("")
    with pytest.raises(SettingsError, match="token is empty"):
        read_token(str(file))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not a text file"):
        read_token(str(file))


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        ("sso.example.org", ("https://sso.example.org",)),
        ("https://SSO.example.org:443/realms/campus?x", ("https://sso.example.org",)),
        (
            "https://sso.example.org:8443, https://login.example.org https://login.example.org",
            ("https://sso.example.org:8443", "https://login.example.org"),
        ),
        ("http://127.0.0.1:9000", ("http://127.0.0.1:9000",)),
    ],
)
def test_identity_providers_are_named_by_their_hosts(text: str, origins: tuple[str, ...]) -> None:
    settings = settings_from(parsed("--identity-provider", text), "https://host", "run", ACCESS)
    assert settings.identity_providers == origins


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://sso.example.org", "must begin with https://, because passwords go there"),
        ("https://*.example.org", "must be the URL of one host"),
        ("https://ann:secret@sso.example.org", "must be the URL of one host"),
        ("https://sso.example.org:many", "must be a URL such as"),
    ],
)
def test_passwords_go_to_no_other_identity_providers(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--identity-provider", text)
    assert said in capsys.readouterr().err
