"""Who comes in the next run of the web UI: the people of an event, or as many users of a class as Locust is told."""

from __future__ import annotations

from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.shape import LoadTestShape
from locust.user import User

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from hubusers.plugin import needs
from hubusers.plugin.before_run import BeforeRun
from hubusers.plugin.locust_internals import DispatchNobody


@dataclass(frozen=True)
class Choice:
    """What somebody chose."""

    event_text: str = ""  # as all processes of a run must know it; "" without an event
    user_classes: tuple[str, ...] = ()  # without an event


class WhoComes:
    """Sets what of Locust decides who comes: with an event its shape, which dispatches nobody; otherwise Locust's own.

    Args:
        environment: Locust's, with all classes of the locustfile that may come.
        before_run: Makes the settings of the runs.
        event_shape: Has Locust wait until an event is over.
    """

    def __init__(self, environment: Environment, before_run: BeforeRun, event_shape: LoadTestShape) -> None:
        self._environment = environment
        self._before_run = before_run
        self._event_shape = event_shape
        self._all_classes: dict[str, type[User]] = dict(environment.user_classes_by_name)
        self.usual_classes = tuple(each.__name__ for each in needs.usual_classes(environment))
        self._own_shape: LoadTestShape | None = environment.shape_class
        self._own_dispatcher: type[UsersDispatcher] = environment.dispatcher_class

    @property
    def known_classes(self) -> Mapping[str, type[User]]:
        """All user classes that may come, by their names."""
        return self._all_classes

    @property
    def own_shape(self) -> str:
        """The name of the locustfile's shape, which says how many users come without an event; "" without one."""
        return type(self._own_shape).__name__ if self._own_shape else ""

    @property
    def choice(self) -> Choice:
        """What was chosen last."""
        if self._before_run.event_text:
            return Choice(event_text=self._before_run.event_text)
        return Choice(user_classes=tuple(self._environment.user_classes_by_name))

    def choose(self, choice: Choice) -> None:
        """Let this be who comes from the next run on."""
        environment = self._environment
        self._before_run.event_text = choice.event_text
        names = self.known_classes if choice.event_text else choice.user_classes
        environment.user_classes = [self._all_classes[name] for name in names]
        environment.shape_class = self._event_shape if choice.event_text else self._own_shape
        environment.dispatcher_class = DispatchNobody if choice.event_text else self._own_dispatcher
        if environment.shape_class:
            environment.shape_class.runner = environment.runner

    @contextmanager
    def trying(self, choice: Choice) -> Iterator[None]:
        """Choose, for checks, and return to what was chosen before."""
        before = self.choice
        self.choose(choice)
        try:
            yield
        finally:
            self.choose(before)
