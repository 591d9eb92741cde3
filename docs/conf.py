"""How Sphinx builds the documentation: `make docs`. Nothing is fetched, neither for the build nor by its pages."""

import importlib.metadata
import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

project = "hubusers"
author = "The hubusers developers"
copyright = "The hubusers developers"  # noqa: A001  # Sphinx's name for it
release = version = importlib.metadata.version("hubusers")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]

# The anchors of headings are those of GitHub, where the same pages are read, too.
myst_heading_anchors = 4

# A command keeps its two hyphens.
smartquotes = False
# In docstrings, what stands in backquotes is code.
default_role = "code"

# Parameters are said in docstrings, in Google's style, and their types in the signature.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 100
# What belongs to hubusers must be there. What other projects have is not looked up, because that needs the network.
nitpick_ignore_regex = [("py:.*", r"(?!hubusers).*")]
nitpick_ignore = [("py:class", "hubusers.functions.timing.R")]  # a type variable

# A click on a block copies its commands, without prompts and without what they print.
copybutton_prompt_text = r"\$ "
copybutton_prompt_is_regexp = True

# The theme of JupyterHub's own documentation.
html_theme = "pydata_sphinx_theme"
html_title = "hubusers"
html_show_sourcelink = False
html_context = {"default_mode": "auto"}  # dark where the reader's browser is
html_static_path = ["_static"]
html_css_files = ["site.css"]
# These have no other pages beside them.
html_sidebars = {"tutorial/index": [], "gallery/index": []}
# The reports of the gallery, beside its page.
html_extra_path = ["extra"]
html_theme_options = {
    "github_url": "https://github.com/hubusers/hubusers",
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
}


def _escape_help(_app: Sphinx, _context: Any, lines: list[str]) -> None:
    """Let a word that ends in an underscore, as OTEL_ does, be a word: in reStructuredText it would be a link."""
    lines[:] = [re.sub(r"(\w)_(?!\w)", r"\1\\_", line) for line in lines]


class EnglishAndChinese(SearchEnglish):
    """Find Chinese words, too.

    Chinese has no spaces between words, so Sphinx takes all up to the next comma for one word. Its search finds parts
    of words from three characters on, but most Chinese words have two: so each two neighbours are a word here.
    """

    def split(self, input: str) -> list[str]:  # noqa: A002  # Sphinx's name for it
        words: list[str] = super().split(input)
        return words + [pair for word in words for pair in re.findall("(?=([\u4e00-\u9fff]{2}))", word)]


def _name_language(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Let browsers and screen readers know which pages are in Chinese."""
    if page.startswith("zh/"):
        context["language"] = "zh-CN"


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.add_search_language(EnglishAndChinese)
    app.connect("html-page-context", _name_language)
    app.connect("sphinx-click-process-options", _escape_help)
