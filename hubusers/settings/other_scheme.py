"""Looks whether a hub that does not answer by https does so by http, or the reverse."""

import json
import warnings

import urllib3

_TIMEOUT = 3.0


def by_other_scheme(endpoint: str) -> str:
    """Return the endpoint with the other scheme if a JupyterHub answers there, and "" where none does.

    The request carries no token, which anybody could read on its way, and so no certificate matters either.

    Args:
        endpoint: The hub's API, where no hub was found.
    """
    scheme, _, rest = endpoint.partition("://")
    other = f"{'http' if scheme.lower() == 'https' else 'https'}://{rest}"
    try:
        with urllib3.PoolManager(cert_reqs="CERT_NONE") as pool, warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            body = pool.request("GET", f"{other}/", timeout=_TIMEOUT, retries=False, redirect=False).data
        model = json.loads(body)
    except (urllib3.exceptions.HTTPError, ValueError, RecursionError):
        return ""
    return other if isinstance(model, dict) and "version" in model else ""
