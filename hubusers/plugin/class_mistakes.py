"""Mistakes in the code of user classes that can be seen before a run, and that would make the run say nothing true."""

from locust.user import User

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hubusers.run.user_class import HubUserClass
from hubusers.settings.access import SettingsError

_CALLED_BY_LOCUST = ("on_start", "on_stop", "wait_time")

_OURS = ("hubusers", "locust")
"""The packages whose user classes others derive theirs from."""


def check_code(user_classes: Iterable[type[User]]) -> None:
    """Raise SettingsError where a class has code that Locust would never run, or hides a name that it needs itself.

    Args:
        user_classes: Those that may come.
    """
    for user_class in user_classes:
        for owner, name, code in _run_by_locust(user_class):
            if why := _why_never_run(code):
                raise SettingsError(f"{name} of {owner.__name__} {why}")
        if isinstance(user_class, HubUserClass):
            for owner, name in _hidden(user_class):
                raise SettingsError(
                    f"{owner.__name__}.{name} hides what each HubUser has under that name, and is not like it: give it "
                    "another name."
                )


def _run_by_locust(owner: Any) -> Iterator[tuple[type, str, Callable[..., Any]]]:
    """Yield what Locust calls of a class and of the task sets in it: the class, what it is, and the code."""
    for name in _CALLED_BY_LOCUST:
        if callable(code := getattr(owner, name, None)):
            yield owner, name, code
    for task in dict.fromkeys(owner.tasks):
        if inspect.isclass(task):
            yield from _run_by_locust(task)
        else:
            yield owner, f"The task {getattr(task, '__name__', task)}", task


def _why_never_run(code: Callable[..., Any]) -> str:
    while isinstance(code, functools.partial):
        code = code.func
    if inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
        return "is `async def`, which Locust calls and never runs: write `def`, without `await`."
    if inspect.isgeneratorfunction(code):
        return "has a `yield`, so that Locust calls it and never runs it: remove the `yield`."
    return ""


def _hidden(user_class: type) -> Iterator[tuple[type, str]]:
    """Yield each name of a class, or of one that it is derived from, that hides something else of a HubUser."""
    bases = user_class.__mro__
    for place, owner in enumerate(bases):
        if _is_ours(owner):
            continue
        ours = [vars(base) for base in bases[place + 1 :] if _is_ours(base)]
        for name, value in vars(owner).items():
            hidden = next((base[name] for base in ours if name in base), None)
            if not name.startswith("__") and hidden is not None and not _can_replace(value, hidden):
                yield owner, name


def _is_ours(owner: type) -> bool:
    return owner.__module__.partition(".")[0] in _OURS


def _can_replace(value: Any, hidden: Any) -> bool:
    """Say whether something can be used like what it hides: called with as many arguments, if that is a method."""
    if isinstance(hidden, property):
        return isinstance(value, property | functools.cached_property)
    if isinstance(hidden, classmethod | staticmethod):
        return type(value) is type(hidden) and _can_replace(value.__func__, hidden.__func__)
    if not callable(hidden):
        return not isinstance(value, property | classmethod | staticmethod) and not inspect.isfunction(value)
    parameters = inspect.signature(hidden).parameters.values()
    places = [one for one in parameters if one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}]
    names = [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    if isinstance(value, staticmethod):
        places = places[1:]
    if isinstance(value, classmethod | staticmethod):
        value = value.__func__
    if not callable(value):
        return False
    try:
        inspect.signature(value).bind(*places, **dict.fromkeys(names))
    except TypeError:
        return False
    return True
