"""Notebooks that people run: how they are read, and what counts as the same output."""

import json
from pathlib import Path
from typing import Any

import nbformat.v4
import pytest

from hubusers.lab import notebooks
from hubusers.lab.cell_code import Comes
from hubusers.lab.notebooks import Cell, NotebookError, built_in_notebook, read_notebooks
from tests.lab.test_outputs import error, result, stream

FORMAT: Any = nbformat.v4  # as Any, because it has no type hints


def cell(
    *outputs: dict[str, Any],
    was_run: bool = True,
    is_ignored: bool = False,
    may_fail: bool = False,
    comes: Comes = Comes.AGAIN,
) -> Cell:
    return Cell(0, "code", list(outputs), was_run, is_ignored, may_fail, comes)


def put(folder: Path, *cells: Any, name: str = "lesson.ipynb", **metadata: Any) -> None:
    text: str = FORMAT.writes(FORMAT.new_notebook(cells=list(cells), metadata=metadata))
    (folder / name).write_text(text)


# Reading


def test_the_built_in_notebook_has_text_and_code_and_was_run() -> None:
    notebook = built_in_notebook()
    kinds = {output["output_type"] for cell in notebook.cells for output in cell.outputs}
    assert notebook.path == "welcome.ipynb"
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
    assert [notebook.path for notebook in read_notebooks(tmp_path)] == ["a.ipynb", "b.ipynb"]


def test_those_in_folders_are_read_too_but_not_what_is_hidden_or_compiled(tmp_path: Path) -> None:
    for folder in ("week 2", "week 1/extra", ".ipynb_checkpoints", "week 2/.trash", "__pycache__", "looks.ipynb"):
        (tmp_path / folder).mkdir(parents=True)
        if folder != "looks.ipynb":
            put(tmp_path / folder, FORMAT.new_code_cell("1"))
    put(tmp_path, FORMAT.new_code_cell("1"), name="start.ipynb")
    put(tmp_path, FORMAT.new_code_cell("1"), name="._start.ipynb")
    assert [notebook.path for notebook in read_notebooks(tmp_path)] == [
        *("start.ipynb", "week 1/extra/lesson.ipynb", "week 2/lesson.ipynb"),
    ]


def test_too_many_are_refused_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "MOST_NOTEBOOKS", 1)
    (tmp_path / "week 1").mkdir()
    for path in ("a.ipynb", "week 1/b.ipynb"):
        (tmp_path / path).write_text("not a notebook")
    with pytest.raises(
        NotebookError, match=r"folders inside it there are 2 notebooks; 1 are the limit\. Give a folder"
    ):
        read_notebooks(tmp_path)


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


# Running


def test_a_cell_that_is_not_compared_only_fails_with_an_error_and_not_where_it_may() -> None:
    for unchecked in (cell(was_run=False), cell(result("1"), is_ignored=True)):
        assert unchecked.failure([result("2")]) == ""
        assert unchecked.failure([stream("a"), error("NameError", "x")]) == "raised 'NameError: x'"
    assert cell(was_run=False, may_fail=True).failure([error("NameError", "x")]) == ""


def test_a_cell_that_is_compared_must_give_what_it_gave_before_errors_included() -> None:
    assert cell(error("NameError", "x")).failure([error("NameError", "x")]) == ""
    assert cell(result("1")).failure([result("2")]) == "result: expected '1' got '2'"
    assert cell().failure([result("2")]) == "expected nothing got result '2'"


def test_a_cell_whose_text_differs_each_time_must_give_something_and_no_other_error() -> None:
    rolled = cell(result("4"), comes=Comes.DIFFERENTLY)
    assert rolled.failure([result("5")]) == ""
    assert rolled.failure([stream("5")]) == ""
    assert rolled.failure([]) == "expected result '4' got nothing"
    assert rolled.failure([stream("a warning", "stderr")]) == "expected result '4' got nothing"
    assert rolled.failure([error("MemoryError", "x")]) == "raised 'MemoryError: x'"
    assert cell(error("OSError", "port 1"), comes=Comes.DIFFERENTLY).failure([error("OSError", "port 2")]) == ""
    assert cell(comes=Comes.DIFFERENTLY).failure([stream("5")]) == ""
    assert cell(result("4"), comes=Comes.DIFFERENTLY, may_fail=True).failure([error("OSError", "x")]) == ""


def test_a_cell_with_a_thread_may_give_its_output_when_it_is_over_but_no_error() -> None:
    started = cell(stream("from the thread"), comes=Comes.SOMETIME)
    assert started.failure([]) == ""
    assert started.failure([error("RuntimeError", "can't start new thread")]).startswith("raised 'RuntimeError")


def test_comments_say_the_same_as_tags_and_exercises_may_fail_until_they_are_solved(tmp_path: Path) -> None:
    two = FORMAT.new_output("execute_result", {"text/plain": "2"})
    exercise = {"nbgrader": {"solution": True, "grade": False}}
    cells = [
        FORMAT.new_code_cell("# NBVAL_SKIP\nskipped()"),
        FORMAT.new_code_cell("# NBVAL_IGNORE_OUTPUT\n2", execution_count=1, outputs=[two]),
        FORMAT.new_code_cell("# NBVAL_RAISES_EXCEPTION\n1 / 0"),
        FORMAT.new_code_cell("import random\nrandom.seed\n2", execution_count=1, outputs=[two]),
        FORMAT.new_code_cell("# NBVAL_CHECK_OUTPUT\nrandom.random", execution_count=1, outputs=[two]),
        FORMAT.new_code_cell("raise NotImplementedError()", metadata=exercise),
        FORMAT.new_code_cell("2", metadata=exercise, execution_count=1, outputs=[two]),
    ]
    put(tmp_path, *cells)
    (notebook,) = read_notebooks(tmp_path)
    assert [(cell.index, cell.is_compared, cell.may_fail, cell.comes) for cell in notebook.cells] == [
        (1, False, False, Comes.AGAIN),
        (2, False, True, Comes.AGAIN),
        (3, True, False, Comes.DIFFERENTLY),
        (4, True, False, Comes.AGAIN),
        (5, False, True, Comes.AGAIN),
        (6, True, False, Comes.AGAIN),
    ]


def test_the_text_of_other_languages_is_not_compared(tmp_path: Path) -> None:
    put(
        tmp_path, FORMAT.new_code_cell("x <- rnorm(1)"), kernelspec={"name": "ir", "language": "R", "display_name": "R"}
    )
    (notebook,) = read_notebooks(tmp_path)
    assert notebook.cells[0].comes is Comes.DIFFERENTLY


def test_a_notebook_that_asks_for_input_is_refused_unless_its_cell_is_skipped_or_may_fail(tmp_path: Path) -> None:
    put(tmp_path, FORMAT.new_markdown_cell("text"), FORMAT.new_code_cell("name = input('Your name? ')"))
    with pytest.raises(
        NotebookError, match=r"lesson\.ipynb asks for input in cell 2, where nobody answers\. Write the"
    ):
        read_notebooks(tmp_path)
    for tag in ("skip-execution", "raises-exception"):
        put(tmp_path, FORMAT.new_code_cell("input()", metadata={"tags": [tag]}), FORMAT.new_code_cell("1"))
        assert read_notebooks(tmp_path)
