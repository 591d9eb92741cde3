"""The names of test users, `{prefix}-{run}-{worker}-{number}`: unique on the hub, and recognisable as ours."""

import itertools
import os
import re
import secrets
import string
from collections.abc import Iterable, Iterator

DEFAULT_PREFIX = "hub-stress-test"
"""The default beginning of test users' names."""

LONGEST_NAME = 63
"""Characters: the limit of Kubernetes labels and host names, which spawners make of user names."""

RUN_ID_BEGINS_VARIABLE = "HUBUSERS_RUN_ID_BEGINS"
"""The environment variable with the beginning of the ids of all runs of a process, so that another one knows it."""

BEGINNING_LENGTH = 4
"""Characters of that beginning."""

_LETTERS = string.ascii_lowercase + string.digits
_RUN_LENGTH = 6
_ROOM_FOR_THE_REST = len("-") + _RUN_LENGTH + len("-9999-99999999")


def checked_prefix(prefix: str) -> str:
    """Return a prefix that names can begin with.

    Raises:
        ValueError: It is too long, or not made of lower-case letters and digits with hyphens between them.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", prefix):
        raise ValueError(
            f"the prefix {prefix!r} must be lower-case letters and digits, with hyphens between them, "
            f"such as {DEFAULT_PREFIX!r}"
        )
    if len(prefix) > LONGEST_NAME - _ROOM_FOR_THE_REST:
        raise ValueError(f"the prefix {prefix!r} is longer than {LONGEST_NAME - _ROOM_FOR_THE_REST} characters")
    return prefix


def random_word(length: int = _RUN_LENGTH) -> str:
    """Return random lower-case letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def new_run_id() -> str:
    """Return a short random word, so that two runs on one hub never use the same names.

    `HUBUSERS_RUN_ID_BEGINS` gives its beginning. The rest is random also then: in one process, a first server and each
    run have names of their own.

    Raises:
        ValueError: The variable has something else.
    """
    beginning = os.environ.get(RUN_ID_BEGINS_VARIABLE, "")
    if beginning and not re.fullmatch(rf"[a-z0-9]{{{BEGINNING_LENGTH}}}", beginning):
        raise ValueError(
            f"{RUN_ID_BEGINS_VARIABLE}: {beginning!r} must be {BEGINNING_LENGTH} lower-case letters and digits, "
            "such as k3x9"
        )
    return beginning + random_word(_RUN_LENGTH - len(beginning))


def checked_beginning(run_id: str) -> str:
    """Return a run's id, or its beginning.

    Raises:
        ValueError: No id begins like that, or too many could.
    """
    if not re.fullmatch(rf"[a-z0-9]{{{BEGINNING_LENGTH},{_RUN_LENGTH}}}", run_id):
        raise ValueError(
            f"{run_id!r} must be a run's id, such as k3x9qa, or its first {BEGINNING_LENGTH} characters or more"
        )
    return run_id


def names_of_run(prefix: str, run_id: str) -> str:
    """Return the beginning of the names of all users of a run."""
    return f"{prefix}-{run_id}-"


def names_of_process(prefix: str, run_id: str, worker: int) -> str:
    """Return the beginning of the names of all users of one process of a run."""
    return f"{names_of_run(prefix, run_id)}{worker}-"


def usernames(begin_with: str) -> Iterator[str]:
    """Return an endless iterator over the names of one process's users."""
    return (f"{begin_with}{number}" for number in itertools.count())


def in_order(names: Iterable[str]) -> list[str]:
    """Return names of our form in the order of their numbers, by run and worker."""

    def place(name: str) -> tuple[str, int, int]:
        of_run, worker, number = name.rsplit("-", 2)
        return of_run, int(worker), int(number)

    return sorted(names, key=place)


def is_made_up(name: str, prefix: str, run_id: str | None = None) -> bool:
    """Return whether a name has our form, with this prefix and, if `run_id` is given, of a run whose id begins so."""
    run = f"{re.escape(run_id)}[a-z0-9]*" if run_id else "[a-z0-9]+"
    return re.fullmatch(rf"{re.escape(prefix)}-{run}-\d+-\d+", name) is not None
