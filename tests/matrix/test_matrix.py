"""The matrix in small, in the tests' own environment; and its page, which must fit its results."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.matrix import page, results
from tests.matrix.cases import CASES
from tests.matrix.results import Result
from tests.matrix.trial import Software, missing, try_out

OUR_OWN = Software(Path(sys.executable), Path(sys.executable), [sys.executable, "-m", "hubusers.local.python_proxy"])
WITH_STATSD = """
from unittest.mock import MagicMock

from jupyterhub.handlers import BaseHandler

if not hasattr(BaseHandler, "statsd"):
    BaseHandler.statsd = MagicMock()
"""
"""For an authenticator that the table has on JupyterHub 5.5: newer hubs lack what it times logins by."""

IN_SMALL = [
    ("nginx with TLS, the hub at /hub-prefix/", ""),
    pytest.param("native, people who have signed up", WITH_STATSD, marks=pytest.mark.thorough),
]


@pytest.mark.parametrize(("name", "config"), IN_SMALL)
def test_some_of_it_holds_in_the_environment_of_the_tests(name: str, config: str, tmp_path: Path) -> None:
    [case] = [case for case in CASES if case.name == name]
    if lacking := missing(case):
        pytest.skip(f"missing here: {', '.join(lacking)}")
    try_out(replace(case, config=config + case.config, has_trial=False), OUR_OWN, tmp_path)


def test_the_page_fits_the_results() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "write it anew: python -m tests.matrix.page"


def test_each_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert results.read().keys() <= set(names)


def test_what_could_not_be_tried_here_does_not_replace_what_was_found_elsewhere() -> None:
    held, absent = Result("held", "", "2026-01-01", {}), Result("not tried", "no nginx", "", {})
    known = {"a": held, "gone": held}
    assert results.merged(known, {"a": absent, "b": absent}, ["a", "b", "c"]) == {"a": held, "b": absent}
