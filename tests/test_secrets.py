"""The token is nowhere in what a run writes or shows, whatever happens."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from tests.locust_process import LocustProcess
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.waiting import wait_until


class Blabbing(ScriptedHub):
    """Answers some requests like a badly configured proxy: with an error page that repeats the request."""

    def answer(self, asked: Asked) -> Scripted:
        self.count = getattr(self, "count", 0) + 1
        if self.count > 40 and self.count % 5 == 0:
            return Scripted(500, {"message": f"Cannot handle {asked.headers}"})
        return super().answer(asked)


@pytest.fixture
def blabbing(local_hub: LocalHub) -> Iterator[ScriptedHub]:
    with Blabbing(before=local_hub) as front:
        yield front


def command_lines() -> str:
    lines = []
    for process in psutil.process_iter():
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return "\n".join(lines)


ARGUMENTS = ["-u", "6", "-r", "6", "--stay", "0.2", "--pause", "0.1", "--poll-interval", "0.2", "--loglevel", "DEBUG"]
ARGUMENTS += ["--stop-after-failed-spawns", "0", "--server-timeout", "5"]


def test_everything_that_a_headless_run_writes(
    local_hub: LocalHub, blabbing: ScriptedHub, tmp_path: Path, free_master_port: list[str]
) -> None:
    files = ["--csv", str(tmp_path / "run"), "--csv-full-history", "--html", str(tmp_path / "run.html")]
    files += ["--json", "--json-file", str(tmp_path / "run"), "--logfile", str(tmp_path / "run.log")]
    raises = tmp_path / "locustfile.py"
    raises.write_text(
        "from locust import task\n"
        "from hubusers.plugin import switch_on\n"
        "from hubusers.users import HubUser, ServerLifecycleUser\n"
        "switch_on()\n"
        "class Broken(HubUser):\n"
        "    @task\n"
        "    def fail(self):\n"
        "        raise RuntimeError('of this user class')\n"
    )
    arguments = ["--headless", "--processes", "2", "--name-prefix", "secret", *free_master_port, *ARGUMENTS, *files]
    with LocustProcess(
        local_hub, arguments, env={"JUPYTERHUB_ENDPOINT": blabbing.endpoint}, file=str(raises)
    ) as locust:

        def holds(file: str, words: str) -> bool:
            return words in (tmp_path / file).read_text() if (tmp_path / file).exists() else False

        wait_until(lambda: holds("run_exceptions.csv", "RuntimeError"), lambda: locust.output)
        wait_until(lambda: holds("run.log", "Cannot handle"), lambda: locust.output)
        seen = command_lines()
        locust.interrupt()
        locust.process.wait(60)
        locust.reader.join(5)
    assert str(raises) in seen
    written = {file.name: file.read_text() for file in tmp_path.iterdir() if file.is_file() and file != raises}
    assert {"run.html", "run.log", "run_stats.csv", "run_exceptions.csv", "run.json"} <= written.keys()
    assert "/DEBUG/" in written["run.log"]
    assert "RuntimeError" in written["run_exceptions.csv"]
    for name, text in {"the command lines": seen, "the output": locust.output, **written}.items():
        assert local_hub.token not in text, name
    assert "Cannot handle" in written["run.log"]
    assert "(secret)" in written["run.log"]


def test_everything_that_the_web_ui_shows(local_hub: LocalHub, blabbing: ScriptedHub) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with LocustProcess(
        local_hub,
        ["--web-port", str(port), "--name-prefix", "shown", "--autostart", *ARGUMENTS],
        env={"JUPYTERHUB_ENDPOINT": blabbing.endpoint},
    ) as locust:
        locust.wait_for("Cannot handle")
        wait_until(lambda: "stop to stopped" in requests.get(f"{url}/stats/requests", timeout=30).text, str)
        time.sleep(1)
        pages = ["/", "/stats/requests", "/stats/report", "/stats/report?download=1&theme=dark", "/exceptions", "/logs"]
        pages += ["/tasks", "/stats/requests/csv", "/stats/requests_full_history/csv", "/stats/failures/csv"]
        pages += ["/exceptions/csv", "/get-user", "/api/stats"]
        shown = {page: requests.get(f"{url}{page}", timeout=10) for page in pages}
        assert sum(answer.ok for answer in shown.values()) >= 10
        assert "SERVER" in shown["/stats/report"].text
        for page, answer in shown.items():
            assert local_hub.token not in answer.text + str(answer.headers), page
        for variable in ("JUPYTERHUB_API_TOKEN", "environ"):
            assert not re.search(rf"{variable}['\"]?\s*[:=]\s*['\"]?[0-9a-f]{{16}}", shown["/"].text)
        locust.interrupt()
        locust.wait()
    assert local_hub.token not in locust.output
