"""Which hosts are of one site, as browsers tell it."""

import subprocess
import sys

import pytest

from hubusers.http.host_names import is_same_site


@pytest.mark.parametrize(
    ("host", "other", "is_same"),
    [
        ("ann-hub.example.org", "hub.example.org", True),
        ("login.uni.ac.uk", "hub.uni.ac.uk", True),
        ("login.other.ac.uk", "hub.uni.ac.uk", False),
        ("evil.github.io", "proj.github.io", False),
        ("evil.s3.amazonaws.com", "hub.amazonaws.com", False),
        ("a.example.xn--fiqs8s", "b.example.xn--fiqs8s", True),
        ("10.0.0.5", "10.0.0.5", True),
        ("66.0.0.5", "10.0.0.5", False),
        ("a.hub.internal", "b.hub.internal", True),
        ("ann.localhost", "localhost", False),
        ("co.uk", "uk", False),
        ("hub.example.org.", "hub.example.org", False),
        ("", "hub.example.org", False),
    ],
)
def test_hosts_of_one_owner_are_of_one_site(host: str, other: str, is_same: bool) -> None:
    assert is_same_site(host, other) is is_same
    assert is_same_site(other, host) is is_same


def test_the_list_is_loaded_where_a_host_differs_from_the_hub_s() -> None:
    code = """
import sys
from hubusers.browser.hosts import Hosts
from hubusers.http.connections import Connections
hosts = Hosts(Connections("https://hub.example.org", {}))
hosts.target("https://ann.hub.example.org/user/ann/", "https://hub.example.org/")
assert "publicsuffixlist" not in sys.modules
hosts.target("https://ann-hub.example.org/user/ann/", "https://hub.example.org/")
assert "publicsuffixlist" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
