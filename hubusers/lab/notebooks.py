"""The notebooks that people run: how they are read from a folder, and how outputs are compared with the stored ones.

The format of notebooks, and its checks, are those of the Jupyter project's library, nbformat. These tags of cells have
the meaning that other tools give them:

    skip-execution        (nbclient), nbval-skip (nbval): the cell is not run
    nbval-ignore-output   (nbval): the cell's outputs are not compared
    raises-exception      (nbclient, JupyterLab, nbval): the cell may fail, and the run goes on
"""

import json
import re
import warnings
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from hubusers.log import shown

_SKIPPED = {"skip-execution", "nbval-skip"}
_NOT_COMPARED = "nbval-ignore-output"
_MAY_FAIL = "raises-exception"

_BUILT_IN = Path(__file__).with_name("welcome.ipynb")

_SHOWN_CHARACTERS = 80
_SHOWN_BEFORE = 20
"""How much of a text is shown around the first difference, and how much of that comes before it."""

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_TAKEN_BACK = re.compile("[^\n\x08]\x08")

Output = dict[str, Any]
"""An output as nbformat has it."""


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
    """

    index: int
    source: str
    outputs: list[Output] = field(repr=False)
    was_run: bool
    is_ignored: bool
    may_fail: bool

    @property
    def is_compared(self) -> bool:
        """Whether running it must give the stored outputs."""
        return self.was_run and not self.is_ignored

    def failure(self, outputs: list[Output]) -> str:
        """Return what is wrong with the outputs that running the cell gave, the empty string if nothing is.

        The text is one line, of some 200 characters at most. Where outputs are not compared, only an error is wrong.
        """
        if self.is_compared:
            return differences(self.outputs, outputs)
        error = next((_as_seen(output) for output in outputs if output["output_type"] == "error"), None)
        return f"raised {_excerpt(error.text, 0)}" if error and not self.may_fail else ""


@dataclass(frozen=True)
class Notebook:
    """A notebook that people run. All people share it, so it is never changed.

    Attributes:
        name: The file's name.
        cells: The code cells to run, in their order; without those that are empty or tagged to be skipped.
    """

    name: str
    cells: tuple[Cell, ...]
    _content: dict[str, Any] = field(repr=False)

    def document(self) -> dict[str, Any]:
        """Return a copy of the whole notebook, free to be changed: the `content` that Jupyter's contents API takes."""
        return deepcopy(self._content)


def read_notebooks(folder: str | Path) -> list[Notebook]:
    """Return the notebooks of a folder, sorted by name; those in folders inside it are not read.

    Raises:
        NotebookError: There are none, or one cannot be used.
    """
    folder = Path(folder)
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".ipynb" and not path.is_dir())
    except OSError as error:
        raise NotebookError(
            shown(f"The folder of notebooks {folder} cannot be read: {error.strerror}. Give the path of a folder.")
        ) from None
    if not paths:
        raise NotebookError(shown(f"There is no notebook in {folder}. Put one there whose name ends in .ipynb."))
    return [_read(path) for path in paths]


def built_in_notebook() -> Notebook:
    """Return the notebook that comes with hubusers: a small one that needs nothing but Python's standard library."""
    return _read(_BUILT_IN)


