"""Real reports to click: docs/gallery/index.md, and the reports themselves in docs/extra/gallery.

`python -m experiments.gallery [NAME …]` rehearses all that is in the gallery on a local hub, or what is named, and
writes the page anew. Each takes one to two minutes, one after the other. A report that blames the machine for being
busy, or that has not found what it should, is not kept, and the exit code is then 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from experiments.rehearsal import rehearse_on
from experiments.rehearse_incidents import Answer, answers_in, keep_answers, plain, rehearse
from hubusers.local import LocalHub
from hubusers.local.incidents import INCIDENTS

DOCS = Path(__file__).parents[1] / "docs"
REPORTS = DOCS / "extra" / "gallery"
PAGE = DOCS / "gallery" / "index.md"
ANSWERS = Path(__file__).with_name("gallery.json")

HEALTHY = "healthy"

GROUPS: Mapping[str, tuple[str, ...]] = {
    "A hub that holds": (HEALTHY,),
    "The cluster": ("slow-image", "no-nodes-left", "quota-exceeded", "nodes-then-limit"),
    "The hub": ("blocked-hub", "hub-restarts", "database-fails", "servers-culled"),
    "On the way to the hub": ("ingress-away",),
    "Logins": ("login-slow", "login-broken"),
}
"""What is in the gallery, under the headings of its page: incidents of different kinds."""

_INTRODUCTION = """\
# Gallery

Reports to click: each is from a real run on a hub on one machine. In all but the first one, something happened that
public hubs have met, at about a tenth of the real times. The sentences are those of the reports.

[Incidents](../reference/incidents.md) has more of them, and where they come from. `hubusers hub --incident NAME` lets
one happen on your own machine. [Read the answer](../how-to/read-the-answer.md) explains what such a report says.
"""

_HEALTHY_TITLE = "A hundred people come to a short class within a minute, as in `hubusers demo`, and the hub is well."


def rehearse_healthy(keep: Path) -> Answer:
    """Rehearse the event of the demo on a hub like the demo's, and keep the report."""
    with LocalHub(spawn_seconds=(2, 5), stop_seconds=(0, 1)) as hub:
        done = rehearse_on(hub, "--event", "demo", keep=keep)
    if not done.summary:
        raise RuntimeError(f"No run; Locust said:\n{done.output}")
    return Answer(HEALTHY, done.exit_code, done.summary["verdict"]["headline"], ())


def page(answers: Mapping[str, Answer]) -> str:
    """Return the page, as Markdown, with a section for each answer."""
    parts = [_INTRODUCTION]
    for heading, names in GROUPS.items():
        parts += [f"## {heading}\n", *(_section(answers[name]) for name in names if name in answers)]
    return "\n".join(parts)


def _section(answer: Answer) -> str:
    happened = _HEALTHY_TITLE
    if answer.incident != HEALTHY:
        incident = INCIDENTS[answer.incident]
        happened = f"{incident.title.rstrip('.')}. {incident.what_happens}"
    said = [f"> {plain(answer.headline)}"]
    said += [f"> *{finding.title}:* {plain(finding.sentence)}" for finding in answer.findings[:1]]
    quoted = "\n>\n".join(said)
    # Not in Markdown's way: Sphinx would make a download of it.
    return f'### {answer.incident}\n\n{happened}\n\n{quoted}\n\n<a href="{answer.incident}.html">The report</a>\n'


def main() -> int:
    """Rehearse what is in the gallery, and write the page; return the exit code."""
    every = [name for names in GROUPS.values() for name in names]
    parser = argparse.ArgumentParser(prog="python -m experiments.gallery", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", choices=[[], *every], help="all by default")
    answers, all_kept = answers_in(ANSWERS), True
    for name in parser.parse_args().names or every:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.html")
            answer = rehearse_healthy(report) if name == HEALTHY else rehearse(INCIDENTS[name], report)
            was_busy = any(finding.kind == "load-generator" for finding in answer.findings)
            is_as_expected = answer.exit_code == 0 if name == HEALTHY else not answer.missing and not was_busy
            if is_as_expected:
                (REPORTS / f"{name}.html").write_bytes(report.read_bytes())
                answers[name] = answer
        all_kept &= is_as_expected
        print(f"{name}: {answer.headline}{'' if is_as_expected else ' NOT KEPT'}", flush=True)
        keep_answers([answers[each] for each in every if each in answers], ANSWERS)
        PAGE.write_text(page(answers), encoding="utf-8")
    return int(not all_kept)


if __name__ == "__main__":
    sys.exit(main())
