"""What answers say of themselves. Those of real hubs, servers and proxies are kept here as far as they matter."""

import json

import pytest

from hubusers.browser.page import Page
from hubusers.browser.said import BEFORE_THE_HUB, HUB, PROXY, SERVER, answered_by, words_of

HUB_HEADERS = {"Server": "TornadoServer/6.6.1", "X-JupyterHub-Version": "6.1.1"}
HUB_PAGE = "<html><script>window.jhdata = get();</script><nav>Home Token</nav>{}</html>"
IS_DOWN = HUB_PAGE.format('<div class="error"><h1>503</h1><p>Your server appears to be down.</p></div>')
NGINX = "<html><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>"
HAPROXY = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>"
OF_JUPYTER = json.dumps({"message": "Unexpected error while saving file: a.ipynb [Errno 28]", "reason": None})
AT_SERVER, AT_HUB = "/base/user/hub/lab", "/base/hub/user/hub/lab"


@pytest.mark.parametrize(
    ("page", "who"),
    [
        (Page(0, AT_SERVER, error="timed out"), ""),
        (Page(200, AT_SERVER, "<html>JupyterLab</html>", HUB_HEADERS), SERVER),
        (Page(500, AT_SERVER, OF_JUPYTER), SERVER),
        (Page(403, AT_SERVER, "", {"Server": "TornadoServer/6.6.1"}), SERVER),  # a server without a hub
        (Page(302, AT_SERVER, "", {**HUB_HEADERS, "Location": AT_HUB}), HUB),  # the proxy has no route
        (Page(403, AT_SERVER, HUB_PAGE, HUB_HEADERS), HUB),
        (Page(424, AT_HUB, HUB_PAGE), HUB),
        (Page(500, AT_HUB, "", HUB_HEADERS), HUB),
        (Page(503, AT_SERVER, IS_DOWN, {}), PROXY),  # npm's proxy does not hand on the hub's headers
        (Page(503, AT_HUB, IS_DOWN, HUB_HEADERS), HUB),
        (Page(502, AT_SERVER, NGINX, {"Server": "nginx"}), "nginx"),
        (Page(503, AT_SERVER, "<html>Maintenance</html>", {"Server": "nginx"}), BEFORE_THE_HUB),
        (Page(503, AT_SERVER, HAPROXY), "HAProxy"),
        (Page(503, AT_SERVER, "no available server\n"), "Traefik"),
        (Page(503, AT_SERVER, "", {"Server": "awselb/2.0"}), "AWS's load balancer"),
        (Page(403, AT_SERVER, "<html>Blocked</html>"), BEFORE_THE_HUB),
    ],
)
def test_an_answer_tells_who_gave_it(page: Page, who: str) -> None:
    assert answered_by(page) == who


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (Page(0, AT_SERVER, error="timed out"), ""),
        (Page(500, AT_SERVER, OF_JUPYTER), "Unexpected error while saving file: a.ipynb [Errno 28]"),
        (Page(503, AT_SERVER, IS_DOWN), "Your server appears to be down."),
        (Page(200, "/hub/login", HUB_PAGE), ""),  # not its menu
        (Page(502, AT_SERVER, NGINX), "502 Bad Gateway nginx"),
        (Page(404, AT_SERVER, "404 page not found\n"), "404 page not found"),
    ],
)
def test_its_words_are_those_that_a_person_reads(page: Page, words: str) -> None:
    assert words_of(page) == words
