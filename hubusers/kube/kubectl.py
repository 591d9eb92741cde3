"""The user's own kubectl: it knows the cluster, and how this user gets in.

All that hubusers does in a cluster goes through it, so that hubusers has no credentials of its own, and an operator can
repeat each step.
"""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Sequence
from typing import IO, Any

from hubusers.log import shown

_REQUEST_TIMEOUT = 30.0
"""Seconds for one request, unless somebody gives more; kubectl itself would wait for a lost cluster without end."""

_MORE_THAN_THE_REQUEST = 30.0
"""Seconds that kubectl has beside its request: a login helper of a cloud, the list of the cluster's resources."""

_AWAY = (
    "Unable to connect to the server",
    "The connection to the server",
    "connection refused",
    "connection reset",
    "no route to host",
    "network is unreachable",
    "i/o timeout",
    "TLS handshake timeout",
    "no such host",
    "Client.Timeout exceeded",
    "context deadline exceeded",
    "unexpected EOF",
    "http2: client connection lost",
    "error dialing backend",
    "the server is currently unable to handle the request",
    "(ServiceUnavailable)",
    "(Timeout)",
    "(ServerTimeout)",
    "(TooManyRequests)",
    "(InternalError)",
    "etcdserver:",
)
"""What kubectl says when the API server does not answer at the moment: the same command may work in a minute."""

_REFUSED = ("(Forbidden)", " is forbidden: ", "denied the request")
"""What kubectl says when a role, or an admission policy, does not let this user do it; the second of exec."""

_IN_PASSING = re.compile(r"Warning:|[EIWF]\d{4} ")
"""How the lines begin that kubectl says beside its error: warnings of the cluster, and its own log."""


_ERROR = re.compile(r"error\b|Unable to connect|The connection to", re.IGNORECASE)
"""How the line begins that says what was wrong. Lines after it say where there is help."""

_WITHOUT_CONTEXT = "localhost:8080"
"""Where kubectl looks for a cluster if no kubeconfig names one."""

_OTHER_CONTEXT = re.compile(r'cannot locate context |context was not found for |context ".*" does not exist')

_LOGIN_HELPER = re.compile(r"exec: executable (?P<program>\S+) (?:not found|failed)")
"""What kubectl says of the program that the kubeconfig names to log in."""


class KubectlError(Exception):
    """kubectl could not do something. The text is one sentence that says what to do.

    Args:
        sentence: What to tell the user.
        said: What kubectl itself said, on one line.
    """

    def __init__(self, sentence: str, said: str = "") -> None:
        super().__init__(sentence)
        self.said = said


class NotThere(KubectlError):
    """What was asked for is not in the cluster."""


class NotAllowed(KubectlError):
    """This user may not do that in the cluster."""


class ClusterAway(KubectlError):
    """The cluster's API server does not answer at the moment. The same may work later."""


