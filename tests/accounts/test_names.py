"""The names of test users."""

import itertools
import re

import pytest

from hubusers.accounts.names import (
    LONGEST_NAME,
    checked_beginning,
    checked_prefix,
    in_order,
    is_made_up,
    names_of_process,
    names_of_run,
    new_run_id,
    usernames,
)


def test_names_are_counted_and_never_meet() -> None:
    assert list(itertools.islice(usernames(names_of_process("hub-stress-test", "k3x9qa", 2)), 2)) == [
        "hub-stress-test-k3x9qa-2-0",
        "hub-stress-test-k3x9qa-2-1",
    ]
    assert new_run_id() != new_run_id()
    assert all(re.fullmatch("[a-z0-9]{6}", new_run_id()) for _ in range(50))


def test_ids_begin_as_another_process_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBUSERS_RUN_ID_BEGINS", "p7h6")
    ids = {new_run_id() for _ in range(20)}
    assert len(ids) > 10
    assert all(re.fullmatch("p7h6[a-z0-9]{2}", run_id) for run_id in ids)
    assert all(is_made_up(f"x-{run_id}-0-1", "x", "p7h6") for run_id in ids)
    for wrong in ("p7h", "p7h68", "P7H6", "p-h6", "p7h6\n"):
        monkeypatch.setenv("HUBUSERS_RUN_ID_BEGINS", wrong)
        with pytest.raises(ValueError, match=r"HUBUSERS_RUN_ID_BEGINS: .* must be 4 lower-case letters and digits"):
            new_run_id()


def test_a_run_is_named_by_its_id_or_the_beginning_of_it() -> None:
    assert is_made_up("x-k3x9qa-0-17", "x", checked_beginning("k3x9"))
    assert not is_made_up("x-ak3x9q-0-17", "x", checked_beginning("k3x9"))
    assert not is_made_up("x-k3x9-k3x9qa-0-17", "x", checked_beginning("k3x9"))
    for wrong in ("", "k3x", "k3x9qa7", "K3X9", "k3x.", "....", "k3x9-0"):
        with pytest.raises(ValueError, match="must be a run's id, such as k3x9qa, or its first 4 characters"):
            checked_beginning(wrong)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("hub-stress-test-k3x9qa-0-17", True),
        ("hub-stress-test-k3x9qa-0-17x", False),
        ("hub-stress-test-k3x9qa-17", False),
        ("hub-stress-test-admin", False),
        ("hub-stress-tester-k3x9qa-0-17", False),
        ("a-hub-stress-test-k3x9qa-0-17", False),
        ("HUB-stress-test-k3x9qa-0-17", False),
        ("hub-stress-test-K3X9QA-0-17", False),
        ("hub-stress-test-k3x9qa-0-17\n", False),
    ],
)
def test_only_names_that_this_tool_made_up_are_ours(name: str, ours: bool) -> None:
    assert is_made_up(name, "hub-stress-test") is ours
    assert is_made_up(name, "hub-stress-test", "k3x9qa") is ours
    assert is_made_up(name, "hub-stress-test", "another") is False


def test_names_are_in_the_order_of_their_numbers() -> None:
    names = [f"a-b-k3x9qa-{worker}-{number}" for worker in (0, 2, 10) for number in (0, 2, 10)]
    assert in_order(sorted(names)) == names != sorted(names)


@pytest.mark.parametrize("prefix", ["", "-", "a-", "-a", "Upper", "a_b", "a b", "a/b", "a\nb", "zoë", "a" * 60])
def test_a_prefix_that_no_name_should_begin_with_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="the prefix"):
        checked_prefix(prefix)


def test_the_longest_prefix_still_leaves_room_for_the_rest() -> None:
    name = f"{names_of_run(checked_prefix('a' * 42), new_run_id())}9999-99999999"
    assert len(name) == LONGEST_NAME
