"""`hubusers check`: is this hub ready for a test?"""

import sys
from collections.abc import Iterable

import click

from hubusers.accounts.file import AccountsFileError, read_accounts
from hubusers.accounts.names import DEFAULT_PREFIX
from hubusers.accounts.sources import not_known
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.browser.login_page import LoginPage, look_at_login
from hubusers.browser.lti_check import look_at_launches
from hubusers.browser.lti_platform import PlatformError, read_platform
from hubusers.cli.shared import (
    ACCOUNTS_OPTION,
    CA_BUNDLE_OPTION,
    GRAFANA_TOKEN_FILE_OPTION,
    GRAFANA_URL_OPTION,
    HOST_OPTION,
    IDENTITY_PROVIDER_OPTION,
    INSECURE_OPTION,
    LTI_OPTION,
    NAMED_SERVERS_OPTION,
    PASSWORD_FILE_OPTION,
    TOKEN_FILE_OPTION,
    fail,
)
from hubusers.cli.what_is_missing import OPTIONAL_SCOPES, what_is_missing
from hubusers.exit_codes import EXIT_CANNOT_TEST
from hubusers.http.connections import Connections
from hubusers.http.session import ssl_context
from hubusers.hub.deadline import Deadline
from hubusers.hub.endpoint import hub_url
from hubusers.log import shown
from hubusers.settings.access import Access, SettingsError, access_from, endpoint_of
from hubusers.settings.given_accounts import unknown_accounts
from hubusers.settings.hub_check import (
    NEEDED_SCOPES,
    SCOPES_FOR_GIVEN_ACCOUNTS,
    SCOPES_FOR_NAMED_SERVERS,
    CheckedHub,
    PreflightError,
    check_hub,
    check_named_servers,
    check_spelling,
    proxy_not_used,
)
from hubusers.settings.machine_accounts import about_machine_accounts
from hubusers.settings.readers import identity_providers
from hubusers.telemetry.grafana import GrafanaError, grafana_from

_LOGIN_PAGE = 20.0
"""Seconds within which the hub's login page must come."""

_NO_PASSWORDS = (
    "The hub's login does not take just a name and a password: people in a browser (NotebookUser, PageUser) cannot log "
    "in with the passwords that you give. If it leads to an identity provider with a login form, name that with "
    "--identity-provider, after asking its operators. Otherwise give them tokens; accounts that a run makes get them "
    "if there is no password."
)


@click.command(short_help="Check that a hub can be tested; this changes nothing.")
@HOST_OPTION
@TOKEN_FILE_OPTION
@CA_BUNDLE_OPTION
@INSECURE_OPTION
@ACCOUNTS_OPTION
@NAMED_SERVERS_OPTION
@PASSWORD_FILE_OPTION
@LTI_OPTION
@IDENTITY_PROVIDER_OPTION
@GRAFANA_URL_OPTION
@GRAFANA_TOKEN_FILE_OPTION
def check(
    host: str | None,
    hub_token_file: str | None,
    ca_bundle: str | None,
    insecure: bool,
    accounts: str | None,
    named_servers: bool,
    password_file: str | None,
    lti: str | None,
    identity_provider: str | None,
    grafana_url: str | None,
    grafana_token_file: str | None,
) -> None:
    """Check that a hub can be tested: reachable, a JupyterHub, token accepted, scopes sufficient. Changes nothing.

    It also says what is missing without being needed, and what a report can then not say. The exit code is 0 all the
    same, and 2 if there can be no test, or none with the launches (--lti) or logins (--identity-provider) asked for.
    """
    for flag, is_given in (("--accounts", accounts), ("--lti", lti)):
        if is_given and named_servers:
            raise click.UsageError(f"Give {flag} or --named-servers, not both.")
    for_accounts = SCOPES_FOR_GIVEN_ACCOUNTS if accounts else NEEDED_SCOPES
    needed = SCOPES_FOR_NAMED_SERVERS if named_servers else for_accounts
    try:
        platform = read_platform(lti) if lti else None
        providers = _providers(identity_provider or "")
        endpoint, access = endpoint_of(host), access_from(hub_token_file, ca_bundle, insecure, password_file)
        given, unknown = read_accounts(accounts, names_do=bool(lti)) if accounts else [], list[str]()
        grafana = grafana_from(grafana_url or "", grafana_token_file or "", ca_bundle or "")
        checked = check_hub(endpoint, access, needed)
        if named_servers:
            check_named_servers(checked, access)
        if accounts:
            check_spelling(endpoint, access, given, accounts)
            unknown = unknown_accounts(endpoint, access, given, accounts)
    except (SettingsError, PreflightError, PlatformError) as error:
        fail(shown(str(error)))
    except AccountsFileError as error:
        fail(shown(f"{error}."))
    _say_what_hub_it_is(checked, needed)
    if accounts:
        click.echo(f"accounts   {len(given)} in {accounts}: so many people can come at the same time")
    login = look_at_login(_browser(endpoint, access, providers), Deadline(_LOGIN_PAGE))
    click.echo(f"login      {shown(login.asks_for) or 'not known: its page did not come'}")
    launches, refused = "", ""
    if platform:
        launches, refused = look_at_launches(_browser(endpoint, access, ()), platform, Deadline(_LOGIN_PAGE))
        click.echo(f"launches   {shown(launches)}")
    missing: list[str] = []
    if grafana:
        try:
            click.echo(f"grafana    {grafana.look()}")
        except GrafanaError as error:
            missing.append(f"Runs cannot be marked in Grafana. {error}")
    makes_accounts = not (accounts or named_servers)
    # Whether a hub of a machine's accounts takes those that a run makes, only making one would tell.
    obstacles = list(about_machine_accounts(checked, DEFAULT_PREFIX)) if makes_accounts else []
    refusals = [f"People in a browser cannot come by a launch: {refused}."] if refused else []
    if providers:
        refused_logins, doubts = _about_providers(login, " or ".join(providers))
        refusals += refused_logins
        obstacles += doubts
    if unknown:
        obstacles.append(
            f"{not_known(unknown, len(given), str(accounts))}. Until then, only people with a browser can come "
            "(NotebookUser, PageUser), who log in by themselves: other runs are refused."
        )
    needs_tokens = makes_accounts and not platform
    missing += what_is_missing(checked, access, makes_accounts=needs_tokens)
    if login.takes_passwords is False and (access.password if makes_accounts else any(one.password for one in given)):
        missing.append(_NO_PASSWORDS)
    _conclude(refusals, obstacles, missing)


