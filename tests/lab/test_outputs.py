"""What counts as the same output when a cell is run again."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hubusers.lab.outputs import differences, missing

TIMED = r"stdout: expected 'Wall time: …\n1' got 'Wall time: …\n2'"
WIDGET = "application/vnd.jupyter.widget-view+json"
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
        ([stream("a: DeprecationWarning", "stderr"), stream("b")], [stream("b")]),
        ([error("NameError", "x")], [error("NameError", "\x1b[31mx\x1b[0m")]),
        ([stream("File /tmp/ipykernel_31/27.py:2")], [stream("File /tmp/ipykernel_8046/27.py:2")]),
        ([result("<ExecutionResult object at 7f3a189b2050>")], [result("<ExecutionResult object at 7f256ab9f850>")]),
        (
            [stream("hi\nCPU times: user 51 μs, sys: 1 μs, total: 52 μs\nWall time: 55.3 μs\n"), result("3")],
            [stream("hi\nCPU times: total: 1.31 ms\nCompiler : 108 ms\nWall time: 3.04 ms\n"), result("3")],
        ),
        (
            [stream("249 ns ± 60.6 ns per loop (mean ± std. dev. of 7 runs, 1,000,000 loops each)\n")],
            [stream("The slowest run took 5.2 times longer.\n1 ms ± 104 ns per loop (mean ± std. dev. of 7 runs)\n")],
        ),
        (
            [stream("\r100%|██| 20/20 [00:00<00:00, 97.40it/s]\n")],
            [stream("\r100%|██| 20/20 [00:02<00:00,  8.6it/s]\n")],
        ),
        ([stream("313/313 - 2s 5ms/step - loss: 0.1\n")], [stream("313/313 - 11s 36ms/step - loss: 0.1\n")]),
        ([result("(1.5, 'a', True)")], [result("(np.float64(1.5), np.str_('a'), np.True_)")]),
        ([stream("2026-11-26 16:58:16,670 begun\n")], [stream("2027-01-02 03:04:05,006 begun\n")]),
        ([result("array([13.6  , 14.387])")], [result("array([ 13.6  ,\n        14.387])")]),
        ([stream("{'b', 'a', 'c d'}\n")], [stream("{'c d', 'a', 'b'}\n")]),
        (
            [
                display(
                    {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}, "text/plain": "IntSlider(value=1)"}
                )
            ],
            [
                display(
                    {"application/vnd.jupyter.widget-view+json": {"model_id": "b"}, "text/plain": "IntSlider(value=2)"}
                )
            ],
        ),
        ([display({**IMAGE, "text/plain": "<Figure size 432x288 with 1 Axes>"})], [display(IMAGE)]),
    ],
)
def test_outputs_that_a_person_would_call_the_same(expected: list[Any], got: list[Any]) -> None:
    assert differences(expected, got) == ""


@pytest.mark.parametrize(
    ("expected", "got", "said"),
    [
        ([stream("a\nb\n")], [stream("a\nc\n")], r"stdout: expected 'a\nb\n' got 'a\nc\n'"),
        ([stream("a")], [stream("a", "stderr")], "expected stdout 'a' got nothing"),
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
            [stream("{'a': 1, 'b': 2}")],
            [stream("{'b': 1, 'a': 2}")],
            "stdout: expected '{'a': 1, 'b': 2}' got '{'b': 1, 'a': 2}'",
        ),
        (
            [stream("Wall time: 1 s\n1")],
            [stream("Wall time: 2 s\n2")],
            r"stdout: expected 'Wall time: …\n1' got 'Wall time: …\n2'",
        ),
        (
            [stream("x" * 500 + "yes" + "x" * 500)],
            [stream("x" * 500 + "no" + "x" * 500)],
            f"stdout: expected '…{'x' * 19}yes{'x' * 56}…' got '…{'x' * 19}no{'x' * 57}…'",
        ),
    ],
)
def test_a_difference_is_told_in_one_line(expected: list[Any], got: list[Any], said: str) -> None:
    assert differences(expected, got) == said


def test_a_display_that_a_later_cell_may_update_must_only_be_there() -> None:
    stored = [display({"text/plain": "'done'"}), result("1")]
    assert differences(stored, [display({"text/plain": "'waiting'"}), result("1")], {0}) == ""
    assert differences(stored, [display({"image/png": "AAAA"}), result("1")], {0}) == ""
    assert differences(stored, [display({"text/plain": "'waiting'"}), result("2")], {0}) == (
        "result: expected '1' got '2'"
    )
    assert differences(stored, [stream("'waiting'"), result("1")], {0}).startswith(
        "expected result ''done'' got stdout"
    )


def test_where_texts_differ_each_time_another_error_is_missed_and_what_did_not_come() -> None:
    assert missing([error("KeyError", "1")], [error("KeyError", "2")]) == ""
    assert missing([error("KeyError", "1")], [error("OSError", "2")]) == "raised 'OSError: 2'"
    assert missing([stream("a", "stderr")], []) == ""
    assert missing([display(IMAGE)], []) == "expected result '' got nothing"


def test_long_and_odd_texts_are_compared_in_little_time() -> None:
    size = 100_000
    for text in ("{" + "a, " * size, "a" * size + "\x08" * size, "[1<" * size, "x\r" * size, "np.int(" * size):
        began = time.monotonic()
        assert differences([stream(text)], [stream(f"{text}!")]) or text.endswith("\x08")
        assert time.monotonic() - began < 10, text[:5]
    assert differences([result(" " * size)], [result(" " * size + "!")])


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
