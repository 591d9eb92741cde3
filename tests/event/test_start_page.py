"""What can be given as the page that people open first."""

import pytest

from hubusers.event.start_page import start_page

PULL = "git-pull?repo=https%3A%2F%2Fgithub.com%2Fcallysto%2Fnotebooks&branch=master&urlpath=lab/tree/a.ipynb"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("", ""),
        (" /rstudio/ ", "rstudio/"),
        ("vscode", "vscode"),
        ("/lab/tree/Woche 1/Übung.ipynb", "lab/tree/Woche%201/%C3%9Cbung.ipynb"),
        (f"https://hub.callysto.ca/jupyter/hub/user-redirect/{PULL}", PULL),
        (f"/hub/user-redirect/{PULL}", PULL),
        ("https://hub.example.org/hub/user-redirect/lab/tree/hub/user-redirect/x#cell", "lab/tree/hub/user-redirect/x"),
        (
            "git-pull?repo=https://example.org/hub/user-redirect/x",
            "git-pull?repo=https://example.org/hub/user-redirect/x",
        ),
        ("hubble/?next=/user/ann", "hubble/?next=/user/ann"),
    ],
)
def test_links_and_paths(given: str, path: str) -> None:
    assert start_page(given) == path


@pytest.mark.parametrize(
    "given",
    [
        "https://hub.example.org/user/ann/rstudio",
        "https://hub.example.org",
        "//cdn.example.org/x",
        "/hub/home",
        "/user/ann/lab",
        "user",
        "http://[",
        "/lab\x07",
        "javascript:alert(1)",
    ],
)
def test_what_does_not_lead_to_everybodys_server_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(ValueError, match=r"write .*/hub/user-redirect/git-pull\?repo=.*, or a path such as /rstudio"):
        start_page(given)
