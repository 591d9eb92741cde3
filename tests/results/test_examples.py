"""One example of each kind of failure: the first, in bounds."""

import pytest

from hubusers import log
from hubusers.results.examples import LONGEST_EXAMPLE, MOST_EXAMPLES, Examples

FAILURE = ("cell", "wrong output: cell 3 of lab.ipynb", "")


def test_the_first_of_each_kind_is_kept() -> None:
    examples = Examples()
    examples.note(*FAILURE, "")  # says nothing
    examples.note(*FAILURE, "printed 12:01")
    examples.note(*FAILURE, "printed 12:02")
    assert examples.of(*FAILURE) == "printed 12:01"
    assert examples.of("login", FAILURE[1]) == ""
    examples.note(*FAILURE[:2], "no such file", "printed nothing")  # another reason, so another kind
    assert examples.of(*FAILURE[:2], "no such file") == "printed nothing"
    assert examples.take_new()[0] == (*FAILURE, "printed 12:01")
    assert examples.take_new() == []


def test_what_workers_noted_reaches_the_master_and_its_file_once() -> None:
    first, second, master = Examples(), Examples(), Examples()
    first.note(*FAILURE, "printed 12:01")
    second.note(*FAILURE, "printed 12:02")
    master.add(first.take_new())
    master.add(second.take_new())
    assert master.take_new() == [(*FAILURE, "printed 12:01")]


def test_text_from_outside_stays_on_one_line_without_secrets_and_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_SECRETS", {"a-secret-token"})
    examples = Examples()
    examples.note(*FAILURE, "x" * (LONGEST_EXAMPLE - 10) + "a-secret-token")
    assert examples.of(*FAILURE) == "x" * (LONGEST_EXAMPLE - 10) + "(secret)"
    examples.note("login", "hub error", "", "two\nlines " + "x" * LONGEST_EXAMPLE)
    assert len(examples.of("login", "hub error")) == LONGEST_EXAMPLE
    assert examples.of("login", "hub error").startswith("two\\nlines xxx")


def test_no_more_kinds_than_anybody_reads() -> None:
    examples = Examples()
    for number in range(MOST_EXAMPLES + 5):
        examples.note("cell", f"failure {number}", "", "text")
    assert len(examples.take_new()) == MOST_EXAMPLES
