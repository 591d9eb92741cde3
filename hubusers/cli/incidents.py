"""`hubusers incidents`: what went wrong on public hubs, to rehearse on a local one."""

import textwrap

import click

from hubusers.local.incidents import INCIDENTS, Incident, incident_called
from hubusers.report.page import plain


@click.command(short_help="List incidents of public hubs, to rehearse on this machine.")
@click.argument("name", required=False)
def incidents(name: str | None) -> None:
    """List incidents of public hubs, to rehearse on this machine; or show all of the one called NAME."""
    if name is None:
        for incident in INCIDENTS.values():
            click.echo(f"{incident.name}: {incident.title}.")
            click.echo(f"    Source: {incident.source}.")
            click.echo(f"    The report should find: {', '.join(incident.finds)}.")
        click.echo("To see all of one: hubusers incidents NAME. To rehearse it: hubusers hub --incident NAME")
        return
    try:
        _show(incident_called(name))
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None


def _show(incident: Incident) -> None:
    click.echo(f"{incident.title} ({incident.name})\n")
    click.echo(f"{textwrap.fill(plain(incident.what_happens), 100)}\n")
    click.echo(f"Source: {incident.source}.")
    click.echo(f"The report should find: {', '.join(incident.finds)}.")
    click.echo("To rehearse it, run this, and then in another terminal the lines that it prints:\n")
    click.echo(f"    hubusers hub --incident {incident.name}\n")
    click.echo("Its event:\n")
    click.echo(textwrap.indent(incident.event, "    "), nl=False)
