"""Whether Locust ended by itself, or somebody's own code ended it; for `hubusers run`, which begins Locust."""

import os
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from hubusers.exit_codes import EXIT_CANNOT_TEST, EXIT_LEFT_BEHIND

_MAY_END_IT = {"locust", "locust_cloud", "hubusers", "argparse", "configargparse"}
"""The packages that may end the process with exit code 0. argparse does so after it has shown the help."""

_WHO = "The locustfile, or what it imports,"


class OwnExits:
    """Keeps an exit in a locustfile, or in what it imports, from passing for a run where all was well.

    `os._exit` is replaced, because nothing else notices it. It ends the process at once, so a run is not cleaned up.
    """

    def __init__(self) -> None:
        self._is_ready = False
        self._code: int | None = None
        self._process, self._end_at_once = os.getpid(), os._exit
        os._exit = self._exit

    def note_ready(self, **_: Any) -> None:
        """Take notice that Locust has read everything: for its event `init`."""
        self._is_ready = True

    def note_end(self, exit_code: int, **_: Any) -> None:
        """Take notice that Locust has ended all in order: for its event `quit`.

        Args:
            exit_code: Locust's.
        """
        self._code = exit_code

    def check(self, error: BaseException) -> None:
        """End the process with a sentence and exit code 2 where a locustfile, or what it imports, has ended Locust as
        if all was well, or with a text; or where it cannot be imported.

        After the end of a run, the process ends with the run's exit code.

        Args:
            error: What Locust's `main` raised.

        Raises:
            SystemExit: There was no run, or not a whole one; or there was one, and it ended with this code.
        """
        frame, line = list(traceback.walk_tb(error.__traceback__))[-1]
        if isinstance(error, SystemExit):
            is_number = isinstance(error.code, int)
            if (error.code and is_number) or _package_of(frame) in _MAY_END_IT:
                return
            if error.code and not is_number:
                print(error.code, file=sys.stderr)
            if self._code is not None:
                sys.exit(self._code)
            what = "so there was no run, or not a whole one" if self._is_ready else "so there was no run"
            _say(f"{_WHO} has ended Locust ({_place(frame, line)}), {what}. Remove that exit.")
            sys.exit(EXIT_CANNOT_TEST)
        if not self._is_ready:
            traceback.print_exception(error)
            said = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
            _say(f"The locustfile cannot be imported, so there was no run: {said.rstrip('.')}.")
            sys.exit(EXIT_CANNOT_TEST)

    def _exit(self, status: int) -> NoReturn:
        """Do what `os._exit` does, but for 0 in this process, which would say that all was well."""
        if status == 0 and os.getpid() == self._process:  # a forked process is somebody else's
            status = self._own_code(sys._getframe(1)) if self._code is None else self._code
            sys.stdout.flush()
        self._end_at_once(status)

    def _own_code(self, frame: FrameType) -> int:
        ended = f"{_WHO} has ended Locust by os._exit ({_place(frame, frame.f_lineno)})"
        if not self._is_ready:
            _say(f"{ended}, so there was no run. Remove that exit.")
            return EXIT_CANNOT_TEST
        _say(
            f"{ended}, so there was no run, or not a whole one. What it made may be left on the hub: hubusers purge "
            "removes it. Remove that exit."
        )
        return EXIT_LEFT_BEHIND


def _package_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


def _place(frame: FrameType, line: int) -> str:
    return f"{Path(frame.f_code.co_filename).name}, line {line}"


def _say(sentence: str) -> None:
    print(f"Error: {sentence}", file=sys.stderr, flush=True)
