"""Checks a hub before the first user comes: it answers, is a JupyterHub, accepts the token, and the scopes suffice."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from hubusers.accounts.account import Account
from hubusers.accounts.names import random_word
from hubusers.documentation import documented
from hubusers.http.messages import CERTIFICATE_NOT_TRUSTED, TIMED_OUT, Answer
from hubusers.http.session import proxy_variable
from hubusers.hub.answers import user_is_gone
from hubusers.hub.client import HubClient
from hubusers.hub.endpoint import hub_url
from hubusers.hub.lifecycle import NAMED_SERVER_PATH
from hubusers.hub.sightings import USER_PATH
from hubusers.settings.access import Access
from hubusers.settings.other_scheme import by_other_scheme

NEEDED_SCOPES = ("admin:users", "admin:servers")
"""To create and delete accounts, and to find what an earlier run left; to start, stop and see servers."""

SCOPES_FOR_GIVEN_ACCOUNTS = ("admin:servers",)

SCOPES_FOR_NAMED_SERVERS = ("servers",)
"""Every account has this scope for its own servers: it may start, stop and see them."""

_SPELLINGS = 20
"""How many names with capital letters are looked at: one mistake is told, and they are mostly alike."""

METRICS_SCOPE = "read:metrics"
"""Without it a run does not see the hub's CPU, memory and event loop, and its own measure of spawns."""


class PreflightError(Exception):
    """The hub cannot be tested like this; the text is one sentence that says what to do."""


class LeftBehind(PreflightError):
    """A first server or its account could not be removed; the text names the command that removes it."""


@dataclass(frozen=True)
class CheckedHub:
    """What the hub says about itself and about the token."""

    endpoint: str
    version: str
    spawner: str  # the class; "" where the token may not read it (scope read:hub)
    authenticator: str  # its class, in the same way
    owner: str  # of the token
    owner_is_user: bool  # and not a service
    scopes: frozenset[str]


def check_hub(endpoint: str, access: Access, needed: Iterable[str] = NEEDED_SCOPES) -> CheckedHub:
    """Ask the hub for what a run must know, with three small requests that change nothing.

    Args:
        endpoint: The hub's API.
        access: The token, and how to verify the hub's certificate.
        needed: Scopes that the token must have: for everybody or, if it belongs to a user, for that user.

    Raises:
        PreflightError: The hub cannot be tested.
    """
    client = HubClient(endpoint, access.session)
    version = _version(_first_answer(client), endpoint)
    answer = client.request("GET", "/user", timeout=10)
    if answer.status in {401, 403}:
        raise PreflightError(
            f"The hub at {hub_url(endpoint)} does not accept the API token (HTTP {answer.status}): use the token of a "
            "service or an admin of this hub, and check that it has not expired."
        )
    owner = answer.model
    if answer.status != 200 or not isinstance(owner, dict):
        raise PreflightError(f"The hub at {hub_url(endpoint)} does not say who owns the token: {answer}.")
    scopes = frozenset(owner.get("scopes") or ())
    own = f"!user={owner.get('name')}"
    missing = [scope for scope in needed if not {scope, f"{scope}{own}"} & scopes]
    if missing:
        with_accounts = "" if "admin:servers" in missing else "with accounts that exist already (--accounts), or "
        raise PreflightError(
            f"The token of {owner.get('kind', 'user')} {owner.get('name')} lacks the scope{'s' * (len(missing) > 1)} "
            f"{', '.join(missing)}: add {'it' if len(missing) == 1 else 'them'} to its role in jupyterhub_config.py "
            f"(the whole role: {documented('how-to/your-hub', '1-create-a-token')}), or test {with_accounts}with named "
            "servers of your own account (--named-servers)."
        )
    spawner, authenticator = _classes(client)
    name, is_user = str(owner.get("name")), owner.get("kind") == "user"
    return CheckedHub(endpoint, version, spawner, authenticator, name, is_user, scopes)


def proxy_not_used(endpoint: str) -> str:
    """Return a sentence about a proxy that the environment names for the hub; "" where it names none."""
    variable = proxy_variable(endpoint)
    return variable and (
        f"{variable} is set, and a test does not use it: everything that connects to the hub does so directly. If the "
        "hub is behind that proxy, run hubusers where it can be reached without it."
    )


def check_named_servers(checked: CheckedHub, access: Access) -> None:
    """Check that the owner of the token can have named servers, with a small request that changes nothing.

    Args:
        checked: What `check_hub` found.
        access: The token, and how to verify the hub's certificate.

    Raises:
        PreflightError: The hub does not allow them, or a service owns the token.
    """
    hub = hub_url(checked.endpoint)
    if not checked.owner_is_user:
        raise PreflightError(
            f"The token belongs to the service {checked.owner}, and services have no servers: for --named-servers, "
            f"use a token of your own account, from {hub}/token."
        )
    # An ordinary account can find out in no other way. A hub that allows named servers answers 404, because this one
    # does not exist.
    client = HubClient(checked.endpoint, access.session)
    answer = client.request(
        "DELETE", NAMED_SERVER_PATH, username=checked.owner, server_name=f"hubusers-{random_word()}", timeout=10
    )
    if "not enabled" in answer.message:
        raise PreflightError(
            f"The hub at {hub} does not allow named servers: its administrators can allow them "
            "(c.JupyterHub.allow_named_servers = True in jupyterhub_config.py). Or test with a token that may create "
            "accounts, or with accounts from a file (--accounts)."
        )


