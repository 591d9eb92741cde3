"""The start form: its fields, what they begin with, and the run that somebody asks for with it."""

import argparse
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubusers.durations import in_words, seconds_above_zero
from hubusers.event.file import parse_event
from hubusers.event.offered import Offer, key_of, offered
from hubusers.plugin.event_preview import Preview, cannot_be_rehearsed, preview
from hubusers.plugin.form_options import OFFERED, with_form
from hubusers.plugin.starter import CheckStopped, Order, Starter
from hubusers.plugin.web_form import refuse_another_hub
from hubusers.plugin.who_comes import Choice
from hubusers.settings.access import SettingsError, endpoint_of
from hubusers.settings.options import OPTIONS
from hubusers.settings.readers import factor
from hubusers.settings.settings import text_of_event

USERS, EVENT = "users", "event"
"""What can run: the values of the field `what`."""

FIELDS = ("what", "host", "user_class", "num_users", "spawn_rate", "run_time", "event", "time_scale")
"""The fields of the form beside those of the options."""

ALL_CLASSES = ""
"""The value of the field `user_class` for all of those that come when nobody chooses one."""


@dataclass(eq=False)
class Mistakes(Exception):
    """The form cannot be used as it is.

    Args:
        by_field: What is wrong, by the names of the fields.
        general: What is wrong with none of them; "" for nothing.
        was_stopped: Whether nothing is wrong, but somebody has stopped the check.
    """

    by_field: dict[str, str] = field(default_factory=dict)
    general: str = ""
    was_stopped: bool = False

    @classmethod
    def of(cls, error: Exception | None) -> "Mistakes":
        """Return what an error says, which may know the field that it is about; None: nothing."""
        if isinstance(error, SettingsError) and error.field:
            return cls({error.field: str(error)})
        return cls(general=str(error) if error else "", was_stopped=isinstance(error, CheckStopped))


