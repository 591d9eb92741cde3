"""`hubusers kube run`: what it passes on into the pod, what it refuses, and the manifests that it shows."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from hubusers.cli import kube_order, main
from hubusers.cli.kube_options import kube_groups
from hubusers.cli.run import USER_CLASSES, WITH_BROWSER
from hubusers.cli.run_options import groups
from hubusers.exit_codes import EXIT_CANNOT_TEST
from hubusers.how_installed import this_installation
from hubusers.kube import clean_up_pod
from hubusers.kube.kubectl import Kubectl
from hubusers.kube.values import Values
from hubusers.version import version

EVENT = """
title = "Class"
[[cohorts]]
name = "students"
people = 40
user_class = "NotebookUser"
arrivals = { pattern = "evenly", over = "5s" }
stay = "5s"
"""


def run(*arguments: str, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(main, ["kube", "run", "-n", "jhub", *arguments])


@pytest.fixture(autouse=True)
def no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave out the process that draws the plan of an event, and write nothing into this folder."""
    monkeypatch.setattr(kube_order, "_check_event", lambda given: None)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", [["run", "--event", "no-such-file"], ["purge", "--values", "no-such-file"]])
def test_without_its_extra_a_command_says_what_to_install(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    refused = CliRunner().invoke(main, ["kube", *command])
    how = this_installation().to_add("kube")
    assert refused.output == f"Error: Commands for a cluster need libraries that are not installed here. {how}\n"
    assert refused.exit_code == EXIT_CANNOT_TEST
    assert CliRunner().invoke(main, ["kube", command[0], "--help"]).exit_code == 0


def shown(result: Result) -> dict[str, dict[str, Any]]:
    """Return the manifests by their kinds and the ends of their names."""
    assert result.exit_code == 0, result.output
    made = list(yaml.safe_load_all(result.stdout))
    return {f"{one['kind']} {one['metadata']['name'].split('-', 2)[2:]}": one for one in made}


def container_of(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = shown(result)["Job []"]["spec"]["template"]["spec"]["containers"][0]
    return found


def variables_of(result: Result) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container_of(result)["env"] if "value" in one}


@pytest.mark.parametrize(
    ("given", "arguments", "url"),
    [
        (
            ["-u", "300", "-r", "10", "-t", "5m"],
            ["--users=300", "--spawn-rate=10", "--run-time=300"],
            "http://hub:8081",
        ),
        (["NotebookUser", "-u", "3"], ["--users=3", "NotebookUser"], "http://proxy-public"),
        (["-u", "3", "--host", "https://h.org", "--insecure"], ["--users=3", "--insecure"], "https://h.org"),
        (["-u", "3", "--json", "--keep"], ["--users=3", "--json", "--keep"], "http://hub:8081"),
        (["-u", "3", "--runs-folder", ""], ["--users=3", "--runs-folder="], "http://hub:8081"),
        (["--user-options", '{"a": 1}'], ['--user-options={"a": 1}'], "http://hub:8081"),
        (["-u", "1", "--", "--tags", "a"], ["--users=1", "--tags", "a"], "http://hub:8081"),
    ],
)
def test_what_is_passed_on(given: list[str], arguments: list[str], url: str) -> None:
    result = run("--dry-run", *given)
    assert sorted(container_of(result)["args"]) == sorted(["--headless", *arguments])
    assert variables_of(result)["JUPYTERHUB_ENDPOINT"] == url


def test_variables_count_but_for_those_of_this_machine(tmp_path: Path) -> None:
    result = run(
        "--dry-run",
        LOCUST_USERS="7",
        HUBUSERS_STAY="1m",
        HUBUSERS_KEEP="1",
        JUPYTERHUB_ENDPOINT="https://other.example.org",
        JUPYTERHUB_API_TOKEN_FILE="/nowhere",
        REQUESTS_CA_BUNDLE="/nowhere",
    )
    assert container_of(result)["args"] == ["--headless", "--users=7", "--stay=1m", "--keep"]
    assert f"The image must hold the same version as this command, {version()}" in result.output
    assert variables_of(result)["JUPYTERHUB_ENDPOINT"] == "http://hub:8081"


def test_an_event_goes_along_and_its_people_decide_the_rest(tmp_path: Path) -> None:
    Path("class.toml").write_text(EVENT, encoding="utf-8")
    result = run("--dry-run", "--event", "class.toml", "--time-scale", "2", "--web", "--workers", "2")
    made = shown(result)
    text = made["ConfigMap ['files-1']"]["data"]["file-0"]
    assert 'title = "Class"' in text
    assert "seed = " in text
    assert "time_scale = 2.0" in text
    assert [kind for kind in made if kind.startswith("Job")] == ["Job []", "Job ['worker-1']", "Job ['worker-2']"]
    assert variables_of(result)["JUPYTERHUB_ENDPOINT"] == "http://proxy-public"
    assert made["Job []"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 60 + 40 + 30
    assert {"--autostart", "--master", "--expect-workers=2", "--event=/input/event.toml"} <= {
        *container_of(result)["args"]
    }


def test_what_is_printed_has_no_secret(tmp_path: Path) -> None:
    Path("accounts.csv").write_text("name,password\nann,hunter2-secret\n", encoding="utf-8")
    Path("token").write_text("token-token-secret", encoding="utf-8")
    Path("values.yaml").write_text(
        "env: [{name: HTTPS_PROXY, value: 'http://me:proxy-secret@proxy'}]\nimage: {tag: mine}\n", encoding="utf-8"
    )
    options = ["--accounts", "accounts.csv", "--hub-token-file", "token", "--values", "values.yaml", "-u", "1"]
    result = run("--dry-run", *options, HUBUSERS_PASSWORD="password-secret")
    made = shown(result)
    assert "secret" not in re.sub("[Ss]ecrets?(-files|Name|KeyRef)?\\b", "", result.output)
    for text in ("hunter2", "aHVudGVyMi1zZWNyZXQ", "dG9rZW4tdG9rZW4"):
        assert text not in result.output
    assert {key: set(one["data"].values()) for key, one in made.items() if key.startswith("Secret")} == {
        "Secret ['variables']": {"<hidden>"},
        "Secret ['secret-files-1']": {"<hidden>"},
    }
    assert variables_of(result)["HTTPS_PROXY"] == "<hidden>"
    assert container_of(result)["image"] == "hubusers:mine"
    name = made["Job []"]["metadata"]["name"]
    assert {"secretKeyRef": {"name": f"{name}-variables", "key": "token"}} in [
        one.get("valueFrom") for one in container_of(result)["env"]
    ]


OTEL = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.monitoring:4317",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://me:pass-secret@traces.monitoring:4317",
    "OTEL_EXPORTER_OTLP_HEADERS": "api-key=header-secret",
    "OTEL_EXPORTER_OTLP_CERTIFICATE": "ours.pem",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY": "ours.key",
    "OTEL_SERVICE_NAME": "rehearsal",
    "OTEL_LOGS_EXPORTER": "",
}


def test_figures_that_no_prometheus_can_reach_are_said() -> None:
    alone, open_to_all = (run("-u", "3", "--dry-run", "--metrics", where) for where in ("9646", "0.0.0.0:9646"))
    assert "only its own containers reach it" in alone.stderr
    assert "--metrics 0.0.0.0:9646" in alone.stderr
    assert open_to_all.stderr == ""
    assert "--metrics=0.0.0.0:9646" in container_of(open_to_all)["args"]


def test_with_otel_its_variables_go_along() -> None:
    Path("ours.pem").write_text("CERTIFICATE", encoding="utf-8")
    Path("ours.key").write_text("key-secret", encoding="utf-8")
    values = "env: [{name: OTEL_SERVICE_NAME, valueFrom: {configMapKeyRef: {name: a, key: b}}}]"
    Path("values.yaml").write_text(values, encoding="utf-8")
    result = run("--dry-run", "--otel", "-u", "1", "--workers", "1", "--values", "values.yaml", **OTEL)
    made = shown(result)
    assert "--otel" in container_of(result)["args"]
    assert {name: value for name, value in variables_of(result).items() if name.startswith("OTEL")} == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.monitoring:4317",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": "/input/OTEL_EXPORTER_OTLP_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY": "/input/OTEL_EXPORTER_OTLP_CLIENT_KEY",
    }
    name = made["Job []"]["metadata"]["name"]
    secret = {"secretKeyRef": {"name": f"{name}-variables", "key": "OTEL_EXPORTER_OTLP_HEADERS"}}
    assert {"name": "OTEL_EXPORTER_OTLP_HEADERS", "valueFrom": secret} in container_of(result)["env"]
    assert container_of(result)["env"] == made["Job ['worker-1']"]["spec"]["template"]["spec"]["containers"][0]["env"]
    # What the values say is for the cluster, and counts more.
    assert [one for one in container_of(result)["env"] if one["name"] == "OTEL_SERVICE_NAME"] == [
        {"name": "OTEL_SERVICE_NAME", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}
    ]
    assert made["Secret ['variables']"]["data"] == {
        "OTEL_EXPORTER_OTLP_HEADERS": "<hidden>",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "<hidden>",
    }
    assert made["Secret ['secret-files-1']"]["data"] == {"file-0": "<hidden>"}
    assert made["ConfigMap ['files-1']"]["data"] == {"file-0": "CERTIFICATE"}
    assert not re.search("(pass|header|key)-secret", result.output)
    assert "OTEL" not in run("--dry-run", "-u", "1", **OTEL).output


