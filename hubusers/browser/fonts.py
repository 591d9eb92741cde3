"""The fonts that a page of the hub uses, of all that its styles declare.

A browser loads a font only where an element is set in it. So a style may declare fonts that its hub does not even
have, as JupyterHub 4's does. Not looked at are weights, whether an element is hidden, and elements that scripts add.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cssselect import HTMLTranslator, SelectorError
from cssselect import parse as parse_selectors
from lxml.etree import XPath

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DECLARATION = re.compile(r"(?:^|;)\s*(font(?:-family)?|--[\w-]+)\s*:([^;]*)")
_FAMILY = re.compile(r"""(?:^|;)\s*font-family\s*:\s*["']?([^"';]+)""")
_FONT_SOURCE = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)(?:\s*format\(\s*["']?([\w-]+))?""")
_FORMATS_OF_OLD_BROWSERS = {"embedded-opentype", "svg"}
_RANGES = re.compile(r"(?:^|;)\s*unicode-range\s*:([^;]*)", re.IGNORECASE)
_RANGE = re.compile(r"U\+([0-9A-F]*)(\?*)(?:-([0-9A-F]+))?", re.IGNORECASE)
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")


@dataclass(frozen=True)
class Face:
    """A font that a style declares.

    Attributes:
        family: The name by which other rules call it, in lower case.
        address: Where a browser loads it from, or the empty string.
        ranges: The first and the last of the characters that it is for; empty where it is for all.
    """

    family: str
    address: str
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, declarations: str) -> "Face":
        """Read what is in the braces of an `@font-face`."""
        family, ranges = _FAMILY.search(declarations), _RANGES.search(declarations)
        # A font may have several lists of sources for old browsers. As in all CSS, the last list holds.
        sources = _FONT_SOURCE.findall(re.split(r"\bsrc\s*:", declarations)[-1])
        return cls(
            family[1].strip().lower() if family else "",
            next((address for address, kind in sources if kind not in _FORMATS_OF_OLD_BROWSERS), ""),
            tuple(
                (int(first + "0" * len(any_digits), 16), int(last or first + "F" * len(any_digits), 16))
                for first, any_digits, last in _RANGE.findall(ranges[1] if ranges else "")
                if first or any_digits
            ),
        )

    def is_for(self, characters: Iterable[str]) -> bool:
        """Say whether it has one of these characters."""
        return not self.ranges or any(
            first <= ord(character) <= last for character in characters for first, last in self.ranges
        )


@dataclass(frozen=True)
class Rule:
    """One declaration of a style that may say which font its elements are set in.

    Attributes:
        selector: Which elements.
        name: `font`, `font-family`, or a variable's.
        value: In lower case.
    """

    selector: str
    name: str
    value: str

    @property
    def variables(self) -> set[str]:
        """The names of the variables that the value is made of."""
        return set(_VARIABLE.findall(self.value))

    def names(self, family: str) -> bool:
        """Say whether the value has the name of a font."""
        return re.search(rf"""(?:^|[\s,("']){re.escape(family)}["']?\s*(?:[,)!]|$)""", self.value) is not None


@dataclass(frozen=True, eq=False)
class Fonts:
    """What one style says of fonts."""

    faces: tuple[Face, ...] = ()
    rules: tuple[Rule, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Fonts":
        """Read a style."""
        faces, rules = [], []
        for block in _COMMENT.sub("", text).split("}"):
            *_, selector, declarations = ["", *block.split("{")]
            # What comes before it without braces, such as an import, ends in a semicolon.
            selector = selector.rpartition(";")[2].strip()
            if selector.lower() == "@font-face":
                faces.append(Face.read(declarations))
            else:
                rules += [Rule(selector, name, value.lower()) for name, value in _DECLARATION.findall(declarations)]
        return cls(tuple(face for face in faces if face.address), tuple(rules))


def addresses_used(document: Any, styles: Mapping[str, Fonts]) -> Iterator[tuple[str, str]]:
    """Find the fonts that a page is set in.

    Args:
        document: The page, as lxml reads it.
        styles: What each of its styles says, by the style's path.

    Yields:
        The path of the style, and the font's address as the style has it.
    """
    rules = _about_fonts(tuple(styles.values()))
    elements = {rule: _elements(document, rule.selector) for rule in rules}
    characters = set(document.text_content())
    used: dict[str, bool] = {}
    for path, style in styles.items():
        for face in style.faces:
            if face.family not in used:
                used[face.family] = any(
                    _leads_to(face.family, rule, element, elements)
                    for rule in rules
                    if not rule.name.startswith("--")
                    for element in elements[rule]
                )
            if used[face.family] and face.is_for(characters):
                yield path, face.address


@lru_cache(maxsize=64)
def _about_fonts(styles: tuple[Fonts, ...]) -> tuple[Rule, ...]:
    """Return the rules whose values lead to one of the fonts, by way of variables or not."""
    families = {face.family for style in styles for face in style.faces}
    rules = [rule for style in styles for rule in style.rules]
    new = [rule for rule in rules if any(map(rule.names, families))]
    found = dict.fromkeys(new)
    while variables := {rule.name for rule in new}:
        new = [rule for rule in rules if rule not in found and not variables.isdisjoint(rule.variables)]
        found.update(dict.fromkeys(new))
    return tuple(found)


def _leads_to(
    family: str, rule: Rule, element: Any, elements: dict[Rule, set[Any]], seen: frozenset[str] = frozenset()
) -> bool:
    """Say whether a rule's value means a font for one of its elements, by way of variables or not."""
    if rule.names(family):
        return True
    variables = rule.variables - seen
    return any(
        other.name in variables
        and _leads_to(family, other, element, elements, seen | variables)
        and any(place in elements[other] for place in (element, *element.iterancestors()))
        for other in elements
    )


def _elements(document: Any, selector: str) -> set[Any]:
    return {element for find in _finders(selector) for element in find(document)}


@lru_cache(maxsize=4096)
def _finders(selector: str) -> list[Any]:
    """Return what finds a selector's elements; of pseudo-elements, those that have them."""
    finders = []
    with suppress(SelectorError):  # of what is not CSS
        for one in parse_selectors(selector):
            with suppress(SelectorError):  # such as `:host`, which is for elements that scripts add
                finders.append(XPath(HTMLTranslator().selector_to_xpath(one)))
    return finders
