"""The clean-up of the hub after a run that could not do it itself. A script stands in for kubectl."""

import base64
import json
from pathlib import Path

import pytest

from hubusers.kube.after_kill import clean_up_hub
from hubusers.kube.files import FilesForPod
from hubusers.kube.interrupts import Interrupts
from hubusers.kube.kubectl import Kubectl
from hubusers.kube.order import Order
from hubusers.kube.patience import Patience
from hubusers.kube.values import Values
from tests.kube.test_kubectl import fake

ENDED = """{"items": [{
    "metadata": {"name": "clean-up-1"},
    "status": {"containerStatuses": [{"name": "hubusers", "state": {"terminated": {"exitCode": 0}}}]}
}]}"""

CLEANS_UP = f"""
case "$*" in
*" create "*) rm -f "$0.deleted"; echo '{{"metadata": {{"uid": "1"}}}}' ;;
*" get pods "*) [ -e "$0.deleted" ] && echo '{{"items": []}}' || echo '{ENDED}' ;;
*" delete "*) touch "$0.deleted" ;;
*" logs "*) echo 'Error from server (Forbidden): pods "a" is forbidden' >&2; exit 1 ;;
esac
"""
"""A cluster in which a clean-up's pod ends well, and nobody may read its log."""


def clean_up(folder: Path, script: str, token: str = "") -> bool:
    order = Order(name="hubusers-k3x9qa", values=Values(), files=FilesForPod(token=token))
    return clean_up_hub(Kubectl("jhub", program=fake(folder, script)), order, Patience(Interrupts()))


def test_what_the_clean_up_removed_counts_also_where_its_log_may_not_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert clean_up(tmp_path, CLEANS_UP)
    assert "What the clean-up says cannot be read: You may not do this" in caplog.text


def test_a_clean_up_that_fails_leaves_something(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not clean_up(tmp_path, CLEANS_UP.replace('"exitCode": 0', '"exitCode": 3'))
    assert (
        "(it ended with code 3): `hubusers kube purge --namespace=jhub --run k3x9` removes what is left" in caplog.text
    )


def test_a_token_from_a_file_is_there_for_the_clean_up_too(tmp_path: Path) -> None:
    """The Secret of the run has been deleted with the run."""
    keeps = CLEANS_UP.replace('*" create "*)', '*" create "*) cat >> "$0.made";')
    assert clean_up(tmp_path, keeps, token="token-of-a-file")
    job, secret = (
        json.loads(line) for line in (tmp_path / "kubectl.made").read_text().replace("}{", "}\n{").splitlines()
    )
    [token] = [one for one in job["spec"]["template"]["spec"]["containers"][0]["env"] if "TOKEN" in one["name"]]
    assert (secret["kind"], secret["metadata"]["name"]) == ("Secret", token["valueFrom"]["secretKeyRef"]["name"])
    assert base64.b64decode(secret["data"][token["valueFrom"]["secretKeyRef"]["key"]]) == b"token-of-a-file"
