"""How the outputs that a cell gave are compared with those that its notebook has stored.

What must come again is what a person would miss. As nbval and similar tools have learnt, much differs from run to run
though nothing is wrong; so this has a list of what is not compared, in `differences`.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hubusers.log import shown

_SHOWN_CHARACTERS = 80
_SHOWN_BEFORE = 20
"""How much of a text is shown around the first difference, and how much of that comes before it."""

_AT_BRACKETS = re.compile(r"(?<=[\[(])\s+|(?<!\s)\s+(?=[\])])")
_BETWEEN = re.compile(r"\s+")
_SET = re.compile(r"\{([^{}:]*)\}")

_REPLACED = tuple(
    (re.compile(pattern, re.MULTILINE), by)
    for pattern, by in (
        (r"\x1b\[[0-9;?]*[A-Za-z]", ""),  # colours
        (r"\b0x[0-9a-fA-F]{6,}\b|\bat [0-9a-f]{8,}\b", "0x…"),  # addresses in memory
        (r"\bipykernel_\d+\b", "ipykernel_…"),
        # Of NumPy's numbers, as version 2 shows them.
        (r"\bnp\.(?:float|int|uint|complex|str|bool)\w*\(([^()]*)\)", r"\1"),
        (r"\bnp\.(True|False)_\b", r"\1"),
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\b", "…"),  # as Python's logging writes the time
        # Of %time, which prints some of its lines only now and then.
        (r"^(CPU times|Wall time)\b.*$", r"\1: …"),
        (r"^(?:The slowest run took|Compiler *:|Parser *:).*\n?", ""),
        # Of %timeit.
        (r"^.* per loop \(.*\)?$|^[\d,]+ loops, best of .*$", "… per loop"),
        # Of progress bars.
        (r"\[[\d:?]+<[\d:?]+,[^\]]*\]", "[…]"),
        (r"\[[\d:]+, [^\]]*(?:/s|s/it)\]", "[…]"),
        (r"\b\d+m?s(?: \d+[mµu]?s/(?:step|sample|epoch))", "…"),
    )
)

_READ_AS_TEXT = {"text/plain", "text/html", "text/latex", "text/markdown"}
"""Where a result has other MIME types, such as an image or a widget, nobody reads its plain text."""

Output = dict[str, Any]
"""An output as nbformat has it."""


@dataclass(frozen=True)
class _Seen:
    """What a person sees of an output.

    Attributes:
        kind: `stdout`, `result` or `error`.
        text: The text of it.
        types: The MIME types of a result. Of all but plain text only these names are compared.
        may_change: Whether a later cell may put something else there.
    """

    kind: str
    text: str
    types: tuple[str, ...] = ()
    may_change: bool = False

    def fits(self, other: "_Seen") -> bool:
        if self.kind != other.kind:
            return False
        return self.may_change or other.may_change or (self.text, self.types) == (other.text, other.types)


def differences(expected: Sequence[Output], got: Sequence[Output], may_change: Collection[int] = ()) -> str:
    """Return the first difference that a person would mind, in one line; the empty string if there is none.

    Compared are the text of stdout, the plain text and the MIME types of results and displays, and the name and value
    of errors. Not compared are stderr, where warnings and progress bars go; the numbers at prompts, metadata, images
    and HTML; the plain text of what is shown as an image or a widget; tracebacks; colours; addresses in memory, the
    kernel's process id in the names of cells, the spaces in results, the order in sets, the times that %time, %timeit
    and progress bars print, and the earlier states of an overwritten line.

    Args:
        expected: Outputs as nbformat has them.
        got: Likewise.
        may_change: The places of those of `got` that a later cell may change: only that they are there is compared.

    Returns:
        Some 200 characters at most, such as `stdout: expected '…' got '…'`, with the texts around the first difference.
    """
    there, here = _all_seen(expected), _all_seen(got, may_change)
    place = _first_misfit(there, here)
    one, other = (seen[place] if place < len(seen) else None for seen in (there, here))
    if one is None or other is None or one.kind != other.kind:
        return "" if one is other else f"expected {_described(one)} got {_described(other)}"
    if one.types != other.types:
        return f"{one.kind}: expected {_types(one, other)} got {_types(other, one)}"
    begin = _first_difference(one.text, other.text)
    return f"{one.kind}: expected {_excerpt(one.text, begin)} got {_excerpt(other.text, begin)}"


def missing(expected: Sequence[Output], got: Sequence[Output]) -> str:
    """Return the first thing that a person would mind where texts differ each time, in one line; else the empty string.

    That is an error which is not expected, and that nothing came where something is expected.
    """
    there, here = _all_seen(expected), _all_seen(got)
    if there and not here:
        return f"expected {_described(there[0])} got nothing"
    names = {output["ename"] for output in expected if output["output_type"] == "error"}
    others = [output for output in got if output["output_type"] == "error" and output["ename"] not in names]
    return raised(others)


def raised(outputs: Sequence[Output]) -> str:
    """Return the error among outputs, in one line; the empty string if there is none."""
    error = next((_as_seen(output) for output in outputs if output["output_type"] == "error"), None)
    return f"raised {_excerpt(error.text, 0)}" if error else ""


def _all_seen(outputs: Sequence[Output], may_change: Collection[int] = ()) -> list[_Seen]:
    """Return what a person sees; streams that follow each other are one, however they came."""
    seen: list[_Seen] = []
    kept = [(place, output) for place, output in enumerate(outputs) if output.get("name") != "stderr"]
    for is_stream, group in groupby(kept, lambda each: each[1]["output_type"] == "stream"):
        if is_stream:
            text = "".join(output["text"] for _, output in group)
            seen += [_Seen("stdout", _read_by_a_person(text))] if text else []
        else:
            seen += [_as_seen(output, place in may_change) for place, output in group]
    return seen


def _as_seen(output: Output, may_change: bool = False) -> _Seen:
    """Return what a person sees of an output that is not a stream."""
    if output["output_type"] == "error":
        return _Seen("error", _read_by_a_person(f"{output['ename']}: {output['evalue']}"))
    data = output["data"]
    text = data.get("text/plain", "") if data.keys() <= _READ_AS_TEXT else ""
    # Versions of NumPy and pandas align their numbers, and break their lines, in different ways.
    text = _BETWEEN.sub(" ", _AT_BRACKETS.sub("", _read_by_a_person(text))).strip()
    return _Seen("result", text, tuple(sorted(data)), may_change)


def _read_by_a_person(text: str) -> str:
    text = text.replace("\r\n", "\n")
    if "\x08" in text:
        text = "\n".join(map(_taken_back, text.split("\n")))
    if "\r" in text:
        text = "\n".join(map(_overwritten, text.split("\n")))
    for pattern, by in _REPLACED:
        text = pattern.sub(by, text)
    return _SET.sub(lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", text)


def _taken_back(line: str) -> str:
    seen: list[str] = []
    for character in line:
        if character == "\x08" and seen and seen[-1] != "\x08":
            seen.pop()
        else:
            seen.append(character)
    return "".join(seen)


def _overwritten(line: str) -> str:
    seen = ""
    for part in line.split("\r"):
        seen = part + seen[len(part) :]
    return seen


def _first_misfit(one: Sequence[_Seen], other: Sequence[_Seen]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (there, here) in pairs if not there.fits(here)), min(len(one), len(other)))


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (here, there) in pairs if here != there), min(len(one), len(other)))


def _described(seen: _Seen | None) -> str:
    return f"{seen.kind} {_excerpt(seen.text, 0)}" if seen else "nothing"


def _types(one: _Seen, other: _Seen) -> str:
    """Return the MIME types that only the first one has."""
    return _cut(", ".join(name for name in one.types if name not in other.types) or "nothing else")


def _excerpt(text: str, place: int) -> str:
    """Return what is around a place in a text, in quotes and in one line."""
    before, after = shown(text[max(0, place - _SHOWN_CHARACTERS) : place]), shown(text[place:][:_SHOWN_CHARACTERS])
    if len(before) > _SHOWN_BEFORE:
        before = "…" + before[1 - _SHOWN_BEFORE :]
    return f"'{_cut(before + after, len(text) - place > _SHOWN_CHARACTERS)}'"


def _cut(text: str, is_longer: bool = False) -> str:
    return text[: _SHOWN_CHARACTERS - 1] + "…" if is_longer or len(text) > _SHOWN_CHARACTERS else text
