"""The hosts of a hub: which ones count, and which address leads to which."""

import pytest

from hubusers.browser.browser import Browser
from hubusers.browser.hosts import Hosts
from hubusers.http.connections import Connections
from tests.scripted_hub import Scripted, ScriptedHub


def hosts_of(url: str) -> Hosts:
    return Hosts(Connections(url, {}))


@pytest.mark.parametrize(
    ("location", "leads_to", "error"),
    [
        ("/lab/hub/home", "https://hub.example.org/lab/hub/home", ""),
        ("https://HUB.example.org:443/lab/hub/", "https://hub.example.org/lab/hub/", ""),
        ("https://ann.hub.example.org/lab/user/ann/?a=1#b", "https://ann.hub.example.org/lab/user/ann/?a=1", ""),
        ("https://services.hub.example.org/lab/services/x/", "https://services.hub.example.org/lab/services/x/", ""),
        ("https://ann-hub.example.org/lab/user/ann/", "https://ann-hub.example.org/lab/user/ann/", ""),
        ("https://ann-hub.example.org/lab/hub/login", "", "redirect to another host: ann-hub.example.org"),
        ("https://login.example.org/realms/lab", "", "redirect to another host: login.example.org"),
        ("https://hub.example.org.evil.example/", "", "redirect to another host: hub.example.org.evil.example"),
        ("https://evilhub.example.org/user/ann/", "", "redirect to another host: evilhub.example.org"),
        ("http://hub.example.org/lab/hub/", "", "redirect to another host: http://hub.example.org"),
        ("https://hub.example.org:8443/lab/hub/", "", "redirect to another host: https://hub.example.org:8443"),
        (
            "https://other.example/lab/user/ann/",
            "",
            "the server is on a host of another site: https://other.example",
        ),
        ("https://hub.example.org:many/", "", "answer cannot be read"),
    ],
)
def test_only_hosts_of_the_hub_are_followed(location: str, leads_to: str, error: str) -> None:
    hosts = hosts_of("https://hub.example.org/lab/hub/api")
    assert hosts.target(location, "https://hub.example.org/lab/hub/login") == (leads_to, error)


@pytest.mark.parametrize(
    ("hub", "server", "is_followed", "takes_token"),
    [
        ("https://hub.example.org", "https://ann.hub.example.org", True, True),
        ("https://hub.example.org", "https://ann-hub.example.org", True, True),
        ("https://hub.example.org", "https://blog.example.org", True, False),
        ("https://hub.example.org", "https://evilhub.example.org", True, False),
        ("https://hub.example.org", "http://ann-hub.example.org", False, False),
        ("https://hub.example.org", "https://ann-hub.example.org.", False, False),
        ("https://hub.uni.example.org", "https://ann-hub.example.org", False, False),
        ("https://jupyter.co.uk", "https://evil.co.uk", False, False),
        ("https://jupyter.co.uk", "https://evil-jupyter.co.uk", False, False),
        ("https://jupyter.co.uk", "https://ann.jupyter.co.uk", True, True),
        ("https://proj.github.io", "https://evil.github.io", False, False),
        ("http://10.0.0.5:8000", "http://66.0.0.5:8000", False, False),
        ("http://10.0.0.5:8000", "http://ann.10.0.0.5:8000", False, False),
        ("http://10.0.0.5:8000", "http://ann-10.0.0.5:8000", False, False),
        ("http://[fd00::1.2.3.4]", "http://[fd01::9.2.3.4]", False, False),
        ("http://hub", "http://evil", False, False),
        ("http://localhost:8000", "http://ann.localhost:8000", True, True),
    ],
)
def test_servers_are_on_hosts_of_one_site(hub: str, server: str, is_followed: bool, takes_token: bool) -> None:
    hosts = hosts_of(hub)
    url, error = hosts.target(f"{server}/user/ann/", f"{hub}/hub/home")
    assert (url, error) == (
        (f"{server}/user/ann/", "") if is_followed else ("", f"the server is on a host of another site: {server}")
    )
    for path in ("/user/ann/", "/hub/home"):
        assert hosts.takes_token(server + path) is takes_token
        assert not hosts.takes_forms(server + path)
    assert hosts.takes_forms(f"{hub}/hub/login")
    assert hosts.takes_token(f"{hub}/hub/home")


