"""Which requests Locust's web UI accepts: real requests, as browsers, proxies, tunnels and scripts send them."""

from collections.abc import Iterator

import pytest
import requests

from tests.plugin.guarded_web_ui import Served, served

CHANGES = ["swarm", "stop", "stats/reset", "user"]

SAME = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
CROSS = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "https://evil.example"}


@pytest.fixture(scope="module")
def local() -> Iterator[Served]:
    """Listens on this machine only, as it does by default."""
    with served() as web_ui:
        yield web_ui


def at(page: str, **headers: str) -> dict[str, str]:
    """Return what a browser sends, from a page of the web UI that it opened there."""
    return {"Host": page.partition("://")[2], "Origin": page, **headers}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="curl"),
        pytest.param({"Host": "locust-master:8089"}, id="curl by the name of a container"),
        pytest.param({"Host": "locust.loadtest.svc.cluster.local:8089"}, id="curl by the name of a service"),
        pytest.param(at("http://127.0.0.1:8089", **SAME), id="browser on this machine"),
        pytest.param(at("http://localhost:12345", **SAME), id="ssh -L or kubectl port-forward"),
        pytest.param(at("http://[::1]:12345", **SAME), id="IPv6"),
        pytest.param(at("http://localhost:12345"), id="old browser"),
        pytest.param(at("http://10.0.0.5:8089"), id="network, by address"),
        pytest.param(at("http://loadgen:8089"), id="network, by a name without a dot"),
        pytest.param(at("https://locust.example.org", **SAME), id="HTTPS proxy that passes Host on"),
        pytest.param(
            at("https://locust.example.org", **SAME) | {"Host": "127.0.0.1:8089"},
            id="HTTPS proxy with a Host of its own",
        ),
        pytest.param(
            at("http://10.0.0.7") | {"Host": "127.0.0.1:8089", "X-Forwarded-Host": "10.0.0.7"},
            id="HTTP proxy with a Host of its own that tells the browser's",
        ),
        pytest.param(at("http://10.0.0.7") | {"Host": "10.0.0.7:80"}, id="HTTP proxy that adds the port"),
    ],
)
def test_the_web_ui_s_own_page_and_scripts_are_accepted(local: Served, headers: dict[str, str]) -> None:
    for path in CHANGES:
        local.runner.reset_mock()
        answer = local.post(path, headers)
        assert answer.ok, (path, answer.text)
        assert local.was_told or path == "user"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(CROSS, id="form of another site"),
        pytest.param({**CROSS, "Sec-Fetch-Mode": "no-cors"}, id="script of another site"),
        pytest.param({**CROSS, "Origin": "null"}, id="form in a sandbox"),
        pytest.param({"Origin": "null"}, id="form in a sandbox, over plain HTTP"),
        pytest.param(
            {"Host": "localhost:8089", "Origin": "http://localhost:8888", "Sec-Fetch-Site": "same-site"},
            id="another port of this machine",
        ),
        pytest.param({"Sec-Fetch-Site": "something new"}, id="a relation that nobody knows yet"),
        pytest.param({"Host": "10.0.0.5:8089", "Origin": "http://evil.example"}, id="another site, over plain HTTP"),
        pytest.param({"Host": "10.0.0.5:8089", "Origin": "http://10.0.0.5:9999"}, id="another port, over plain HTTP"),
        pytest.param({"Host": "10.0.0.5:8089", "Origin": "http://10.0.0.5.evil.example:8089"}, id="similar name"),
        pytest.param({"Host": "10.0.0.5:8089", "Origin": "http://["}, id="garbled"),
        pytest.param({"Host": "10.0.0.5:eight", "Origin": "http://10.0.0.5:8089"}, id="garbled host"),
    ],
)
def test_pages_of_other_sites_are_refused(
    local: Served, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    local.runner.reset_mock()
    for path in CHANGES:
        answer = local.post(path, headers)
        assert answer.status_code == 403, (path, answer.text)
        assert "a page of another site" in answer.json()["message"]
        assert f"Refused POST /{path}" in caplog.text
    assert not local.was_told


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(at("http://evil.example:8089"), id="rebound"),
        pytest.param(at("http://127.0.0.1.evil.example:8089"), id="rebound, with a name like an address"),
        pytest.param(at("http://localhost.evil.example:8089"), id="rebound, with a name like this machine's"),
        pytest.param(
            at("http://evil.example:8089", **{"X-Forwarded-Host": "127.0.0.1:8089"}), id="with a proxy's header"
        ),
        pytest.param(at("http://evil.example", **{"X-Forwarded-Proto": "https"}), id="with a proxy's scheme"),
        pytest.param(at("http://evil.example:8089", **SAME), id="from a browser that takes it for secure"),
        pytest.param({"Host": "evil.example:8089"}, id="without an origin"),
        pytest.param({"Host": "evil.example:eight"}, id="without an origin, garbled"),
    ],
)
def test_dns_rebinding_changes_nothing(local: Served, headers: dict[str, str]) -> None:
    local.runner.reset_mock()
    for path in CHANGES:
        answer = local.post(path, headers)
        assert answer.status_code == (200 if path == "swarm" else 403), path  # the form shows its message with a 200
        assert answer.json()["success"] is False
        address = headers.get("Origin", f"http://{headers['Host']}")
        assert f"Start Locust with --web-url {address}" in answer.json()["message"]
    assert not local.was_told


def test_a_name_that_the_operator_gave_is_not_rebound() -> None:
    named = at("http://loadgen.example.org:8089")
    with served(web_host="loadgen.example.org") as web_ui:
        assert web_ui.post("swarm", named).json()["success"]
        assert not web_ui.post("swarm", at("http://evil.example:8089")).json()["success"]
    with served(web_url="http://loadgen.example.org:8089/") as web_ui:
        assert web_ui.post("swarm", named).json()["success"]
        assert web_ui.post("swarm", {**named, "Host": "127.0.0.1:8089"}).json()["success"]  # a proxy's own
        assert web_ui.post("swarm", {"Host": "loadgen.example.org"}).json()["success"]  # curl
        assert web_ui.post("stop", at("http://loadgen.example.org:9999")).status_code == 403
        assert web_ui.post("stop", CROSS).status_code == 403


def test_the_same_below_a_base_path() -> None:
    with served(web_base_path="/locust") as web_ui:
        assert web_ui.post("stop", at("https://locust.example.org", **SAME)).ok
        assert web_ui.post("stop", CROSS).status_code == 403
        assert not web_ui.post("swarm", at("http://evil.example")).json()["success"]


def test_other_sites_can_neither_read_nor_ask_for_leave_to_send_headers(local: Served) -> None:
    for path in ("logs", "stats/requests", "hub/state", ""):
        for headers in ({**CROSS, "Sec-Fetch-Mode": "cors"}, {"Origin": "http://evil.example"}):
            assert requests.get(f"{local.url}{path}", headers=headers, timeout=10).status_code == 403, path
    asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    asks["Access-Control-Request-Headers"] = "X-Forwarded-Host"
    assert requests.options(f"{local.url}swarm", headers=asks, timeout=10).status_code == 403


def test_links_from_anywhere_the_page_s_own_requests_and_scripts_can_read(local: Served) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    for headers in (link, typed, SAME, {}, {"Host": "locust.example.org"}):
        for path in ("", "hub", "stats/requests"):
            assert requests.get(f"{local.url}{path}", headers=headers, timeout=10).ok


def test_no_page_shows_it_in_a_frame(local: Served) -> None:
    for path in ("", "hub"):
        assert requests.get(f"{local.url}{path}", timeout=10).headers["X-Frame-Options"] == "SAMEORIGIN"
