"""The rules by which a failure belongs to a kind of finding: by its step, how it failed, and what was said of it.

Kubernetes has fixed words for most of what can go wrong with a pod, and so has JupyterHub. Where the words are not
known here, they are the finding themselves: the kind is then the general one of the step.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from hubusers import start_parts
from hubusers.results.machine_account import lacks_account
from hubusers.results.records import (
    GIT_PULL,
    LAB_LOADED,
    LOGIN,
    OWN_REQUESTS,
    PAGE_LOADED,
    SAVED,
    SPAWN_PAGE,
    START_TO_READY,
    USER_CLASS,
    Record,
)

STARTS = {START_TO_READY, SPAWN_PAGE}
"""The steps in which people start a server."""


@dataclass(frozen=True)
class _Rule:
    """A kind of finding, and the failures that it explains: those that match all of what is given.

    Attributes:
        kind: The kind.
        steps: Of which steps; empty for all.
        failure: A pattern for the fixed phrase of the failure.
        said: A pattern for what was said: the reason of the failure, and what the start's progress stream said before.
        parts: Parts of which a start must have come to one; empty for all.
    """

    kind: str
    steps: frozenset[str] = frozenset()
    failure: str = ""
    said: str = ""
    parts: frozenset[str] = frozenset()

    def explains(self, record: Record, said: str) -> bool:
        """Say whether the kind explains a failure."""
        return (
            (not self.steps or record.step in self.steps)
            and matches(self.failure, record.failure)
            and matches(self.said, said)
            and (not self.parts or any(part in self.parts for part, _ in record.parts))
        )


@lru_cache(maxsize=10_000)
def matches(pattern: str, text: str) -> bool:
    """Say whether a pattern is somewhere in a text, in capitals or not."""
    return re.search(pattern, text, re.IGNORECASE) is not None


def _of(steps: set[str], kind: str, *, failure: str = "", said: str = "", parts: frozenset[str] = frozenset()) -> _Rule:
    return _Rule(kind, frozenset(steps), failure, said, parts)


_UNANSWERED = r"(connection (refused|lost)|host name unknown)$"

_EXITED = (
    r"CrashLoopBackOff|Back-off restarting|OOMKilled"
    r"|\b(server|container|process|pod|job)\b (has )?(died|disappeared|exited|terminated|ended)\b"
    r"|died immediately after"
    # JupyterHub 5.5 and 6.1, with a bare 500: the words are the run's.
    r"|answered with an error while it still waited for the server"
)
_ENDED = r"\bexit(ed)?\b.{0,40}\b(code|status|before|with)\b|\bexited? (early|unexpectedly|during|while)"
"""The same of a start whose container was made: before that, it may be any command that ended."""

_NO_ACCOUNT = rf"{lacks_account('{name}')}|\binvalid user id\b"
_SUDO = (
    r"\bsudo: .*(password is required|no tty present|command not found|unable to execute)|is not in the sudoers file"
    r"|is not allowed to (execute|run)|not allowed to preserve the environment"
    r"|sudospawner subprocess failed|^(spawn failed: )?substring not found"
)
"""The last words are those of SudoSpawner for a mediator that said nothing."""

_JOB_REFUSED = r"\bjob submission fail(ed|ure)|^(spawn failed: )?(sbatch|qsub|bsub|msub|condor_submit): "
_JOB_GONE = r"\bbatch job has disappeared"

_A_SERVER = r"\b(server|notebook|container|process|pod|job)\b.*"
TIMED_OUT = (
    r"^(spawn failed:? ?)?time(d )?out[.!]?$|start_timeout|http_timeout"
    rf"|{_A_SERVER}(did(n't| not) (respond|start|answer|become ready)|not (ready|up|running)|failed to start)"
    r" (with)?in "
    rf"|{_A_SERVER}(never showed up|(taking|took) longer than)|\btimed out waiting for .*{_A_SERVER}"
)
_MISSING = r"cpu|memory|pods|(ephemeral-)?storage|hugepages-\w+|[\w.-]+\.[\w.-]+/[\w.-]+"
"""What a node can have too little of: a device has the name of its maker, as `nvidia.com/gpu`."""

_NO_ROOM = (
    rf"\binsufficient ({_MISSING})(?m:$|[.,;])|\bnodes are available|NotTriggerScaleUp|didn't trigger scale-?up"
    r"|unschedulable|FailedScheduling|max node group size|\bOutOf(cpu|memory|pods)\b"
    r"|is forbidden: exceeded quota|exceeded quota: .*requested: "
)
_FULL = r"no space left on device|disk quota exceeded|read-only file ?system|stale (nfs )?file handle"
"""What a file system says: it may be any. Only its path tells that it is the one of people."""

_VOLUME = (
    r"FailedMount|FailedAttachVolume|ProvisioningFailed|FailedBinding|unbound immediate PersistentVolumeClaims"
    r"|MountVolume|AttachVolume|Multi-Attach|unable to (attach|mount)( or mount)? volumes?\b|max volume count"
    r"|volume node affinity|persistentvolumeclaim .*(not found|being deleted|exceeded)"
    rf"|subPath directory for volumeMount|({_FULL}): \W?\S*(/home/|\{{name\}})"
)
_IMAGE = (
    r"ErrImage|ImagePullBackOff|InvalidImageName|ImageInspectError|Back-off pulling image"
    r"|failed to pull (and unpack )?image|manifest for \S+ not found|manifest unknown|pull access denied"
    r"|no such image: |toomanyrequests"
)
"""Words that have no other meaning: a hook that fails may speak of images, quotas and time as well."""

_RULES = (
    # At an identity provider, whose host each of its failures names
    _of({LOGIN}, "provider-refused", failure="^login refused by the identity provider"),
    _of({LOGIN}, "provider-failed", failure="^identity provider failed"),
    # What is the same for all steps
    _of(set(), "certificate", failure="TLS certificate not trusted|TLS failed"),
    _of(set(), "redirect-loop", failure="^redirect loop"),
    # Logins
    _of({LOGIN}, "login-elsewhere", failure="^login is with another service"),
    _of({LOGIN}, "login-asks-more", failure="^login asks for more"),
    _of({LOGIN}, "login-other-name", failure="^logged in as another name"),
    _of({LOGIN}, "launch-refused", failure="^launch refused"),
    _of({LOGIN}, "login-refused", failure="^(login (refused|failed)|person's token rejected)"),
    _of({LOGIN}, "hub-away", failure=_UNANSWERED),
    _of({LOGIN}, "login-broken"),
    # What something before the hub's API answered
    _of(set(), "limit-before-hub", failure="^hub error: HTTP 429"),
    _of(set(), "refused-before-hub", failure=r"^hub error: HTTP \d+, a web page$"),
    # Starts
    _of(STARTS, "spawn-form", failure="^(spawn form not sent|not in the spawn form)"),
    _of(STARTS, "no-machine-account", said=_NO_ACCOUNT),
    _of(STARTS, "sudo-refused", said=_SUDO),
    _of(STARTS, "job-refused", said=_JOB_REFUSED),
    _of(STARTS, "job-gone", said=_JOB_GONE),
    _of(STARTS, "image-missing", said=_IMAGE),
    # Before "no room": "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims".
    _of(STARTS, "volume-failed", said=_VOLUME),
    _of(STARTS, "no-room", said=_NO_ROOM),
    _of(STARTS, "server-exits", said=_EXITED),
    _of(STARTS, "server-exits", said=_ENDED, parts=frozenset({start_parts.CONTAINER, start_parts.ANSWER})),
    _of(STARTS, "start-timeout", failure=r"^timed out|HTTP 504"),
    _of(STARTS, "start-timeout", said=TIMED_OUT),
    # Since the start
    _of(set(), "server-unreachable", failure="^server unreachable"),
    _of(set(), "session-lost", failure="^(session lost|person's token rejected)"),
    _of(set(), "servers-culled", failure="^(server was gone|server not running)"),
    # A websocket that breaks off is lost in the same way when something on the way cuts it.
    _of(set(), "hub-away", failure=rf"^(?!websocket lost).*{_UNANSWERED}"),
    _of(set(), "hub-away", failure=r"^hub error: HTTP 50[23]$"),
    _of(STARTS, "start-failures"),
    _of(set(), "websockets-refused", failure="^websocket refused"),
    _of(set(), "websockets-cut", failure="^websocket lost"),
    _of(set(), "kernel-not-installed", failure="^kernel not installed"),
    _of(set(), "kernel-died", failure="^kernel died"),
    _of(set(), "kernel-gone", failure="^kernel gone"),
    _of(set(), "lab-too-old", failure="^JupyterLab too old"),
    _of(set(), "other-start-page", failure="^not a page of JupyterLab or Notebook 7"),
    _of(set(), "files-missing", failure="^files missing"),
    _of(set(), "page-broken", failure="^page broken"),
    _of(set(), "git-pull-lost", failure="^git pull failed: the hub has not led to the link"),
    _of(set(), "git-pull-missing", failure="^git pull failed: (nbgitpuller is not installed|its page is not nb)"),
    _of(set(), "git-pull-failed", failure="^git pull failed"),
    _of({GIT_PULL}, "git-pull-failed", failure="^(timed out|hub error)"),
    _of({LAB_LOADED, PAGE_LOADED}, "files-missing", failure="^hub error: (GET |/)"),
    _of(set(), "wrong-output", failure="^(wrong output|input asked for|output cut off)"),
    _of({USER_CLASS}, "user-code"),
    _of({OWN_REQUESTS}, "user-requests"),
    _of(set(), "save-refused", failure="^save refused"),
    _of({SAVED}, "save-refused", failure="^hub error: HTTP (413|507)"),
)
"""The first rule that explains a failure counts."""


def kind_by_rules(record: Record, said: str) -> str:
    """Return the kind of the first rule that explains a failure.

    Args:
        record: A step that failed.
        said: What was said of it.
    """
    return next((rule.kind for rule in _RULES if rule.explains(record, said)), "other-failures")


def says(kind: str, text: str) -> bool:
    """Say whether a text, of a progress stream or of a failure, tells of a kind by its words."""
    return any(rule.kind == kind and rule.said and matches(rule.said, text) for rule in _RULES)
