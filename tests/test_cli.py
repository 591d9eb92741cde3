"""The `hubusers` command, run as a person would run it."""

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import requests
from click.testing import CliRunner, Result

import hubusers
from hubusers.cli import main
from hubusers.cli.demo import environment_for, judged
from hubusers.cli.events import WHAT_HAPPENS
from hubusers.cli.hub import CARRIES
from hubusers.cli.run import locustfile
from hubusers.event.file import ready_made
from hubusers.hub import user_list
from hubusers.local import LocalHub
from hubusers.local.incidents import INCIDENTS
from hubusers.local.ports import free_port
from tests.report.made_up_run import make_up_run
from tests.scripted_hub import Scripted, ScriptedHub
from tests.telemetry.made_up_grafana import GRAFANA_TOKEN, MadeUpGrafana
from tests.waiting import wait_until


def run(*arguments: str, env: dict[str, str] | None = None, **kwargs: str) -> subprocess.CompletedProcess[str]:
    """Run `hubusers` without the environment variables that would point it to a hub."""
    return subprocess.run(
        [sys.executable, "-m", "hubusers", *arguments],
        env={**bare_environment(), **(env or {})},
        capture_output=True,
        text=True,
        timeout=100,
        input=kwargs.get("typed", ""),
    )


def call(*arguments: str, env: dict[str, str] | None = None, typed: str = "") -> Result:
    """Do what `run` does in this process, which takes no second of CPU time to begin."""
    unset = dict.fromkeys(name for name in os.environ if name.startswith(("JUPYTERHUB_", "HUBUSERS_")))
    return CliRunner(env={**unset, **(env or {})}).invoke(main, arguments, input=typed)


def refused(*arguments: str, env: dict[str, str] | None = None) -> Result:
    """Call `hubusers` with something that it refuses."""
    result = call(*arguments, env=env)
    assert result.exit_code == 2
    return result


def bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTERHUB_", "HUBUSERS_"))}


@pytest.fixture
def pointed_at_hub(local_hub: LocalHub) -> dict[str, str]:
    return {"JUPYTERHUB_ENDPOINT": local_hub.endpoint, "JUPYTERHUB_API_TOKEN": local_hub.token}


def test_help_teaches() -> None:
    text = run("--help").stdout
    for command in ("hub", "demo", "check", "purge", "hubusers run -u", "hubusers run --event"):
        assert command in text
    assert "JUPYTERHUB_API_TOKEN" in run("check", "--help").stdout
    assert "..." not in text.partition("Commands:")[2]  # no summary is cut
    assert run("--version").stdout.startswith("hubusers, version ")


def test_an_interrupt_while_it_is_being_imported() -> None:
    """Importing takes most of a second; Ctrl-C in it shows no traceback."""
    code = """
import sys
class Interrupts:
    def find_spec(self, name, *others):
        if name == "MODULE":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupts())
from hubusers.cli import main
main(["compare"])
"""
    for module in ("click", "hubusers.results.folder"):
        python = [sys.executable, "-c", code.replace("MODULE", module)]
        ended = subprocess.run(python, capture_output=True, text=True)
        assert (ended.returncode, ended.stderr) == (130, "")


