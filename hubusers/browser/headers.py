"""The headers of a browser's requests, as Chromium sends them: which ones depends on what a request is for."""

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36 hubusers",
    "Accept-Language": "en-US,en;q=0.9",
}
"""Those of all requests, for the `Connections` to send. Whoever looks into the hub's log finds our name there."""

PAGE_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
FRAME_HEADERS = {"Sec-Fetch-Dest": "iframe"}
"""What is different for a page in a frame of another one."""
FILE_HEADERS = {"Accept": "*/*", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "same-origin"}
SCRIPT_HEADERS = {
    "Accept": "*/*",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Site": "same-origin",
}
"""What the script of a page asks for."""
EVENT_SOURCE_HEADERS = {**SCRIPT_HEADERS, "Accept": "text/event-stream", "Cache-Control": "no-cache"}
WEBSOCKET_HEADERS = {"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"}

_HINTS = {
    "Sec-CH-UA": '"Chromium";v="140", "Not=A?Brand";v="24"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Linux"',
}


def with_hints(headers: dict[str, str], *, is_private: bool) -> dict[str, str]:
    """Return headers with what a browser says of itself and of the request's purpose.

    Args:
        headers: Those of the request.
        is_private: Whether nobody in between can read along; otherwise browsers say neither.
    """
    if is_private:
        return headers | _HINTS
    return {name: value for name, value in headers.items() if not name.startswith("Sec-Fetch-")}


def without_hints(headers: dict[str, str]) -> dict[str, str]:
    """Return headers without what a browser says of itself, as in a websocket's handshake."""
    return {name: value for name, value in headers.items() if name not in _HINTS}
