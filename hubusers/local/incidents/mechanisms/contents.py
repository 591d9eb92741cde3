"""Contents managers of single-user servers: volumes of people's homes that are full, read-only or slow."""

import asyncio
import errno
import os
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from hubusers.local.settings import FOLDER_VARIABLE

_ROOM = 6
"""How many notebooks, with their checkpoints, the volume holds for all people together."""

_SECONDS = 2.0
"""How long each request to a slow volume takes."""


class _NoWrites(AsyncLargeFileManager):
    """Writes nothing any more after the notebooks of all people have reached the volume's size."""

    error: int

    async def _save_notebook(self, os_path: str, nb: Any, capture_validation_error: Any = None) -> None:
        homes = Path(os.environ[FOLDER_VARIABLE], "homes")
        if sum(1 for _ in homes.rglob("*.ipynb")) >= _ROOM:
            raise OSError(self.error, os.strerror(self.error), os_path)
        await super()._save_notebook(os_path, nb, capture_validation_error)  # type: ignore[no-untyped-call]


class FullVolume(_NoWrites):
    error = errno.ENOSPC


class ReadOnlyVolume(_NoWrites):
    error = errno.EROFS


class SlowVolume(AsyncLargeFileManager):
    """Takes some seconds for each request, as NFS does when many people use it; kernels don't notice."""

    async def get(self, *arguments: Any, **more: Any) -> Any:
        await asyncio.sleep(_SECONDS)
        return await super().get(*arguments, **more)  # type: ignore[no-untyped-call]

    async def save(self, *arguments: Any, **more: Any) -> Any:
        await asyncio.sleep(_SECONDS)
        return await super().save(*arguments, **more)  # type: ignore[no-untyped-call]
