"""What a start of Locust imports: little, because each `locust --list` pays for it (`hubusers/late_files.py`)."""

import json
import os
import subprocess
import sys

import pytest

from hubusers.plugin import hooks
from tests.test_layout import PACKAGE

Loaded = dict[str, list[str]]

_CODE = """
import json
import sys
from importlib.util import _LazyModule

import locust.main

at_first = set(sys.modules)
loaded = {}


def note(when):
    new = [name for name, module in sys.modules.items() if type(module) is not _LazyModule and name not in at_first]
    loaded[when] = new
    at_first.update(new)


sys.argv = ["locust", "-f", sys.argv[1], "--list"]
try:
    locust.main.main()
except SystemExit:
    note("--list")

import gevent
from locust import events, runners
from locust.argument_parser import get_parser
from locust.env import Environment
from locust.event import Events

from hubusers.late_files import import_for
from hubusers.plugin.worker import Worker
from hubusers.users import NotebookUser, PageUser, ServerLifecycleUser

runners.WORKER_REPORT_INTERVAL = 0.01
master = Environment(events=Events()).create_master_runner("127.0.0.1", 0)
port = master.server.port
worker = Environment(events=events, user_classes=[ServerLifecycleUser])
worker.parsed_options = get_parser().parse_args(["--worker", "--host", "http://127.0.0.1:9"])
runner = worker.create_worker_runner("127.0.0.1", port)
events.init.fire(environment=worker, runner=runner, web_ui=None)
reports = []
master.environment.events.worker_report.add_listener(lambda data, **_: reports.append(data))
with gevent.Timeout(30):
    while not reports:
        gevent.sleep(0.01)
note("an idle worker")
import_for([Worker, ServerLifecycleUser])
note("a run")
import_for([Worker, NotebookUser, PageUser])
note("a run with browsers")
loaded["later"] = [name for name, module in sys.modules.items() if type(module) is _LazyModule]
print(json.dumps(loaded))
sys.stdout.flush()
import os
os._exit(0)
"""

OF_LIST = {
    *["accounts.names", "event.leaving", "event.shares", "event.start_page", "functions.defaults"],
    *["http.host_names", "http.session"],
    *["hub.deadline", "hub.endpoint", "hub.errors", "results.records", "run.present_run"],
    *["plugin.hooks", "plugin.locust_internals", "plugin.open_telemetry", "plugin.terminal"],
    *["settings.access", "settings.declaration", "settings.options", "settings.readers"],
    *["users.activity_user", "users.browser_user", "users.hub_user", "users.measured_user", "users.notebook_user"],
    *["users.own_requests", "users.page_user", "users.planned_user", "users.server_lifecycle_user"],
    *["users.server_user", "users.step", "users.switched_on", "users.tab_user", "users.visiting_user"],
    *["users.visits", "users.whose_token"],
}
"""All files in folders that `locust --list` may import: the options, and the user classes."""

OF_IDLE_WORKER = {
    *["accounts.ledger", "run.failed_spawns", "run.phase", "run.user_class", "run.user_counts"],
    *["plugin.arrivals", "plugin.before_run", "plugin.messages", "plugin.needs", "plugin.on_init", "plugin.process"],
    *["plugin.prometheus_and_grafana", "plugin.role", "plugin.run_control", "plugin.signals", "plugin.user_events"],
    *["plugin.who_comes", "plugin.worker"],
}
"""What a worker that waits for a run may import beside that."""

ONLY_WITH_BROWSERS = {"cssselect", "websocket"}

ONLY_WHERE_A_RUN_IS_CONDUCTED = {
    *["live.page_content", "plugin.alone", "plugin.class_mistakes", "plugin.last_lines", "plugin.listening"],
    *["plugin.lookers", "plugin.master", "plugin.recording", "plugin.run_ends", "plugin.starter", "plugin.web_form"],
    *["plugin.web_guard", "plugin.web_pages", "report.findings", "report.page", "report.plan_chart", "results.folder"],
    *["results.run_info", "run.first_server", "settings.given_accounts", "settings.machine_accounts"],
    *["settings.public_address", "telemetry.grafana", "telemetry.grafana_annotations", "telemetry.prometheus"],
    *["telemetry.prometheus_server", "users.first_look"],
}
"""What a worker need not import before people come: it names it, and only checks, ends and other processes use it."""


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    command = [sys.executable, "-c", _CODE, str(PACKAGE.parent / "locustfile.py")]
    environment = {**os.environ, "JUPYTERHUB_API_TOKEN": "none"}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert ran.returncode == 0, ran.stderr
    modules: Loaded = json.loads(ran.stdout.splitlines()[-1])
    return modules


def own(names: list[str]) -> set[str]:
    """Return the files in folders of hubusers among modules, as in "plugin.hooks"."""
    files = {name.removeprefix("hubusers.") for name in names if name.startswith("hubusers.")}
    return {name for name in files if "." in name}


def libraries(names: list[str]) -> set[str]:
    """Return the packages of others among modules."""
    packages = {name.split(".")[0] for name in names if not name.startswith("_")}
    return packages - sys.stdlib_module_names - {"hubusers", "locustfile", "gevent"}


def test_a_list_of_the_users_imports_options_and_user_classes(loaded: Loaded) -> None:
    assert own(loaded["--list"]) == OF_LIST
    assert libraries(loaded["--list"]) == set()


def test_an_idle_worker_imports_what_hears_of_a_run(loaded: Loaded) -> None:
    assert own(loaded["an idle worker"]) == OF_IDLE_WORKER
    assert libraries(loaded["an idle worker"]) == set()


def test_browsers_are_imported_for_those_who_have_one(loaded: Loaded) -> None:
    assert libraries(loaded["a run"]).isdisjoint(ONLY_WITH_BROWSERS)
    assert libraries(loaded["a run with browsers"]) >= ONLY_WITH_BROWSERS
    assert not {name for name in own(loaded["a run"]) if name.startswith(("lab.", "browser.spawn"))}


def test_all_is_imported_before_people_come(loaded: Loaded) -> None:
    assert own(loaded["later"]) == ONLY_WHERE_A_RUN_IS_CONDUCTED


def test_a_typing_error_is_no_file() -> None:
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from hubusers.lab import nothing  # type: ignore[attr-defined]  # noqa: F401
    with pytest.raises(AttributeError, match=r"hubusers\.plugin.*nothing"):
        _ = sys.modules[hooks.__name__.rpartition(".")[0]].nothing