@pytest.mark.parametrize("address", ["http://localhost:4317", "127.0.0.1:4317", "http://me:x@[::1]:4318/v1/traces"])
def test_a_collector_on_this_machine_is_refused(address: str) -> None:
    result = run("--dry-run", "--otel", "-u", "1", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=address)
    assert result.exit_code == 2
    assert "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names this machine" in " ".join(result.output.split())
    # Where there is one in each pod, the values say so.
    values = f"env: [{{name: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, value: '{address}'}}]"
    Path("values.yaml").write_text(values, encoding="utf-8")
    again = run(
        *["--dry-run", "--otel", "-u", "1", "--values", "values.yaml"], OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=address
    )
    assert again.exit_code == 0


def test_a_certificate_that_is_missing_is_said_with_its_variable() -> None:
    result = run("--dry-run", "--otel", "-u", "1", OTEL_EXPORTER_OTLP_CERTIFICATE="/nowhere.pem")
    assert result.exit_code == 2
    assert "OTEL_EXPORTER_OTLP_CERTIFICATE: /nowhere.pem cannot be read" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--processes", "2"], "Leave out --processes: pods are the processes here: give --workers N."),
        (["--worker"], "Leave out --worker: pods"),
        (["--master-host=a"], "Leave out --master-host"),
        (["--web-host", "1.2.3.4"], "kubectl's port-forward"),
        (["--csv", "x"], "locust-requests.csv"),
        (["--logfile", "x"], "redirect the standard error"),
        (["--web-port", "80"], "--web-port is for the web UI: add --web."),
        (["--evnt", "x"], "'--event'"),
        (["--qqqq"], "If Locust has it, give it after two dashes"),
        (["NotebokUser"], "did you mean 'NotebookUser'?"),
        (["--event", "nothing.toml"], "The event file 'nothing.toml' cannot be read"),
        (["--event", "exam", "-u", "3"], "Leave out -u: the event's file says who comes"),
        (["--time-scale", "2"], "--time-scale is for an event"),
        (["--accounts", "none.csv"], "none.csv"),
        (["--accounts", "none.csv", "--named-servers"], "not both"),
        (["--notebooks", "."], "There is no notebook in ."),
        (["--values", "none.yaml"], "The values file none.yaml cannot be read"),
        (["--values", "bad.yaml"], "imge: is unknown here; did you mean 'image'?"),
        (["--values", "web.yaml"], "has web, which is for the chart: give --web instead"),
        (["--values", "people.yaml"], "has people, which is for the chart: give --event or --users"),
        (["--values", "chart.yaml"], "has event, which is for the chart: give --event instead"),
    ],
)
def test_what_is_refused(given: list[str], words: str) -> None:
    Path("bad.yaml").write_text("imge: x", encoding="utf-8")
    Path("chart.yaml").write_text("event: x", encoding="utf-8")
    Path("web.yaml").write_text("people: 1000\nweb: true", encoding="utf-8")
    Path("people.yaml").write_text("web: false\npeople: 5", encoding="utf-8")
    result = run("--dry-run", *given)
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_a_file_that_is_too_large_is_said_with_what_to_do() -> None:
    course = Path("course")
    course.mkdir()
    (course / "numbers.bin").write_bytes(b"0" * 2_000_000)
    (course / "one.ipynb").write_text(
        '{"cells": [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": [], "execution_count": null}], '
        '"metadata": {}, "nbformat": 4, "nbformat_minor": 2}',
        encoding="utf-8",
    )
    result = run("--dry-run", "--notebooks", "course", "NotebookUser")
    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert "notebooks/numbers.bin has 1,953 KiB" in said
    assert "make it smaller; or put it into an image of your own" in said


