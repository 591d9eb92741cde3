"""What hubusers says of each incident that a local hub can rehearse: docs/reference/incidents.md, from real runs.

`python -m experiments.rehearse_incidents [NAME …]` rehearses the incidents, or those that are named, and writes what
their reports said into `experiments/incidents.json`; then it writes the page from all answers in that file. Each
incident takes one to two minutes, one after the other, because a machine that is busy with several says something else.
The exit code is 1 if a report did not find what it should.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from experiments.rehearsal import Rehearsed, rehearse_on
from hubusers.local import LocalHub
from hubusers.local.incidents import INCIDENTS, Incident
from hubusers.report.causes.catalogue import KINDS

ANSWERS = Path(__file__).with_name("incidents.json")
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "incidents.md"

_INTRODUCTION = """\
# Incidents, rehearsed

Operators of public hubs publish what went wrong. Each of the mechanisms below comes from such a report, and runs on a
hub on your own machine, at about a tenth of the real times. What hubusers said is quoted from a real run
(`python -m experiments.rehearse_incidents`). To see one for yourself:

```console
$ hubusers hub --incident slow-image
```

It prints the command that rehearses it. `hubusers incidents` lists them all. What each kind of finding means, how to
confirm it on your hub and what to change is in [findings](findings.md).
"""


@dataclass(frozen=True)
class Finding:
    """A finding of a report."""

    kind: str
    title: str
    sentence: str


@dataclass(frozen=True)
class Answer:
    """What the report of a rehearsal said."""

    incident: str
    exit_code: int
    headline: str
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> list[str]:
        """The kinds of findings that the report should have had, and had not."""
        found = {finding.kind for finding in self.findings}
        return [kind for kind in INCIDENTS[self.incident].finds if kind not in found]


def rehearse(incident: Incident, keep: Path | None = None) -> Answer:
    """Rehearse an incident on a hub of its own.

    Args:
        incident: Which one.
        keep: Where its report is copied to; None for nowhere.
    """
    with LocalHub(incident=incident.name) as hub:
        done = rehearse_on(hub, *hub.rehearsal, keep=keep)
    if not done.summary:
        return _answer_before_the_run(incident, done)
    findings = (
        Finding(one["kind"], one["title"], one["sentence"])
        for one in done.summary["findings"]
        if one["explains"] != "note"
    )
    return Answer(incident.name, done.exit_code, done.summary["verdict"]["headline"], tuple(findings))


def _answer_before_the_run(incident: Incident, done: Rehearsed) -> Answer:
    """Return what Locust said where no first server started, so that there was no run."""
    errors = [line.partition("/ERROR/")[2].partition(": ")[2] for line in done.output.splitlines() if "/ERROR/" in line]
    if not errors:
        raise RuntimeError(f"{incident.name}: no run; Locust said:\n{done.output}")
    findings = []
    for line in errors[1:]:
        title, _, sentence = line.partition(": ")
        kind = next((kind.name for kind in KINDS.values() if kind.title == title), "")
        if kind:
            findings.append(Finding(kind, title, sentence))
    return Answer(incident.name, done.exit_code, errors[0], tuple(findings))


def page(answers: dict[str, Answer]) -> str:
    """Return the page, as Markdown, of all incidents that were rehearsed."""
    sections = [_section(INCIDENTS[name], answers[name]) for name in INCIDENTS if name in answers]
    return "\n".join([_INTRODUCTION, *sections])


def _section(incident: Incident, answer: Answer) -> str:
    findings = [
        f"{place}. [{finding.title}](findings.md#{finding.kind}): {plain(finding.sentence)}"
        for place, finding in enumerate(answer.findings, 1)
    ]
    return "\n".join(
        [
            f"## {incident.name}",
            "",
            f"{incident.title.rstrip('.')}. {incident.what_happens}",
            "",
            f"*{incident.source}*",
            "",
            f"> {plain(answer.headline)} (exit code {answer.exit_code})",
            "",
            *(findings or ["The report names no cause."]),
            "",
        ]
    )


def plain(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return "".join(f"\\{character}" if character in "\\`*_{}[]<>#|" else character for character in text)


def answers_in(file: Path) -> dict[str, Answer]:
    """Return the answers that were kept in a file, by their incidents; none if there is no file yet."""
    if not file.exists():
        return {}
    answers = (
        Answer(**{**one, "findings": tuple(Finding(**finding) for finding in one["findings"])})
        for one in json.loads(file.read_text(encoding="utf-8"))
    )
    return {answer.incident: answer for answer in answers}


def keep_answers(answers: Iterable[Answer], file: Path) -> None:
    """Write answers into a file, for `answers_in`."""
    file.write_text(json.dumps([asdict(answer) for answer in answers], indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Rehearse incidents, and write the page; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m experiments.rehearse_incidents", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", choices=[[], *INCIDENTS], help="incidents; all by default")
    names = parser.parse_args().names
    answers, missing = answers_in(ANSWERS), False
    for name in names or INCIDENTS:
        answers[name] = answer = rehearse(INCIDENTS[name])
        missing |= bool(answer.missing)
        lacks = f"; MISSING: {', '.join(answer.missing)}" if answer.missing else ""
        print(f"{name}: {answer.headline} [{', '.join(one.kind for one in answer.findings)}]{lacks}", flush=True)
        keep_answers([answers[each] for each in INCIDENTS if each in answers], ANSWERS)
        PAGE.write_text(page(answers), encoding="utf-8")
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())