class Kubectl:
    """Runs kubectl in one namespace of one cluster.

    kubectl runs in a process group of its own: Ctrl-C in the terminal is for hubusers, which then ends kubectl itself.

    Args:
        namespace: The namespace; "" for that of the context.
        context: A context of the kubeconfig; "" for the current one.
        kubeconfig: Path of the kubeconfig; "" for the usual one.
        program: The kubectl to run: a name on the PATH, or a path.
    """

    def __init__(self, namespace: str = "", context: str = "", kubeconfig: str = "", program: str = "kubectl") -> None:
        self.namespace = namespace
        self.options = [
            *([f"--kubeconfig={kubeconfig}"] if kubeconfig else []),
            *([f"--context={context}"] if context else []),
            *([f"--namespace={namespace}"] if namespace else []),
        ]
        self._program = program

    def command(self, *arguments: str) -> list[str]:
        """Return the whole command, with the options that lead to the cluster."""
        return [self._program, *self.options, *arguments]

    def shown_command(self, *arguments: str) -> str:
        """Return the whole command as somebody would type it."""
        return shlex.join(self.command(*arguments))

    def json(self, *arguments: str, timeout: float = _REQUEST_TIMEOUT) -> Any:
        """Run kubectl with `-o json`, and return what it printed.

        Raises:
            KubectlError: As `run`, or kubectl printed something else.
        """
        text = self.run(*arguments, "--output=json", timeout=timeout)
        try:
            return json.loads(text)
        except ValueError:
            raise self._error(arguments, f"its answer is not JSON: {text[:200]}") from None

    def run(self, *arguments: str, input: str = "", timeout: float = _REQUEST_TIMEOUT) -> str:  # noqa: A002
        """Run kubectl to its end, and return what it printed.

        Args:
            arguments: Its command, such as "get", "pods".
            input: What it reads, as with `apply -f -`.
            timeout: Seconds for each request that it makes.

        Raises:
            KubectlError: It failed, or did not end in time; a subclass says why where that is known.
        """
        return self.run_for_bytes(*arguments, input=input.encode(), timeout=timeout).decode("utf-8", "replace")

    def run_for_bytes(self, *arguments: str, input: bytes = b"", timeout: float = _REQUEST_TIMEOUT) -> bytes:  # noqa: A002
        """Run kubectl as `run` does, and return the bytes that it printed, such as an archive.

        Raises:
            KubectlError: As `run`.
        """
        command = self.command(f"--request-timeout={timeout:.0f}s", *arguments)
        with self._started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            try:
                out, said = process.communicate(input, timeout + _MORE_THAN_THE_REQUEST)
            except subprocess.TimeoutExpired:
                raise ClusterAway(
                    f"kubectl {arguments[0]} has not come to an end within "
                    f"{timeout + _MORE_THAN_THE_REQUEST:.0f} s: look whether the cluster answers, with "
                    f"`{self.shown_command('version')}`."
                ) from None
            finally:
                end(process)
        if process.returncode:
            raise self._error(arguments, said.decode("utf-8", "replace"), process.returncode)
        return bytes(out)

    def start(
        self,
        *arguments: str,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        """Start kubectl, and return its process, as for `logs --follow` or `port-forward`. It reads nothing.

        Raises:
            KubectlError: There is no kubectl.
        """
        return self._started(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)

    def may(self, verb: str, resource: str) -> bool:
        """Ask the cluster whether this user may do that in the namespace.

        Args:
            verb: Such as "create".
            resource: Such as "jobs.batch", or "pods/exec", a part of pods.

        Raises:
            KubectlError: The cluster cannot be asked.
        """
        resource, _, part = resource.partition("/")  # to kubectl, what stands there is a name
        try:
            return self.run("auth", "can-i", verb, resource, f"--subresource={part}").strip().startswith("yes")
        except ClusterAway:
            raise
        except KubectlError as error:
            if error.said.strip() in ("", "no") or error.said.startswith("no "):
                return False  # kubectl says "no" on its standard output, and exits with 1
            raise

    def _started(
        self,
        command: Sequence[str],
        *,
        stdin: int,
        stdout: int | IO[bytes],
        stderr: int | IO[bytes] = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr, process_group=0)
        except OSError as error:
            raise KubectlError(
                f"{self._program} cannot be run ({error.strerror}): install kubectl, which is how hubusers gets into "
                "the cluster, and make sure that `kubectl get pods` works in this terminal."
            ) from None

    def _error(self, arguments: Sequence[str], said: str, code: int = 0) -> KubectlError:
        return error_of(said, code, f"kubectl {arguments[0]}", self.shown_command(*arguments))


def in_namespace(namespace: str = "", context: str = "", kubeconfig: str = "") -> Kubectl:
    """Return a kubectl for a namespace; "" for that of the context.

    Raises:
        KubectlError: There is no kubectl, or no such context.
    """
    if not namespace:
        path = "--output=jsonpath={.contexts[0].context.namespace}"
        namespace = Kubectl("", context, kubeconfig).run("config", "view", "--minify", path).strip() or "default"
    return Kubectl(namespace, context, kubeconfig)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a kubectl at once, and what it has started, such as a login helper of a cloud; do nothing if it has ended."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def error_of(said: str, code: int, what: str, command: str) -> KubectlError:
    """Return the error that stands for what kubectl said.

    Args:
        said: Its standard error.
        code: Its exit code.
        what: What was tried, such as "kubectl apply".
        command: The whole command, to repeat it.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _IN_PASSING.match(line)]
    line = shown(next((line for line in reversed(lines) if _ERROR.match(line)), lines[-1] if lines else ""))
    if "unknown flag: " in line or "unknown command " in line:
        return KubectlError(
            f"{what} failed: {line.removeprefix('error: ').removeprefix('Error: ').rstrip('.')}. This kubectl is too "
            "old: install the newest one.",
            line,
        )
    if helper := _LOGIN_HELPER.search(said):
        program = shown(helper["program"])
        return NotAllowed(
            f"kubectl cannot log in to the cluster: the program {program}, which the kubeconfig names for that, is "
            f"missing or has failed. Install it, or log in with it again, until `kubectl get pods` works.",
            line,
        )
    reason = (
        line.removeprefix("error: ").removeprefix("Error from server ").rstrip(".?") or f"it ended with code {code}"
    )
    if "current-context must exist" in line:
        return KubectlError(
            "kubectl has no current context, so it knows no cluster: give --context NAME, of those that `kubectl "
            "config get-contexts` lists, or --kubeconfig FILE.",
            line,
        )
    if _OTHER_CONTEXT.search(line):
        return KubectlError(
            f"The kubeconfig does not have this context ({reason}): give --context NAME, of those that `kubectl config "
            "get-contexts` lists, or another --kubeconfig FILE.",
            line,
        )
    if "(NotFound)" in line:
        return NotThere(f"The cluster does not have it: {reason}.", line)
    if any(words in line for words in _REFUSED):
        return NotAllowed(
            f"You may not do this in the cluster: {reason}. Ask an administrator of the cluster for it.", line
        )
    if "(Unauthorized)" in line or "must be logged in" in line:
        return NotAllowed(
            f"The cluster does not know you ({reason}): log in to it again, until `kubectl get pods` works.", line
        )
    if any(words in said for words in _AWAY):
        hint = f"See whether `{command}` works."
        if _WITHOUT_CONTEXT in line:
            hint = "kubectl looks there if no kubeconfig names a cluster: give --context NAME, or --kubeconfig FILE."
        return ClusterAway(f"The cluster does not answer: {reason}. {hint}", line)
    return KubectlError(f"{what} failed: {reason}. Try `{command}`.", line)
