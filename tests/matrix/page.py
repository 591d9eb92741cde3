"""The page docs/reference/tried-with.md, which follows from the cases and from what came of them."""

from pathlib import Path

from tests.matrix import results
from tests.matrix.case import Case
from tests.matrix.cases import GROUPS
from tests.matrix.results import Result

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "tried-with.md"

_INTRODUCTION = """\
# Tried with

Hubs as people run them, each with real software as it is released, on one machine. One or two people come to each,
by the hub's API (`ServerLifecycleUser`) and in a browser (`NotebookUser`, `PageUser`): this shows that hubusers works
there, not how many people such a hub holds. *Held* means: everybody was served, not one request or step failed, and
nothing was left on the hub, which the hub's own list says, too. *Refused* means that hubusers cannot rehearse such a
hub, and says so in one sentence before anybody comes. *Found* means: something was wrong there on purpose, or the hub
was too small, and the report said so in the sentence that is quoted; nothing was left either.

The table is written by the command that tries them all: `make matrix`, with `CASES=nginx` for some of them. It needs a
checkout of hubusers, and installs what it needs from PyPI and npm under `build/`. Programs that it lacks are named.
"""

SHOWN = {
    "held": "held",
    "found": "found",
    "refused": "refused, as it must be",
    "failed": "**failed**",
    "not tried": "not tried",
}
"""How the table says each outcome."""


def text() -> str:
    """Return the page."""
    known = results.read()
    parts = [_INTRODUCTION]
    for group, cases in GROUPS.items():
        rows = ["| hub | with | who comes | outcome | on |", "| --- | --- | --- | --- | --- |"]
        rows += [_row(case, known.get(case.name)) for case in cases]
        parts.append("\n".join([f"## {group}\n", *rows, ""]))
    return "\n".join(parts)


def write() -> None:
    PAGE.write_text(text(), encoding="utf-8")


def _row(case: Case, result: Result | None) -> str:
    result = result or Result("not tried", "", "", {})
    people = ", ".join(f"{count} {user_class}" for user_class, count in case.people.items())
    versions = ", ".join(f"{name} {version}".strip() for name, version in result.versions.items())
    outcome = SHOWN[result.outcome]
    if result.outcome == "not tried" and result.why:
        outcome += f": {result.why}"
    if result.outcome in {"found", "refused"}:
        outcome += f": *{result.why}*"
    name = f"{case.name}. {case.remark}" if case.remark else case.name
    return f"| {name} | {versions} | {people} | {outcome} | {result.date} |"


if __name__ == "__main__":
    write()
