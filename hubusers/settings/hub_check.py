"""The look at the hub before the first user: is it there, is it a hub, does it take the token, is the token enough."""

from collections.abc import Iterable
from dataclasses import dataclass

from hubusers.accounts.names import new_run_id
from hubusers.http.messages import CERTIFICATE_NOT_TRUSTED, Answer
from hubusers.hub.client import HubClient
from hubusers.hub.endpoint import hub_url
from hubusers.hub.lifecycle import NAMED_SERVER_PATH
from hubusers.settings.access import Access

NEEDED_SCOPES = ("admin:users", "admin:servers", "list:users")
"""To make and remove accounts; to start, stop and see servers; to find what an earlier run left."""

SCOPES_FOR_GIVEN_ACCOUNTS = ("admin:servers",)

SCOPES_FOR_NAMED_SERVERS = ("servers",)
"""Of an account for itself, as every one has it: to start, stop and see its servers."""


class PreflightError(Exception):
    """The hub cannot be tested like this; the text is one sentence that names the remedy."""


class LeftBehind(PreflightError):
    """What was tried on the hub could not be removed again; the text names the command that does it."""


@dataclass(frozen=True)
class Findings:
    """What the hub says of itself and of the token."""

    endpoint: str
    version: str
    spawner: str  # "" where the token may not read it (scope read:hub)
    owner: str
    owner_is_user: bool  # or a service
    scopes: frozenset[str]


def check_hub(endpoint: str, access: Access, needed: Iterable[str] = NEEDED_SCOPES) -> Findings:
    """Ask the hub what a run needs to know, with three small requests that change nothing.

    Args:
        endpoint: The hub's API.
        access: How to get at it.
        needed: Scopes that the token must have, for everybody or, if it is a user's own, for that user.

    Raises:
        PreflightError: What is wrong, and the remedy.
    """
    client = HubClient(endpoint, access.session)
    version = _version(client.request("GET", "/", timeout=10), endpoint)
    answer = client.request("GET", "/user", timeout=10)
    if answer.status in {401, 403}:
        raise PreflightError(
            f"The hub at {hub_url(endpoint)} does not accept the API token (HTTP {answer.status}): take the token of a "
            "service or an admin of this hub, and see that it has not expired."
        )
    owner = answer.model
    if answer.status != 200 or not isinstance(owner, dict):
        raise PreflightError(f"The hub at {hub_url(endpoint)} does not say whose the token is: {answer}.")
    scopes = frozenset(owner.get("scopes") or ())
    own = f"!user={owner.get('name')}"
    missing = [scope for scope in needed if not {scope, f"{scope}{own}"} & scopes]
    if missing:
        raise PreflightError(
            f"The token of {owner.get('kind', 'user')} {owner.get('name')} lacks the scope{'s' * (len(missing) > 1)} "
            f"{', '.join(missing)}: add {'it' if len(missing) == 1 else 'them'} to its role in jupyterhub_config.py "
            "(the README has the role to paste), or test with named servers of your own account (--named-servers)."
        )
    return Findings(endpoint, version, _spawner(client), str(owner.get("name")), owner.get("kind") == "user", scopes)


def check_named_servers(findings: Findings, access: Access) -> None:
    """Ask whether the owner of the token can have named servers, with a small request that changes nothing.

    Args:
        findings: What the hub said before.
        access: How to get at it.

    Raises:
        PreflightError: There can be none, and the remedy.
    """
    hub = hub_url(findings.endpoint)
    if not findings.owner_is_user:
        raise PreflightError(
            f"The token is of the service {findings.owner}, which has no servers: for --named-servers take one of your "
            f"own account, from {hub}/token."
        )
    # Nothing else tells an ordinary account. Where there may be named servers, it is a 404: there is none of this name.
    client = HubClient(findings.endpoint, access.session)
    answer = client.request(
        "DELETE", NAMED_SERVER_PATH, username=findings.owner, server_name=f"hubusers-{new_run_id()}", timeout=10
    )
    if "not enabled" in answer.message:
        raise PreflightError(
            f"The hub at {hub} has no named servers: its administrators can allow them "
            "(c.JupyterHub.allow_named_servers = True in jupyterhub_config.py); or test with a token that may make "
            "accounts, or with accounts of a file (--accounts)."
        )


def _version(answer: Answer, endpoint: str) -> str:
    url = hub_url(endpoint)
    if answer.error == CERTIFICATE_NOT_TRUSTED:
        raise PreflightError(
            f"The TLS certificate of {url} is not trusted (self-signed, expired, or for another host?): give the "
            "authority's certificate with --ca-bundle, or accept any certificate with --insecure."
        )
    if not answer.status:
        raise PreflightError(
            f"No answer from {url} ({answer.error}): is the hub running, and is the URL in --host or "
            "JUPYTERHUB_ENDPOINT right?"
        )
    if answer.status == 200 and isinstance(answer.model, dict) and "version" in answer.model:
        return str(answer.model["version"])
    if answer.status in {502, 503, 504}:
        raise PreflightError(
            f"The proxy at {url} answers, the hub behind it does not (HTTP {answer.status}): is the hub running?"
        )
    location = answer.headers.get("Location")
    if 300 <= answer.status < 400 and location:
        raise PreflightError(
            f"{url} redirects to {location}: if that is the hub, give its URL in --host or JUPYTERHUB_ENDPOINT; if it "
            "is a login, whatever asks for it must let the hub's API through."
        )
    raise PreflightError(
        f"{url} answers, but not as a JupyterHub does ({answer.cause} from {endpoint}/): give the hub's own URL, with "
        "its base path if it has one, in --host or JUPYTERHUB_ENDPOINT, and see that no login stands before its API."
    )


def _spawner(client: HubClient) -> str:
    model = client.request("GET", "/info", timeout=10).model
    spawner = model.get("spawner") if isinstance(model, dict) else None
    return str(spawner.get("class", "")) if isinstance(spawner, dict) else ""
