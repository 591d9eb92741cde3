"""The Chinese pages are in step with the English ones."""

from pathlib import Path

import pytest

from tests import translations
from tests.translations import TRANSLATIONS, Section, in_the_other_language, take_over


def differences(english: Path, chinese: Path) -> list[str]:
    """Say what is not the same on both pages, by the heading of the section in English."""
    originals, sections = Section.all_of(english), Section.all_of(chinese)
    if len(originals) != len(sections):
        return [f"{len(originals)} sections in English, {len(sections)} in Chinese"]
    return [
        f"{original.title} / {section.title}: {what}"
        for original, section in zip(originals, sections, strict=True)
        for what, in_step in [
            ("other blocks, or other code in them", original.blocks == section.blocks),
            ("other links", in_the_other_language(original.links) == section.links),
            ("other code in sentences", original.code == section.code),
            ("numbers are missing", original.numbers <= section.numbers),
            (
                "the English text has changed: translate what changed, then run `python -m tests.translations`",
                original.fingerprint == section.translates,
            ),
        ]
        if not in_step
    ]


@pytest.mark.parametrize(("english", "chinese"), TRANSLATIONS.items(), ids=lambda page: page.name)
def test_translations_are_in_step(english: Path, chinese: Path) -> None:
    assert not differences(english, chinese)


ENGLISH = """# Two sections

Forty of 50 people, with `--event`, as [the list](list.md) says.

## The second one

| a | table |
| --- | --- |
| with | cells |

```console
$ hubusers events  # not translated
```
"""

CHINESE = """# 两节

五十人（50）中有四十人，用 `--event`，见[列表](list.md)。

## 第二节

| 一张 | 表 |
| --- | --- |
| 有 | 格子 |

```console
$ hubusers events  # not translated
```
"""


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A page and its translation, with fingerprints."""
    english, chinese = tmp_path / "page.md", tmp_path / "translation.md"
    english.write_text(ENGLISH, encoding="utf-8")
    chinese.write_text(CHINESE, encoding="utf-8")
    assert take_over(english, chinese) == ["两节", "第二节"]
    return english, chinese


def test_fingerprints_are_taken_over_once(pair: tuple[Path, Path]) -> None:
    english, chinese = pair
    assert differences(*pair) == []
    with_fingerprints = chinese.read_text(encoding="utf-8")
    english.write_text(ENGLISH.replace("of 50 people, with", "of\n50 people, with"), encoding="utf-8")
    assert take_over(*pair) == []
    english.write_text(ENGLISH.replace("table", "wider table"), encoding="utf-8")
    assert take_over(*pair) == ["第二节"]
    taken_over = chinese.read_text(encoding="utf-8")
    assert taken_over != with_fingerprints
    assert len(taken_over) == len(with_fingerprints)
    assert differences(*pair) == []


@pytest.mark.parametrize(
    ("before", "after", "sections", "what"),
    [
        ("Forty of", "Thirty of", ["Two sections"], "the English text has changed"),
        ("50", "60", ["Two sections"], "numbers are missing"),
        ("(list.md)", "(lists.md)", ["Two sections"], "other links"),
        ("`--event`", "`--events`", ["Two sections"], "other code in sentences"),
        ("with | cells", "with | other cells", ["The second one"], "the English text has changed"),
        ("| with | cells |\n", "| with | cells |\n| and | more |\n", ["The second one"], "other blocks"),
        ("hubusers events", "hubusers report", ["The second one"], "other blocks, or other code"),
        ("says.\n", "says.\n\nOne more paragraph.\n", ["Two sections"], "other blocks"),
        ("## The", "### The", ["The second one"], "other blocks"),
        ("says.\n", "says.\n\n## One more\n", [], "3 sections in English, 2 in Chinese"),
    ],
)
def test_what_has_changed_in_english_is_named(
    pair: tuple[Path, Path], before: str, after: str, sections: list[str], what: str
) -> None:
    english, _ = pair
    assert ENGLISH.count(before) == 1
    english.write_text(ENGLISH.replace(before, after), encoding="utf-8")
    found = differences(*pair)
    assert any(what in difference for difference in found)
    assert all(difference.startswith(tuple(sections)) for difference in found) or not sections


def test_sections_that_are_missing_are_said_by_the_command(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    english, chinese = pair
    english.write_text(f"{ENGLISH}\n## One more\n", encoding="utf-8")
    monkeypatch.setattr(translations, "TOP", english.parent)
    monkeypatch.setattr(translations, "TRANSLATIONS", {english: chinese})
    with pytest.raises(SystemExit, match=r"translation\.md must have the sections of page\.md first\."):
        translations.main()