class StartForm:
    """Reads the form, for the web UI of the process that conducts the runs.

    Args:
        starter: Starts the runs.
        folder: In which Locust was started; its event files are offered.
    """

    def __init__(self, starter: Starter, folder: Path) -> None:
        self.starter = starter
        self.folder = folder
        who_comes, control = starter.who_comes, starter.control
        self._given_host = control.environment.host
        self._given_event = str(OPTIONS["event_file"].value(control.options))
        self._usual_classes = who_comes.usual_classes

    @property
    def known_host(self) -> str:
        """The hub, where it is known already; "" where the form asks for it."""
        return self._given_host or ""

    @property
    def classes(self) -> dict[str, str]:
        """The choices of the field `user_class`, and how they are shown."""
        usual = self._usual_classes
        all_of_them = {ALL_CLASSES: f"{', '.join(usual)} (by their weights)"} if len(usual) > 1 else {}
        return all_of_them | {name: name for name in self.starter.who_comes.known_classes}

    @property
    def standing_title(self) -> str:
        """The title of the event that Locust's own START rehearses; "" without one."""
        text = self.starter.who_comes.choice.event_text
        return parse_event(text, "The event").title if text else ""

    def events(self) -> dict[str, Offer]:
        """Return the events that can be chosen, by the values of the field `event`."""
        return offered(self.folder, self._given_event)

    def untouched(self, events: Mapping[str, Offer]) -> dict[str, str]:
        """Return what the form begins with: what stands, from the start of Locust or from the last run."""
        options, choice = self.starter.control.options, self.starter.who_comes.choice
        stands = {
            name: ("on" if held else "") if option.read is None else str(held) or option.default
            for name, option, held in ((name, option, getattr(options, name)) for name, option in OFFERED.items())
        }
        classes = choice.user_classes or self._usual_classes
        first_usable = next(key for key, offer in events.items() if not offer.mistakes)  # ready-made ones always are
        return stands | {
            "what": EVENT if choice.event_text else USERS,
            "host": self.starter.control.environment.host or "",
            "user_class": classes[0] if len(classes) == 1 else ALL_CLASSES,
            "num_users": str(options.num_users or 1),
            "spawn_rate": f"{options.spawn_rate or 1:g}",
            "run_time": in_words(options.run_time).replace(" ", "") if options.run_time else "",
            "event": key_of(options.event, dict(events)) or first_usable,
            "time_scale": str(options.time_scale or ""),
        }

    def preview(self, form: Mapping[str, str], events: Mapping[str, Offer]) -> Preview:
        """Return what to show of the event that is chosen in the form."""
        try:
            return preview(self._event_text(form, events), self.starter.who_comes.known_classes)
        except SettingsError as error:
            return cannot_be_rehearsed(error)

    def order(self, form: Mapping[str, str]) -> Order:
        """Return the run that the form asks for.

        Raises:
            Mistakes: It cannot be used; all that is wrong is in there.
        """
        mistakes = Mistakes()
        if others := form.keys() - {*FIELDS, *OFFERED}:
            raise Mistakes(general=f"The form has no such field: {', '.join(sorted(others))}.")
        has_event = form.get("what") == EVENT
        options = argparse.Namespace(**vars(self.starter.control.options))
        choice, host = Choice(), form.get("host", "").strip() or self.starter.control.environment.host
        with _kept_in(mistakes, "host"):
            endpoint_of(host)
            refuse_another_hub(host, self._given_host)
        with _kept_in(mistakes, "event" if has_event else "user_class"):
            choice = self._event(form, options) if has_event else self._users(form, options, mistakes)
        for name, option in OFFERED.items():
            if has_event and option.decided_by_event:
                continue
            with _kept_in(mistakes, name):
                # A switch that is off is not posted.
                text = {name: form.get(name, "")} if option.read is None or name in form else {}
                setattr(options, name, getattr(with_form(options, text, has_event=False), name))
        order = Order(choice, host, options)
        if not mistakes.by_field:
            with _kept_in(mistakes, ""):
                self.starter.settings_of(order)
        if mistakes.by_field or mistakes.general:
            raise mistakes
        return order

    def _event(self, form: Mapping[str, str], options: argparse.Namespace) -> Choice:
        events = self.events()
        text = self._event_text(form, events)
        options.event, options.time_scale = events[form["event"]].path, form.get("time_scale", "").strip()
        return Choice(event_text=text)

    def _event_text(self, form: Mapping[str, str], events: Mapping[str, Offer]) -> str:
        """Return the text of the chosen event. No path from outside is opened: the form has keys of what is offered."""
        scale = _read(form, "time_scale", factor) if form.get("time_scale", "").strip() else None
        offer = events.get(form.get("event", ""))
        if offer is None:
            raise SettingsError("Choose one of the events that are listed; this one is not there any more.", "event")
        text = text_of_event(offer.path)
        if scale is None:
            return text
        try:
            return text_of_event(offer.path, scale)
        except SettingsError:  # without the scale it is usable
            raise SettingsError(f"A time scale of {scale:g} is not possible: 0.01 to 10,000.", "time_scale") from None

    def _users(self, form: Mapping[str, str], options: argparse.Namespace, mistakes: Mistakes) -> Choice:
        for name, read in () if self.starter.who_comes.own_shape else _READERS.items():
            with _kept_in(mistakes, name):
                setattr(options, name, _read(form, name, read))
        chosen = form.get("user_class", ALL_CLASSES)
        if chosen == ALL_CLASSES:
            return Choice(user_classes=self._usual_classes)
        if chosen not in self.starter.who_comes.known_classes:
            raise SettingsError("Choose one of the user classes that are listed.", "user_class")
        return Choice(user_classes=(chosen,))


@contextmanager
def _kept_in(mistakes: Mistakes, name: str) -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        if error.field or name:
            mistakes.by_field[error.field or name] = str(error)
        else:
            mistakes.general = str(error)


def _read(form: Mapping[str, str], name: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(form.get(name, "").strip())
    except ValueError as error:
        text = str(error)
        raise SettingsError(f"{text[0].upper()}{text[1:]}.", name) from None


def _users(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{text!r} must be a whole number, 1 or more")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise ValueError(f"{text!r} must be a number above 0, such as 10 for ten new users in a second")
    return rate


def _run_time(text: str) -> int | None:
    return math.ceil(seconds_above_zero(text)) if text else None  # Locust's own form reads whole seconds only


_READERS: dict[str, Callable[[str], Any]] = {"num_users": _users, "spawn_rate": _rate, "run_time": _run_time}
