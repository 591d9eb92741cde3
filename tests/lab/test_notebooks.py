"""Notebooks that people run: how they are read, and what counts as the same output."""

import json
from pathlib import Path
from typing import Any

import nbformat.v4
import pytest
from hypothesis import given
from hypothesis import strategies as some

from hubusers.lab.notebooks import Cell, NotebookError, built_in_notebook, differences, read_notebooks

FORMAT: Any = nbformat.v4  # as Any, because it has no type hints
IMAGE = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure size 640x480 with 1 Axes>"}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def result(text: str, **data: Any) -> dict[str, Any]:
    data = {"text/plain": text, **data}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}


def display(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def error(name: str, value: str, traceback: str = "") -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": [traceback]}


def cell(*outputs: dict[str, Any], was_run: bool = True, is_ignored: bool = False, may_fail: bool = False) -> Cell:
    return Cell(0, "code", list(outputs), was_run, is_ignored, may_fail)


def put(folder: Path, *cells: Any, name: str = "lesson.ipynb", **metadata: Any) -> None:
    text: str = FORMAT.writes(FORMAT.new_notebook(cells=list(cells), metadata=metadata))
    (folder / name).write_text(text)


# Reading


def test_the_built_in_notebook_has_text_and_code_and_was_run() -> None:
    notebook = built_in_notebook()
    kinds = {output["output_type"] for cell in notebook.cells for output in cell.outputs}
    assert notebook.name == "welcome.ipynb"
    assert notebook.document()["metadata"]["kernelspec"]["name"] == "python3"
    assert all(cell.is_compared for cell in notebook.cells)
    assert kinds == {"stream", "execute_result"}
    assert any(cell["cell_type"] == "markdown" for cell in notebook.document()["cells"])


def test_a_folder_is_read_in_the_order_of_names_without_checkpoints_and_other_files(tmp_path: Path) -> None:
    put(tmp_path, FORMAT.new_code_cell("2"), name="b.ipynb")
    put(tmp_path, FORMAT.new_code_cell("1"), name="a.ipynb")
    (tmp_path / "data.csv").write_text("1,2")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    put(tmp_path / ".ipynb_checkpoints", FORMAT.new_code_cell("0"), name="a-checkpoint.ipynb")
    assert [notebook.name for notebook in read_notebooks(tmp_path)] == ["a.ipynb", "b.ipynb"]


def test_the_cells_to_run_are_those_with_code_and_each_knows_its_place(tmp_path: Path) -> None:
    skipped = [FORMAT.new_code_cell("skipped()", metadata={"tags": [tag]}) for tag in ("nbval-skip", "skip-execution")]
    ran = FORMAT.new_code_cell(
        "1 + 1", outputs=[FORMAT.new_output("execute_result", {"text/plain": "2"})], execution_count=1
    )
    silent, never_run = FORMAT.new_code_cell("x = 1", execution_count=2), FORMAT.new_code_cell("y = 1")
    ignored = FORMAT.new_code_cell(
        "now()", execution_count=3, metadata={"tags": ["nbval-ignore-output", "raises-exception"]}
    )
    cells = [FORMAT.new_markdown_cell("text"), FORMAT.new_code_cell(" \n"), *skipped, ran, silent, never_run, ignored]
    put(tmp_path, *cells, kernelspec={"name": "ir", "display_name": "R"})
    (notebook,) = read_notebooks(tmp_path)
    assert [cell.index for cell in notebook.cells] == [4, 5, 6, 7]
    assert [cell.is_compared for cell in notebook.cells] == [True, True, False, False]
    assert [cell.may_fail for cell in notebook.cells] == [False, False, False, True]
    assert notebook.document()["metadata"]["kernelspec"]["name"] == "ir"


def test_a_notebook_stored_without_outputs_was_never_run_and_is_not_compared(tmp_path: Path) -> None:
    put(tmp_path, FORMAT.new_code_cell("1 + 1"))
    (notebook,) = read_notebooks(tmp_path)
    assert not any(cell.was_run or cell.is_compared for cell in notebook.cells)


def test_each_document_is_a_copy_of_its_own() -> None:
    notebook = built_in_notebook()
    notebook.document()["cells"][1]["outputs"] = []
    assert notebook.document()["cells"][1]["outputs"]
    nbformat.validate(notebook.document())


def test_older_formats_are_read_too(tmp_path: Path) -> None:
    old = {"cell_type": "code", "language": "python", "metadata": {}, "outputs": [], "collapsed": False}
    sheet = {"cells": [{**old, "input": ["1 +\n", "1"], "prompt_number": 3}], "metadata": {}}
    content = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [sheet]}
    (tmp_path / "old.ipynb").write_text(json.dumps(content))
    without_id = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": ["2"]}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [without_id]}
    (tmp_path / "new.ipynb").write_text(json.dumps(content))
    assert [notebook.cells[0].source for notebook in read_notebooks(tmp_path)] == ["2", "1 +\n1"]


