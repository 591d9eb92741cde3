"""docs/reference/findings.md, and what it is made from."""

from pathlib import Path

import hubusers
from hubusers.report.causes.catalogue import KINDS
from hubusers.report.causes.kind import SECTIONS
from hubusers.report.causes.page import findings_page

PAGE = Path(hubusers.__file__).parent.parent / "docs" / "reference" / "findings.md"


def test_the_page_is_that_of_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == findings_page(), (
        "python -m hubusers.report.causes.page > docs/reference/findings.md"
    )


def test_each_kind_has_a_section_that_the_page_shows() -> None:
    for kind in KINDS.values():
        assert kind.section in SECTIONS
        assert f"\n### {kind.name}\n" in findings_page()
        assert kind.confirm
        assert kind.remedies
