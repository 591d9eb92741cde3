"""Whether the Chinese pages say what the English ones say now.

A program can compare the blocks of both, such as code, tables and lists, and also links, code in sentences and numbers.
It can't compare sentences. So below each heading of a translation stands the fingerprint of the English section that
was translated, in a comment that readers do not see. After the translation has been brought in step,
`python -m tests.translations` writes the new fingerprints.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from markdown_it import MarkdownIt
from markdown_it.token import Token

TOP = Path(__file__).parents[1]

TRANSLATIONS = {
    TOP / "README.md": TOP / "README.zh-CN.md",
    TOP / "docs/tutorial/index.md": TOP / "docs/zh/tutorial.md",
}
"""From each page in English to the one in Chinese."""

OTHER_LANGUAGE = {**TRANSLATIONS, **{chinese: english for english, chinese in TRANSLATIONS.items()}}

_MARKDOWN = MarkdownIt().enable("table")
_FINGERPRINT = re.compile(r"<!-- translates (\w+) -->\n")


@dataclass
class Section:
    """A heading and what follows it, up to the next heading of any level.

    Parameters:
        page: the file.
        line: where the heading's text ends, counted from 0.
        tokens: what Markdown is made of, in the order of the page.
    """

    page: Path
    line: int
    tokens: list[Token]

    @classmethod
    def all_of(cls, page: Path) -> list[Self]:
        sections: list[Self] = []
        for token in _MARKDOWN.parse(page.read_text(encoding="utf-8")):
            if token.type == "heading_open" and token.map:
                sections.append(cls(page, token.map[1], []))
            sections[-1].tokens.append(token)
        return sections

    @property
    def title(self) -> str:
        return self.tokens[1].content

    @property
    def blocks(self) -> list[str]:
        """Headings, paragraphs, parts of lists and of tables; of code, all."""
        return [
            f"{token.type} {token.tag} {token.info} {token.content if token.type == 'fence' else ''}".strip()
            for token in self.tokens
            if token.type not in ("inline", "html_block")
        ]

    @property
    def links(self) -> set[str]:
        """Where links and pictures lead, as files of the repository or as addresses."""
        return {
            self._target(str(part.attrs.get("href") or part.attrs.get("src")))
            for part in self._parts()
            if part.type in ("link_open", "image")
        }

    @property
    def code(self) -> set[str]:
        """Code in sentences: commands, options, files."""
        return {part.content for part in self._parts() if part.type == "code_inline"}

    @property
    def numbers(self) -> set[str]:
        """Numbers that are written in digits."""
        text = " ".join(part.content for part in self._parts() if part.type == "text")
        return set(re.findall(r"\d+(?:[.,]\d+)*", text))

    @property
    def fingerprint(self) -> str:
        """It tells one wording from another; line breaks and blocks of code do not count."""
        text = " ".join(token.content for token in self.tokens if token.type == "inline")
        return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:8]

    @property
    def translates(self) -> str:
        """The fingerprint that stands in a translation; empty if there is none."""
        found = [_FINGERPRINT.fullmatch(token.content) for token in self.tokens if token.type == "html_block"]
        return next((match[1] for match in found if match), "")

    def _parts(self) -> list[Token]:
        return [part for token in self.tokens for part in token.children or []]

    def _target(self, link: str) -> str:
        path, hash_sign, anchor = link.partition("#")
        return link if ":" in link else f"{(self.page.parent / path).resolve()}{hash_sign}{anchor}"


def in_the_other_language(links: set[str]) -> set[str]:
    """Return the targets with each translated page replaced by its translation, and the other way round."""
    return {str(OTHER_LANGUAGE.get(Path(link), link)) for link in links}


def take_over(english: Path, chinese: Path) -> list[str]:
    """Write the fingerprints of the English sections into the translation.

    Returns:
        The headings of the translation whose fingerprint is a new one.

    Raises:
        ValueError: if one page has more sections than the other.
    """
    lines = chinese.read_text(encoding="utf-8").splitlines(keepends=True)
    pairs = list(zip(Section.all_of(english), Section.all_of(chinese), strict=True))
    changed = [(original, section) for original, section in pairs if section.translates != original.fingerprint]
    for original, section in reversed(changed):
        end = section.line + 1 if section.translates else section.line
        lines[section.line : end] = [f"<!-- translates {original.fingerprint} -->\n"]
    chinese.write_text("".join(lines), encoding="utf-8")
    return [section.title for _, section in changed]


def main() -> None:
    for english, chinese in TRANSLATIONS.items():
        try:
            changed = take_over(english, chinese)
        except ValueError:
            sys.exit(f"{chinese.relative_to(TOP)} must have the sections of {english.relative_to(TOP)} first.")
        for title in changed:
            print(f"{chinese.relative_to(TOP)}: {title}")


if __name__ == "__main__":
    main()
