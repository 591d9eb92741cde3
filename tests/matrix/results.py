"""What came of the cases, in a file that is kept: the table in the docs follows from it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Result:
    """What came of a case.

    Attributes:
        outcome: "held", "found" (what must be found), "refused" (as it must be), "failed" or "not tried".
        why: Of a failure, what did not hold; of what was found or refused, the sentence; of what was not tried, what it
            lacks.
        date: The day, such as 2026-11-26; "" if not tried.
        versions: The very version of each part.
    """

    outcome: str
    why: str
    date: str
    versions: Mapping[str, str]


def read() -> dict[str, Result]:
    """Return the results by the name of the case."""
    if not FILE.exists():
        return {}
    return {name: Result(**result) for name, result in json.loads(FILE.read_text(encoding="utf-8")).items()}


def merged(known: Mapping[str, Result], new: Mapping[str, Result], names: Iterable[str]) -> dict[str, Result]:
    """Return the results of all cases that there are.

    What this machine could not try does not replace what another one found.

    Args:
        known: The results so far.
        new: What was found now.
        names: The names of all cases.
    """
    tried = {name: result for name, result in new.items() if result.outcome != "not tried" or name not in known}
    return {name: result for name in names if (result := tried.get(name) or known.get(name))}


def write(results: Mapping[str, Result]) -> None:
    content = {name: asdict(result) for name, result in results.items()}
    FILE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
