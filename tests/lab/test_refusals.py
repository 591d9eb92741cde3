"""Files that do not come, and notebooks that are not saved."""

import json
from collections import Counter

import pytest

from hubusers.browser.page import Page
from hubusers.browser.sender import Failed
from hubusers.hub.errors import HubError
from hubusers.lab.refusals import FilesMissing, loading_error, save_error

PATH = "/user/ann/api/contents/a.ipynb"
SCRIPT = Failed("/user/{name}/static/lab/{file}", "HTTP 404", is_file=True)
STYLE = Failed("/user/{name}/lab/api/themes/{file}", "HTTP 404", is_file=True)
CALL = Failed("/user/{name}/lab/api/settings", "HTTP 500", is_file=False)


def test_files_that_do_not_come_are_named_by_their_templates_and_counted() -> None:
    error = loading_error(Counter({SCRIPT: 12, STYLE: 1, CALL: 40}), "opening JupyterLab")
    assert isinstance(error, FilesMissing)
    assert str(error) == "files missing: /user/{name}/static/lab/{file}, HTTP 404"
    assert "13 files did not come" in error.detail
    assert "12 of /user/{name}/static/lab/{file} (HTTP 404)" in error.detail
    assert "40 of /user/{name}/lab/api/settings (HTTP 500)" in error.detail


def test_other_requests_that_fail_are_another_kind() -> None:
    error = loading_error(Counter({CALL: 2}), "opening JupyterLab")
    assert (type(error), str(error)) == (HubError, "hub error: /user/{name}/lab/api/settings, HTTP 500")


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (
            500,
            "Unexpected error while saving file: a.ipynb [Errno 28] No space left on device: '/home'",
            "storage full",
        ),
        (500, "Unexpected error while saving file: a.ipynb [Errno 122] Disk quota exceeded", "quota exceeded"),
        (500, "Unexpected error while saving file: a [Errno 30] Read-only file system", "storage is read-only"),
        (403, "Permission denied: a.ipynb", "permission denied"),
        (500, "Unexpected error while saving file: a [Errno 116] Stale file handle", "storage error"),
        (409, "File already exists: a.ipynb", "conflict"),
        (400, "No file content provided", "HTTP 400"),
        (500, "Unexpected error while saving file: a.ipynb nbformat", "HTTP 500"),
    ],
)
def test_a_server_says_why_it_does_not_save(status: int, message: str, kind: str) -> None:
    page = Page(status, PATH, json.dumps({"message": message, "reason": None}))
    error = save_error(page, "saving a.ipynb")
    assert error is not None
    assert (str(error), error.words, error.status) == (f"save refused: {kind}", message, status)


def test_what_is_too_large_for_an_ingress_is_refused_there() -> None:
    page = Page(413, PATH, "<html><body><center>413 Request Entity Too Large</center><center>nginx</center></html>")
    error = save_error(page, "saving a.ipynb")
    assert str(error) == "save refused: too large"


@pytest.mark.parametrize(
    "page",
    [
        Page(502, PATH, "<html>Bad gateway</html>"),
        Page(0, PATH, error="timed out"),
        Page(403, PATH, '{"message": "Forbidden", "reason": null}'),
    ],
)
def test_other_answers_are_not_about_saving(page: Page) -> None:
    assert save_error(page, "saving a.ipynb") is None
