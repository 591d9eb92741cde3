"""Locust's web UI with its guard, which starts and stops nothing but notes that it should."""

from locust import User
from locust.env import Environment

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import gevent
import requests

from hubusers.local.ports import free_port
from hubusers.plugin.locust_internals import fields_of_start
from hubusers.plugin.web_guard import guard
from hubusers.plugin.web_pages import add_hub_page

FORM = {"user_count": "1", "spawn_rate": "1"}


class Nobody(User):
    def do_nothing(self) -> None:
        """Locust wants a task."""

    tasks = [do_nothing]  # noqa: RUF012  # as Locust has it


class Served:
    """A web UI whose runner only notes what it is told.

    Args:
        url: With a slash at the end.
        runner: What notes it.
        fields: Of its form, as far as we know.
    """

    def __init__(self, url: str, runner: mock.Mock, fields: set[str]) -> None:
        self.url, self.runner, self.fields = url, runner, fields

    def post(self, path: str, headers: dict[str, str]) -> requests.Response:
        data = '{"user_class_name": "Nobody", "weight": 1}' if path == "user" else FORM
        answer = requests.post(f"{self.url}{path}", data=data, headers=headers, timeout=10)
        gevent.sleep(0)  # Locust starts a test in a greenlet
        return answer

    @property
    def was_told(self) -> bool:
        return bool(self.runner.start.called or self.runner.stop.called or self.runner.stats.reset_all.called)


@contextmanager
def served(web_host: str = "127.0.0.1", web_url: str = "", web_base_path: str = "") -> Iterator[Served]:
    environment = Environment(user_classes=[Nobody], available_user_classes={"Nobody": Nobody})  # type: ignore[dict-item]
    environment.available_user_tasks = {"Nobody": Nobody.tasks}
    environment.create_local_runner()
    runner = environment.runner
    assert runner
    port = free_port()
    told = mock.Mock()
    with (
        mock.patch("sys.argv", ["locust"]),  # Locust's page reads it, and pytest's options are not Locust's
        mock.patch.object(runner, "start", told.start),
        mock.patch.object(runner, "stop", told.stop),
        mock.patch.object(runner.stats, "reset_all", told.stats.reset_all),
    ):
        web_ui = environment.create_web_ui("127.0.0.1", port, delayed_start=True, web_base_path=web_base_path or None)
        guard(web_ui, web_host, web_url)
        add_hub_page(web_ui, lambda after: {})
        web_ui.start()
        while not (web_ui.server and web_ui.server.started):  # before that it cannot be stopped
            gevent.sleep(0.01)
        try:
            yield Served(f"http://127.0.0.1:{port}{web_base_path}/", told, set(fields_of_start(web_ui)))
        finally:
            web_ui.stop()
    runner.quit()