def _read(path: Path) -> Notebook:
    # Imported here, because it takes two seconds, and most runs read no notebook.
    import nbformat

    try:
        content = _content_of(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        problem = f"cannot be read: {error.strerror}. Make it readable, or take it out of the folder."
    except UnicodeDecodeError:
        problem = "is not text in UTF-8. Save it with Jupyter again."
    except (nbformat.reader.NotJSONError, RecursionError):
        problem = "is not JSON, as a notebook must be. Save it with Jupyter again, or take it out of the folder."
    # nbformat's conversions from older formats raise all kinds of errors for files that only look like notebooks.
    except (nbformat.ValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split("\n", 1)[0].split()).rstrip(".")
        problem = f"is not a valid notebook: {reason}. Save it with Jupyter again, or take it out of the folder."
    else:
        cells = tuple(_cells(content))
        if cells:
            return Notebook(path.name, cells, content)
        problem = "has no code to run. Add a code cell, or take it out of the folder."
    raise NotebookError(shown(f"The notebook {path} {problem}"))


def _content_of(text: str) -> dict[str, Any]:
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cells without an id, which older notebooks have
        notebook = nbformat.convert(nbformat.reader.reads(text), 4)
        nbformat.validate(notebook)
    content: dict[str, Any] = json.loads(json.dumps(notebook))
    return content


def _cells(content: dict[str, Any]) -> list[Cell]:
    cells = []
    for index, cell in enumerate(content["cells"]):
        tags = set(cell["metadata"].get("tags", []))
        if cell["cell_type"] != "code" or not cell["source"].strip() or tags & _SKIPPED:
            continue
        outputs, was_run = cell["outputs"], bool(cell["outputs"]) or cell["execution_count"] is not None
        cells.append(Cell(index, cell["source"], outputs, was_run, _NOT_COMPARED in tags, _MAY_FAIL in tags))
    return cells


@dataclass(frozen=True)
class _Seen:
    """What a person sees of an output.

    Attributes:
        kind: `stdout`, `stderr`, `result` or `error`.
        text: The text of it.
        types: The MIME types of a result. Of all but plain text only these names are compared.
    """

    kind: str
    text: str
    types: tuple[str, ...] = ()


def differences(expected: list[Output], got: list[Output]) -> str:
    """Return the first difference that a person would see, in one line; the empty string if there is none.

    Compared are the text of the streams, the plain text and the MIME types of results and displays, and the name and
    value of errors. Not compared are the numbers at prompts, metadata, images and HTML, tracebacks, addresses in
    memory, the earlier states of an overwritten line (as of a progress bar), and how stdout and stderr alternate
    between two other outputs, which depends on how busy the machine is.

    Args:
        expected: Outputs as nbformat has them.
        got: Likewise.

    Returns:
        Some 200 characters at most, such as `stdout: expected '…' got '…'`, with the texts around the first difference.
    """
    there, here = _all_seen(expected), _all_seen(got)
    place = _first_difference(there, here)
    one, other = (seen[place] if place < len(seen) else None for seen in (there, here))
    if one is None or other is None or one.kind != other.kind:
        return "" if one is other else f"expected {_described(one)} got {_described(other)}"
    if one.text == other.text:
        return f"{one.kind}: expected {_types(one, other)} got {_types(other, one)}"
    begin = _first_difference(one.text, other.text)
    return f"{one.kind}: expected {_excerpt(one.text, begin)} got {_excerpt(other.text, begin)}"


def _all_seen(outputs: list[Output]) -> list[_Seen]:
    """Return what a person sees; of streams that follow each other, all of stdout and then all of stderr."""
    seen: list[_Seen] = []
    for is_stream, group in groupby(outputs, lambda output: output["output_type"] == "stream"):
        if is_stream:
            texts = {"stdout": "", "stderr": ""}
            for output in group:
                texts[output["name"]] = texts.get(output["name"], "") + output["text"]
            seen += [_Seen(name, _read_by_a_person(text)) for name, text in texts.items() if text]
        else:
            seen += map(_as_seen, group)
    return seen


def _as_seen(output: Output) -> _Seen:
    """Return what a person sees of an output that is not a stream."""
    if output["output_type"] == "error":
        return _Seen("error", _read_by_a_person(f"{output['ename']}: {output['evalue']}"))
    data = output["data"]
    return _Seen("result", _read_by_a_person(data.get("text/plain", "")), tuple(sorted(data)))


def _read_by_a_person(text: str) -> str:
    text = text.replace("\r\n", "\n")
    while _TAKEN_BACK.search(text):
        text = _TAKEN_BACK.sub("", text)
    if "\r" in text:
        text = "\n".join(map(_overwritten, text.split("\n")))
    return _ADDRESS.sub("0x…", text)


def _overwritten(line: str) -> str:
    seen = ""
    for part in line.split("\r"):
        seen = part + seen[len(part) :]
    return seen


def _first_difference(one: Sequence[Any], other: Sequence[Any]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (here, there) in pairs if here != there), min(len(one), len(other)))


def _described(seen: _Seen | None) -> str:
    return f"{seen.kind} {_excerpt(seen.text, 0)}" if seen else "nothing"


def _types(one: _Seen, other: _Seen) -> str:
    """Return the MIME types that only the first one has."""
    return _cut(", ".join(name for name in one.types if name not in other.types) or "nothing else")


def _excerpt(text: str, place: int) -> str:
    """Return what is around a place in a text, in quotes and in one line."""
    before, after = shown(text[max(0, place - _SHOWN_CHARACTERS) : place]), shown(text[place:][:_SHOWN_CHARACTERS])
    if len(before) > _SHOWN_BEFORE:
        before = "…" + before[1 - _SHOWN_BEFORE :]
    return f"'{_cut(before + after, len(text) - place > _SHOWN_CHARACTERS)}'"


def _cut(text: str, is_longer: bool = False) -> str:
    return text[: _SHOWN_CHARACTERS - 1] + "…" if is_longer or len(text) > _SHOWN_CHARACTERS else text
