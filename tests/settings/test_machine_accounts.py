"""What the classes of spawner and authenticator tell of accounts of the machine, before a run makes any."""

import pytest

from hubusers.settings.hub_check import CheckedHub
from hubusers.settings.machine_accounts import about_machine_accounts


def said(spawner: str, authenticator: str = "jupyterhub.auth.DummyAuthenticator") -> str:
    checked = CheckedHub("http://hub/hub/api", "6.1.1", spawner, authenticator, "hubusers", False, frozenset())
    return " ".join(about_machine_accounts(checked, "load"))


@pytest.mark.parametrize(
    ("spawner", "authenticator", "begin"),
    [
        (
            "batchspawner.batchspawner.SlurmSpawner",
            "nativeauthenticator.NativeAuthenticator",
            "This hub's SlurmSpawner ",
        ),
        ("sudospawner.spawner.SudoSpawner", "jupyterhub.auth.PAMAuthenticator", "This hub's SudoSpawner and PAMAuth"),
        ("jupyterhub.spawner.LocalProcessSpawner", "jupyterhub.auth.Dummy", "This hub's LocalProcessSpawner uses"),
        ("systemdspawner.systemdspawner.SystemdSpawner", "", "This hub's SystemdSpawner uses"),
        ("dockerspawner.DockerSpawner", "oauthenticator.github.LocalGitHubOAuthenticator", "This hub's LocalGitHubOAu"),
    ],
)
def test_spawners_and_authenticators_of_machines_are_named(spawner: str, authenticator: str, begin: str) -> None:
    sentence = said(spawner, authenticator)
    assert sentence.startswith(begin)
    assert "test with accounts that exist (--accounts), or with named servers of your own account (--named" in sentence
    assert "the accounts load… and their home directories stay on the machine" in sentence


def test_the_littlest_jupyterhub_makes_accounts_that_stay() -> None:
    sentence = said("tljh.user_creating_spawner.UserCreatingSpawner", "firstuseauthenticator.FirstUseAuthenticator")
    assert "the accounts jupyter-load… and their home directories stay there" in sentence


@pytest.mark.parametrize(
    "spawner", ["", "kubespawner.spawner.KubeSpawner", "jupyterhub.spawner.SimpleLocalProcessSpawner"]
)
def test_of_other_hubs_nothing_is_said(spawner: str) -> None:
    assert said(spawner) == ""
