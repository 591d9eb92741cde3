"""The endpoint for each address that an operator may type, and quoted names in paths."""

import pytest

from hubusers.hub.endpoint import checked_endpoint, endpoint_from_url, hub_url, quoted


@pytest.mark.parametrize(
    "url",
    [
        "https://host",
        "https://host/",
        "https://host/hub",
        "https://host/hub/",
        "https://host/hub/home",
        "https://host/hub/api",
        "https://host/hub/api/",
        " https://host/hub/spawn?next=%2Fx#top ",
    ],
)
def test_every_address_of_a_hub_leads_to_its_endpoint(url: str) -> None:
    assert endpoint_from_url(url) == "https://host/hub/api"


def test_a_base_path_is_kept() -> None:
    assert endpoint_from_url("http://host:8000/jupyter/") == "http://host:8000/jupyter/hub/api"
    assert endpoint_from_url("http://host:8000/jupyter/hub/login") == "http://host:8000/jupyter/hub/api"
    assert hub_url("http://host:8000/jupyter/hub/api") == "http://host:8000/jupyter"


@pytest.mark.parametrize("url", ["host", "host:8000", "127.0.0.1:1", "localhost/hub", "ftp://host", "//host"])
def test_an_address_without_its_scheme_is_refused(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"^'.*' must begin with http:// or https://, as in https://hub\.example\.org$"
    ):
        checked_endpoint(url)


@pytest.mark.parametrize("url", ["", "http://", "https://host:port", "http://[::1"])
def test_what_is_not_a_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be a URL"):
        checked_endpoint(url)


def test_a_password_in_a_url_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="must not contain") as raised:
        checked_endpoint("https://me:secret@host")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("ann#1", "ann%231"),
        ("50%25", "50%2525"),
        ("o brien+1@x.org", "o%20brien%2B1%40x.org"),
        ("a/b", "a%2Fb"),
        ("../ann", "..%2Fann"),
        ("zoë", "zo%C3%AB"),
        ("a\nb", "a%0Ab"),
    ],
)
def test_names_are_one_segment(name: str, segment: str) -> None:
    assert quoted(name) == segment


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_names_that_would_change_the_path_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a user name"):
        quoted(name)
