"""`hubusers events`: which events are ready made."""

import click

from hubusers.event.file import read_event, ready_made


@click.command()
def events() -> None:
    """List the ready-made events, to rehearse as they are or to copy and change."""
    for name, path in ready_made().items():
        click.echo(f"{name:15} {read_event(name)[1].title}")
        click.echo(f"{'':15} {path}")
    click.echo("See one without a hub: locust --event NAME --dry-run")
