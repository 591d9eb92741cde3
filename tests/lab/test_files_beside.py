"""The files beside the notebooks, and the folder on a person's server that they are put into."""

import base64
from pathlib import Path
from typing import Any, cast

import pytest

from hubusers.browser.browser import Browser
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline
from hubusers.lab import files_beside
from hubusers.lab.files_beside import CHUNK, read_files_beside
from hubusers.lab.notebooks import Notebook, NotebookError
from hubusers.lab.person_folder import PersonFolder


def put(folder: Path, path: str, content: bytes = b"a") -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(content)


def test_all_files_go_along_but_the_notebooks_that_are_run_hidden_ones_and_what_was_compiled(tmp_path: Path) -> None:
    for path in ("data.csv", "data/a b.csv", "helper.py", "images/x/y.png", "empty"):
        put(tmp_path, path)
    for path in (
        "lesson.ipynb",
        "more/inner.ipynb",
        ".hidden",
        ".git/config",
        ".ipynb_checkpoints/lesson-checkpoint.ipynb",
    ):
        put(tmp_path, path)
    put(tmp_path, "__pycache__/helper.cpython-311.pyc")
    files = read_files_beside(tmp_path)
    assert [file.path for file in files] == ["data/a b.csv", "data.csv", "empty", "helper.py", "images/x/y.png"]
    assert files[1].bodies == ({"type": "file", "format": "base64", "content": "YQ=="},)


@pytest.mark.parametrize(
    ("size", "chunks"), [(0, [None]), (CHUNK, [None]), (CHUNK + 1, [1, -1]), (3 * CHUNK, [1, 2, -1])]
)
def test_large_files_are_put_there_in_pieces_as_jupyterlab_does(tmp_path: Path, size: int, chunks: list[Any]) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    put(tmp_path, "large.bin", content[:size])
    (file,) = read_files_beside(tmp_path)
    assert [body.get("chunk") for body in file.bodies] == chunks
    assert b"".join(base64.b64decode(body["content"]) for body in file.bodies) == content[:size]


def test_too_many_or_too_large_files_are_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a", bytes(2_000_000))
    put(tmp_path, "b")
    monkeypatch.setattr(files_beside, "MOST_BYTES", 1024 * 1024)
    with pytest.raises(NotebookError, match=r"there are 2 files with 2 MB; .*500 files with 1 MB are the limit\. Give"):
        read_files_beside(tmp_path)
    monkeypatch.setattr(files_beside, "MOST_BYTES", 10**9)
    monkeypatch.setattr(files_beside, "MOST_FILES", 1)
    with pytest.raises(NotebookError, match=r"there are 2 files"):
        read_files_beside(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(
        NotebookError, match=r"The file .*gone\.csv cannot be read: No such file or directory\. Make it"
    ):
        read_files_beside(tmp_path)


class Scripted:
    """A browser whose server answers as it is told, and otherwise well."""

    def __init__(self, **answers: int) -> None:
        self.asked: list[str] = []
        self.answers = answers

    def fetch(self, method: str, path: str, body: Any = None, *_: object, **__: object) -> Page:
        kind = f" {body.get('chunk', body['type'])}" if body else ""
        self.asked.append(f"{method} {path.removeprefix('/user/ann/api/contents/')}{kind}")
        good = {"PUT": 201, "DELETE": 204, "GET": 404}[method]
        return Page(self.answers.get(f"{method}_{len(self.asked)}", good), path)


def test_folders_come_before_their_files_and_the_first_refusal_ends_it(tmp_path: Path) -> None:
    put(tmp_path, "data/a b.csv")
    put(tmp_path, "data/c.bin", bytes(CHUNK + 1))
    files = read_files_beside(tmp_path)
    browser = Scripted()
    assert PersonFolder(cast("Browser", browser), "/user/ann/", "x").make(files).status == 201
    assert browser.asked == [
        *("PUT x directory", "PUT x/data directory", "PUT x/data/a%20b.csv file"),
        *("PUT x/data/c.bin 1", "PUT x/data/c.bin -1"),
    ]
    browser = Scripted(PUT_4=404)
    assert PersonFolder(cast("Browser", browser), "/user/ann/", "x").make(files).status == 404
    assert len(browser.asked) == 4
    browser = Scripted(PUT_2=500)
    assert PersonFolder(cast("Browser", browser), "/user/ann/", "x").make(files).status == 500
    assert len(browser.asked) == 2


def test_a_notebook_of_a_folder_is_put_there_with_the_folders_that_it_is_in_once(tmp_path: Path) -> None:
    put(tmp_path, "week 1/data.csv")
    browser = Scripted()
    folder = PersonFolder(cast("Browser", browser), "/user/ann/", "x")
    folder.make(read_files_beside(tmp_path))
    for path in ("week 1/a.ipynb", "week 2/extra/b.ipynb", "week 2/c.ipynb"):
        assert folder.put(Notebook(path, (), {})).status == 201
    assert browser.asked[3:] == [
        *("PUT x/week%201/a.ipynb notebook", "PUT x/week%202 directory", "PUT x/week%202/extra directory"),
        *("PUT x/week%202/extra/b.ipynb notebook", "PUT x/week%202/c.ipynb notebook"),
    ]
    refusing = Scripted(PUT_1=403)
    refused = PersonFolder(cast("Browser", refusing), "/user/ann/", "x").put(Notebook("week 1/a.ipynb", (), {}))
    assert (refused.status, len(refusing.asked)) == (403, 1)


def test_a_server_with_a_trash_takes_the_whole_folder() -> None:
    browser = Scripted()
    PersonFolder(cast("Browser", browser), "/user/ann/", "x").remove(Deadline(60), "3.11.7")
    assert browser.asked == ["DELETE x"]


def test_a_server_without_a_trash_is_told_about_what_python_has_compiled(tmp_path: Path) -> None:
    put(tmp_path, "helper.py")
    browser = Scripted(DELETE_3=400)
    folder = PersonFolder(cast("Browser", browser), "/user/ann/", "x")
    folder.make(read_files_beside(tmp_path))
    folder.remove(Deadline(60), "3.11.7")
    assert browser.asked[2:] == [
        *("DELETE x", "DELETE x/__pycache__/helper.cpython-311.pyc", "DELETE x/__pycache__", "GET x?content=1"),
        "DELETE x",
    ]
