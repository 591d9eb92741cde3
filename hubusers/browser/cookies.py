"""The cookies of one person's browser."""

import urllib.request
from http.cookiejar import CookieJar


class Cookies:
    """Cookies of one host, each for the paths that it says.

    Args:
        origin: The host with its scheme, such as `https://hub.example.org`.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._jar = CookieJar()

    def keep(self, set_cookie: str, path: str) -> None:
        """Take over what an answer says.

        Args:
            set_cookie: Its `Set-Cookie` headers, a line for each.
            path: What was asked for.
        """
        self._jar.extract_cookies(_Received(set_cookie), self._request(path))  # type: ignore[arg-type]

    def header(self, path: str) -> str:
        """Return the `Cookie` header for a request, or the empty string."""
        request = self._request(path)
        self._jar.add_cookie_header(request)
        return request.get_header("Cookie", "")

    def value(self, name: str, path: str) -> str:
        """Return the value of the cookie that a request for this path would carry, or the empty string."""
        wanted = f"{name}="
        for part in self.header(path).split("; "):
            if part.startswith(wanted):
                return part.removeprefix(wanted)
        return ""

    def _request(self, path: str) -> urllib.request.Request:
        return urllib.request.Request(self._origin + path)  # noqa: S310  # what a cookie jar reads; nothing opens it


class _Received:
    """As much of a response as a cookie jar looks at."""

    def __init__(self, set_cookie: str) -> None:
        self._lines = set_cookie.split("\n")

    def info(self) -> "_Received":
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        return self._lines if name == "Set-Cookie" else default
