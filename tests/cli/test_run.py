"""`hubusers run`: what it passes on to Locust, what it refuses, its help, and one real run."""

from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner, Result

from hubusers.cli import main, run_options
from hubusers.cli.how_locust_ended import OwnExits
from hubusers.cli.run import USER_CLASSES, locustfile
from hubusers.cli.run_options import WEB, groups
from hubusers.local import LocalHub
from hubusers.settings.options import OPTIONS, add_options

OURS = f"--locustfile={locustfile()}"


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what Locust was begun with."""
    arguments: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _, command: arguments.extend(command[4:]))
    return arguments


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run", *arguments])


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ([], [OURS, "--headless"]),
        (["--event", "exam"], [OURS, "--event=exam", "--headless"]),
        (
            ["-u", "300", "-r", "2.5", "-t", "1h30m", "--keep"],
            [OURS, "--users=300", "--spawn-rate=2.5", "--run-time=5400", "--keep", "--headless"],
        ),
        (["--web", "--autostart", "-P", "0"], [OURS, "--autostart", "--web-port=0", "--headful"]),
        (["--worker", "--master-host", "ann"], [OURS, "--worker", "--master-host=ann"]),
        (["NotebookUser", "--processes", "-1"], [OURS, "--processes=-1", "--headless", "NotebookUser"]),
        (["-f", "tests/waiting.py", "Anybody"], ["--locustfile=tests/waiting.py", "--headless", "Anybody"]),
        (["-u", "1", "--", "--tags", "a"], [OURS, "--users=1", "--headless", "--tags", "a"]),
        (["--leave", "log-out=70%,walk-away=30%"], [OURS, "--leave=log-out=70%,walk-away=30%", "--headless"]),
    ],
)
def test_what_is_passed_on(begun: list[str], given: list[str], passed_on: list[str]) -> None:
    result = run(*given)
    assert result.exit_code == 0, result.output
    assert begun == passed_on
    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    add_options(parser)
    parser.parse_args(begun)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--evnt", "exam"], "'--event'"),
        (["--qqqq"], "If Locust has it, give it after two dashes: -- --qqqq"),
        (["NotebokUser"], "did you mean 'NotebookUser'?"),
        (["-u", "0"], "'0' must be a whole number, 1 or more."),
        (["-r", "nan"], "'nan' must be a number above 0"),
        (["-t", "1.5"], "'1.5' must be whole seconds"),
        (["-t", "soon"], "'soon' is not a duration"),
        (["--stay", "5m-1m"], "is the wrong way round"),
        (["--wait", "listening"], "'listing'"),
        (["--web", "-P", "99999"], "'99999' must be a whole number, from 0 to 65535."),
        (["--web-port", "8000"], "--web-port is for the web UI: add --web."),
        (["--hub-token", "abc"], "'--hub-token-file'"),
        (["-f", "nothere.py"], "'nothere.py' must be a locustfile that ends in .py, or a folder with locustfiles."),
        (["-f", "/dev/null"], "'/dev/null' must be a locustfile"),
    ],
)
def test_what_is_refused_in_a_sentence(begun: list[str], given: list[str], words: str) -> None:
    result = run(*given)
    assert result.exit_code == 2
    assert words in result.output
    assert begun == []


def test_the_help_has_each_option_of_a_test_once_with_its_default_and_variable() -> None:
    shown = "".join(run("--help").output.split())
    for option in OPTIONS.values():
        words = "".join(option.help_with_default.split()) + (f"[{option.variable}]" if option.variable else "")
        assert words in shown, option.flag
    flags = [flag for options in groups().values() for option in options for flag in option.opts]
    assert len(flags) == len(set(flags))
    assert {option.flag for option in OPTIONS.values()} <= set(flags)


def test_the_user_classes_are_those_of_the_locustfile() -> None:
    [names] = [
        ast.literal_eval(statement.value)
        for statement in ast.parse(locustfile().read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Assign)
    ]
    assert set(USER_CLASSES) == set(names)


def test_the_options_of_locust_are_as_locust_has_them() -> None:
    parser = get_empty_argument_parser(default_config_files=[])
    setup_parser_arguments(parser)
    add_options(parser)
    known = {flag: action for action in parser._actions for flag in action.option_strings}
    for _, locusts, _ in run_options._GROUPS:
        for option in locusts:
            action = known[option.flags[0]]
            assert set(option.flags) == set(action.option_strings)
            assert option.variable == (getattr(action, "env_var", None) or "") or option.flags[0] == "--locustfile"
            assert bool(option.metavar or option.choices) == (action.nargs != 0), option.flags
            _, says_default, default = option.help.partition("Default: ")
            if says_default and action.default is not None:
                assert default.startswith(f"{action.default}"), option.flags
    assert WEB.opts[0] not in known


def test_ctrl_c_while_modules_are_imported_ends_without_a_text(tmp_path: Path) -> None:
    interrupting = tmp_path / "locustfile.py"
    interrupting.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemExit('went on')\n")
    command = [sys.executable, "-m", "hubusers", "run", "-f", str(interrupting)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (130, "")


def raised_by(code: str, module: str, file: str) -> BaseException:
    try:
        exec(compile(code, file, "exec"), {"__name__": module})  # noqa: S102
    except (Exception, SystemExit) as error:
        return error
    raise AssertionError(code)


class ReallyEnded(BaseException):
    """Stands for the end of the process, in which os._exit returns to nobody."""


@pytest.fixture
def own_exits(monkeypatch: pytest.MonkeyPatch) -> OwnExits:
    def end_at_once(status: int) -> NoReturn:
        raise ReallyEnded(status)

    monkeypatch.setattr(os, "_exit", end_at_once)
    return OwnExits()


@pytest.mark.parametrize(
    ("code", "is_ready", "words"),
    [
        ("import sys\nsys.exit()", False, "has ended Locust (mine.py, line 2), so there was no run."),
        ("raise SystemExit(False)", True, "(mine.py, line 1), so there was no run, or not a whole one."),
        ("raise SystemExit('No data.')", True, "No data.\nError: The locustfile, or what it imports, has ended Locust"),
        ("1/0", False, "cannot be imported, so there was no run: ZeroDivisionError: division by zero."),
    ],
)
def test_a_locustfile_that_ends_locust_is_told(
    capsys: pytest.CaptureFixture[str], own_exits: OwnExits, code: str, is_ready: bool, words: str
) -> None:
    if is_ready:
        own_exits.note_ready()
    with pytest.raises(SystemExit) as raised:
        own_exits.check(raised_by(code, "mine", "/tmp/mine.py"))
    assert raised.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "module", "is_ready"),
    [
        ("raise SystemExit(0)", "locust.main", False),
        ("raise SystemExit(0)", "argparse", False),
        ("raise SystemExit(0)", "hubusers.plugin.role", True),
        ("raise SystemExit(3)", "mine", False),
        ("1/0", "locust.main", True),
    ],
)
def test_other_ends_stay_as_they_are(own_exits: OwnExits, code: str, module: str, is_ready: bool) -> None:
    if is_ready:
        own_exits.note_ready()
    own_exits.check(raised_by(code, module, "/tmp/mine.py"))


def test_an_exit_at_once_is_no_success_either(capsys: pytest.CaptureFixture[str], own_exits: OwnExits) -> None:
    for is_ready, code, said in (
        (False, 2, "by os._exit (test_run.py, line"),
        (True, 3, "What it made may be left on the hub: hubusers purge removes it."),
    ):
        if is_ready:
            own_exits.note_ready()
        with pytest.raises(ReallyEnded) as ended:
            os._exit(0)
        assert ended.value.args == (code,)
        assert said in capsys.readouterr().err
    with pytest.raises(ReallyEnded, match="7"):
        os._exit(7)


def test_exits_after_the_end_of_a_run_do_not_change_its_code(own_exits: OwnExits) -> None:
    own_exits.note_ready()
    own_exits.note_end(exit_code=1)
    with pytest.raises(ReallyEnded, match="1"):
        os._exit(0)
    with pytest.raises(SystemExit) as raised:
        own_exits.check(raised_by("raise SystemExit(0)", "mine", "/tmp/mine.py"))
    assert raised.value.code == 1


@pytest.mark.parametrize("ending", ["sys.exit()", "os._exit(0)"])
def test_no_exit_of_a_locustfile_is_a_success(tmp_path: Path, ending: str) -> None:
    locustfile = tmp_path / "locustfile.py"
    locustfile.write_text(f"import os, sys\n{ending}\n")
    command = [sys.executable, "-m", "hubusers", "run", "-f", str(locustfile)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert ended.returncode == 2
    assert ended.stdout.startswith("Error: The locustfile, or what it imports, has ended Locust")
    assert "locustfile.py, line 2)" in ended.stdout


def test_a_run_from_any_folder_ends_in_order(local_hub: LocalHub, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('this is not Python’s')")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "hubusers", "run", "-u", "2", "-r", "2", "--name-prefix", "anywhere"],
        env={**os.environ, "JUPYTERHUB_ENDPOINT": local_hub.endpoint, "JUPYTERHUB_API_TOKEN": local_hub.token},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    with process.stdout:
        for line in process.stdout:
            if "users are there" in line:
                process.send_signal(signal.SIGINT)
                break
        *_, clean_up, where = process.stdout.read().splitlines()
    assert process.wait(30) in {0, 1, 4}  # 4: interrupted before anybody had a server
    assert "Clean-up: users: 2 created, 2 removed, 0 left" in clean_up
    [report] = tmp_path.glob("runs/*/report.html")
    assert where.endswith(f"The report is in {report}")
