"""The options of a run, parsed by Locust's own parser and made into settings."""

from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

import argparse
import shlex
from pathlib import Path

import pytest
import trustme

from hubusers.run.run import Run
from hubusers.settings.access import Access, SettingsError, access_from, endpoint_of, read_token
from hubusers.settings.options import add_options
from hubusers.settings.settings import settings_from
from tests.settings.settings import settings_for

TOKEN = "0123456789abcdef"
ACCESS = Access(TOKEN)


@pytest.fixture(autouse=True)
def token_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
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
        *["--name-prefix", "try", "--server-timeout", "5", "--poll-interval", "0.5", "--stay", "3", "--pause", "0-2"],
        *["--user-options", '{"image": "x"}', "--keep", "--lifecycles", "2"],
    )
    settings = settings_from(options, "https://host", "run", ACCESS)
    assert (settings.prefix, settings.server_timeout, settings.poll_interval) == ("try", 5, 0.5)
    assert (settings.stay, settings.pause) == ((3, 3), (0, 2))
    assert settings.user_options == {"image": "x"}
    assert settings.keep
    assert settings.lifecycles == 2


def test_the_environment_gives_options_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_ENDPOINT", "https://host/hub/api")
    monkeypatch.setenv("SERVER_LIFECYCLE_TIMEOUT", "7")
    monkeypatch.setenv("HUBUSERS_SERVER_PROFILE", "small")
    options = parsed()
    settings = settings_from(options, options.host, "run", ACCESS)
    assert (settings.endpoint, settings.server_timeout) == ("https://host/hub/api", 7)
    assert settings.user_options == {"profile": "small"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--server-timeout", "0"], "above 0"),
        (["--server-timeout", "1-2"], "above 0"),
        (["--poll-interval", "soon"], "seconds"),
        (["--stay", "15-5"], "range of seconds"),
        (["--stay", "-3"], "range of seconds"),
        (["--pause", "nan"], "range of seconds"),
        (["--name-prefix", "My Test"], "lower-case"),
        (["--user-options", "[1]"], "JSON object"),
        (["--user-options", "{"], "JSON object"),
        (["--lifecycles", "-1"], "whole number"),
        (["--lifecycles", "1.5"], "whole number"),
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
    assert message.count("\n") == 1


def test_a_token_on_the_command_line_is_refused_and_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--hub-token", "s3cr3t")
    message = capsys.readouterr().err
    assert "JUPYTERHUB_API_TOKEN" in message
    assert "s3cr3t" not in message


def test_what_the_web_ui_sends_back_is_checked_again() -> None:
    options = parsed()
    options.stay = "never"
    with pytest.raises(SettingsError, match=r"^'never' must be seconds"):
        settings_from(options, "https://host", "run", ACCESS)
    options = parsed()
    options.wait = "hope"
    with pytest.raises(SettingsError, match=r"^--wait must be one of progress, listing, poll, not 'hope'"):
        settings_from(options, "https://host", "run", ACCESS)
    options = parsed("--server-profile", "small", "--user-options", "{}")
    with pytest.raises(SettingsError, match="not both"):
        settings_from(options, "https://host", "run", ACCESS)


def test_no_hub_and_no_token_say_which_variable_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="JUPYTERHUB_ENDPOINT"):
        endpoint_of(None)
    with pytest.raises(SettingsError, match="must be a URL"):
        endpoint_of("hub")
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN")
    with pytest.raises(SettingsError, match="JUPYTERHUB_API_TOKEN"):
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
        run = Run(settings_for("https://host/hub/api", access), 0)
        words = shlex.split(run.purge_command())
        assert words[:3] == ["JUPYTERHUB_ENDPOINT=https://host/hub/api", "hubusers", "purge"]
        assert words[3:7] == ["--name-prefix", "hub-stress-test", "--run", "k3x9qa"]
        assert [word.replace(str(bundle), "BUNDLE") for word in words[7:]] == [
            *(["--hub-token-file", token_file] if token_file else []),
            *arguments,
        ]


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
