"""How far the cluster's clock is ahead of the one of this machine."""

import re
import subprocess
import time
from email.utils import parsedate_to_datetime

from hubusers.kube.kubectl import Kubectl, KubectlError

_DATE = re.compile(rb"^\s*(?:[IWEF]\d{4}.*\]\s+)?Date: (\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT)", re.MULTILINE)
"""The header of an answer, as kubectl shows it with `-v=8`."""

_LONGEST = 20.0
"""Seconds."""


def ahead(kubectl: Kubectl) -> float | None:
    """Return for how many seconds the cluster's clock is ahead of this machine's, to half a second.

    Every answer of the API server has its time. kubectl shows it in its log of requests, without the token.

    Args:
        kubectl: The way into the cluster.

    Returns:
        None where the cluster does not tell.
    """
    try:
        asked = time.time()
        process = kubectl.start("get", "--raw", "/version", "-v=8", f"--request-timeout={_LONGEST:.0f}s")
        with process:
            try:
                _, said = process.communicate(timeout=2 * _LONGEST)
            finally:
                if process.poll() is None:
                    process.kill()
        answered = time.time()
    except (KubectlError, OSError, subprocess.TimeoutExpired):
        return None
    found = _DATE.search(said)
    if not found:
        return None
    # The header is in whole seconds, and the answer was on its way for a part of the time.
    return parsedate_to_datetime(found[1].decode()).timestamp() + 0.5 - (asked + answered) / 2
