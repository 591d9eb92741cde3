"""What `hubusers check` says of a hub or a token that has all that a test needs, and not more."""

from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import pytest

from hubusers.cli.what_is_missing import what_is_missing
from hubusers.settings.access import Access
from hubusers.settings.hub_check import CheckedHub
from tests.scripted_hub import Scripted, ScriptedHub

ALL = frozenset({"tokens", "read:hub", "read:metrics"})
METRICS = """\
process_cpu_seconds_total 3
process_resident_memory_bytes 5
jupyterhub_event_loop_interval_seconds_bucket{le="+Inf"} 2
jupyterhub_event_loop_interval_seconds_sum 1
jupyterhub_event_loop_interval_seconds_count 2
"""


def said(
    hub: ScriptedHub, answer: Scripted, *, scopes: frozenset[str] = ALL, spawner: str = "Stub", password: str = ""
) -> list[str]:
    hub.refuse("GET", "/metrics", answer)
    checked = CheckedHub(hub.endpoint, "6.1.1", spawner, "Dummy", "hubusers", False, scopes)
    return list(what_is_missing(checked, Access("a-long-token", password=password), makes_accounts=True))


def test_nothing_is_missing(scripted_hub: ScriptedHub) -> None:
    assert said(scripted_hub, Scripted(200, METRICS)) == []


@pytest.mark.parametrize(
    ("answer", "begin", "means"),
    [
        (Scripted(403, {"message": "no"}), "The token lacks the scope read:metrics: ", "slow spawns. Add the scope"),
        (Scripted(502, "<html>"), "The hub's metrics cannot be read (HTTP 502 from http://", "hardly tell a busy hub"),
        (Scripted(lost=True), "The hub's metrics cannot be read (connection lost from http://", "hardly tell"),
        (Scripted(200, "<html>Log in</html>"), "The hub's metrics cannot be read: ", "hardly tell a busy hub"),
        (Scripted(200, METRICS.partition("\n")[2]), "The hub's metrics do not say its CPU", "whether the hub was busy"),
        (
            Scripted(200, METRICS.partition("jup")[0]),
            "The hub's metrics do not say how its event loop",
            "small requests",
        ),
    ],
)
def test_metrics(scripted_hub: ScriptedHub, answer: Scripted, begin: str, means: str) -> None:
    [sentence] = said(scripted_hub, answer)
    assert sentence.startswith(begin)
    assert means in sentence


def test_scopes(scripted_hub: ScriptedHub) -> None:
    tokens, hub = said(scripted_hub, Scripted(200, METRICS), scopes=frozenset({"read:metrics"}), spawner="")
    assert tokens.startswith("The token lacks the scope tokens: a NotebookUser cannot log in")
    assert hub.startswith("The token lacks the scope read:hub: a report will not name")
    assert said(scripted_hub, Scripted(200, METRICS), scopes=frozenset({"read:metrics"}), password="x") == []


@pytest.mark.parametrize(
    ("asked", "answered", "words"),
    [
        (90, 95, " 90 s ahead of the hub's"),
        (-95, -90, " 90 s behind the hub's"),
        (-9, 9, ""),  # it took long to answer
        (5, 9, ""),
        (-9, -5, ""),
    ],
)
def test_clocks(
    scripted_hub: ScriptedHub, monkeypatch: pytest.MonkeyPatch, asked: float, answered: float, words: str
) -> None:
    now = 1_800_000_000
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: formatdate(now, usegmt=True))
    moments = iter([now + asked, now + answered])
    monkeypatch.setattr("hubusers.cli.what_is_missing.time", SimpleNamespace(time=lambda: next(moments)))
    sentences = said(scripted_hub, Scripted(200, METRICS))
    assert len(sentences) == bool(words)
    assert words in "".join(sentences)
