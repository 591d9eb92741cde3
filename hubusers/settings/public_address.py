"""Looks whether the hub's pages keep a browser at the hub's address, or send it to another one."""

from urllib.parse import urljoin, urlsplit

from hubusers.http.messages import Request
from hubusers.http.transports import transport_for
from hubusers.hub.endpoint import hub_url
from hubusers.settings.access import Access
from hubusers.settings.hub_check import PreflightError


def public_address(endpoint: str, access: Access) -> str:
    """Return the address of the hub to which it sends browsers that open it; "" where they stay.

    A hub with `public_url` or `subdomain_host` sends them to that one. Its API answers at any address, so that nothing
    else tells that people with a browser are lost.

    Args:
        endpoint: The hub's API.
        access: How to verify the hub's certificate; its token goes along, to the hub's own address only.
    """
    asked = f"{hub_url(endpoint)}/"
    request = Request("GET", asked, "/", None, {}, 10.0, lambda _: True)
    location = transport_for(access.session, endpoint).send(request).headers.get("Location") or ""
    try:
        here, there = urlsplit(asked), urlsplit(urljoin(asked, location))
    except ValueError:
        return ""
    is_the_hub = there.path == f"{here.path}hub/"  # and not a login in front of it
    if not is_the_hub or (there.scheme, there.netloc.lower()) == (here.scheme, here.netloc.lower()):
        return ""
    return f"{there.scheme}://{there.netloc}{here.path.rstrip('/')}"


def check_public_address(endpoint: str, access: Access) -> None:
    """Raise PreflightError where people with a browser cannot stay at the hub's address."""
    if public := public_address(endpoint, access):
        raise PreflightError(
            f"{sends_browsers_to(endpoint, public)}: give that address in --host or JUPYTERHUB_ENDPOINT."
        )


def sends_browsers_to(endpoint: str, public: str) -> str:
    """Return a clause that says to which address the hub sends browsers."""
    return (
        f"The hub at {hub_url(endpoint)} sends browsers to {public} (public_url or subdomain_host in its "
        "jupyterhub_config.py), and people with a browser are not followed to another site"
    )