NO_CELLS = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (NO_CELLS, "has no code to run. Add a code cell"),
        ("", "is not JSON"),
        ('{"nbformat": 4, "cells": [', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a valid notebook"),
        ('"text"', "is not a valid notebook"),
        ("{}", "is not a valid notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "is not a valid notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', "is not a valid notebook"),
        ('{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "code"}]}]}', "is not a valid notebook"),
        ('{"nbformat": 99, "metadata": {}, "cells": []}', "is not a valid notebook: Unsupported nbformat version 99."),
        ('{"nbformat": "x", "metadata": {}, "cells": []}', "is not a valid notebook"),
        (b"\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_a_file_that_is_not_a_notebook_is_named_with_what_to_do(tmp_path: Path, content: Any, said: str) -> None:
    file = tmp_path / "lesson.ipynb"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(NotebookError) as raised:
        read_notebooks(tmp_path)
    text = str(raised.value)
    assert text.startswith(f"The notebook {file} {said}")
    assert text.endswith((".", "folder.", "again."))
    assert "\n" not in text
    assert len(text) < 400


def test_a_notebook_that_cannot_be_opened_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "gone.ipynb").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotebookError, match=r"gone\.ipynb cannot be read: No such file or directory\. Make it"):
        read_notebooks(tmp_path)


def test_a_folder_without_notebooks_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"There is no notebook in .*\. Put one there"):
        read_notebooks(tmp_path)
    with pytest.raises(NotebookError, match=r"nowhere cannot be read: No such file or directory\. Give the path"):
        read_notebooks(tmp_path / "nowhere")


# Comparing


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ([], []),
        ([stream("a\nb\n")], [stream("a\n"), stream("b\n")]),
        ([stream("a\r\nb\r\n")], [stream("a\nb\n")]),
        ([stream("100 %\n")], [stream("  0 %\r 50 %\r100 %\n")]),  # a progress bar, as it is seen in the end
        ([stream("abd\n")], [stream("abc\bd\n")]),
        ([stream("ad\n")], [stream("abc\b\bd\n")]),
        ([stream("out"), stream("err", "stderr")], [stream("o"), stream("err", "stderr"), stream("ut")]),
        ([stream("")], []),
        ([result("2")], [{**result("2"), "execution_count": 7, "metadata": {"other": 1}}]),
        ([result("<object at 0x7f3a12345678>")], [result("<object at 0x7fffdeadbeef>")]),
        ([display(IMAGE)], [display({**IMAGE, "image/png": "AAAA"})]),
        ([error("NameError", "x", "line 1")], [error("NameError", "x", "line 2")]),
    ],
)
def test_outputs_that_a_person_would_call_the_same(expected: list[Any], got: list[Any]) -> None:
    assert differences(expected, got) == ""


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        ([stream("a\nb\n")], [stream("a\nc\n")], r"stdout: expected 'a\nb\n' got 'a\nc\n'"),
        ([stream("a")], [stream("a", "stderr")], "expected stdout 'a' got stderr 'a'"),
        ([result("2")], [], "expected result '2' got nothing"),
        ([], [stream("hello\n")], r"expected nothing got stdout 'hello\n'"),
        ([result("2")], [error("NameError", "x")], "expected result '2' got error 'NameError: x'"),
        ([error("NameError", "x")], [error("NameError", "y")], "error: expected 'NameError: x' got 'NameError: y'"),
        ([result("0x10")], [result("0x11")], "result: expected '0x10' got '0x11'"),  # numbers, no addresses
        (
            [display(IMAGE)],
            [display({"text/plain": IMAGE["text/plain"]})],
            "result: expected image/png got nothing else",
        ),
        ([stream("a"), result("1")], [stream("a"), result("2")], "result: expected '1' got '2'"),
        (
            [stream("x" * 500 + "yes" + "x" * 500)],
            [stream("x" * 500 + "no" + "x" * 500)],
            f"stdout: expected '…{'x' * 19}yes{'x' * 56}…' got '…{'x' * 19}no{'x' * 57}…'",
        ),
    ],
)
def test_a_difference_is_told_in_one_line(expected: list[Any], got: list[Any], said: str) -> None:
    assert differences(expected, got) == said


def test_a_cell_that_is_not_compared_only_fails_with_an_error_and_not_where_it_may() -> None:
    for unchecked in (cell(was_run=False), cell(result("1"), is_ignored=True)):
        assert unchecked.failure([result("2")]) == ""
        assert unchecked.failure([stream("a"), error("NameError", "x")]) == "raised 'NameError: x'"
    assert cell(was_run=False, may_fail=True).failure([error("NameError", "x")]) == ""


def test_a_cell_that_is_compared_must_give_what_it_gave_before_errors_included() -> None:
    assert cell(error("NameError", "x")).failure([error("NameError", "x")]) == ""
    assert cell(result("1")).failure([result("2")]) == "result: expected '1' got '2'"
    assert cell().failure([result("2")]) == "expected nothing got result '2'"


TEXTS = some.text(alphabet="ab \n\r\b\t0x…ß\x1b\U000e0001", max_size=200)
OUTPUTS = some.lists(
    some.one_of(
        some.builds(stream, TEXTS, some.sampled_from(["stdout", "stderr"])),
        some.builds(result, TEXTS),
        some.builds(error, TEXTS, TEXTS),
        some.builds(display, some.dictionaries(some.sampled_from(["text/html", "image/png", "text/plain"]), TEXTS)),
    ),
    max_size=4,
)


@given(OUTPUTS, OUTPUTS)
def test_any_difference_is_one_short_line_and_found_from_both_sides(one: list[Any], other: list[Any]) -> None:
    said = differences(one, other)
    assert differences(one, one) == ""
    assert bool(said) == bool(differences(other, one))
    assert len(said) <= 200
    assert said.isprintable()


@given(TEXTS, some.integers(0, 200))
def test_it_does_not_matter_in_what_pieces_a_stream_came(text: str, place: int) -> None:
    assert differences([stream(text)], [stream(text[:place]), stream(text[place:])]) == ""
