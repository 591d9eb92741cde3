"""An option is declared once: what follows from a declaration, shown with one more of them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import hubusers
from hubusers.settings.options_table import options_table

PACKAGE = Path(hubusers.__file__).parent

DECLARATION = """
    greeting: float = option(
        "--greeting",
        read=seconds_above_zero,
        default="2m",
        metavar="DURATION",
        section=USERS,
        decided_by_event=True,
        help="How long users greet each other.",
    )
"""

WHAT_FOLLOWS = """
import json, os, sys
import locust.argument_parser as parsers
from locust import events
from hubusers.settings.access import Access, SettingsError
from hubusers.settings.options import add_options
from hubusers.plugin.form_options import fields_by_section
from hubusers.settings.settings import Settings, event_text_from, settings_from

def settings(options):
    return settings_from(options, "https://host", "run", Access("0123456789abcdef"))

def refused(action, *given):
    try:
        action(*given)
    except (SettingsError, SystemExit) as error:
        return str(error)

events.init_command_line_parser.add_listener(add_options)
parse = parsers.get_parser().parse_args
by_flag = parse(["--greeting", "30"])
sent_by_form = parse([])
sent_by_form.greeting = "never"
os.environ["HUBUSERS_GREETING"] = "1h"
by_variable = parse([])
del os.environ["HUBUSERS_GREETING"]
print(json.dumps({
    "default": Settings(endpoint="", access=None, run_id="").greeting,
    "flag": settings(by_flag).greeting,
    "variable": settings(by_variable).greeting,
    "wrong flag": refused(parse, ["--greeting", "0"]),
    "wrong form": refused(settings, sent_by_form),
    "with an event": refused(event_text_from, parse(["--event", "class-at-nine", "--greeting", "2m"])),
    "form": [field.default for fields in fields_by_section().values() for field in fields if field.name == "greeting"],
    "Locust's own form": "greeting" in parsers.ui_extra_args_dict([]),
    "report": settings(by_flag).shown()["greeting"],
}))
"""


def run(folder: Path, *arguments: str) -> str:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("HUBUSERS_", "LOCUST_"))}
    result = subprocess.run(
        [sys.executable, *arguments],
        env={**env, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_one_declaration_adds_an_option_everywhere(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "hubusers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE.parent / "events", tmp_path / "events")
    file = tmp_path / "hubusers" / "settings" / "options.py"
    before, marker, after = file.read_text(encoding="utf-8").partition("\n\n\nOPTIONS = ")
    assert marker
    file.write_text(before + DECLARATION + marker + after, encoding="utf-8")

    follows = json.loads(run(tmp_path, "-c", WHAT_FOLLOWS))
    assert follows == {
        "default": 120,
        "flag": 30,
        "variable": 3600,
        "wrong flag": "2",  # the exit code
        "wrong form": "--greeting: 'never' is not a duration; write seconds, or 90s, 10m, 1h30m, 2d.",
        "with an event": "Leave out --greeting: the event's file says it.",
        "form": ["2m"],
        "Locust's own form": False,
        "report": 30,
    }
    explained = run(tmp_path, "-m", "hubusers", "options")
    assert "--greeting DURATION" in explained
    assert "How long users greet each other. Default: 2m. [HUBUSERS_GREETING]" in " ".join(explained.split())
    row = "| `--greeting DURATION` | `HUBUSERS_GREETING` | `2m` | How long users greet each other. | yes | yes |"
    assert row in run(tmp_path, "-m", "hubusers.settings.options_table")


def test_the_table_in_the_documents_is_the_one_that_follows_from_the_declarations() -> None:
    written = (PACKAGE.parent / "docs" / "reference" / "options.md").read_text(encoding="utf-8")
    assert written == options_table(), "run: python -m hubusers.settings.options_table > docs/reference/options.md"
