"""What a run uses, whichever way it came, and what is removed after it was killed, or named for somebody to remove."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from hubusers.cli import kube_order, main
from hubusers.kube import after_kill
from hubusers.kube.after_kill import clean_up_hub, purge_command
from hubusers.kube.kubectl import Kubectl
from hubusers.kube.order import Order
from hubusers.kube.patience import Patience

JHUB = Kubectl("jhub")


class Taken(Exception):
    """Has the order that would have been conducted."""


def order_of(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str, values: str = "") -> Order:
    """Return the order of a `hubusers kube run`."""
    orders, made = list[Order](), kube_order.order_from

    def order_from(*given: Any) -> Order:
        orders.append(made(*given))
        raise Taken

    monkeypatch.setattr(kube_order, "order_from", order_from)
    monkeypatch.chdir(folder)
    Path("people.csv").write_text("name,password\nann,secret\n", encoding="utf-8")
    Path("values.yaml").write_text(values, encoding="utf-8")
    result = CliRunner().invoke(main, ["kube", "run", "--values=values.yaml", "--users=1", *arguments])
    monkeypatch.setattr(kube_order, "order_from", made)
    assert isinstance(result.exception, Taken), result.output
    monkeypatch.setattr(after_kill, "LOG", logging.getLogger("test"))  # that of the command hands nothing on
    return orders[0]


def env(name: str, value: str) -> str:
    return f"env: [{{name: {name}, value: '{value}'}}]"


@pytest.mark.parametrize(
    ("arguments", "values", "command"),
    [
        ([], "", "--run ID"),
        (["--name-prefix=a"], "", "--run ID --name-prefix a"),
        (["--", "--name-prefix", "b"], env("HUBUSERS_NAME_PREFIX", "c"), "--run ID --name-prefix b"),
        ([], env("HUBUSERS_NAME_PREFIX", "c"), "--run ID --name-prefix c"),
        (["--named-servers"], "", "--run ID --named-servers"),
        (["--", "--named"], "", "--run ID --named-servers"),
        ([], env("HUBUSERS_NAMED_SERVERS", "Yes"), "--run ID --named-servers"),
        (["--accounts=people.csv"], "accounts: other", "hubusers purge --accounts people.csv"),
        (["--", "--accounts=/srv/a.csv"], "", "hubusers purge --accounts FILE"),
        ([], env("HUBUSERS_ACCOUNTS", "/srv/a.csv"), "hubusers purge --accounts FILE"),
        (
            [],
            "env: [{name: HUBUSERS_ACCOUNTS, valueFrom: {secretKeyRef: {name: a, key: b}}}]",
            "hubusers purge --accounts FILE",
        ),
        ([], "accounts: people2", ""),
    ],
)
def test_what_is_left_is_named_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    arguments: list[str],
    values: str,
    command: str,
) -> None:
    order = order_of(monkeypatch, tmp_path, *arguments, values=values)
    if not command.startswith("hubusers"):
        command = f"hubusers kube purge --namespace=jhub --values=values.yaml {command}".strip()
    command = command.replace("ID", order.name.removeprefix("hubusers-")[:4])
    assert purge_command(JHUB, order) == command
    if order.final.accounts:
        assert not clean_up_hub(JHUB, order, Patience(SimpleNamespace()))  # type: ignore[arg-type]
        assert f"may still run: `{command}` stops them all" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "values"), [(["--keep"], ""), (["--", "--keep"], ""), ([], env("HUBUSERS_KEEP", "1"))]
)
def test_what_is_kept_stays(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    arguments: list[str],
    values: str,
) -> None:
    order = order_of(monkeypatch, tmp_path, *arguments, values=values)
    caplog.set_level(logging.INFO, "test")
    assert clean_up_hub(JHUB, order, Patience(SimpleNamespace()))  # type: ignore[arg-type]
    assert "stays on the hub, as --keep says" in caplog.text


@pytest.mark.parametrize(
    ("arguments", "values", "words"),
    [
        (["--", "--config=a.conf"], "", "Leave out --config"),
        (["--", "--name"], "", "What stands behind two dashes cannot be used: ambiguous option: --name"),
        (["--", "--name-prefix=A"], "", "--name-prefix: the prefix 'A' must be lower-case"),
        ([], env("HUBUSERS_KEEP", "maybe"), "HUBUSERS_KEEP in --values must be true or false"),
        ([], env("HUBUSERS_NAME_PREFIX", "$(TEAM)"), "Give --name-prefix as an option of this command"),
        (
            [],
            "env: [{name: HUBUSERS_KEEP, valueFrom: {secretKeyRef: {name: a, key: b}}}]",
            "Give --keep as an option of this command",
        ),
    ],
)
def test_what_could_not_be_known_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], values: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("values.yaml").write_text(values, encoding="utf-8")
    result = CliRunner().invoke(main, ["kube", "run", "--dry-run", "--values=values.yaml", *arguments])
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.output.split())
