"""README and docs: their links lead somewhere, their commands can be parsed, and their examples run."""

from locust.argument_parser import get_parser

import re
import shlex
from pathlib import Path

import click
import pytest
import requests

import hubusers
from hubusers.cli import main
from hubusers.cli.events import WHAT_HAPPENS
from hubusers.cli.what_is_missing import OPTIONAL_SCOPES
from hubusers.documentation import SITE, documented
from hubusers.local import LocalHub
from hubusers.settings.hub_check import NEEDED_SCOPES
from hubusers.settings.options import add_options
from tests.notebook_kernel import run_cells

TOP = Path(__file__).parents[1]
DOCUMENTS = [*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), TOP / "benchmarks" / "README.md"]
TEXTS = {str(document.relative_to(TOP)): document.read_text(encoding="utf-8") for document in DOCUMENTS}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


LINKS = [
    (name, link)
    for name, text in TEXTS.items()
    for link in re.findall(r"\]\(([^)\s]+)\)", text)
    if not link.startswith("https://")
]
COMMANDS = [
    line.removeprefix("$ ").partition("  #")[0].strip()
    for text in TEXTS.values()
    for block in blocks(text, "console")
    for line in block.splitlines()
    if line.startswith("$ ")
]


@pytest.mark.parametrize(("document", "link"), LINKS)
def test_links_lead_somewhere(document: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (TOP / document).parent / path if path else TOP / document
    assert target.exists()
    if anchor:
        assert anchor in anchors(target.read_text(encoding="utf-8"))


NAMED = {
    named
    for file in (TOP / "hubusers").rglob("*.py")
    for named in re.findall(
        r"\bdocumented\([\"']([\w/-]+)[\"'](?:, [\"']([\w-]+)[\"'])?\)", file.read_text(encoding="utf-8")
    )
}
"""The pages of the documentation that messages and reports name, and their sections."""


@pytest.mark.parametrize(("page", "anchor"), sorted(NAMED))
def test_messages_name_pages_that_are_there(page: str, anchor: str) -> None:
    text = (TOP / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert not anchor or anchor in anchors(text)
    assert documented(page, anchor).startswith(f"{SITE}/page/{page}.html")


@pytest.mark.parametrize("command", dict.fromkeys(COMMANDS))
def test_commands_can_be_parsed(command: str) -> None:
    """An unknown option, or a value that it doesn't take, ends the parser."""
    name, *arguments = [word for word in shlex.split(command) if not re.fullmatch(r"[A-Z_]+=.*", word)] or [""]
    if name == "locust":
        parser = get_parser()
        add_options(parser)
        parser.parse_args(arguments)
    elif name == "hubusers":
        subcommand = main.get_command(click.Context(main), arguments[0])
        assert subcommand
        subcommand.make_context(arguments[0], arguments[1:])


def test_the_files_that_contributing_names_are_there() -> None:
    for path in re.findall(r"`([a-z_]+/[a-z_./]*)`", TEXTS["CONTRIBUTING.md"]):
        assert (TOP / path).exists() or (TOP / "hubusers" / path).exists(), path


def test_the_roles_have_the_scopes_that_the_check_looks_for() -> None:
    asked_for = {*NEEDED_SCOPES, *OPTIONAL_SCOPES}
    page = TEXTS["docs/how-to/your-hub.md"]
    [for_jupyterhub_config] = [block for block in blocks(page, "python") if "load_roles" in block]
    [for_helm] = [block for block in blocks(page, "yaml") if "loadRoles" in block]
    for role in (for_jupyterhub_config, for_helm):
        _, _, scopes = role.partition("scopes")
        assert set(re.findall(r'"([a-z:]+)"', scopes.partition("]")[0])) - {":"} == asked_for


def test_the_ready_made_events_are_described_in_the_words_of_the_command() -> None:
    _, _, section = TEXTS["docs/reference/events.md"].partition("## Ready-made events")
    assert dict(re.findall(r"^\| `(.*)` \| (.*) \|$", section, re.MULTILINE)) == WHAT_HAPPENS


@pytest.mark.parametrize("name", TEXTS)
def test_python_compiles(name: str) -> None:
    for example in blocks(TEXTS[name], "python"):
        compile(example, name, "exec")


def test_the_functions_run_as_a_notebook_from_top_to_bottom(local_hub: LocalHub, session: requests.Session) -> None:
    names = ["ann", "bob", "eve"]
    cells = [
        example.replace("...", local_hub.token).replace("https://hub.example.org/hub/api", local_hub.endpoint)
        for example in blocks(TEXTS["docs/how-to/functions.md"], "python")
    ]
    start_and_stop, reasons, retries, progress, asyncio, at_the_end = cells
    try:
        ran = run_cells(
            start_and_stop,
            "logging.getLogger().handlers.clear()",
            reasons,
            retries,
            progress,
            ("hubusers.wait_for_servers_to_stop({'ann': True, 'bob': True}, endpoint, session, timeout=300)", 1.5),
            "logging.basicConfig(level=logging.INFO, format='%(levelname)s %(message)s')",
            asyncio,
            "await stop_each()",
            "await start_all()",
            at_the_end,
        )
    finally:
        hubusers.delete_users(names, local_hub.endpoint, session)
    first, _, why, again, bars, interrupted, _, _, stopped, started, deleted = ran
    hub = local_hub.endpoint.removesuffix("/hub/api")
    assert [cell.error for cell in ran] == ["", "", "", "", "", "KeyboardInterrupt: ", "", "", "", "", ""]
    assert first.out == "{'ann': True, 'bob': True, 'eve': True}\n"
    assert f"INFO {hub}: created 3 of 3 users\n" in first.err
    assert " was ready after " in first.err
    assert why.out == "nobody: user gone (HTTP 404)\n"
    assert why.err.startswith(f"{hub}: could not start the server of nobody: HTTP 404")  # without logging set up
    assert why.err.count("\n") == 1
    assert again.out == first.out.rstrip()
    assert "Starting servers: 100%" in bars.err
    assert "3/3" in bars.err
    assert interrupted.seconds < 30  # of 300
    assert interrupted.err == (
        f"{hub}: interrupted while waiting for servers to stop: 0 of 2 are done, left are ann, bob; "
        "the hub goes on with what it was asked for\n"
    )
    assert stopped.out == "[True, True]"
    assert f"INFO {hub}: stopping the server of ann" in stopped.err
    assert started.out == "{'ann': True, 'bob': True, 'eve': True}"
    assert deleted.out == started.out
