"""The files beside the notebooks that people run: data, images, modules, whatever the notebooks may open."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubusers.counting import counted
from hubusers.lab.notebooks import NotebookError, files_in
from hubusers.log import shown

MOST_BYTES = 50 * 1024 * 1024
MOST_FILES = 500
"""How much people may take along, all files together. Each of them puts all of it into a folder of their own."""

CHUNK = 1024 * 1024
"""Bytes that JupyterLab uploads at a time."""


@dataclass(frozen=True)
class FileBeside:
    """A file, ready to be put into a person's folder. All people share it.

    Attributes:
        path: Below the folder, with slashes.
        bodies: What Jupyter's contents API takes for it, one after the other: more than one for more than `CHUNK`.
    """

    path: str
    bodies: tuple[dict[str, Any], ...] = field(repr=False)


def read_files_beside(folder: str | Path) -> list[FileBeside]:
    """Return all files in a folder of notebooks, and in the folders inside it, but not the notebooks themselves.

    Hidden files, such as checkpoints, and what Python has compiled are left out.

    Raises:
        NotebookError: They are too many or too large, or one cannot be read.
    """
    folder = Path(folder)
    try:
        paths = sorted(path for path in files_in(folder) if path.suffix != ".ipynb")
        size = sum(path.stat().st_size for path in paths)
        if size > MOST_BYTES or len(paths) > MOST_FILES:
            raise NotebookError(
                shown(
                    f"Beside the notebooks in {folder} there are {counted(len(paths), 'file')} with "
                    f"{size / 1024 / 1024:.0f} MB; each person gets them all, so {MOST_FILES} files with "
                    f"{MOST_BYTES // 1024 // 1024} MB are the limit. Give a folder with what the notebooks need."
                )
            )
        return [FileBeside(path.relative_to(folder).as_posix(), _bodies(path.read_bytes())) for path in paths]
    except OSError as error:
        raise NotebookError(
            shown(f"The file {error.filename} cannot be read: {error.strerror}. Make it readable, or take it away.")
        ) from None


def _bodies(content: bytes) -> tuple[dict[str, Any], ...]:
    pieces = [content[begin : begin + CHUNK] for begin in range(0, len(content), CHUNK)] or [b""]
    bodies = [{"type": "file", "format": "base64", "content": base64.b64encode(piece).decode()} for piece in pieces]
    if len(bodies) == 1:
        return tuple(bodies)
    # Numbered from 1; the last one is -1.
    return tuple({**body, "chunk": number % len(bodies) or -1} for number, body in enumerate(bodies, 1))
