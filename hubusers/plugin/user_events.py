"""What Locust tells of the users of this process: their requests, and errors in their code."""

from locust.env import Environment

import time
from typing import Any

from hubusers.run.run import run_of
from hubusers.run.user_class import NotesCrashes


def note_request(
    environment: Environment,
    /,
    request_type: str,
    name: str,
    response_time: float,
    exception: BaseException | None,
    **_: Any,
) -> None:
    """Keep the exact time of each request; what else is counted in Locust's statistics has its own records."""
    run = run_of(environment)
    if run and request_type not in {"SERVER", "STEP"}:
        seconds = response_time / 1000
        failure = str(exception) if exception else ""
        run.results.requests.note(f"{request_type} {name}", time.time() - seconds, seconds, failure)


def note_user_error(user_instance: object, exception: Exception, **_: Any) -> None:
    """Have a person counted whom an exception in the code of the user class kept from going on."""
    # For an exception in a task, Locust names the user's task set in place of the user.
    user = getattr(user_instance, "user", user_instance)
    if isinstance(user, NotesCrashes):
        user.note_crash(exception)