def test_help_breaks_no_word_at_its_hyphen() -> None:
    for width in range(60, 101):
        context = click.Context(main, info_name="hubusers", terminal_width=width)
        command = main.get_command(context, "run")
        assert command
        text = command.get_help(click.Context(command, parent=context, info_name="run"))
        assert not re.findall(r"\w-\n", text)
        assert "log-out=70%,walk-away=30%" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chek"], "There is no command 'chek'; did you mean 'check'?"),
        (["xyz"], "There is no command 'xyz'; choose one of 'run', 'check', "),
        (["hub", "--port", "abc"], "Invalid value for '--port': 'abc' is not a valid whole number."),
        (["hub", "--port", "70000"], "70000 is not in the range 0<=x<=65535."),
    ],
)
def test_slips_of_the_keyboard(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_the_options_of_a_test_are_explained() -> None:
    """Locust prints its own help before it reads a locustfile, so without these options."""
    text = run("options").stdout
    for option, variable in (("--stay DURATION", "[HUBUSERS_STAY]"), ("--keep", "[HUBUSERS_KEEP]")):
        assert option in text
        assert variable in text
    assert "--hub-token " not in text


class TestCheck:
    def test_a_hub_that_can_be_tested(self, pointed_at_hub: dict[str, str]) -> None:
        result = run("check", env=pointed_at_hub)
        assert result.returncode == 0
        assert "\nlogin      a form for name and password\nThis hub can be tested." in result.stdout
        assert "read:metrics: granted" in result.stdout
        assert pointed_at_hub["JUPYTERHUB_API_TOKEN"] not in result.stdout

    def test_what_is_missing_without_being_needed_is_said(self, tmp_path: Path, scripted_hub: ScriptedHub) -> None:
        accounts = tmp_path / "accounts.csv"
        accounts.write_text("name,password\nann,a\nbob,b\n")
        scripted_hub.refuse(
            "GET", "/user", Scripted(200, {"name": "s", "kind": "service", "scopes": ["admin:servers"]})
        )
        scripted_hub.refuse("GET", "/metrics", Scripted(403))
        scripted_hub.script(Scripted(200, {"version": "6.1.1"}))
        env = {"JUPYTERHUB_ENDPOINT": scripted_hub.endpoint, "JUPYTERHUB_API_TOKEN": "a-long-token"}
        without = run("check", env=env)
        assert without.returncode == 2
        assert "or test with accounts that exist already (--accounts)" in without.stderr
        result = run("check", "--accounts", str(accounts), env=env)
        assert result.returncode == 0, result.stderr
        assert "accounts   2 in " in result.stdout
        *_, can, what, metrics, spawner = result.stdout.splitlines()
        assert (can, what) == ("This hub can be tested.", "What is missing, without being needed:")
        assert metrics.startswith("- The token lacks the scope read:metrics: a report will not show")
        assert spawner.startswith("- The token lacks the scope read:hub: a report will not name")

    def test_a_grafana_is_looked_at_too(self, pointed_at_hub: dict[str, str]) -> None:
        with MadeUpGrafana() as grafana:
            env = pointed_at_hub | {"HUBUSERS_GRAFANA_URL": grafana.url, "HUBUSERS_GRAFANA_TOKEN": GRAFANA_TOKEN}
            good = CliRunner().invoke(main, ["check"], env=env).stdout
            grafana.may_add = False
            bad = CliRunner().invoke(main, ["check"], env=env).stdout
        assert f"\ngrafana    Runs are marked on {grafana.url}/d/hub-dashboard\nThis hub can be tested." in good
        assert "\n- Runs cannot be marked in Grafana. The token for Grafana may only read" in bad
        wrong = CliRunner().invoke(main, ["check", "--grafana-url", "grafana"], env=pointed_at_hub)
        assert wrong.stderr.startswith("Error: --grafana-url: 'grafana' must be a URL such as")

    def test_the_token_can_be_in_a_file(self, local_hub: LocalHub, tmp_path: Path) -> None:
        file = tmp_path / "token"
        file.write_text(local_hub.token + "\n")
        assert run("check", "--host", local_hub.url, "--hub-token-file", str(file)).returncode == 0

    @pytest.mark.parametrize(
        ("env", "words"),
        [
            ({}, "Which hub?"),
            ({"JUPYTERHUB_ENDPOINT": "hub"}, "must begin with http:// or https://"),
            ({"JUPYTERHUB_ENDPOINT": "http://127.0.0.1:9"}, "There is no API token. Put one into JUPYTERHUB_API_TOKEN"),
            (
                {"JUPYTERHUB_ENDPOINT": "http://127.0.0.1:9", "JUPYTERHUB_API_TOKEN": "a b"},
                "The API token in JUPYTERHUB_API_TOKEN cannot be used",
            ),
            ({"JUPYTERHUB_ENDPOINT": "http://127.0.0.1:9", "JUPYTERHUB_API_TOKEN": "x"}, "connection refused"),
        ],
    )
    def test_what_is_wrong_is_said_in_one_sentence(self, env: dict[str, str], words: str) -> None:
        result = refused("check", env=env)
        assert words in result.stderr
        assert result.stderr.count("\n") == 1
        assert result.stdout == ""


class TestPurge:
    @pytest.fixture
    def leftovers(self, local_hub: LocalHub, session: requests.Session) -> Iterator[list[str]]:
        ours = [f"purge-aaaaaa-0-{number}" for number in range(25)]
        ours += [f"purge-bbbbbb-1-{number}" for number in range(5)]
        others = ["purge-admin", "purgers-aaaaaa-0-1", "a-purge-aaaaaa-0-1"]
        hubusers.create_users([*ours, *others], local_hub.endpoint, session)
        hubusers.start_server(ours[0], local_hub.endpoint, session)
        yield ours
        hubusers.delete_users([*ours, *others], local_hub.endpoint, session)

    def left(self, local_hub: LocalHub, session: requests.Session) -> list[str]:
        return hubusers.find_stress_test_users(local_hub.endpoint, session, prefix="purge")

    def test_removes_all_of_ours_and_nobody_else(
        self,
        local_hub: LocalHub,
        session: requests.Session,
        pointed_at_hub: dict[str, str],
        leftovers: list[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(user_list, "_PAGE_SIZE", 10)
        result = call("purge", "--name-prefix", "purge", env=pointed_at_hub, typed="n\n")
        assert "30 users" in result.stdout
        assert result.exit_code == 1
        assert len(self.left(local_hub, session)) == 32

        of_a_run = run("purge", "--name-prefix", "purge", "--run", "bbbb", "--yes", env=pointed_at_hub)
        assert "Removed 5 users, 0 left." in of_a_run.stdout
        assert len(self.left(local_hub, session)) == 27

        result = call("purge", "--name-prefix", "purge", env=pointed_at_hub, typed="y\n")
        assert result.exit_code == 0
        assert "Removed 25 users, 0 left." in result.stdout
        assert "Left alone: 1 user called purge-…" in result.stdout
        assert sorted(self.left(local_hub, session)) == ["purge-admin", "purgers-aaaaaa-0-1"]

        assert "Nothing to remove." in call("purge", "--name-prefix", "purge", "--yes", env=pointed_at_hub).stdout

    @pytest.mark.parametrize("run_id", ["", "k3x", "...."])
    def test_a_beginning_that_would_match_other_runs_is_refused(
        self, pointed_at_hub: dict[str, str], run_id: str
    ) -> None:
        assert "must be a run's id" in refused("purge", "--run", run_id, "--yes", env=pointed_at_hub).stderr

    @pytest.mark.parametrize("prefix", ["", "Upper", "%"])
    def test_a_prefix_that_would_match_others_is_refused(self, pointed_at_hub: dict[str, str], prefix: str) -> None:
        assert "prefix" in refused("purge", "--name-prefix", prefix, "--yes", env=pointed_at_hub).stderr

    def test_a_hub_that_repeats_the_token(self, scripted_hub: ScriptedHub) -> None:
        token = "0123456789abcdef"
        scripted_hub.script(Scripted(200, {"version": "6.1.1"}))
        scripted_hub.refuse("GET", "/user", Scripted(500, f"Cannot handle the token {token}"))
        result = run("purge", "--host", scripted_hub.url, env={"JUPYTERHUB_API_TOKEN": token})
        assert result.returncode == 2
        assert "Cannot handle the token (secret)" in result.stderr

    def test_a_file_of_accounts_called_by_the_token(self, local_hub: LocalHub, pointed_at_hub: dict[str, str]) -> None:
        result = run("purge", "--accounts", local_hub.token, env=pointed_at_hub)
        assert result.returncode == 2
        assert "(secret)" in result.stderr
        assert local_hub.token not in result.stderr


class TestHub:
    @pytest.mark.parametrize("ending", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
    def test_prints_what_is_needed_and_ends_cleanly(self, tmp_path: Path, ending: signal.Signals) -> None:
        token_file = tmp_path / "token"
        token_file.touch(0o644)
        process = subprocess.Popen(
            [sys.executable, "-m", "hubusers", "hub", "--spawn-seconds", "0s", "--token-file", str(token_file)],
            env=bare_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        assert "JupyterHub is running at http://127.0.0.1:" in process.stdout.readline()
        exports = dict(process.stdout.readline().removeprefix("export ").strip().split("=") for _ in range(2))
        try:
            assert run("check", env=exports).returncode == 0
            assert token_file.read_text() == exports["JUPYTERHUB_API_TOKEN"]
            assert token_file.stat().st_mode & 0o077 == 0
        finally:
            process.send_signal(ending)
            _, errors = process.communicate(timeout=100)
        assert process.returncode == 0
        assert CARRIES in errors
        assert "Traceback" not in errors
        assert run("check", env=exports).returncode == 2

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--spawn-seconds", "5-2"], "is the wrong way round"),
            (["--spawn-seconds", "soon"], "is not a duration"),
            (["--slow-spawn-timeout", "-1"], "must be 0 or more"),
            (["--spawn-failure-share", "2"], "spawn-failure-share"),
            (["--servers", "podman"], "podman"),
            (["--incident", "flood"], "there is not an incident 'flood'; choose one of"),
            (["--token-file", "/nowhere/token"], "cannot be written"),
        ],
    )
    def test_what_makes_no_sense_is_said_in_a_sentence(self, arguments: list[str], words: str) -> None:
        assert words in refused("hub", *arguments).stderr

    def test_an_incident_comes_with_the_command_that_rehearses_it(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "hubusers", "hub", "--incident", "slow-image", "--stop-seconds", "0s"],
            env=bare_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(5)]
        try:
            assert lines[3] == "Then rehearse the incident with:\n"
            command = shlex.split(lines[4])
            assert command[:3] == ["hubusers", "run", "--event"]
            file = Path(command[3])
            assert file.read_text() == INCIDENTS["slow-image"].event
            settings = json.loads((file.parent / "settings.json").read_text())
            assert settings["spawn_seconds"] == list(INCIDENTS["slow-image"].hub["spawn_seconds"])
            assert settings["stop_seconds"] == [0, 0]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=100)

    def test_a_click_whose_types_take_no_parameters(self) -> None:
        """As those before 8.4."""
        code = "import click; click.ParamType.__class_getitem__ = None; import hubusers.cli.hub"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert result.returncode == 0, result.stderr

    def test_a_taken_port(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            result = run("hub", "--port", str(taken.getsockname()[1]))
        assert result.returncode == 2
        assert "cannot be used: Address already in use" in result.stderr


class TestIncidents:
    def test_lists_all_with_their_source_and_findings(self) -> None:
        text = run("incidents").stdout
        for incident in INCIDENTS.values():
            assert f"{incident.name}: {incident.title}." in text
            assert f"Source: {incident.source}." in text
        assert "The report should find: waiting-for-nodes, spawn-limit." in text

    def test_shows_all_of_one(self) -> None:
        text = run("incidents", "slow-image").stdout
        assert "hubusers hub --incident slow-image" in text
        assert INCIDENTS["slow-image"].what_happens.split(".")[0] in text
        assert 'title = "A class of 20"' in text

    def test_an_unknown_one_is_said_in_a_sentence(self) -> None:
        result = run("incidents", "flood")
        assert result.returncode == 2
        assert "there is not an incident 'flood'; choose one of" in result.stderr
        assert "slow-image" in result.stderr


SHORT = """
title = "A short class"

[[cohorts]]
name = "students"
people = 5
arrivals = { pattern = "evenly", over = "2s" }
stay = "STAY"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "1m"
"""


class TestDemo:
    def start(self, tmp_path: Path, stay: str, *arguments: str) -> "subprocess.Popen[str]":
        event = tmp_path / "short.toml"
        event.write_text(SHORT.replace("STAY", stay))
        return subprocess.Popen(
            [
                *[sys.executable, "-m", "hubusers", "demo", "--event", str(event)],
                *["--runs-folder", str(tmp_path / "runs"), *arguments],
            ],
            env=bare_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a process group of its own, as a terminal's foreground
        )

    def test_shows_charts_and_leaves_a_report(self, tmp_path: Path) -> None:
        port = free_port()
        process = self.start(tmp_path, "4s", "--web-port", str(port))

        def web_ui_answers() -> bool:
            try:
                # Not for the page Hub, for which the process would stay.
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats/requests", timeout=5) as answer:
                    return b"start to ready" in answer.read()
            except OSError:
                return False

        wait_until(web_ui_answers, "a server was ready, in the web UI")
        output, _ = process.communicate(timeout=100)
        assert process.returncode == 0, output
        for once in ("It holds: ", "users: 5 created, 5 removed, 0 left", "report.html"):
            assert output.count(once) == 1, output
        [report] = tmp_path.glob("runs/*/report.html")
        assert output.splitlines()[-1].endswith(f"The report is in {report}")
        assert "start to ready" in report.read_text()

    @pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
    def test_ctrl_c_and_sigterm_clean_up_first(self, tmp_path: Path, ending: signal.Signals) -> None:
        process = self.start(tmp_path, "200s")
        assert process.stdout
        for line in process.stdout:
            if "The event begins" in line:
                break
        if ending is signal.SIGTERM:  # as `timeout` sends it: to the one process, and to its group
            process.terminate()
        os.killpg(process.pid, ending)
        try:
            output = process.communicate(timeout=100)[0]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        assert "users: 5 created, 5 removed, 0 left" in output
        assert output.index("Stopping; Locust cleans up first") < output.index("Clean-up: removing 5 users")
        assert "purge" not in output
        assert "Traceback" not in output
        assert process.returncode == 130
        assert "So the demo gave no answer" not in output

    @pytest.mark.parametrize(
        ("code", "answers", "expected", "words"),
        [
            (0, ["held"], 0, ""),
            (1, ["missed"], 0, "was too slow for the targets"),
            (1, ["failures"], 0, "The report says what failed"),  # of an event without targets
            (4, ["no answer"], 0, "gave no answer"),
            (4, ["held", "no answer"], 0, "gave no answer"),  # another run has ended meanwhile
            (1, ["no answer"], 1, ""),
            (1, [], 1, ""),  # it crashed
            (3, ["missed"], 3, ""),  # something is left
        ],
    )
    def test_only_an_answer_about_this_machine_is_not_an_error(
        self, code: int, answers: list[str], expected: int, words: str
    ) -> None:
        judgement, sentence = judged(code, answers)
        assert judgement == expected
        assert words in sentence
        assert bool(words) == bool(sentence)

    def test_an_event_that_there_is_not_is_said_before_a_hub_starts(self) -> None:
        result = run("demo", "--event", "nothing.toml")
        assert result.returncode == 2
        assert "nothing.toml" in result.stderr
        assert result.stderr.count("\n") == 1

    def test_what_is_meant_for_another_hub_does_not_reach_it(
        self, local_hub: LocalHub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("JUPYTERHUB_API_TOKEN_FILE", "HUBUSERS_EVENT", "LOCUST_HEADLESS", "SERVER_POLL_INTERVAL"):
            monkeypatch.setenv(name, "x")
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "of the other hub")
        environment = environment_for(local_hub)
        assert "x" not in environment.values()
        assert environment["JUPYTERHUB_API_TOKEN"] == local_hub.token
        assert environment["PATH"] == os.environ["PATH"]


class TestReports:
    """`report` and `compare`, on folders of made-up runs."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        make_up_run(tmp_path / "before", seed=1)
        return tmp_path / "before"

    def test_a_report_is_drawn_up_anew(self, folder: Path) -> None:
        result = run("report", str(folder))
        assert result.returncode == 1, result.stderr  # some starts failed
        assert str(folder / "report.html") in result.stdout
        assert " starts failed" in result.stdout.splitlines()[1]  # the first finding
        assert (folder / "report.html").exists()

    def test_a_run_compared_with_itself_and_with_a_slower_one(self, folder: Path, tmp_path: Path) -> None:
        same = run("compare", str(folder), str(folder))
        assert same.returncode == 2
        assert same.stderr == f"Error: {folder} is the same run twice: give the folders of two runs.\n"
        make_up_run(tmp_path / "after", seed=1, slower=1.4)
        page = tmp_path / "comparison.html"
        slower = run("compare", str(folder), str(tmp_path / "after"), "--html", str(page))
        assert slower.returncode == 1, slower.stdout
        assert "Worse: " in slower.stdout
        assert "start to ready" in page.read_text()

    @pytest.mark.parametrize("command", [["report"], ["compare", "nowhere"]])
    def test_a_folder_without_a_run(self, command: list[str], tmp_path: Path) -> None:
        result = run(*command, str(tmp_path))
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1
        assert "is not the folder of a finished run" in result.stderr

    def test_the_ready_made_events_are_listed(self) -> None:
        text = run("events").stdout
        for name, path in ready_made().items():
            assert re.search(
                rf"^{name} +{re.escape(WHAT_HAPPENS[name])}\n +{re.escape(str(path))}$", text, re.MULTILINE
            )


def test_the_locustfile_is_found() -> None:
    assert locustfile().exists()
    assert run("locustfile").stdout == f"{locustfile()}\n"
