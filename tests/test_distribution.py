"""What people get who install hubusers: wheel and sdist, and the page on a package index."""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.deploy.files import TOP


def hatchling(*arguments: str, cwd: Path = TOP) -> str:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", *arguments], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout


def contents(wheel: Path) -> dict[str, str]:
    """Return a hash of each file in a wheel, but for the one that lists the others."""
    with zipfile.ZipFile(wheel) as files:
        return {
            re.sub(r"^hubusers-[^/]+/", "dist-info/", name): hashlib.sha256(files.read(name)).hexdigest()
            for name in files.namelist()
            if not name.endswith("/RECORD")
        }


def test_wheel_and_sdist(tmp_path: Path) -> None:
    hatchling("build", "-d", str(tmp_path))
    (wheel,), (sdist,) = tmp_path.glob("*.whl"), tmp_path.glob("*.tar.gz")
    built = contents(wheel)
    for file in (TOP / "hubusers").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert str(file.relative_to(TOP)) in built
    assert {"hubusers/py.typed", "hubusers/locustfile.py", "hubusers/events/exam.toml"} <= built.keys()
    assert {name.partition("/")[0] for name in built} == {"hubusers", "dist-info"}
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    hatchling("build", "-t", "wheel", "-d", str(tmp_path / "again"), cwd=unpacked)
    (again,) = (tmp_path / "again").iterdir()
    assert again.name == wheel.name
    assert contents(again) == built


@pytest.fixture(scope="module")
def readme() -> str:
    """The README, as a package index shows it."""
    return str(json.loads(hatchling("metadata"))["readme"]["text"])


def test_links_on_a_package_index_lead_somewhere(readme: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", readme)
    own = [link for link in links if "//hubusers." in link or "/hubusers/hubusers/" in link]
    assert len(own) > 20
    for link in links:
        assert re.match("https://|#", link), link
    for link in own:
        address, _, anchor = link.partition("#")
        path = re.sub("^https://(hubusers.readthedocs.io/page|[^/]+/hubusers/hubusers/(blob/)?HEAD)/", "", address)
        file = TOP / ("docs/" + path.removesuffix("html") + "md" if path.endswith(".html") else path)
        assert file.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, link


def test_pictures_on_a_package_index_are_pictures(readme: str) -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", readme)
    assert pictures
    assert all(picture.startswith("https://raw.githubusercontent.com/hubusers/hubusers/HEAD/") for picture in pictures)
