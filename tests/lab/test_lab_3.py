"""JupyterLab 3, whose files are not installed here: its page and calls. The matrix of hubs has real ones."""

import json
from typing import Any, cast

import pytest

from hubusers.browser.websocket import HeldWebsocket
from hubusers.hub.deadline import Deadline
from hubusers.lab.interface import TooOld, interface_of
from hubusers.lab.lab_3 import Lab3
from tests.lab.test_frontend import CONFIGURATION, StandIn, page

MATHJAX = {
    "fullMathjaxUrl": "/hub-prefix/user/ann/static/nbclassic/components/MathJax/MathJax.js",
    "mathjaxConfig": "TeX-AMS-MML_HTMLorMML-full,Safe",
}


def lab_of_version(version: str, browser: StandIn, held: list[str], **more: Any) -> Any:
    def hold(_: object, path: str, __: Deadline) -> HeldWebsocket:
        held.append(path)
        return cast("HeldWebsocket", None)

    return interface_of(browser, page({**CONFIGURATION, **more, "appVersion": version}), hold, Deadline(60))


def visited(version: str, **more: Any) -> tuple[StandIn, list[str]]:
    """Load a JupyterLab, open a notebook, run a cell and save."""
    held: list[str] = []
    browser = StandIn(**{"POST api/sessions": (201, {"id": "s-1", "kernel": {"id": "k-1"}})})
    lab = lab_of_version(version, browser, held, **more)
    lab.load(Deadline(60))
    assert lab.open_notebook("a.ipynb", Deadline(60)).kernel == "k-1"
    lab.after_cell(Deadline(60))
    assert lab.save({"cells": []}, Deadline(60)).status == 200
    return browser, held


def test_works_as_chromium_does_with_version_3_6() -> None:
    browser, held = visited("3.6.8", **MATHJAX)
    assert isinstance(lab_of_version("3.6.8", browser, held), Lab3)
    assert held == ["/hub-prefix/user/ann/api/events/subscribe"]
    assert "GET lab/api/workspaces" not in browser.calls  # which only JupyterLab 4 lists
    assert "GET lsp/status" not in browser.calls
    assert browser.calls[-5:] == [
        "GET api/contents/a.ipynb",
        "PUT api/contents/a.ipynb",
        "GET api/contents/a.ipynb/checkpoints",
        "POST api/contents/a.ipynb/checkpoints",
        "GET api/contents",
    ]
    folder = "/hub-prefix/user/ann/static/nbclassic/components/MathJax"
    assert [path.partition("?")[0] for path in browser.loaded if "MathJax" in path] == [
        f"{folder}/MathJax.js",
        f"{folder}/config/TeX-AMS-MML_HTMLorMML-full.js",
        f"{folder}/config/Safe.js",
        f"{folder}/extensions/Safe.js",
        f"{folder}/jax/output/HTML-CSS/fonts/STIX-Web/fontdata.js",
    ]
    json.dumps(browser.bodies)


@pytest.mark.parametrize("mathjax", [{}, {"fullMathjaxUrl": "https://cdn.example/MathJax.js", "mathjaxConfig": "Safe"}])
def test_works_with_an_older_version_without_events_and_with_formulas_from_elsewhere(mathjax: dict[str, str]) -> None:
    browser, held = visited("3.4.8", **mathjax)
    assert held == []
    assert not any("MathJax" in path for path in browser.loaded)


@pytest.mark.parametrize("version", ["2.3.2", "1.2.21", "0.35.6"])
def test_an_older_one_is_refused_by_name(version: str) -> None:
    with pytest.raises(TooOld, match=rf"^JupyterLab too old: {version}$") as refused:
        lab_of_version(version, StandIn(), [])
    assert f"the server has JupyterLab {version}, and NotebookUser knows JupyterLab 3 and 4" in refused.value.detail
