"""The notebooks that people run: how they are read from a folder, and what running their cells must give.

The format of notebooks, and its checks, are those of the Jupyter project's library, nbformat. These tags of cells have
the meaning that other tools give them:

    skip-execution        (nbclient), nbval-skip (nbval): the cell is not run
    nbval-ignore-output   (nbval): the cell's outputs are not compared
    nbval-check-output    (nbval): the text of its outputs is compared, whatever its code uses
    raises-exception      (nbclient, JupyterLab), nbval-raises-exception (nbval): the cell may fail, and the run goes on

nbval's may also be comments, such as `# NBVAL_IGNORE_OUTPUT`. The exercises and tests of an nbgrader assignment may
fail, too, as long as they have not been run.
"""

import json
import os
import re
import warnings
from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubusers.counting import counted
from hubusers.lab.cell_code import Comes, ask_for_input, what_comes
from hubusers.lab.outputs import Output, differences, missing, raised
from hubusers.log import shown

_SKIPPED = {"skip-execution", "nbval-skip"}
_NOT_COMPARED = "nbval-ignore-output"
_COMPARED = "nbval-check-output"
_MAY_FAIL = {"raises-exception", "nbval-raises-exception"}
_COMMENT = re.compile(r"^\s*#\s*(NBVAL_[A-Z_]+)\b", re.MULTILINE)

MOST_NOTEBOOKS = 500
"""How many notebooks a folder may have. More are hardly a course: somebody gave a folder with everything in it."""

_LEFT_OUT = {"__pycache__"}

BUILT_IN = Path(__file__).with_name("welcome.ipynb")


class NotebookError(ValueError):
    """Notebooks that cannot be used. The text is one sentence that names the file, and one that says what to do."""


@dataclass(frozen=True)
class Cell:
    """A code cell of a notebook that is to be run.

    Attributes:
        index: Its place among all of the notebook's cells, from 0.
        source: Its code.
        outputs: The outputs that are stored in the notebook.
        was_run: Whether it was run before it was stored: it has outputs, or a number at its prompt.
        is_ignored: Whether a tag says that its outputs are not to be compared.
        may_fail: Whether a tag says that an error is fine, and the person goes on.
        comes: What comes when it is run again, as far as its code tells.
    """

    index: int
    source: str
    outputs: list[Output] = field(repr=False)
    was_run: bool
    is_ignored: bool
    may_fail: bool
    comes: Comes = Comes.AGAIN

    @property
    def is_compared(self) -> bool:
        """Whether running it must give the stored outputs, or others in their place where they differ each time."""
        return self.was_run and not self.is_ignored

    def failure(self, outputs: list[Output], may_change: Collection[int] = ()) -> str:
        """Return what is wrong with the outputs that running the cell gave, the empty string if nothing is.

        The text is one line, of some 200 characters at most. Where outputs are not compared, only an error is wrong.

        Args:
            outputs: As nbformat has them.
            may_change: The places of those that a later cell may change.
        """
        if self.is_compared and self.comes is Comes.AGAIN:
            return differences(self.outputs, outputs, may_change)
        if self.may_fail:
            return ""
        if not self.is_compared:
            return raised(outputs)
        must_come = (
            self.outputs if self.comes is Comes.DIFFERENTLY else [each for each in self.outputs if "ename" in each]
        )
        return missing(must_come, outputs)


@dataclass(frozen=True)
class Notebook:
    """A notebook that people run. All people share it, so it is never changed.

    Attributes:
        path: Below the folder that it was read from, with slashes.
        cells: The code cells to run, in their order; without those that are empty or tagged to be skipped.
    """

    path: str
    cells: tuple[Cell, ...]
    _content: dict[str, Any] = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Return a copy of the whole notebook, free to be changed: the `content` that Jupyter's contents API takes."""
        return deepcopy(self._content)


def read_notebooks(folder: str | Path) -> list[Notebook]:
    """Return the notebooks in a folder, and in the folders inside it, sorted by their paths.

    Raises:
        NotebookError: There are none, or too many, or one cannot be used.
    """
    folder = Path(folder)
    try:
        paths = sorted(path for path in files_in(folder) if path.suffix == ".ipynb")
    except OSError as error:
        which = "The folder of notebooks" if error.filename == str(folder) else "The folder"
        raise NotebookError(
            shown(f"{which} {error.filename} cannot be read: {error.strerror}. Give the path of a folder.")
        ) from None
    if not paths:
        raise NotebookError(shown(f"There is no notebook in {folder}. Put one there whose name ends in .ipynb."))
    if len(paths) > MOST_NOTEBOOKS:
        raise NotebookError(
            shown(
                f"In {folder} and the folders inside it there are {counted(len(paths), 'notebook')}; {MOST_NOTEBOOKS} "
                "are the limit. Give a folder with those that people work through."
            )
        )
    return [_read(path, path.relative_to(folder).as_posix()) for path in paths]


