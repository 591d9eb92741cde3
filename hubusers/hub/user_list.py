"""The hub's list of users (`GET /users`), through every page."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from hubusers.http.messages import Answer
from hubusers.hub.answers import error_for
from hubusers.hub.errors import HubError

_PAGE_SIZE = 200
"""Users per page; the hub never returns more at once."""


def list_users(
    prefix: str, request: Callable[..., Answer], state: Literal["", "active"] = ""
) -> Iterator[dict[str, Any]]:
    """Return the hub's models of all users whose names begin with `prefix`, through every page.

    Args:
        prefix: The case matters.
        request: `client.request` or `client.request_patiently`.
        state: `"active"`: only users with a server that is starting, ready or stopping.

    Raises:
        HubError: The hub did not return the whole list.
    """
    query: dict[str, Any] = {"offset": 0, "limit": _PAGE_SIZE}
    if state:
        query["state"] = state
    if prefix.isascii() and prefix.replace("-", "").isalnum():
        # The hub filters roughly. Other characters in the prefix could mean something else to its database.
        query["name_filter"] = prefix
    while True:
        answer = request("GET", "/users", query=query, headers={"Accept": "application/jupyterhub-pagination+json"})
        page = answer.model
        if answer.status != 200 or not _is_page(page):
            raise error_for(answer, "listing the hub's users")
        yield from (user for user in page["items"] if user["name"].startswith(prefix))
        following = page["_pagination"]["next"]
        if not following:
            return
        if following["offset"] <= query["offset"]:
            raise HubError("listing the hub's users: the hub repeats a page instead of going on", status=200)
        query["offset"] = following["offset"]


def _is_page(page: Any) -> bool:
    try:
        following = page["_pagination"]["next"]
        return all(isinstance(user["name"], str) for user in page["items"]) and (
            following is None or isinstance(following["offset"], int)
        )
    except (KeyError, TypeError):
        return False
