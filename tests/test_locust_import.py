"""Users can be read wherever Python runs, and run where gevent may patch; everywhere else, one sentence says so."""

from locust.env import Environment
from locust.event import Events
from locust.exception import StopTest

import subprocess
import sys
from pathlib import Path

import pytest

from hubusers.plugin.on_init import listen
from hubusers.plugin.open_telemetry import OpenTelemetry
from hubusers.users import ServerLifecycleUser
from tests.notebook_kernel import run_cells
from tests.test_documents import TEXTS, blocks

WHY_NOT = "RuntimeError: Locust's users cannot run in this process"
RUN_ONE = "from locust import run_single_user; run_single_user(HubUser)"


def test_in_a_notebook_users_can_be_read_and_subclassed_but_do_not_run() -> None:
    locustfile = blocks(TEXTS["docs/how-to/custom-users.md"], "python")[0]
    switch_on, define, read, look_up, run, others, reload, alive = run_cells(
        locustfile,
        "import hubusers\n"
        "from hubusers.users import HubUser\n"
        "from locust import task\n"
        "class Mine(HubUser):\n"
        "    look = task(lambda self: None)\n",
        "help(HubUser)",
        "HubUser?",
        RUN_ONE.replace("HubUser", "Mine"),
        "import hubusers.live.recorder, hubusers.live.hub_page, os; 'LOCUST_SKIP_MONKEY_PATCH' in os.environ",
        "%load_ext autoreload\n"
        "%autoreload 2\n"
        "import importlib\n"
        "importlib.reload(hubusers.users), importlib.reload(hubusers);",
        "hubusers.start_server.__name__",
    )
    assert switch_on.error.startswith(WHY_NOT)
    assert switch_on.err == ""  # gevent has not warned
    assert define.error == ""
    assert "account of their own on the hub" in read.out
    assert "account of their own on the hub" in look_up.page
    assert run.error.startswith(WHY_NOT)
    assert others.out == "False"
    assert reload.error == ""
    assert alive.out == "'start_server'"


@pytest.mark.parametrize(
    "script",
    [
        "import hubusers; from hubusers.users import HubUser; import locust",
        "import hubusers, locust; hubusers.get_session('0123456789')",
    ],
)
def test_in_a_script_gevent_patches_as_long_as_it_can(script: str) -> None:
    code = f"{script}\nfrom hubusers.plugin import switch_on; switch_on()"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("script", ["import requests", "import hubusers; hubusers.get_session"])
def test_in_a_script_that_used_the_network_users_can_be_read(script: str) -> None:
    code = f"{script}\nfrom hubusers.users import HubUser\nhelp(HubUser.server)\n{RUN_ONE}"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)
    assert "Have a ready server" in ran.stdout
    assert ran.stderr.splitlines()[-1].startswith(WHY_NOT)


def test_a_script_that_uses_locust_as_a_library_is_told_what_is_missing() -> None:
    environment = Environment(events=Events())
    with pytest.raises(StopTest, match=r"`switch_on\(\)` to the locustfile.* must also fire the event `init`"):
        ServerLifecycleUser(environment)
    with pytest.raises(StopTest, match=r"environment\.parsed_options = locust\.argument_parser\.get_parser"):
        listen(OpenTelemetry(), environment, environment.create_local_runner(), None)


def test_a_locustfile_that_switches_nothing_on_is_refused(tmp_path: Path) -> None:
    (tmp_path / "locustfile.py").write_text("from hubusers.users import ServerLifecycleUser\n", encoding="utf-8")
    command = [sys.executable, "-m", "locust", "--headless", "--run-time=1", "--host=http://127.0.0.1:9"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 2
    assert "Error: Add `from hubusers.plugin import switch_on` and `switch_on()` to the locustfile." in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_unknown_name_is_no_function() -> None:
    with pytest.raises(ImportError, match="nothing_of_ours"):
        from hubusers import nothing_of_ours  # type: ignore[attr-defined]  # noqa: F401
