"""What browsers use for a script, a style or an image, as Chromium was seen to do."""

import pytest

from hubusers.browser.file_kinds import ANYTHING, FILE, MODULE, SCRIPT, STRICT_STYLE, STYLE, FileKind, why_not_used
from hubusers.http.messages import Answer

HTML, JS, CSS, TEXT = "text/html; charset=utf-8", "application/javascript", "text/css;charset=utf-8", "text/plain"
PAGE = "\ufeff\n<!doctype html><title>An app</title>"


@pytest.mark.parametrize(
    ("kind", "mime_type", "body", "why"),
    [
        *((kind, HTML, PAGE, "a web page came") for kind in (SCRIPT, MODULE, STYLE, STRICT_STYLE, FILE)),
        (ANYTHING, HTML, PAGE, ""),
        # Scripts may be anything, unless they are modules or the server says that its MIME types are true.
        (SCRIPT, HTML, "run()", ""),
        (SCRIPT, TEXT, "", ""),
        (SCRIPT, "", "", ""),
        (MODULE, JS, "", ""),
        (MODULE, "Text/JavaScript", "", ""),
        (MODULE, HTML, "run()", "a web page came"),
        (MODULE, TEXT, "", "wrong MIME type"),
        (MODULE, "", "", "wrong MIME type"),
        # Styles need their type where the page has a doctype.
        (STYLE, TEXT, "", ""),
        (STRICT_STYLE, CSS, "", ""),
        (STRICT_STYLE, TEXT, "", "wrong MIME type"),
        (STRICT_STYLE, "", "", ""),
        (FILE, "image/svg+xml", "<svg/>", ""),
    ],
)
def test_what_a_browser_uses(kind: FileKind, mime_type: str, body: str, why: str) -> None:
    assert why_not_used(kind, Answer(200, body, {"Content-Type": mime_type} if mime_type else {})) == why


def test_a_server_may_say_that_its_types_are_true() -> None:
    headers = {"X-Content-Type-Options": "nosniff"}
    assert why_not_used(SCRIPT, Answer(200, "", headers | {"Content-Type": TEXT})) == "wrong MIME type"
    assert why_not_used(STYLE, Answer(200, "", headers | {"Content-Type": TEXT})) == "wrong MIME type"
    assert why_not_used(SCRIPT, Answer(200, "", headers | {"Content-Type": JS})) == ""
    assert why_not_used(FILE, Answer(200, "", headers | {"Content-Type": TEXT})) == ""


def test_what_has_not_changed_was_used_before() -> None:
    assert why_not_used(MODULE, Answer(304)) == ""
