"""What becomes of many users in one call of a documented function, with a progress bar where one is asked for."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hubusers.functions.script_client import ScriptClient
from hubusers.hub.errors import HubUsersError

_NAMES_SHOWN = 10


@contextmanager
def many(client: ScriptClient, names: list[str], doing: str, progress: bool) -> Iterator["Many"]:
    """Have a `Many` for the length of a with-block, in which Ctrl-C logs who is left.

    Args:
        client: The call's.
        names: The users; duplicates count once.
        doing: What is done for them, as in "starting servers".
        progress: Whether to show a progress bar, if somebody watches.
    """
    users = Many(client, names, _new_bar(client, len(set(names)), doing) if progress else None)
    with client.interruptible(doing, users.who_is_left):
        try:
            yield users
        finally:
            users.close()


class Many:
    """The users of one call, and what became of each so far. Made by `many`."""

    def __init__(self, client: ScriptClient, names: list[str], bar: Any) -> None:
        self._client = client
        self._found: dict[str, bool | None] = dict.fromkeys(names)
        self._bar = bar

    def settle(self, name: str, success: bool) -> None:
        """Say what finally became of a user."""
        is_new = self._found[name] is None
        self._found[name] = success
        if self._bar is not None and is_new:
            failed = list(self._found.values()).count(False)
            self._bar.set_postfix_str(f"{failed} failed" if failed else "", refresh=False)
            self._bar.update()

    def note_crash(self, name: str, crash: HubUsersError) -> None:
        """Log that the call for a user raised what it should not raise, and count this as a failure."""
        self._client.note_failure(name, crash)
        self.settle(name, False)

    def tick(self) -> None:
        """Let the progress bar show how much time has passed."""
        if self._bar is not None:
            self._bar.refresh()

    @property
    def unsettled(self) -> list[str]:
        return [name for name, success in self._found.items() if success is None]

    @property
    def results(self) -> dict[str, bool]:
        """For each name whether it was a success; False for a user of whom nothing is known."""
        return {name: bool(success) for name, success in self._found.items()}

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def who_is_left(self) -> str:
        """Return who is not settled, to go on with after what is being done."""
        left = self.unsettled
        if not left:
            return f": all {len(self._found)} are done"
        more = f" and {len(left) - _NAMES_SHOWN} more" if len(left) > _NAMES_SHOWN else ""
        names = ", ".join(left[:_NAMES_SHOWN])
        return f": {len(self._found) - len(left)} of {len(self._found)} are done, left are {names}{more}"


def _new_bar(client: ScriptClient, total: int, doing: str) -> Any:
    """Return a tqdm progress bar, or None where nobody sees it."""
    # What a cell of a notebook prints is seen as well, though it does not go to a terminal.
    if not (sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel.")):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would recommend ipywidgets
            from tqdm.auto import tqdm
    except ImportError:
        from hubusers.how_installed import this_installation

        client.log(logging.WARNING, f"no progress is shown without tqdm. {this_installation().to_add('progress')}")
        return None
    return tqdm(
        total=total, desc=doing.capitalize(), bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]"
    )