def test_the_event_is_checked_as_by_a_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    event = tmp_path / "class.toml"
    event.write_text(EVENT.replace("NotebookUser", "NotebokUser"), encoding="utf-8")
    result = run("--dry-run", "--event", str(event))
    assert result.exit_code == 2
    assert "needs the user class NotebokUser, which is not in the locustfile" in result.output


def test_each_option_of_a_run_is_there_or_refused() -> None:
    refused = {"--processes", "--master", "--worker", "--expect-workers", "--master-bind-host", "--master-bind-port"}
    refused |= {"--master-host", "--master-port", "--web-host", "--web-url", "--class-picker", "--csv", "--html"}
    refused |= {"--logfile"}
    ours = {flag for options in kube_groups().values() for option in options for flag in option.opts}
    of_a_run = {flag for options in groups().values() for option in options for flag in option.opts}
    assert of_a_run - ours == refused


def test_who_has_a_browser() -> None:
    from hubusers import users

    assert {name for name in USER_CLASSES if getattr(users, name).has_browser} == WITH_BROWSER


def test_the_help_teaches() -> None:
    result = run("--help")
    assert "hubusers kube run --event class.toml -n jhub" in result.output
    assert "helm upgrade" in result.output
    assert "--processes" not in result.output


def test_purge_in_the_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It asks first, and passes on what to remove; where something may be left, it says so, and exits with 3."""
    given: list[Any] = []

    def purge(kubectl: Kubectl, values: Values, name: str, which: list[str], **more: Any) -> str:
        given.extend([kubectl.options, values.accounts, values.hub.url, which, more["has_address"]])
        return "it ended with code 3"

    monkeypatch.setattr(clean_up_pod, "purge_in_cluster", purge)
    (tmp_path / "values.yaml").write_text("accounts: people", encoding="utf-8")
    command = ["kube", "purge", "-n", "jhub", "--run=k3x9", "--values=values.yaml"]
    asked = CliRunner().invoke(main, command, input="n\n")
    assert "the servers of all accounts in the Secret people on the hub of the namespace jhub?" in asked.output
    assert given == []
    done = CliRunner().invoke(main, [*command, "--yes", "--host=http://hub"])
    assert done.exit_code == 3
    assert "Something may be left on the hub: it ended with code 3." in done.output
    assert given == [
        ["--namespace=jhub"],
        "people",
        "http://hub",
        ["--name-prefix=hub-stress-test", "--run=k3x9"],
        True,
    ]


@pytest.mark.parametrize("run_id", ["", "k3"])
def test_purge_of_no_run_is_not_that_of_any_run(run_id: str) -> None:
    refused = CliRunner().invoke(main, ["kube", "purge", "-n", "jhub", f"--run={run_id}", "--yes"])
    assert refused.exit_code == 2
    assert "must be a run's id" in refused.output
