"""Authenticators whose identity provider fails, or takes its time."""

import asyncio
import itertools
from typing import Any

from jupyterhub.auth import DummyAuthenticator
from tornado.httpclient import HTTPError


class BrokenProvider(DummyAuthenticator):  # type: ignore[misc]  # jupyterhub has no type hints
    """Lets one of three people in. For the others the identity provider answers 502, which the hub makes a 500."""

    _numbers = itertools.count(1)

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        if next(self._numbers) % 3:
            raise HTTPError(502, "Bad Gateway")
        return await super().authenticate(handler, data)


class SlowProvider(DummyAuthenticator):  # type: ignore[misc]
    """The identity provider takes six seconds, in which the hub goes on with its other work."""

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        await asyncio.sleep(6)
        return await super().authenticate(handler, data)
