"""What hubusers says of healthy hubs of different kinds: nobody may be accused.

`python -m experiments.healthy_hubs` runs ten rehearsals, one after the other, and prints a Markdown table: the verdict
of each, and its findings. Notes are in brackets: they are worth knowing, but explain nothing. It takes a quarter of an
hour. The exit code is 1 if a finding blames anything.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.markdown import markdown_table
from experiments.rehearsal import rehearse_on
from hubusers.local import LocalHub

_EVENT = """\
title = "{title}"

[[cohorts]]
name = "students"
people = {people}
arrivals = {{ pattern = "{pattern}", {arrivals} }}
stay = "{stay}"
user_class = "{user_class}"

[[targets]]
measure = "start to ready"
percentile = 95
at_most = "{at_most}"

[[targets]]
measure = "failed starts"
at_most = "1 %"
"""


@dataclass(frozen=True)
class Healthy:
    """A healthy hub, and who comes to it."""

    name: str
    hub: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    people: int = 0  # of an event; 0 without one
    pattern: str = "evenly"
    arrivals: str = 'over = "20s"'
    stay: str = "10s"
    at_most: str = "10s"
    user_class: str = "ServerLifecycleUser"

    def event(self) -> str:
        """Return the event file."""
        names = ("people", "pattern", "arrivals", "stay", "at_most", "user_class")
        return _EVENT.format(title=self.name, **{name: getattr(self, name) for name in names})


HEALTHY = (
    Healthy("stub servers, at once", people=30),
    Healthy("stub servers, 2 to 5 s", {"spawn_seconds": (2.0, 5.0)}, people=40),
    Healthy(
        "slow, but within the targets",
        {"spawn_seconds": (15.0, 25.0)},
        people=40,
        at_most="45s",
        arrivals='over = "30s"',
    ),
    Healthy("big: 300 people", {"spawn_seconds": (2.0, 5.0)}, people=300, arrivals='over = "60s"', at_most="20s"),
    Healthy(
        "all in the same moment",
        {"spawn_seconds": (1.0, 2.0)},
        people=40,
        pattern="bell",
        at_most="30s",
        arrivals='around = "10s", spread = "3s"',
    ),
    Healthy(
        "JupyterLab, real servers", {"servers": "lab"}, people=4, stay="20s", at_most="60s", user_class="NotebookUser"
    ),
    Healthy("few people", {"spawn_seconds": (0.5, 1.0)}, people=3),
    Healthy("slow to answer a start", {"slow_spawn_timeout": 10.0, "spawn_seconds": (1.0, 3.0)}, people=30),
    Healthy("without an event", {"spawn_seconds": (1.0, 3.0)}, ("-u", "30", "-r", "5", "-t", "40s", "--stay", "5-10")),
    Healthy("two workers", {"spawn_seconds": (1.0, 3.0)}, ("--processes", "2"), people=40, arrivals='over = "30s"'),
)


def main() -> int:
    """Run all of them, print the table, and return the exit code."""
    argparse.ArgumentParser(prog="python -m experiments.healthy_hubs", description=__doc__).parse_args()
    rows, is_anybody_blamed = [], False
    for healthy in HEALTHY:
        with tempfile.TemporaryDirectory() as folder, LocalHub(**healthy.hub) as hub:
            options = list(healthy.options)
            if healthy.people:
                event = Path(folder, "event.toml")
                event.write_text(healthy.event(), encoding="utf-8")
                options += ["--event", str(event)]
            done = rehearse_on(hub, *options)
        if not done.summary:
            raise RuntimeError(f"{healthy.name}: no run; Locust said:\n{done.output}")
        findings = done.summary["findings"]
        blamed = [one["kind"] for one in findings if one["explains"] != "note"]
        notes = [f"({one['kind']})" for one in findings if one["explains"] == "note"]
        is_anybody_blamed |= bool(blamed)
        headline = done.summary["verdict"]["headline"]
        rows.append([healthy.name, headline, str(done.exit_code), ", ".join([*blamed, *notes]) or "none"])
        print(f"{healthy.name}: {headline} {rows[-1][-1]}", file=sys.stderr, flush=True)
    print(markdown_table(["hub", "verdict", "exit code", "findings"], "llrl", rows))
    return int(is_anybody_blamed)


if __name__ == "__main__":
    sys.exit(main())
