"""Guards the web UI against pages of other sites, in the browser of somebody who can reach it.

Locust's web UI asks nobody for a password, and its START loads the hub with the operator's token. It usually listens on
127.0.0.1 or at the end of a tunnel, where no attacker gets; but the operator's browser does, and it runs the pages of
strangers. Three attacks use that browser:

- Cross-site request forgery: a page of another site posts a form to http://127.0.0.1:8089/swarm or /stop; or, because
  Locust allows every origin to (CORS), reads the logs. With each request a browser says which page it comes from: in
  `Sec-Fetch-Site` (over HTTPS, and to the same machine) and in `Origin`. Pages cannot change these headers. To send
  others, they need the answer to a preflight request (OPTIONS) first, which is refused as well.
- DNS rebinding: the host name of the page, evil.example, is made to lead to the web UI, so that the browser takes both
  for one site. Over HTTPS that fails, because the web UI has no certificate for evil.example. Over HTTP, the names in
  `Host` and `Origin` must be ones that no stranger can make lead here: see `_is_safe_name`.
- Clickjacking: a page shows the web UI in an invisible frame, and makes the operator click on START.

Scripts and curl send neither `Sec-Fetch-Site` nor `Origin`, and pages cannot leave them out of requests that change
something: so without them, only the name in `Host` counts. One thing is left: by DNS rebinding a page can read. It can
change nothing.
"""

from locust.web import WebUI

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Request, Response, jsonify, request
from flask.typing import ResponseReturnValue

from hubusers.log import get_logger, shown
from hubusers.plugin.locust_internals import START

LOG = get_logger(__name__)

_PRIVATE_DOMAINS = (".localhost", ".local", ".internal")
"""No public name server knows these; a service on Kubernetes has a name that ends with .cluster.local."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def guard(web_ui: WebUI, web_host: str, web_url: str) -> None:
    """Refuse what pages of other sites ask for, before the web UI starts.

    Args:
        web_ui: Of this process.
        web_host: The address or name that it listens on.
        web_url: Where browsers open it, if the operator has said so; or "".
    """
    assert web_ui.app

    def refuse_other_sites() -> ResponseReturnValue | None:
        if _is_followed_link(request):
            return None
        if _is_from_another_site(request, web_url):
            reason = "This request comes from a page of another site. Use the web UI's own page, or a script."
            return _refusal(reason, 403)
        if _may_be_rebound(request, web_host, web_url):
            address = request.origin or f"http://{request.headers.get('Host', '')}"
            reason = (
                f"This request is for {address}, which is not known as an address of the web UI. Start Locust with "
                f"--web-url {address}, use the web UI's IP address, or let it be served by HTTPS."
            )
            return _refusal(reason, 200 if request.endpoint == START else 403)
        return None

    web_ui.app.before_request(refuse_other_sites)
    web_ui.app.after_request(_keep_out_of_frames)


def _is_followed_link(asked: Request) -> bool:
    # Links to the web UI may stand anywhere. What is opened is not shown to the page with the link.
    return asked.method == "GET" and asked.headers.get("Sec-Fetch-Mode") == "navigate"


def _is_from_another_site(asked: Request, web_url: str) -> bool:
    site = asked.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}  # not "same-site": another port of this machine is that
    if asked.origin is None:
        return False
    page = _place(asked.origin)
    # A reverse proxy may put its own idea of the host into Host, and the browser's into X-Forwarded-Host.
    hosts = [asked.headers.get("Host", ""), asked.headers.get("X-Forwarded-Host", "").split(",")[0].strip()]
    scheme = asked.origin.partition(":")[0]
    return page is None or page not in [_place(web_url), *(_place(f"{scheme}://{host}") for host in hosts)]


def _may_be_rebound(asked: Request, web_host: str, web_url: str) -> bool:
    if asked.method in {"GET", "HEAD"}:
        return False
    # Scripts send no origin; then the name by which they have found the web UI is in Host.
    place = _place(asked.origin or f"http://{asked.headers.get('Host', '')}")
    if place is None:
        return True
    if place.scheme == "https" and asked.headers.get("Sec-Fetch-Site") == "same-origin":
        return False
    known = _place(web_url)
    is_known = known is not None and (place == known if asked.origin else place.host == known.host)
    return not (is_known or _is_safe_name(place.host, web_host))


def _is_safe_name(name: str, web_host: str) -> bool:
    """Say whether no stranger can make a host name lead here.

    It is an address; or this machine's own name for itself, also at the near end of `ssh -L` or `kubectl port-forward`;
    or a name without a dot, as in a Docker network, which no public name server knows; or what the operator said.
    """
    if "." not in name or name.endswith(_PRIVATE_DOMAINS) or name == web_host.lower():
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int


def _place(url: str) -> _Place | None:
    """Return where a URL leads; None for what is not one, such as the origin "null"."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return _Place(parts.scheme, parts.hostname, port) if parts.hostname else None


def _refusal(reason: str, status: int) -> ResponseReturnValue:
    LOG.warning("Refused %s %s: %s", request.method, request.path, reason)
    return jsonify({"success": False, "message": shown(reason)}), status


def _keep_out_of_frames(response: Response) -> Response:
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
