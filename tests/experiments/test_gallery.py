"""The gallery: its page is made of the answers that were kept, and each report is there and tells nobody's secrets."""

import html
import re

import pytest

from experiments.gallery import ANSWERS, GROUPS, PAGE, REPORTS, page
from experiments.rehearse_incidents import answers_in

NAMES = [name for names in GROUPS.values() for name in names]


def test_the_page_is_that_of_the_answers() -> None:
    answers = answers_in(ANSWERS)
    assert list(answers) == NAMES
    assert PAGE.read_text(encoding="utf-8") == page(answers)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_there_and_says_what_the_page_says(name: str) -> None:
    report = html.unescape((REPORTS / f"{name}.html").read_text(encoding="utf-8"))
    answer = answers_in(ANSWERS)[name]
    assert f'href="{name}.html"' in PAGE.read_text(encoding="utf-8")
    assert all(finding.title in report for finding in answer.findings)
    assert not answer.missing if name != "healthy" else answer.exit_code == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_report_does_not_tell_whose_machine_it_was(name: str) -> None:
    report = (REPORTS / f"{name}.html").read_text(encoding="utf-8")
    assert not re.findall(r"/(?:home|root|work|Users)/[^ <\"&]*", report)
    assert len(report) < 300_000
