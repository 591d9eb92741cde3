"""Which of the fonts that styles declare a page uses, as browsers see it."""

import lxml.html
import pytest

from hubusers.browser.fonts import Fonts, addresses_used

FACE = "@font-face{font-family:'Icons';src:url(icons.woff2)}"
PAGE = """<html><body class="hub"><nav><i class="fa fa-sign-out"></i></nav><main><h1>Log in</h1></main></body></html>"""


def used(*styles: str, page: str = PAGE) -> list[str]:
    document = lxml.html.document_fromstring(page)
    return [address for _, address in addresses_used(document, {str(i): Fonts.read(s) for i, s in enumerate(styles)})]


@pytest.mark.parametrize(
    "rule",
    [
        ".fa{font-family:Icons}",
        '.fa:before { color: red; font-family: "icons", serif !important }',
        ".fa{font:normal normal 14px/1 Icons}",
        ":is(.fas,.fa)::before{font-family:'Icons'}",
        "@media screen{.x{color:red}nav > i{font-family:Icons}}",
        "/* a } comment */.x,.fa-sign-out{font-family:serif,'Icons'}",
        "@import 'other.css';.fa{font-family:Icons}",
        ":root,:host{--free:'Icons'}.fa{--family:var(--style,var(--free));font-family:var(--family)}",
        ".fa{font-family:var(--family,'Icons')}",
    ],
)
def test_a_font_is_used_where_an_element_is_set_in_it(rule: str) -> None:
    assert used(FACE, rule) == ["icons.woff2"]  # also where another style declares it
    assert used(FACE, rule, page="<html><body><p>Nothing</p></body></html>") == []


@pytest.mark.parametrize(
    "rule",
    [
        "",
        ".glyphicon{font-family:Icons}",
        ".fa{font-family:'Icons Brands'}",
        ".fa-brands{--family:Icons}.fa{font-family:var(--family,serif)}",  # which is set for other elements
        ".fa{--family:Icons}",  # which nothing is set in
        ".fa{--a:var(--b)}.fa{--b:var(--a)}.fa{font-family:var(--a)}",
        ":::{font-family:Icons}",
        "{font-family:Icons",
    ],
)
def test_a_font_is_not_used_where_nothing_is_set_in_it(rule: str) -> None:
    assert used(FACE + rule) == []


@pytest.mark.parametrize(
    ("characters", "is_used"),
    [("U+0000-00FF, U+0131", True), ("u+4f", False), ("U+4C", True), ("U+4??", False), ("U+??", True), ("", True)],
)
def test_a_font_for_some_characters_is_used_where_the_page_has_them(characters: str, is_used: bool) -> None:
    face = f"@font-face{{font-family:Text;src:url(text.woff2);unicode-range:{characters}}}"
    assert used(face + "body{font-family:Text}") == ["text.woff2"] * is_used
