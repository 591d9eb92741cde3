"""The user's own kubectl: what its errors mean, and how it is run. A script stands in for it."""

from pathlib import Path

import pytest

from hubusers.kube.kubectl import ClusterAway, Kubectl, KubectlError, NotAllowed, NotThere, error_of, in_namespace


def fake(folder: Path, script: str) -> str:
    """Return the path of a program that runs a shell script."""
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return str(program)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ('Error from server (NotFound): pods "a" not found', NotThere, 'pods "a" not found'),
        ("Error from server (Forbidden): jobs is forbidden: User", NotAllowed, "You may not do this in the cluster"),
        ('error: unable to upgrade connection: pods "a" is forbidden: User', NotAllowed, "You may not do this"),
        ("Error from server: admission webhook no-exec denied the request", NotAllowed, "You may not do this"),
        ("error: You must be logged in to the server (Unauthorized)", NotAllowed, "log in to it again"),
        ("Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout", ClusterAway, "does not answer"),
        (
            "The connection to the server localhost:8080 was refused - did you",
            ClusterAway,
            "names a cluster: give --context",
        ),
        ("error: current-context must exist in order to minify", KubectlError, "no current context, so it knows no"),
        ("error: cannot locate context prod", KubectlError, "context (cannot locate context prod): give --context"),
        ("Error in configuration: context was not found for specified context: b", KubectlError, "have this context"),
        ("Error from server (InternalError): etcdserver: leader changed", ClusterAway, "does not answer"),
        ('E1126 09:00:00.1 1 memcache.go:265] "x"\nerror: context "b" does not exist', KubectlError, 'context "b"'),
        (
            "Unable to connect to the server: getting credentials: exec: executable gke-auth-plugin not found\n\n"
            "It looks like you are trying to use a client-go credential plugin that is not installed.\n\n"
            "To learn more about this feature, consult the documentation available at:\n      https://kubernetes.io/x\n",
            NotAllowed,
            "the program gke-auth-plugin, which the kubeconfig names for that, is missing or has failed. Install",
        ),
        (
            "Unable to connect to the server: getting credentials: exec: executable aws failed with exit code 255\n",
            NotAllowed,
            "the program aws, which",
        ),
        (
            "error: unknown flag: --output-watch-events\nSee 'kubectl get --help' for usage.\n",
            KubectlError,
            "kubectl get failed: unknown flag: --output-watch-events. This kubectl is too old: install the newest one.",
        ),
        ("Warning: old version\n", KubectlError, "it ended with code 1"),
    ],
)
def test_each_error_is_a_sentence(said: str, kind: type[KubectlError], words: str) -> None:
    error = error_of(said, 1, "kubectl get", "kubectl -n jhub get pods")
    assert type(error) is kind
    assert words in str(error)
    assert str(error).endswith(".")
    assert "\n" not in str(error)


def test_it_is_run_with_what_leads_to_the_cluster(tmp_path: Path) -> None:
    program = fake(tmp_path, 'printf "%s " "$@"; cat')
    kubectl = Kubectl("jhub", "prod", "/home/ann/config", program=program)
    said = kubectl.run("apply", "-f", "-", input="{}")
    assert said == ("--kubeconfig=/home/ann/config --context=prod --namespace=jhub --request-timeout=30s apply -f - {}")
    assert kubectl.shown_command("get", "pods", "-l", "a b").endswith("--namespace=jhub get pods -l 'a b'")


def test_an_answer_that_is_not_json_and_a_program_that_is_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(KubectlError, match="its answer is not JSON: oh"):
        Kubectl(program=fake(tmp_path, "echo oh")).json("get", "pods")
    with pytest.raises(KubectlError, match="install kubectl"):
        Kubectl(program=str(tmp_path / "nothing")).run("version")


def test_what_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubusers.kube.kubectl._MORE_THAN_THE_REQUEST", 0.2)
    with pytest.raises(ClusterAway, match="has not come to an end"):
        Kubectl(program=fake(tmp_path, "sleep 600 & wait")).run("get", "pods", timeout=0.1)  # its output stays open


@pytest.mark.parametrize(
    ("script", "may"), [("echo yes", True), ("echo no; exit 1", False), ('echo "no - because"; exit 1', False)]
)
def test_rights_are_asked_for(tmp_path: Path, script: str, may: bool) -> None:
    assert Kubectl(program=fake(tmp_path, script)).may("create", "jobs.batch") is may


def test_rights_that_cannot_be_asked_for_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(KubectlError, match="does not exist"):
        Kubectl(program=fake(tmp_path, 'echo "error: context \\"a\\" does not exist" >&2; exit 1')).may("get", "pods")


def test_the_namespace_is_that_of_the_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, 'case "$*" in *minify*) echo jhub;; esac')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert in_namespace().namespace == "jhub"
    assert in_namespace("other").namespace == "other"
