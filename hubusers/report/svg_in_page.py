"""Makes SVG files of matplotlib fit for the inside of a page."""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from hubusers.report import words
from hubusers.report.colours import COLOURS

TEXT, QUIET, GRID = "#010101", "#020202", "#030303"  # no other colour is written like these
_VARIABLES = {colour.light: f"var(--{name}, {colour.light})" for name, colour in COLOURS.items()} | {
    TEXT: "var(--text, #1c2430)",
    QUIET: "var(--quiet, #5b6675)",
    GRID: "var(--grid, #d5dae2)",
}
"""The colours of the page, each with the light one, for readers of mail that leave style sheets out."""

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"


def for_a_page(text: str, label: str, titles: Mapping[str, str]) -> str:
    """Return a drawing that can stand beside others in a page: short, named, and in the colours of the page.

    Args:
        text: An SVG file of matplotlib, drawn with the light colours of `hubusers.report.colours`, and those above.
        label: What it shows, for people who cannot see it.
        titles: What to show where a pointer rests on a part of it, by the part's id.
    """
    root = etree.fromstring(text.encode(), etree.XMLParser(remove_comments=True, remove_blank_text=True))
    for name in ("metadata", "style"):  # the style would be that of the whole page
        for element in list(root.iter(f"{_SVG}{name}")):
            _drop(element)
    for element in root.iter():
        identity = element.get("id") or ""
        if element.tag == f"{_SVG}g":
            element.attrib.pop("id", "")
            if identity in titles:
                title = etree.Element(f"{_SVG}title")
                title.text = words.printable(titles[identity])
                element.insert(0, title)
            _share_style(element)
        if href := element.attrib.pop(_HREF, ""):
            element.set("href", href)
        for attribute in ("d", "x", "y", "transform"):
            if value := element.get(attribute):
                element.set(attribute, _rounded(value))
        if style := element.get("style"):
            element.set("style", _in_colours_of_page(style))
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, "")
    root.set("role", "img")
    root.set("aria-label", words.printable(label))
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode")


def _drop(element: Any) -> None:
    element.getparent().remove(element)


def _share_style(group: Any) -> None:
    """Give a group the style that all points in it have, instead of each of them."""
    points = group.findall(f"{_SVG}use")
    styles = {point.get("style") for point in points}
    if len(points) > 1 and len(styles) == 1 and None not in styles and len(points) == len(group):
        group.set("style", styles.pop())
        for point in points:
            del point.attrib["style"]


def _rounded(numbers: str) -> str:
    """Round numbers to a tenth of a pixel."""
    return re.sub(r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), " ".join(numbers.split()))


def _in_colours_of_page(style: str) -> str:
    style = re.sub("font-family: [^;]*; ", "", style)
    return re.sub("#[0-9a-f]{6}", lambda found: _VARIABLES.get(found[0], found[0]), style)
