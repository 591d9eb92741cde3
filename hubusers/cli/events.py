"""`hubusers events`: the ready-made events."""

import click

from hubusers.event.file import ready_made

WHAT_HAPPENS = {
    "class-at-nine": "300 students come around nine, and 20 auditors all morning",
    "class-with-notebooks": "30 people work in JupyterLab, and leave in different ways",
    "demo": "a hundred people come to a short class, within a minute",
    "exam": "everybody comes within two minutes, and all leave at the same moment",
    "how-far": "more people come each minute, until a target is missed",
    "hub-restart": "everybody reloads at once",
    "soak": "a working day of steady coming and going",
    "workshop-week": "five days with a rush each morning; an hour takes a minute",
}
"""What happens in each ready-made event, in the words of docs/reference/events.md."""


@click.command(short_help="List the ready-made events: rehearse, or copy and change them.")
def events() -> None:
    """List the ready-made events, which you can rehearse as they are, or copy and change."""
    files = ready_made()
    width = max(map(len, files))
    for name, path in files.items():
        click.echo(f"{name:{width}}  {WHAT_HAPPENS[name]}")
        click.echo(f"{'':{width}}  {path}")
    click.echo("To see the plan of one, without a hub: hubusers run --event NAME --dry-run")
