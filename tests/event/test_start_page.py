"""What can be given as the page that people open first."""

from urllib.parse import quote

import pytest

from hubusers.event.start_page import git_pull_page, start_page

PULL = "git-pull?repo=https%3A%2F%2Fgithub.com%2Fcallysto%2Fnotebooks&branch=master&urlpath=lab/tree/a.ipynb"
LINK = f"/hub/user-redirect/{PULL}"


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
        ("lab/login?next=/lab", "lab/login?next=/lab"),
        # As nbgitpuller's link generator has it for Canvas, and as LTI 1.1 and 1.3 name what comes after the launch.
        (f"https://hub.example.org/hub/lti/launch?next={quote(LINK, safe='')}", PULL),
        (f"https://hub.example.org/hub/lti/launch?custom_next={quote(LINK, safe='')}", PULL),
        (f"https://hub.example.org/hub?next={quote(LINK, safe='')}", PULL),
        (f"/hub/lti13/oauth_login?target_link_uri={quote(f'https://x/hub?next={quote(LINK)}', safe='')}", PULL),
        (f"https://hub.example.org/hub/spawn?next={quote(LINK, safe='')}", PULL),
        (f"https://hub.example.org/jupyter/hub/login?next={quote(LINK, safe='')}", PULL),
        (f"https://hub.example.org{LINK}#cell-3", PULL),
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
        "/hub/login?next=/user/ann/git-pull?repo=x",
        "/hub/spawn?profile=x",
    ],
)
def test_what_does_not_lead_to_everybodys_server_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(ValueError, match=r"write .*/hub/user-redirect/git-pull\?repo=.*, or a path such as /rstudio"):
        start_page(given)


REPO = "https%3A%2F%2Fexample.org%2Fcourse.git"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("", ""),
        ("https://example.org/course.git", f"git-pull?repo={REPO}&targetPath=course&urlpath=lab%2Ftree%2Fcourse"),
        (
            "git@example.org:course.git",
            "git-pull?repo=git%40example.org%3Acourse.git&targetPath=course&urlpath=lab%2Ft",
        ),
        (
            "file:///srv/my%20course/",
            "git-pull?repo=file%3A%2F%2F%2Fsrv%2Fmy%2520course%2F&targetPath=my+course&urlpath=lab%2Ftree%2Fmy+course",
        ),
        (f"https://hub.example.org{LINK}", PULL),
        ("git-pull?repo=x", "git-pull?repo=x"),
        ("https://h.example.org/hub/user-redirect/interact?account=a&repo=x", "interact?account=a&repo=x"),
    ],
)
def test_repositories_and_links_of_nbgitpuller(given: str, path: str) -> None:
    assert git_pull_page(given).startswith(path)


@pytest.mark.parametrize(
    "given", ["course", "/hub/user-redirect/lab", "git-pull?branch=main", "--upload-pack=x", "ftp://x"]
)
def test_what_is_no_repository_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(
        ValueError, match=r"write the URL of a repository, such as .*, or a link of nbgitpuller, such as"
    ):
        git_pull_page(given)
