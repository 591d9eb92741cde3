"""The files that GitHub, Read the Docs and others read fit their schemas, and name what there is."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

from tests.deploy.files import TOP

SCHEMAS = {
    ".github/workflows/tests.yml": "github-workflows",
    ".github/workflows/release.yml": "github-workflows",
    ".github/dependabot.yml": "dependabot",
    ".github/ISSUE_TEMPLATE/bug.yml": "github-issue-forms",
    ".github/ISSUE_TEMPLATE/wish.yml": "github-issue-forms",
    ".readthedocs.yaml": "readthedocs",
    "CITATION.cff": "citation-file-format",
    "docker-compose.yml": "compose-spec",
}
WORKFLOWS = [name for name, schema in SCHEMAS.items() if schema == "github-workflows"]


def text_of(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_fits_its_schema(name: str) -> None:
    checked = CliRunner().invoke(check_jsonschema, ["--builtin-schema", f"vendor.{SCHEMAS[name]}", str(TOP / name)])
    assert checked.exit_code == 0, checked.output


def test_no_file_is_forgotten() -> None:
    there = {str(file.relative_to(TOP)) for file in (TOP / ".github").rglob("*.yml")}
    assert there == {name for name in SCHEMAS if name.startswith(".github/")}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_hash(name: str) -> None:
    """A tag of somebody else's repository can be moved, a hash can't. The same action has one version everywhere."""
    used = re.findall(r"uses: (\S+)@(.+)", text_of(name))
    assert used
    for action, version in used:
        assert re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", version), action
        everywhere = {pin for workflow in WORKFLOWS for pin in re.findall(rf"{action}@(\S+)", text_of(workflow))}
        assert len(everywhere) == 1


@pytest.mark.parametrize("name", WORKFLOWS)
def test_the_targets_of_make_are_there(name: str) -> None:
    targets = set(re.findall(r"^([\w.-]+):", text_of("Makefile"), re.MULTILINE))
    called = [word for run in re.findall(r"run: make (.+)", text_of(name)) for word in run.split()]
    assert called
    assert set(called) <= targets


def test_the_hooks_call_what_the_lock_file_installs() -> None:
    for hook in yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"][0]["hooks"]:
        program, *arguments = hook["entry"].split()
        assert program == ".venv/bin/ruff"
        assert subprocess.run([sys.executable, "-m", "ruff", *arguments, "--help"], capture_output=True).returncode == 0


def test_the_site_is_built_from_what_there_is() -> None:
    site = yaml.safe_load(text_of(".readthedocs.yaml"))
    assert (TOP / site["sphinx"]["configuration"]).exists()
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    assert set(site["python"]["install"][0]["extra_requirements"]) <= extras.keys()


def test_the_page_of_extras_has_all_that_users_can_choose() -> None:
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    listed = re.findall(r"^\| `(\w+)` \|", text_of("docs/reference/extras.md"), re.MULTILINE)
    assert set(listed) == extras.keys() - {"dev", "docs"}
