"""`hubusers check`: is this hub ready for a test?"""

import click

from hubusers.cli.shared import (
    CA_BUNDLE_OPTION,
    HOST_OPTION,
    INSECURE_OPTION,
    NAMED_SERVERS_OPTION,
    TOKEN_FILE_OPTION,
    fail,
)
from hubusers.hub.endpoint import hub_url
from hubusers.log import shown
from hubusers.settings.access import SettingsError, access_from, endpoint_of
from hubusers.settings.hub_check import (
    METRICS_SCOPE,
    NEEDED_SCOPES,
    SCOPES_FOR_NAMED_SERVERS,
    PreflightError,
    check_hub,
    check_named_servers,
)


@click.command(short_help="Check that a hub can be tested; this changes nothing.")
@HOST_OPTION
@TOKEN_FILE_OPTION
@CA_BUNDLE_OPTION
@INSECURE_OPTION
@NAMED_SERVERS_OPTION
def check(
    host: str | None, hub_token_file: str | None, ca_bundle: str | None, insecure: bool, named_servers: bool
) -> None:
    """Check that a hub can be tested: reachable, a JupyterHub, token accepted, scopes sufficient. Changes nothing."""
    needed = SCOPES_FOR_NAMED_SERVERS if named_servers else NEEDED_SCOPES
    try:
        endpoint, access = endpoint_of(host), access_from(hub_token_file, ca_bundle, insecure)
        checked = check_hub(endpoint, access, needed)
        if named_servers:
            check_named_servers(checked, access)
    except (SettingsError, PreflightError) as error:
        fail(shown(str(error)))
    click.echo(f"hub        {hub_url(checked.endpoint)}")
    click.echo(f"version    {checked.version}")
    click.echo(f"spawner    {checked.spawner or '(not visible to this token: it lacks the scope read:hub)'}")
    click.echo(f"token of   {checked.owner}")
    click.echo(f"scopes     {', '.join(needed)}: granted")
    if METRICS_SCOPE in checked.scopes:
        click.echo(f"metrics    {METRICS_SCOPE}: granted")
    else:
        click.echo(f"metrics    {METRICS_SCOPE}: not granted. It is optional; it tells a slow hub from a slow spawner.")
    click.echo("This hub can be tested.")
