"""`hubusers locustfile`: where hubusers' own locustfile is, for Locust's own command."""

import click

from hubusers.cli.run import locustfile as own_locustfile


@click.command(short_help="Print the path of hubusers' own locustfile, for locust -f.")
def locustfile() -> None:
    """Print the path of hubusers' own locustfile, which may be anywhere once hubusers is installed.

    \b
    Run it with Locust's own command:          locust -f "$(hubusers locustfile)"
    Begin a locustfile of your own with it:    cp "$(hubusers locustfile)" .
    """
    click.echo(own_locustfile())