def test_the_hub_may_name_a_host_that_takes_tokens() -> None:
    browser = Browser(Connections("https://hub.example.org", {}), authorization="token secret")
    url = "https://ann.users.example.org/user/ann/"
    assert shown(browser, url) is None
    assert browser.server_is_at(url)
    assert shown(browser, url) == "token secret"
    assert not browser.server_is_at(url)
    assert shown(browser, "https://mia.users.example.org/user/mia/") is None


def shown(browser: Browser, url: str) -> str | None:
    headers = dict(line.split(": ", 1) for line in browser.websocket_headers(url))
    return headers.get("Authorization")


def test_a_host_that_was_found_by_a_redirect_takes_a_token_when_the_hub_names_it() -> None:
    hosts, url = hosts_of("https://hub.example.org"), "https://ann.users.example.org/user/ann/"
    hosts.came_to(url)
    hosts.server_is_at("/user/ann/")  # as hubs without hosts for users say it
    assert not hosts.takes_token(url)
    hosts.server_is_at(url)
    assert hosts.takes_token(url)


def test_a_form_is_not_sent_once_more_to_another_host() -> None:
    """As by a redirect with 307, which takes the password along."""
    hosts, login = (
        Hosts(Connections("https://hub.example.org", {}), ["https://sso.example"]),
        "https://hub.example.org/hub/",
    )
    for url in ("https://hub.example.org/hub/login", "https://sso.example/login"):
        assert hosts.target(url, login, with_form=True) == (url, "")
    url = "https://ann.hub.example.org/user/ann/"
    assert hosts.target(url, login)[0] == url
    assert hosts.target(url, login, with_form=True) == ("", "redirect to another host: https://ann.hub.example.org")


def test_an_address_of_a_question_mark_is_the_page_without_its_query() -> None:
    """As the action of SimpleSAMLphp's login form."""
    base = "https://hub.example.org/lab/hub/login?next=x"
    assert hosts_of("https://hub.example.org/lab/").target("?", base) == (base.partition("?")[0], "")


def test_hosts_beside_a_hub_of_a_top_level_domain_are_of_others() -> None:
    hosts = hosts_of("https://example.org")
    assert hosts.target("https://ann.org/user/ann/", "https://example.org/") == (
        "",
        "the server is on a host of another site: https://ann.org",
    )
    assert hosts.target("https://ann.example.org/user/ann/", "https://example.org/")[1] == ""


def test_paths_of_the_server_are_on_the_host_where_it_was_found() -> None:
    hosts = hosts_of("https://hub.example.org/lab")
    assert hosts.url("/lab/user/ann/lab") == "https://hub.example.org/lab/user/ann/lab"
    hosts.came_to("https://ann.hub.example.org/lab/hub/error")  # is not a server's
    assert hosts.server == hosts.hub
    hosts.came_to("https://ann.hub.example.org/lab/user/ann/")
    assert hosts.url("/lab/user/ann/lab?x") == "https://ann.hub.example.org/lab/user/ann/lab?x"
    assert hosts.url("/lab/hub/home") == "https://hub.example.org/lab/hub/home"
    for url in ("https://ann.hub.example.org/lab/user/ann/a?b", "https://hub.example.org/lab/hub/c"):
        assert hosts.address(url) == url.partition(".org")[2]
    for url in ("https://hub.example.org/lab/user/ann/", "https://ann.hub.example.org/lab/hub/"):
        assert hosts.address(url) == url


def test_the_token_of_a_page_stays_with_its_server(scripted_hub: ScriptedHub) -> None:
    """What JupyterLab's page shows to its server is not shown to the hub."""
    browser = Browser(Connections(scripted_hub.url.replace("127.0.0.1", "localhost"), {}))
    port = scripted_hub.url.rpartition(":")[2]
    scripted_hub.script(Scripted(302, headers={"Location": f"http://ann.localhost:{port}/user/ann/lab"}), Scripted(200))
    page = browser.get("/hub/spawn-pending/ann")
    assert (page.status, page.path, page.host) == (200, "/user/ann/lab", "ann.localhost")
    browser.page_token = "secret"
    browser.fetch("GET", "/user/ann/api/kernels")
    browser.fetch("GET", "/hub/api/user")
    asked = scripted_hub.asked[-2:]
    assert [one.headers["Host"] for one in asked] == [f"ann.localhost:{port}", f"localhost:{port}"]
    assert [one.headers.get("Authorization") for one in asked] == ["token secret", None]
