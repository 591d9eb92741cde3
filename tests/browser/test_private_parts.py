"""The private part of websocket-client that `hubusers/browser/websocket.py` uses: a new release may change it."""

import inspect

import websocket
from websocket import _handshake

WHERE = f"(websocket-client {websocket.__version__}): see _forget_cookies in hubusers/browser/websocket.py"


def test_the_handshake_keeps_all_cookies_in_one_jar_that_can_be_emptied() -> None:
    jar = getattr(getattr(_handshake, "CookieJar", None), "jar", None)
    assert isinstance(jar, dict), f"the handshake has no CookieJar with a dictionary called jar any more {WHERE}"
    assert inspect.getsource(_handshake).count("CookieJar.") == 2, (
        f"the handshake does not add cookies to CookieJar, and get them from there, any more {WHERE}"
    )
