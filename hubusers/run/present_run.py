"""Where a process keeps its run: at Locust's environment, where the users find it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hubusers.run.run import Run


def set_run(environment: Any, run: Run) -> None:
    """Make `run` the present one of Locust's environment."""
    environment.hubusers_run = run


def run_of(environment: Any) -> Run | None:
    """Return the environment's present or last run; None before the first, or where the parts were not switched on."""
    run: Run | None = getattr(environment, "hubusers_run", None)
    return run
