"""`hubusers events`: which events are ready made."""

import click

from hubusers.event.file import read_event, ready_made


@click.command()
def events() -> None:
    """List the ready-made events, to rehearse as they are or to copy and change."""
    files = ready_made()
    width = max(map(len, files))
    for name, path in files.items():
        click.echo(f"{name:{width}}  {read_event(name)[1].title}")
        click.echo(f"{'':{width}}  {path}")
    click.echo("See one without a hub: locust --event NAME --dry-run")
