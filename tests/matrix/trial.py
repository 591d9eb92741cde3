"""One case, tried: the hub is started with all that belongs to it, people come, and what must hold is looked at."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubusers.local.ports import free_port
from hubusers.results.folder import SUMMARY_JSON_FILE
from tests.locust_process import NO_FIRST_SERVER, LocustProcess
from tests.matrix.case import Case, Site
from tests.matrix.running_hub import RunningHub, running_hub

LONGEST = 300
"""Seconds that a run may take."""

_COHORT = """
[[cohorts]]
name = "{user_class}"
people = {people}
user_class = "{user_class}"
arrivals = {{ pattern = "evenly", over = "{over}s" }}
stay = "{stay}s"
"""
_THINKING = 'thinking = "1s"\n'


class DoesNotHold(Exception):
    """What must hold does not. The text says what."""


@dataclass(frozen=True)
class Software:
    """With what a case is tried."""

    hub_python: Path
    server_python: Path
    proxy_command: list[str]


def missing(case: Case) -> list[str]:
    """Return what this machine lacks for a case."""
    needed = {what: where for part in case.parts for what, where in part.needs.items()}
    return sorted({where for what, where in needed.items() if not (shutil.which(what) or Path(what).exists())})


def try_out(case: Case, software: Software, folder: Path) -> str:
    """Try a case.

    Args:
        case: The case.
        software: With what it is tried.
        folder: A folder for everything that hub and run write; it stays, so that people can look what happened.

    Returns:
        The sentence with which hubusers refused the hub, or the findings of the run, if it must; otherwise "".

    Raises:
        DoesNotHold: Something that must hold does not.
        DidNotStart: The hub did not start.
        AssertionError: The run did not end, or printed a traceback.
    """
    with _running(case, software, folder) as hub:
        before = hub.users()
        done, summary = _run(case, hub, folder)
        sentence = _check_refusal(case, done) if case.refused else _check_run(case, done, summary)
        # Where accounts are given, the hub makes them at their first login; only their servers are ours.
        after = hub.users()
        left = sorted(name for name, is_active in after.items() if is_active or not (name in before or case.accounts))
        if left:
            raise DoesNotHold(f"these are left on the hub: {', '.join(left)}")
    return sentence


@contextmanager
def _running(case: Case, software: Software, folder: Path) -> Iterator[RunningHub]:
    site = Site(folder, free_port(), case.base_url, software.hub_python)
    names: dict[str, object] = {}
    with ExitStack() as stack:
        for part in case.parts:
            names |= stack.enter_context(part.running(site))
        yield stack.enter_context(running_hub(case, site, names, software.server_python, software.proxy_command))


def _run(case: Case, hub: RunningHub, folder: Path) -> tuple[LocustProcess, dict[str, Any] | None]:
    """Have people come, and return the run and its summary; None where it did not begin."""
    event, accounts, runs = folder / "event.toml", folder / "accounts.csv", folder / "runs"
    for_run = dict(hub.for_run)
    event.write_text(_event(case, for_run.pop("HUBUSERS_GIT_PULL", "")), encoding="utf-8")
    runs.mkdir()
    options = ["--event", str(event), "--runs-folder", str(runs), "--server-timeout", "120"]
    if not case.has_trial:
        options += NO_FIRST_SERVER
    if case.accounts:
        accounts.write_text(case.accounts, encoding="utf-8")
        options += ["--accounts", str(accounts)]
    environment = {
        "JUPYTERHUB_ENDPOINT": hub.endpoint,
        "JUPYTERHUB_API_TOKEN": hub.token,
        **case.environment,
        **for_run,
    }
    if hub.authority:
        environment["REQUESTS_CA_BUNDLE"] = hub.authority
    with (
        (folder / "locust.log").open("w", encoding="utf-8") as log,
        redirect_stdout(log),
        LocustProcess(None, ["--headless", "--only-summary", *options], env=environment) as done,
    ):
        done.wait(LONGEST)
    folders = sorted(runs.iterdir())
    summary = json.loads((folders[-1] / SUMMARY_JSON_FILE).read_text(encoding="utf-8")) if folders else None
    return done, summary


def _event(case: Case, repository: str) -> str:
    cohorts = []
    chosen = ", ".join(f"{name} = {json.dumps(value)}" for name, value in case.user_options.items())
    for user_class, count in case.people.items():
        has_browser = user_class != "ServerLifecycleUser"
        stay = case.stay or (5 if has_browser else 3)
        cohort = _COHORT.format(user_class=user_class, people=count, over=2 * count, stay=stay)
        cohort += _THINKING if user_class == "NotebookUser" else ""
        cohort += f"git_pull = {json.dumps(repository)}\n" if repository and has_browser else ""
        cohorts.append(cohort + (f"user_options = {{ {chosen} }}\n" if chosen else ""))
    return f"title = {json.dumps(case.name)}\n{''.join(cohorts)}"


def _check_refusal(case: Case, done: LocustProcess) -> str:
    said = [line for line in done.lines if line.startswith("Error: ") and case.refused in line]
    if not said:
        raise DoesNotHold(f"it did not say {case.refused!r}; it said:\n{done.output}")
    if done.process.returncode == 0:
        raise DoesNotHold("it refused, and ended with exit code 0")
    return said[0].removeprefix("Error: ").strip()


def _check_run(case: Case, done: LocustProcess, summary: dict[str, Any] | None) -> str:
    if summary is None:
        raise DoesNotHold(f"there was no run; Locust said:\n{done.output}")
    wanted, served = sum(case.people.values()), summary["people"]["could_work"]
    findings = {one["kind"]: f"{one['title']}: {one['sentence']}" for one in summary["findings"]}
    lacking = [kind for kind in case.finds if kind not in findings]
    left = {f"the clean-up counts what is left: {done.summary()}": bool(done.summary()[2] or done.summary()[5])}
    if case.finds:
        wrong_if = left | {f"it did not find {lacking}, but {findings}": bool(lacking)}
    else:
        wrong_if = left | {
            f"exit code {done.process.returncode}": done.process.returncode != 0,
            f"{served} of {wanted} people were served": served != wanted,
            f"failures: {_told(summary['failures'])}": bool(summary["failures"]),
        }
    wrong = [sentence for sentence, is_wrong in wrong_if.items() if is_wrong]
    if wrong:
        raise DoesNotHold("; ".join(wrong))
    return " ".join(findings[kind] for kind in case.finds)


def _told(failures: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['count']} × {one['step']}: {one['failure']} {one['reason']}".strip() for one in failures)
