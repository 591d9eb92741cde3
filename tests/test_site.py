"""The documentation as a site: it is built without a warning and without the network, which its pages do not need."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import click
import lxml.html
import pytest

import hubusers
import hubusers.users
from hubusers.cli import main

TOP = Path(__file__).parents[1]

_OTHER_HOST = re.compile(r"^(https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it with the options of `make docs`, in a process of its own, because Sphinx is not made for gevent."""
    folder = tmp_path_factory.mktemp("site")
    [options] = re.findall(r"-m sphinx (--quiet.*) docs docs/_build/html$", _makefile(), re.MULTILINE)
    assert {"--fail-on-warning", "--nitpicky"} < set(options.split())
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options.split(), "docs", str(folder)],
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stdout) == (0, "")
    return folder


def _makefile() -> str:
    return (TOP / "Makefile").read_text(encoding="utf-8")


@cache
def _page(file: Path) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(file.read_bytes())


@cache
def _anchors(file: Path) -> frozenset[str]:
    return frozenset(element.get("id") for element in _page(file).iter() if element.get("id"))


def _links(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the tag and the address of all that a page leads to or loads."""
    for element, attribute, link, _ in _page(file).iterlinks():
        if attribute in ("href", "src") and not link.startswith(("data:", "mailto:")):
            yield element.tag, link


def _pages(site: Path) -> list[Path]:
    return [file for file in site.rglob("*.html") if "_static" not in file.parts]


def test_each_link_within_the_site_leads_to_a_file_and_a_section(site: Path) -> None:
    nowhere = []
    for file in _pages(site):
        for _, link in _links(file):
            address = urlsplit(urljoin(f"/{file.relative_to(site)}", link))
            if address.netloc:
                continue
            target, anchor = site / unquote(address.path).lstrip("/"), unquote(address.fragment)
            if not target.is_file() or (anchor and target.suffix == ".html" and anchor not in _anchors(target)):
                nowhere.append((str(file.relative_to(site)), link))
    assert not nowhere


def test_pages_load_nothing_from_other_hosts(site: Path) -> None:
    loaded = [
        (str(file.relative_to(site)), link)
        for file in _pages(site)
        for tag, link in _links(file)
        if tag != "a" and _OTHER_HOST.match(link)
    ]
    styles = "".join(file.read_text(encoding="utf-8") for file in site.rglob("*.css"))
    assert not loaded
    assert not re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^;)]*", styles)


def test_pages_have_search_a_dark_mode_and_buttons_to_copy_commands(site: Path) -> None:
    assert "slow-server" in (site / "searchindex.js").read_text(encoding="utf-8")
    tutorial = (site / "tutorial" / "index.html").read_text(encoding="utf-8")
    assert "theme-switch" in tutorial
    assert re.search(r'src="[^"]*copybutton\.js', tutorial)
    assert r"copybuttonRegExp = true" in tutorial or r"\$ " in (site / "_static" / "copybutton.js").read_text("utf-8")


def test_chinese_words_are_found_and_chinese_pages_say_their_language(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert all(f'"{json.dumps(word)[1:-1]}":' in index for word in ("教程", "启动", "结论"))
    languages = {
        file.relative_to(site).parts[0]: _page(file).get("lang") for file in _pages(site) if file.name == "index.html"
    }
    assert languages["zh"] == "zh-CN"
    assert languages["tutorial"] == "en"


def test_reference_has_all_that_the_package_exports_and_its_commands(site: Path) -> None:
    functions, classes, commands = (
        (site / "reference" / f"{name}.html").read_text(encoding="utf-8")
        for name in ("functions", "user-classes", "commands")
    )
    assert {name for name in hubusers.__all__ if f'id="hubusers.{name}"' not in functions} == set()
    assert {name for name in hubusers.users.__all__ if f'id="hubusers.users.{name}"' not in classes} == set()
    assert {
        name for name in main.list_commands(click.Context(main)) if f'id="hubusers-{name}"' not in commands
    } == set()
