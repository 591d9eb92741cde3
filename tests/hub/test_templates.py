"""Texts without what differs from case to case."""

import pytest

from hubusers import log
from hubusers.hub.templates import LONGEST, template_of

NAME = "hub-stress-test-k3x9qa-0-17"


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("Server requested", "Server requested"),
        (
            f"2026-11-26T09:00:00Z [Normal] Successfully assigned hub/jupyter-{NAME} to gke-pool-1-5d8f7-abcd",
            "Successfully assigned hub/{name} to {id}",
        ),
        (
            "2026-11-26T09:00:00.123456Z [Warning] 0/7 nodes are available: 3 Insufficient memory.",
            "[Warning] {number}/{number} nodes are available: {number} Insufficient memory.",
        ),
        (
            'Successfully pulled image "quay.io/base-notebook:2024-10-01" in 1m20.5s. Image size: 123 bytes.',
            'Successfully pulled image "quay.io/base-notebook:2024-10-01" in {duration}. Image size: {number} bytes.',
        ),
        (
            "Back-off restarting failed container notebook in pod jupyter-hub-2dstress-2dtest-2dk3x9qa-2d0-2d17"
            "(5f2c8c4e-8a63-4f0f-9c0e-0123456789ab)",
            "Back-off restarting failed container notebook in pod {name}({id})",
        ),
        (f"Server at http://127.0.0.1:4432/user/{NAME}/ is away", "Server at http://{address}/user/{name}/ is away"),
        ("HTTP 503: it took 12 ms", "HTTP 503: it took {number} ms"),
        ("503: Service Unavailable", "503: Service Unavailable"),
        ("413 Request Entity Too Large nginx", "413 Request Entity Too Large nginx"),
        ("404 Client Error: no image after 404 tries", "404 Client Error: no image after {number} tries"),
        ("Spawn failed: (403)\nReason: Forbidden", "Spawn failed: (403) Reason: Forbidden"),
        ("the server exited with code 137", "the server exited with code 137"),
        ("[Errno 28] No space left on device", "[Errno 28] No space left on device"),
        ("two\n  lines", "two lines"),
        ("", ""),
    ],
)
def test_names_ids_and_numbers_are_taken_out(text: str, template: str) -> None:
    assert template_of(text, (NAME, "")) == template


def test_a_name_that_could_be_a_word_is_not_looked_for() -> None:
    assert template_of("Waiting for a node", ("a",)) == "Waiting for a node"


def test_a_name_inside_a_word_is_not_that_name() -> None:
    assert template_of("planning for ann and joann", ("ann",)) == "planning for {name} and joann"


def test_templates_are_bounded_and_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_SECRETS", {"a-secret-token-7"})
    assert template_of("token a-secret-token-7 refused") == "token (secret) refused"
    assert len(template_of("word " * 1000)) == LONGEST
