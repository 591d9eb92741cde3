"""`hubusers events`: the ready-made events."""

import click

from hubusers.event.file import read_event, ready_made


@click.command()
def events() -> None:
    """List the ready-made events, which you can rehearse as they are, or copy and change."""
    files = ready_made()
    width = max(map(len, files))
    for name, path in files.items():
        click.echo(f"{name:{width}}  {read_event(name)[1].title}")
        click.echo(f"{'':{width}}  {path}")
    click.echo("To see the plan of one, without a hub: locust --headless --event NAME --dry-run")
