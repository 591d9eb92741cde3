"""The files of the JupyterLab that is installed."""

import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

LAB = Path(sys.prefix) / "share/jupyter/lab/static"
MAIN = next(LAB.glob("main.*.js"))


def file_of(path: str) -> Path:
    return LAB / urlsplit(path).path.rpartition("/")[2]


def bytes_of(paths: Iterable[str]) -> int:
    return sum(file_of(path).stat().st_size for path in paths)


def contents_of(paths: Iterable[str]) -> str:
    return "".join(file_of(path).read_text() for path in paths)
