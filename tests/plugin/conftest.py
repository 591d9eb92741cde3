"""The start form's page, for the tests of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugin.start_site import EVENT, Site


@pytest.fixture
def make_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Make a site whose folder has two files of events, one with a mistake."""
    (tmp_path / "class.toml").write_text(EVENT, encoding="utf-8")
    (tmp_path / "broken.toml").write_text(EVENT.replace("12", "-1"), encoding="utf-8")
    made: list[Site] = []

    def make(**given: Any) -> Site:
        made.append(Site(monkeypatch, tmp_path, **given))
        return made[-1]

    yield make
    for site in made:
        site.control.end_process()
        site.runner.greenlet.kill(block=True)


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()