def files_in(folder: Path) -> Iterator[Path]:
    """Return the files in a folder, and in the folders inside it, without hidden ones and what Python has compiled.

    Raises:
        OSError: One of the folders cannot be read.
    """

    def complain(error: OSError) -> None:
        raise error

    for here, folders, names in os.walk(folder, onerror=complain):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _LEFT_OUT]
        for name in names:
            if not name.startswith(".") and not name.endswith(".pyc"):
                yield Path(here, name)


def built_in_notebook() -> Notebook:
    """Return the notebook that comes with hubusers: a small one that needs nothing but Python's standard library."""
    return _read(BUILT_IN, BUILT_IN.name)


def _read(path: Path, path_in_folder: str) -> Notebook:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"cannot be read: {error.strerror}. Make it readable, or take it out of the folder."
    except UnicodeDecodeError:
        problem = "is not text in UTF-8. Save it with Jupyter again."
    else:
        return notebook_in(text, path_in_folder, str(path))
    raise NotebookError(shown(f"The notebook {path} {problem}"))


def notebook_in(text: str, path: str, called: str) -> Notebook:
    """Return the notebook that a text is.

    Args:
        text: As a file has it.
        path: What `Notebook.path` will be.
        called: What to call the notebook in errors.

    Raises:
        NotebookError: It cannot be used.
    """
    # Imported here, because it takes two seconds, and most runs read no notebook.
    import nbformat

    try:
        content = _content_of(text)
    except (nbformat.reader.NotJSONError, RecursionError):
        problem = "is not JSON, as a notebook must be. Save it with Jupyter again, or take it out of the folder."
    # nbformat's conversions from older formats raise all kinds of errors for files that only look like notebooks.
    except (nbformat.ValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split("\n", 1)[0].split()).rstrip(".")
        problem = f"is not a valid notebook: {reason}. Save it with Jupyter again, or take it out of the folder."
    else:
        cells = tuple(_cells(content))
        asking = zip(cells, ask_for_input([cell.source for cell in cells]), strict=True)
        number = next((cell.index + 1 for cell, asks in asking if asks and not cell.may_fail), 0)
        if cells and not number:
            return Notebook(path, cells, content)
        problem = "has no code to run. Add a code cell, or take it out of the folder."
        if number:
            problem = (
                f"asks for input in cell {number}, where nobody answers. Write the answer into its code, or tag the "
                "cell skip-execution."
            )
    raise NotebookError(shown(f"The notebook {called} {problem}"))


def _content_of(text: str) -> dict[str, Any]:
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cells without an id, which older notebooks have
        notebook = nbformat.convert(nbformat.reader.reads(text), 4)
        nbformat.validate(notebook)
    content: dict[str, Any] = json.loads(json.dumps(notebook))
    return content


def _cells(content: dict[str, Any]) -> list[Cell]:
    run = [
        (index, cell, tags)
        for index, cell in enumerate(content["cells"])
        if cell["cell_type"] == "code" and cell["source"].strip() and not (tags := _tags(cell)) & _SKIPPED
    ]
    coming = what_comes([cell["source"] for _, cell, _ in run], _language(content["metadata"]))
    cells = []
    for (index, cell, tags), comes in zip(run, coming, strict=True):
        outputs, was_run = cell["outputs"], bool(cell["outputs"]) or cell["execution_count"] is not None
        may_fail = bool(tags & _MAY_FAIL) or (_is_exercise(cell) and not was_run)
        comes = Comes.AGAIN if _COMPARED in tags else comes
        cells.append(Cell(index, cell["source"], outputs, was_run, _NOT_COMPARED in tags, may_fail, comes))
    return cells


def _tags(cell: dict[str, Any]) -> set[str]:
    comments = {comment.lower().replace("_", "-") for comment in _COMMENT.findall(cell["source"])}
    return {*cell["metadata"].get("tags", []), *comments}


def _is_exercise(cell: dict[str, Any]) -> bool:
    nbgrader = cell["metadata"].get("nbgrader")
    return isinstance(nbgrader, dict) and bool(nbgrader.get("solution") or nbgrader.get("grade"))


def _language(metadata: dict[str, Any]) -> str:
    kernel, language = metadata.get("kernelspec", {}), metadata.get("language_info", {})
    return str(language.get("name") or kernel.get("language") or kernel.get("name") or "python")
