"""People whose servers have hosts of their own: whole visits with real JupyterLab, by form and by token."""

from collections.abc import Iterator

import pytest

from hubusers.browser import home_page, login, spawn_page, spawn_progress
from hubusers.browser.browser import CONNECTIONS, Browser
from hubusers.http.connections import Connections
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubError
from hubusers.lab.notebooks import built_in_notebook
from hubusers.local import LocalHub
from hubusers.run.first_server import try_one_server
from hubusers.settings.access import Access
from hubusers.settings.hub_check import PreflightError
from hubusers.settings.public_address import check_public_address
from hubusers.users import NotebookUser
from tests.locust_process import run_locust, users_on
from tests.users.people import people_on
from tests.users.subdomain_hub import LEGACY_HOOK, OWN_HOOK, SUBDOMAINS


@pytest.fixture(scope="module")
def lab_hub() -> Iterator[LocalHub]:
    with LocalHub(servers="lab", extra_config=SUBDOMAINS) as hub:
        yield hub


def public_url(hub: LocalHub, host: str = "localhost") -> str:
    return f"http://{host}:{hub.settings.public_port}"


def browser_at(url: str) -> Browser:
    return Browser(Connections(url, {}, size=CONNECTIONS))


def at_the_server(browser: Browser, username: str) -> tuple[int, str]:
    """Log in, start the server, and return the status of its page, and its host."""
    page = login.log_in(browser, username, "any", Deadline(120))
    page = spawn_page.spawn(browser, username, Deadline(120), page=page)
    page = spawn_progress.follow_progress(browser, page, Deadline(120))
    return page.status, page.host


@pytest.mark.thorough
def test_a_run_finds_everybody_at_their_own_host(lab_hub: LocalHub) -> None:
    locust = run_locust(
        lab_hub,
        *["NotebookUser", "-u", "1", "--lifecycles", "1", "--stay", "0", "--thinking", "0.1"],
        *["--server-timeout", "180", "--json"],
        env={"HUBUSERS_PASSWORD": "anything", "JUPYTERHUB_ENDPOINT": public_url(lab_hub)},
    )
    assert locust.process.returncode == 0, locust.output
    rows = locust.statistics()
    assert rows["GET /user/{name}/oauth_callback"]["num_requests"] == 1
    assert rows["GET /user/{name}/api/kernels/{kernel}/channels"]["num_requests"] == 1
    assert locust.summary() == (1, 1, 0, 1, 1, 0)
    assert users_on(lab_hub) == []


def test_a_person_with_a_token_learns_the_host_from_the_hub(lab_hub: LocalHub) -> None:
    people = people_on(f"{public_url(lab_hub)}/hub/api", lab_hub.token, server_timeout=180.0, leave={"log-out": 1.0})
    run, person = people.run, people.comes(NotebookUser)
    try:
        person.on_start()
        person.log_in()
        person.load_lab(person.open_server())
        person.open_notebook(person.put_there(built_in_notebook()))
        path = person.server_path
        assert person.browser.url_of(path) == public_url(lab_hub, f"{person.username}.localhost") + path
        assert person.browser.url_of("/hub/home") == f"{public_url(lab_hub)}/hub/home"
        person.leave()
        person.on_stop()
    finally:
        run.clean_up_own()
    assert {row.failure for row in people.rows} == {""}
    assert not run.ledger.left()


def test_the_public_address_is_asked_for(lab_hub: LocalHub) -> None:
    access = Access(lab_hub.token)
    check_public_address(f"{public_url(lab_hub)}/hub/api", access)
    with pytest.raises(PreflightError) as raised:
        check_public_address(lab_hub.endpoint, access)
    assert f"sends browsers to {public_url(lab_hub)} (public_url or subdomain_host" in str(raised.value)


def test_the_hub_may_make_any_host_of_a_name() -> None:
    with LocalHub(extra_config=OWN_HOOK) as hub:
        url = public_url(hub, "hub.campus.localhost")
        browser = browser_at(url)
        assert at_the_server(browser, "ann") == (200, "ann-hub.campus.localhost")
        home_page.stop_server(browser, "ann", Deadline(120))
        login.log_out(browser, Deadline(120))
        assert sum(browser.failures.values()) == 0
        # The trial finds out that a name has no address; so does a person, of whom the row says nothing.
        run = people_on(hub.endpoint, hub.token).run
        with pytest.raises(PreflightError) as refused:
            try_one_server(run, None, has_browser=True)
        assert "has no address here: add a wildcard DNS record, *.no-such-name.invalid" in str(refused.value)
        assert not run.ledger.left()
        with pytest.raises(HubError) as raised:
            at_the_server(browser_at(url), "hub-stress-test-1")
        assert str(raised.value) == "hub error: the server is on a host of another site"
        assert "hub-stress-test-1.no-such-name.invalid" in raised.value.detail


@pytest.mark.thorough
def test_names_may_be_written_in_the_way_of_older_hubs() -> None:
    with LocalHub(extra_config=LEGACY_HOOK) as hub:
        browser = browser_at(public_url(hub, "hub.localhost"))
        assert at_the_server(browser, "o brien+1@x.org") == (200, "o_20brien_2b1_40x.org.hub.localhost")
