"""Locust's web UI with the page Hub, of a run that is made up."""

from locust import User
from locust.env import Environment
from locust.web import WebUI

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gevent

from hubusers.local.ports import free_port
from hubusers.plugin.web_pages import add_hub_page


class Nobody(User):
    def do_nothing(self) -> None:
        """Locust wants a task."""

    tasks = [do_nothing]  # noqa: RUF012  # as Locust has it


class State:
    """What a run would say of itself, and what it was asked."""

    def __init__(self, **answer: Any) -> None:
        self.answer = answer
        self.asked: list[float] = []

    def __call__(self, after: float) -> dict[str, Any]:
        self.asked.append(after)
        return self.answer


def make_web_ui(
    state: State,
    port: int = 0,
    report: Callable[[], Path | None] = lambda: None,
    note_look: Callable[[float], None] = lambda _: None,
    **options: Any,
) -> WebUI:
    environment = Environment(user_classes=[Nobody], host="https://hub.example.org")
    environment.create_local_runner()
    web_ui = environment.create_web_ui("127.0.0.1", port, delayed_start=True, **options)
    add_hub_page(web_ui, state, report, note_look)
    return web_ui


@contextmanager
def served(
    state: State, runner_state: str = "running", stopped: Callable[[], None] | None = None, **options: Any
) -> Iterator[str]:
    """Serve the web UI of a made-up run; yields its URL, with a slash at the end.

    Args:
        state: What the run would say of itself.
        runner_state: As Locust calls it.
        stopped: Called in place of the runner's `stop`.
        options: More arguments of `make_web_ui`.
    """
    port = free_port()
    web_ui = make_web_ui(state, port, **options)
    runner = web_ui.environment.runner
    assert runner
    runner.state = runner_state
    if stopped:
        runner.stop = stopped  # type: ignore[method-assign]
    web_ui.start()
    while not (web_ui.server and web_ui.server.started):  # before that it cannot be stopped
        gevent.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}{options.get('web_base_path', '')}/"
    finally:
        web_ui.stop()
        runner.quit()
