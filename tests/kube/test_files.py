"""The files that go along into a pod."""

import shutil
from pathlib import Path

import pytest

from hubusers import lab
from hubusers.kube.files import FilesForPod, files_for_pod
from hubusers.settings.access import SettingsError


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_goes_along_without_files() -> None:
    assert files_for_pod({}, "") == FilesForPod()


def test_all_that_options_name_goes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBUSERS_PASSWORD", "of the environment")
    accounts = write(tmp_path / "accounts.csv", "name,password\nann,hunter2-secret\n")
    password = write(tmp_path / "password", "dummy-secret\n")
    bundle = write(tmp_path / "ours.pem", "CERTIFICATE")
    token = write(tmp_path / "token", "token-token-token\n")
    course = tmp_path / "course"
    write(course / "data" / "numbers.csv", "1,2")
    write(course / ".hidden", "x")
    shutil.copy(Path(lab.__file__).with_name("welcome.ipynb"), course / "one.ipynb")
    made = files_for_pod(
        {
            "accounts": str(accounts),
            "password-file": str(password),
            "lti": str(write(tmp_path / "lms.toml", "shared_secret = 'lti-secret'")),
            "ca-bundle": str(bundle),
            "hub-token-file": str(token),
            "grafana-url": "https://grafana.example.org",
            "grafana-token-file": str(token),
            "notebooks": str(course),
        },
        "title = 1",
    )
    assert set(made.files) == {"event.toml", "ca.crt", "notebooks/one.ipynb", "notebooks/data/numbers.csv"}
    assert set(made.secret_files) == {"accounts.csv", "lti.toml", "password", "grafana-token"}
    assert made.secret_files["password"] == b"dummy-secret"
    assert made.token == "token-token-token"
    assert made.arguments == [
        "--event=/input/event.toml",
        "--accounts=/input/accounts.csv",
        "--lti=/input/lti.toml",
        "--grafana-token-file=/input/grafana-token",
        "--notebooks=/input/notebooks",
    ]
    assert made.variables == {"HUBUSERS_PASSWORD_FILE": "/input/password", "REQUESTS_CA_BUNDLE": "/input/ca.crt"}
    assert made.names["/input/accounts.csv"] == str(accounts)
    assert "secret" not in repr(made)
    assert "token-token" not in repr(made)


def test_a_password_of_the_environment_goes_along_as_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBUSERS_PASSWORD", "secret-secret")
    made = files_for_pod({}, "")
    assert made.secret_files == {"password": b"secret-secret"}
    assert made.variables == {"HUBUSERS_PASSWORD_FILE": "/input/password"}


def test_a_locustfile_goes_along_with_the_modules_that_it_imports(tmp_path: Path) -> None:
    file = write(tmp_path / "mine.py", "import os, people\nfrom pack.inner import x\nfrom hubusers import HubUser\n")
    write(tmp_path / "people.py", "import mine\nfrom more import y\n")
    write(tmp_path / "more.py")
    write(tmp_path / "pack" / "__init__.py")
    write(tmp_path / "pack" / "inner.py")
    write(tmp_path / "another.py", "not Python at all")
    made = files_for_pod({"locustfile": str(file)}, "")
    found = {path.removeprefix("locustfiles-1/") for path in made.files}
    assert found == {"mine.py", "people.py", "more.py", "pack/__init__.py", "pack/inner.py"}
    assert made.variables == {"LOCUST_LOCUSTFILE": "/input/locustfiles-1/mine.py"}
    of_folder = files_for_pod({"locustfile": f"{tmp_path / 'pack'},{file}"}, "")
    assert of_folder.variables == {"LOCUST_LOCUSTFILE": "/input/locustfiles-1,/input/locustfiles-2/mine.py"}
    assert "locustfiles-1/inner.py" in of_folder.files


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("accounts", "nothing", "the first line must be"),
        ("password-file", "", "is empty"),
        ("hub-token-file", "", "cannot be used"),
        ("notebooks", None, "There is no notebook in"),
        ("locustfile", "def", "is not Python"),
        ("ca-bundle", "missing", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_said(tmp_path: Path, option: str, content: str | None, words: str) -> None:
    path = tmp_path / "given.py"
    if content is None:
        path.mkdir()
    elif content != "missing":
        write(path, content)
    with pytest.raises(SettingsError, match=words):
        files_for_pod({option: str(path)}, "")
