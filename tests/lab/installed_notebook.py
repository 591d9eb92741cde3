"""The files of the Notebook 7 that is installed."""

from pathlib import Path
from urllib.parse import urlsplit

import notebook

NOTEBOOK = Path(notebook.__file__).parent / "static"
MAIN = next(NOTEBOOK.glob("main.*.js"))


def text_of(path: str) -> str:
    return (NOTEBOOK / urlsplit(path).path.rpartition("/")[2]).read_text()
