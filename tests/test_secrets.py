"""Tokens and passwords are nowhere in what a run writes or shows, whatever happens."""

from locust.exception import RescheduleTask

import html
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import psutil
import pytest
import requests

from hubusers.accounts.account import Account
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.login import log_in
from hubusers.browser.said import words_of_login
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError, SpawnFailed
from hubusers.hub.progress import Event
from hubusers.lab.kernel import OutputCutOff
from hubusers.local import LocalHub
from hubusers.local.ports import free_port
from hubusers.log import without_secrets
from hubusers.results.records import CELL, START_TO_READY
from hubusers.run.pending_start import PendingStart
from hubusers.users import NotebookUser
from tests.locust_process import LocustProcess
from tests.scripted_hub import Asked, Scripted, ScriptedHub
from tests.users.people import people_on
from tests.waiting import wait_until

HTML = {"Content-Type": "text/html"}


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
        shown = {page: requests.get(f"{url}{page}", timeout=60) for page in pages}
        assert sum(answer.ok for answer in shown.values()) >= 10
        assert "SERVER" in shown["/stats/report"].text
        for page, answer in shown.items():
            assert local_hub.token not in answer.text + str(answer.headers), page
        for variable in ("JUPYTERHUB_API_TOKEN", "environ"):
            assert not re.search(rf"{variable}['\"]?\s*[:=]\s*['\"]?[0-9a-f]{{16}}", shown["/"].text)
        locust.interrupt()
        locust.wait()
    assert local_hub.token not in locust.output


PASSWORD = "Zupf & <Geheim>/'88\""


@pytest.mark.parametrize(
    "repeated",
    [
        PASSWORD,
        quote(PASSWORD),
        quote(PASSWORD, safe="").replace("%3C", "%3c").replace("%2F", "%2f"),
        quote_plus(PASSWORD),
        html.escape(PASSWORD),
        html.escape(PASSWORD).replace("&#x27;", "&#39;"),
        html.escape(PASSWORD, quote=False),
        json.dumps(PASSWORD)[1:-1],
        repr(PASSWORD)[1:-1],
    ],
)
def test_what_a_person_has_typed_is_replaced_in_each_form(repeated: str) -> None:
    assert without_secrets(f"wrong: {repeated}!", [PASSWORD]) == "wrong: (secret)!"


def test_a_short_password_is_replaced_as_a_word_only() -> None:
    assert without_secrets("wrong: grün; for grünes", ["grün"]) == "wrong: (secret); for grünes"
    assert without_secrets("not any; nothing was typed", ["any", ""]) == "not any; nothing was typed"


REPEATS = f"<html><body><p role=alert>wrong password: {html.escape(PASSWORD)}</p>{{}}</body></html>"
FORM = '<form method="post" action="{}"><input name="username"><input name="password" type="password"></form>'
JHDATA = "<script>window.jhdata = {};</script>"


@pytest.mark.parametrize(
    "answer",
    [
        Scripted(200, REPEATS.format(JHDATA + FORM.format("/hub/login")), HTML),  # asks again
        Scripted(403, REPEATS.format(JHDATA), HTML),
        Scripted(500, REPEATS.format(""), HTML),
        Scripted(500, {"message": f"no handler for {PASSWORD}"}),
        Scripted(500, f"no handler for password={quote_plus(PASSWORD)}", {"Content-Type": "text/plain"}),
        Scripted(500, f"{'x' * 190} {PASSWORD}", {"Content-Type": "text/plain"}),  # cut within the password
    ],
    ids=["form", "refused", "page", "message", "text", "cut"],
)
@pytest.mark.parametrize("at_provider", [False, True])
def test_a_login_that_fails_does_not_repeat_the_password(answer: Scripted, at_provider: bool) -> None:
    with ScriptedHub() as hub, ScriptedHub() as provider:
        asks = Scripted(200, f"<html>{JHDATA}{FORM.format('/hub/login')}</html>", HTML)
        if at_provider:
            hub.script(Scripted(302, "", {"Location": f"{provider.url}/auth"}))
            provider.script(asks, answer)
        else:
            hub.script(asks, answer)
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS), providers=[provider.url])
        with pytest.raises(HubUsersError) as raised:
            log_in(browser, "ann", PASSWORD, Deadline(60), start="/hub/home")
    for said in (str(raised.value), raised.value.detail, raised.value.words):
        assert "Zupf" not in said
    assert "Geheim" not in raised.value.detail
    assert raised.value.detail


def test_an_answer_does_not_repeat_a_persons_token() -> None:
    with ScriptedHub() as hub:
        hub.script(Scripted(403, REPEATS.format("").replace("Zupf", "token-of-ann"), HTML))
        browser = Browser(Connections(hub.url, {}, size=CONNECTIONS), authorization="token token-of-ann")
        page = browser.fetch("GET", "/hub/api/user")
    assert "token-of-ann" in page.text
    for said in (page.answer.words, str(page.answer), words_of_login(page), page.document.text_content()):
        assert "wrong password: (secret)" in said


def said_with(secret: str) -> str:
    return f"no such user: {secret}, says the kernel"


@pytest.mark.parametrize("secret", [PASSWORD, "token-of-ann"])
def test_nothing_in_the_results_repeats_what_is_a_persons(caplog: pytest.LogCaptureFixture, secret: str) -> None:
    people = people_on("http://127.0.0.1:1/hub/api")
    ann = people.comes(NotebookUser, Account("ann", password=PASSWORD, token="token-of-ann"))
    words = said_with(secret)
    with ann.errors_end_the_task(), ann._measured(CELL, "STEP"):
        raise OutputCutOff(f"lesson.ipynb: {words}", cause=words, words=words)
    with (
        suppress(RescheduleTask),
        ann.errors_end_the_task(),
        PendingStart(people.run, "ann", "", time.monotonic(), secrets=ann._secrets) as pending,
        ann._measured(START_TO_READY, pending=pending),
    ):
        pending.hears(Event(words, has_progress=True))
        assert pending.last_words == said_with("(secret)")
        raise SpawnFailed(f"ann: {words}", words=words)
    cell, start = [record for step in (CELL, START_TO_READY) for record in people.run.results.records.of(step)]
    messages = [(one.template, one.example, one.part) for one in people.run.results.messages.rows()]
    examples = people.run.results.examples.take_new()
    diaries = people.run.results.diaries.take_new()
    everything = f"{cell} {start} {messages} {examples} {diaries} {people.rows} {caplog.text}"
    assert said_with("(secret)") in caplog.text
    assert len(examples) == 2
    assert messages
    assert diaries
    for part in ("Zupf", "Geheim", "token-of-ann"):
        assert part not in everything
