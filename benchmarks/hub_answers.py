"""What the fast hub says, as JupyterHub 6.1 says it: the headers, the user models, the events of a spawn.

A load generator pays for every byte that it reads and parses, so a benchmark with shorter answers would flatter it.
"""

import json
from email.utils import formatdate
from typing import Any

from benchmarks.hub_rules import ServerState

STREAM_END = b"0\r\n\r\n"

_REASONS = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 400: "Bad Request", 404: "Not Found"}
_REASONS |= {409: "Conflict", 500: "Internal Server Error"}


def answer(status: int, body: bytes = b"", content_type: str = "application/json") -> bytes:
    """Return a whole answer with its headers; only 204 has neither a body nor anything that describes one."""
    if status == 204:
        return f"{_head(status)}\r\n".encode()
    more = _ETAG if status == 200 else ""
    return f"{_head(status, content_type)}{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


def refusal(status: int, message: str | None = None) -> bytes:
    """Return the answer to a request that cannot be granted."""
    return answer(status, refusal_model(status, message))


def refusal_model(status: int, message: str | None) -> bytes:
    return as_json({"status": status, "message": message})


def stream_head() -> bytes:
    """Return the beginning of an event stream; its events follow as chunks."""
    head = _head(200, "text/event-stream")
    return f"{head}Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n".encode()


def chunk(data: bytes) -> bytes:
    """Return one piece of a stream."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(model: dict[str, Any]) -> bytes:
    """Return one event of a stream."""
    return b"data: " + as_json(model) + b"\n\n"


def ready_event(url: str) -> bytes:
    """Return the last event of a spawn that ends well."""
    return event(
        {
            "progress": 100,
            "ready": True,
            "message": f"Server ready at {url}",
            "html_message": f'Server ready at <a href="{url}">{url}</a>',
            "url": url,
        }
    )


def user_model(state: ServerState, name: str, quoted_name: str, created: str, started: str) -> bytes:
    """Return a user's model, some 600 bytes with a server, from a template: a hub that is never the limit is quick.

    Args:
        state: What the user's server is doing.
        name: The user's name, escaped for JSON.
        quoted_name: The name as it stands in URLs.
        created: When the account was made.
        started: When the server was asked for, also the user's last activity; without meaning where there is none.
    """
    values = {"name": name, "quoted_name": quoted_name, "created": created, "started": started}
    return (_MODELS[state] % values).encode()


def as_json(model: Any) -> bytes:
    return json.dumps(model).encode()


# The same for the life of the process: clients read these headers, but do not use their values.
_DATE = formatdate(usegmt=True)
_ETAG = 'Etag: "ee029b46c853484803738fe51764b2450440d623"\r\n'


def _head(status: int, content_type: str = "") -> str:
    described = f"Content-Type: {content_type}\r\n" if content_type else ""
    return (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        "Server: TornadoServer/6.6.1\r\n"
        f"{described}"
        f"Date: {_DATE}\r\n"
        "X-Jupyterhub-Version: 6.1.1\r\n"
        "Access-Control-Allow-Headers: accept, content-type, authorization\r\n"
        "Content-Security-Policy: frame-ancestors 'none'; report-uri /hub/security/csp-report; default-src 'none'\r\n"
    )


def _model_template(state: ServerState) -> str:
    pending = {ServerState.STARTING: "spawn", ServerState.STOPPING: "stop"}.get(state)
    server: dict[str, Any] = {
        "name": "",
        "display_name": "",
        "full_name": "%(name)s/",
        "last_activity": "%(started)s",
        "started": "%(started)s",
        "pending": pending,
        "ready": state is ServerState.READY,
        "stopped": False,
        "url": "/user/%(quoted_name)s/",
        "user_options": {},
        "progress_url": "/hub/api/users/%(quoted_name)s/server/progress",
        "full_url": None,
        "full_progress_url": None,
        "state": {},
    }
    user = {
        "groups": [],
        "created": "%(created)s",
        "last_activity": None if state is ServerState.NONE else "%(started)s",
        "name": "%(name)s",
        "pending": pending,
        "admin": False,
        "server": "/user/%(quoted_name)s/" if state is ServerState.READY else None,
        "roles": ["user"],
        "kind": "user",
        "auth_state": None,
        "servers": {} if state is ServerState.NONE else {"": server},
        "user_info": None,
    }
    return json.dumps(user)


_MODELS = {state: _model_template(state) for state in ServerState}
