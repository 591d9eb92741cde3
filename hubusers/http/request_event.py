"""Locust's request event: each time that it is fired, Locust counts one request or one step in its statistics."""

from typing import Any

from hubusers.http.messages import Answer, Request


def count(
    event: Any,
    kind: str,
    name: str,
    seconds: float,
    error: Exception | None,
    context: dict[str, Any],
    *,
    length: int = 0,
    url: str = "",
) -> None:
    """Count a request or a step in Locust's statistics.

    Args:
        event: Locust's `environment.events.request`.
        kind: The method of a request, or the kind of a step, such as `SERVER`; the first column of Locust's table.
        name: The name of the row.
        seconds: How long it took. Locust counts in milliseconds; this is the one place that converts.
        error: Why it failed, None for a success. Locust groups failures by its text.
        context: What listeners are told of the user.
        length: Bytes of the answer's body.
        url: What was asked for.
    """
    event.fire(
        request_type=kind,
        name=name,
        response_time=seconds * 1000,
        response_length=length,
        exception=error,
        context=context,
        url=url,
    )


def count_request(
    event: Any, request: Request, answer: Answer, seconds: float, length: int, context: dict[str, Any]
) -> None:
    """Count a request under its template, as a failure unless its answer is good."""
    error = None if request.good(answer) else ValueError(answer.cause)
    count(event, request.method, request.template, seconds, error, context, length=length, url=request.url)
