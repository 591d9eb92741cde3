"""Path templates: the names under which Locust counts a browser's requests, whoever sends them, whatever they name."""

import re
from functools import lru_cache

_HUB_PATHS = (
    "/hub/api/users/{name}/servers/{server}/progress",
    "/hub/api/users/{name}/servers/{server}",
    "/hub/api/users/{name}/server/progress",
    "/hub/api/users/{name}/server",
    "/hub/api/users/{name}/{path...}",
    "/hub/api/users/{name}",
    "/hub/spawn-pending/{name}/{server}",
    "/hub/spawn-pending/{name}/{path...}",
    "/hub/spawn-pending/{name}",
    "/hub/spawn/{name}/{server}",
    "/hub/spawn/{name}/{path...}",
    "/hub/spawn/{name}",
    "/hub/api/oauth2/authorize",
    "/hub/user/{name}/{path...}",
    "/hub/user/{name}/",
    "/hub/user/{name}",
    "/hub/static/{file...}",
)

_SERVER_PATHS = (
    "/api/contents/{path...}/checkpoints/{checkpoint}",
    "/api/contents/{path...}/checkpoints",
    "/api/contents/{path...}",
    "/api/kernels/{kernel}/channels",
    "/api/kernels/{kernel}/interrupt",
    "/api/kernels/{kernel}/restart",
    "/api/kernels/{kernel}",
    "/api/kernelspecs/{kernelspec}",
    "/api/sessions/{session}",
    "/api/terminals/{terminal}",
    "/api/config/{section}",
    "/api/collaboration/room/{room}",
    "/api/collaboration/session/{path...}",
    "/api/nbconvert/{format}",
    "/kernelspecs/{kernelspec}/{file...}",
    "/terminals/websocket/{terminal}",
    "/lab/api/settings/{plugin...}",
    "/lab/api/translations/{language}",
    "/lab/api/workspaces/{workspace}",
    "/lab/api/themes/{file...}",
    "/lab/api/listings/{file...}",
    "/lab/extensions/{file...}",
    "/lab/tree/{path...}",
    "/lab/workspaces/{workspace}/tree/{path...}",
    "/lab/workspaces/{workspace}",
    "/static/favicons/{file...}",
    "/doc/tree/{path...}",
    "/doc/workspaces/{workspace}/tree/{path...}",
    "/static/lab/{file...}",
    "/static/notebook/{file...}",
    "/static/{file...}",
    "/files/{path...}",
    "/tree/{path...}",
    "/notebooks/{path...}",
    "/edit/{path...}",
    "/view/{path...}",
    "/nbconvert/{format}/{path...}",
)

_LONGEST_UNKNOWN = 3
"""Segments that are shown of a path in no table, such as an extension's API; the rest is `{path}` in the rows."""


def template_of(path: str, server_name: str = "") -> str:
    """Return the name of a path's row.

    Args:
        path: Below the hub's base URL, such as `/user/ann/lab?reset`; its query does not count.
        server_name: The named server that the person uses. Without it `/user/ann/work/lab` could be a path of the
            default server.

    Returns:
        Such as `/user/{name}/api/kernels/{kernel}`.
    """
    path = path.partition("?")[0]
    if not path.startswith("/user/"):
        return _named(path, _HUB)
    _, slash, rest = path.removeprefix("/user/").partition("/")
    rest = slash + rest
    own = ""
    if server_name and (rest == f"/{server_name}" or rest.startswith(f"/{server_name}/")):
        own, rest = "/{server}", rest.removeprefix(f"/{server_name}")
    return "/user/{name}" + own + _named(rest, _SERVER)


@lru_cache(maxsize=4096)
def _named(path: str, patterns: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    for pattern, template in patterns:
        if pattern.fullmatch(path):
            return template
    segments = path.split("/")
    known = segments[: _LONGEST_UNKNOWN + 1]
    return "/".join(known if len(segments) <= len(known) else [*known, "{path}"])


def _pattern(template: str) -> tuple[re.Pattern[str], str]:
    pattern = re.sub(r"\\{\w+(\\\.\\\.\\\.)?\\}", lambda match: ".+" if match[1] else "[^/]+", re.escape(template))
    return re.compile(pattern), template.replace("...}", "}")


_HUB = tuple(map(_pattern, _HUB_PATHS))
_SERVER = tuple(map(_pattern, _SERVER_PATHS))