def check_spelling(endpoint: str, access: Access, accounts: Iterable[Account], file: str) -> None:
    """Check that given names are written as the hub writes them, where it knows them: most hubs lower-case all names.

    Asks for the first names with a capital letter only, with small requests that change nothing.

    Args:
        endpoint: The hub's API.
        access: The token, and how to verify the hub's certificate.
        accounts: Those that were given.
        file: Where they come from, for the message.

    Raises:
        PreflightError: The hub knows no such name, and knows the same one in lower case.
    """
    client = HubClient(endpoint, access.session)
    with_capitals = (account.username for account in accounts if account.username != account.username.lower())
    for name in itertools.islice(with_capitals, _SPELLINGS):
        known = [client.request("GET", USER_PATH, username=each, timeout=10) for each in (name, name.lower())]
        if user_is_gone(known[0]) and known[1].status == 200:
            raise PreflightError(
                f"The hub does not know {name}, which is in {file}, but it knows {name.lower()}: write the names as "
                "the hub does, which are those on its admin page."
            )


def _first_answer(client: HubClient) -> Answer:
    """Return what the hub says of itself.

    Raises:
        PreflightError: It answers by http rather than https, or the reverse.
    """
    # To a hub that speaks http, the beginning of a conversation by https is a request whose end it waits for.
    answer = client.request("GET", "/", timeout=3)
    is_doubtful = answer.status == 400 or (not answer.status and answer.error != CERTIFICATE_NOT_TRUSTED)
    if is_doubtful and (other := by_other_scheme(client.endpoint)):
        raise PreflightError(
            f"No hub answers at {hub_url(client.endpoint)} ({answer.cause}), but there is one at {hub_url(other)}: "
            "give that URL in --host or JUPYTERHUB_ENDPOINT."
        )
    return client.request("GET", "/", timeout=7) if answer.error == TIMED_OUT else answer


def _version(answer: Answer, endpoint: str) -> str:
    url = hub_url(endpoint)
    if answer.error == CERTIFICATE_NOT_TRUSTED:
        raise PreflightError(
            f"The TLS certificate of {url} is not trusted (self-signed, expired, or for another host?): give the "
            "certificate of the authority that signed it with --ca-bundle, or accept any certificate with --insecure."
        )
    if not answer.status:
        raise PreflightError(
            f"No answer from {url} ({answer.error}): is the hub running, and is the URL in --host or "
            f"JUPYTERHUB_ENDPOINT right?{f' {of_proxy}' if (of_proxy := proxy_not_used(endpoint)) else ''}"
        )
    if answer.status == 200 and isinstance(answer.model, dict) and "version" in answer.model:
        return str(answer.model["version"])
    if answer.status in {502, 503, 504}:
        raise PreflightError(
            f"The proxy at {url} answers, but the hub behind it does not (HTTP {answer.status}): is the hub running?"
        )
    location = answer.headers.get("Location")
    if 300 <= answer.status < 400 and location:
        if hub := _hub_that_redirects(endpoint, location):
            raise PreflightError(
                f"There is no JupyterHub at {url} (it redirects to {location}). Give the hub's own URL, which is "
                f"probably {hub}, in --host or JUPYTERHUB_ENDPOINT."
            )
        raise PreflightError(
            f"{url} redirects to {location}: if that is the hub, give its URL in --host or JUPYTERHUB_ENDPOINT; if it "
            "is a login page, the hub's API must be reachable without that login."
        )
    raise PreflightError(
        f"{url} answers, but not as a JupyterHub does ({answer.cause} from {endpoint}/): give the hub's own URL, with "
        "its base path if it has one, in --host or JUPYTERHUB_ENDPOINT, and check that its API is reachable without "
        "another login in front of it."
    )


def _hub_that_redirects(endpoint: str, location: str) -> str:
    """Return the URL of the hub that this redirect comes from, or the empty string where it leads somewhere else.

    JupyterHub redirects every path outside its own ones to the same path behind its prefix, such as /hub.
    """
    asked, target = urlsplit(f"{endpoint}/"), urlsplit(urljoin(f"{endpoint}/", location))
    if (asked.scheme, asked.netloc) != (target.scheme, target.netloc) or not target.path.endswith(asked.path):
        return ""
    prefix = target.path.removesuffix(asked.path)
    return f"{target.scheme}://{target.netloc}{prefix.removesuffix('/hub')}" if prefix else ""


def _classes(client: HubClient) -> tuple[str, str]:
    """Return the classes of the hub's spawner and authenticator; "" for what it does not tell."""
    model = client.request("GET", "/info", timeout=10).model
    parts = [model.get(name) if isinstance(model, dict) else None for name in ("spawner", "authenticator")]
    spawner, authenticator = (str(part.get("class", "")) if isinstance(part, dict) else "" for part in parts)
    return spawner, authenticator