def _say_what_hub_it_is(checked: CheckedHub, needed: Iterable[str]) -> None:
    """Say what the check of the hub has found.

    Args:
        checked: The hub.
        needed: The scopes without which there would be no test; the token has them.
    """
    click.echo(f"hub        {hub_url(checked.endpoint)}")
    click.echo(f"version    {checked.version}")
    click.echo(f"spawner    {checked.spawner or 'not known'}")
    click.echo(f"token of   {checked.owner}")
    optional = [scope for scope in OPTIONAL_SCOPES if scope in checked.scopes]
    click.echo(f"scopes     {', '.join([*needed, *optional])}: granted")
    if of_proxy := proxy_not_used(checked.endpoint):
        click.echo(f"proxy      {of_proxy}")


def _conclude(refusals: list[str], obstacles: list[str], missing: list[str]) -> None:
    """Say whether the hub can be tested, and end with the exit code that says so.

    Args:
        refusals: Sentences: why it cannot be tested in the way that was asked for.
        obstacles: Sentences: what may keep it from being tested.
        missing: Sentences: what a report could not say.
    """
    if refusals:
        click.echo("This hub cannot be tested in the way that you ask for.")
    elif obstacles:
        click.echo("This hub can be tested, if what follows is no obstacle.")
    else:
        click.echo("This hub can be tested.")
    for sentence in refusals + obstacles:
        click.echo(f"- {shown(sentence)}")
    if missing:
        click.echo("What is missing, without being needed:")
        for sentence in missing:
            click.echo(f"- {shown(sentence)}")
    if refusals:
        sys.exit(EXIT_CANNOT_TEST)


def _about_providers(login: LoginPage, providers: str) -> tuple[list[str], list[str]]:
    """Return why nobody can log in at the identity providers that were named, and why that may be so."""
    if not login.asks_for:
        return [f"The hub's login page did not come, so nobody can log in at {providers}."], []
    if login.takes_passwords is None:
        return [], [
            f"Whether people can log in at {providers} is not known: its first page has no form of a login. A test "
            "with one person (`-u 1`) tells."
        ]
    if login.takes_passwords:
        return [], []
    refused = f"People in a browser cannot log in at {providers} with a name and a password: the login asks for "
    return [f"{refused}{login.asks_for}."], []


def _providers(text: str) -> tuple[str, ...]:
    try:
        return identity_providers(text)
    except ValueError as error:
        raise SettingsError(f"--identity-provider: {error}.") from None


def _browser(endpoint: str, access: Access, providers: tuple[str, ...]) -> Browser:
    context = ssl_context(access.verify)
    insecure = access.verify is False
    connections = Connections(endpoint, {}, tls_context=lambda **_: context, insecure=insecure, size=CONNECTIONS)
    return Browser(connections, providers=providers)
