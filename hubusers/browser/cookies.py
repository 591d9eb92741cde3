"""The cookies of one person's browser."""

import math
import time
import urllib.request
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

from hubusers.http.host_names import is_this_machine


class Cookies:
    """Cookies of all hosts, each for the hosts and paths that it says, as browsers keep them.

    The requests of a page carry one of few headers. Each is made once, because the standard library takes longer for it
    than the rest of a request takes here.
    """

    def __init__(self) -> None:
        self._jar = CookieJar(_AsBrowsersDo())
        self._headers: dict[tuple[str, bool, str], str] = {}
        self._depth = 0  # of the paths that the cookies are for
        self._valid_until = math.inf  # by the clock on the wall

    def keep(self, set_cookie: str, url: str) -> None:
        """Take over what an answer says.

        Args:
            set_cookie: Its `Set-Cookie` headers, a line for each.
            url: What was asked for.
        """
        self._jar.extract_cookies(_Received(set_cookie), _request(url))  # type: ignore[arg-type]
        self._begin_anew()

    def header(self, url: str, *, from_another_site: str = "") -> str:
        """Return the `Cookie` header for a request, or the empty string.

        Args:
            url: Where it goes.
            from_another_site: Its method, where a page of another site has led to it.
        """
        if time.time() >= self._valid_until:
            self._begin_anew()
        # Which cookies go along depends on the origin and on the beginning of the path, as far as cookies name one.
        parts = url.partition("?")[0].split("/", 4 + self._depth)
        kind = ("/".join(parts[: 3 + self._depth]), len(parts) > 3 + self._depth, from_another_site)
        header = self._headers.get(kind)
        if header is None:
            request = _request(url)
            request.from_another_site = from_another_site  # type: ignore[attr-defined]
            self._jar.add_cookie_header(request)
            header = self._headers[kind] = request.get_header("Cookie", "")
        return header

    def _begin_anew(self) -> None:
        self._headers.clear()
        self._jar.clear_expired_cookies()
        cookies = list(self._jar)
        self._depth = max((cookie.path.removesuffix("/").count("/") for cookie in cookies), default=0)
        self._valid_until = min((cookie.expires for cookie in cookies if cookie.expires is not None), default=math.inf)

    def value(self, name: str, url: str) -> str:
        """Return the value of the cookie that a request for this URL would carry, or the empty string."""
        wanted = f"{name}="
        for part in self.header(url).split("; "):
            if part.startswith(wanted):
                return part.removeprefix(wanted)
        return ""


class _AsBrowsersDo(DefaultCookiePolicy):
    """The rules of the standard library, with what browsers do in another way (RFC 6265bis, Chromium)."""

    def __init__(self) -> None:
        # A cookie without a domain goes to its own host only, and not to those below it.
        super().__init__(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)

    def set_ok(self, cookie: Cookie, request: Any) -> bool:
        if not super().set_ok(cookie, request):
            return False
        if cookie.domain_specified and "." not in cookie.domain.removeprefix("."):
            # "localhost" is a top-level domain, of which only a cookie of the host itself can be.
            cookie.domain, cookie.domain_specified = f"{cookie.domain.removeprefix('.')}.local", False
        is_for_one_host = cookie.path == "/" and not cookie.domain_specified
        if cookie.name.startswith("__Host-") and not (cookie.secure and is_for_one_host):
            return False
        needs_secure = cookie.name.startswith("__Secure-") or _same_site(cookie) == "none"
        return cookie.secure or not needs_secure

    def return_ok(self, cookie: Cookie, request: Any) -> bool:
        # Without `SameSite`, Chromium sends a cookie that is not older than two minutes, and others send any.
        led_here_by, same_site = getattr(request, "from_another_site", ""), _same_site(cookie)
        if led_here_by and (same_site == "strict" or (same_site == "lax" and led_here_by != "GET")):
            return False
        return bool(super().return_ok(cookie, request))

    def return_ok_secure(self, cookie: Cookie, request: Any) -> bool:
        return (
            not cookie.secure or request.type == "https" or is_this_machine(urlsplit(request.full_url).hostname or "")
        )


def _same_site(cookie: Cookie) -> str:
    return (cookie.get_nonstandard_attr("SameSite") or cookie.get_nonstandard_attr("samesite") or "").lower()


def _request(url: str) -> urllib.request.Request:
    return urllib.request.Request(url)  # noqa: S310  # what a cookie jar reads; nothing opens it


class _Received:
    """As much of a response as a cookie jar looks at."""

    def __init__(self, set_cookie: str) -> None:
        self._lines = set_cookie.split("\n")

    def info(self) -> "_Received":
        return self

    def get_all(self, name: str, default: list[str]) -> list[str]:
        return self._lines if name == "Set-Cookie" else default
