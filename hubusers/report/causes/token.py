"""Whether the hub stopped to accept the run's token in the middle of the run."""

from hubusers.results.request_log import RequestLog

TOKEN_REJECTED = "token rejected"  # noqa: S105
"""How a step fails whose request the hub refused because of the run's token."""

_REFUSED = {"HTTP 401", "HTTP 403"}
_ERROR = "HTTP 500"
_BEFORE = 10.0
"""Seconds before it was refused first: errors in this time, or later, are of the same trouble."""

_PATH = " /users"
"""In the names of requests that the run makes with its token."""


def revoked_at(requests: RequestLog) -> float | None:
    """Return when the hub first refused the run's token for good, in seconds since the epoch; None where it did not.

    A hub whose database fails refuses good tokens as well. It accepts them again later, or answers some requests with
    500.

    Args:
        requests: All requests of a run.
    """
    refused, accepted, errors = list[float](), list[float](), list[float]()
    for name in requests.names():
        if _PATH not in name:
            continue
        for began, failure, _ in requests.of(name).moments():
            if failure in _REFUSED:
                refused.append(began)
            elif failure == _ERROR:
                errors.append(began)
            elif not failure:
                accepted.append(began)
    first = min((moment for moment in refused if moment > max(accepted, default=0.0)), default=None)
    if first is None or any(moment >= first - _BEFORE for moment in errors):
        return None
    return first
