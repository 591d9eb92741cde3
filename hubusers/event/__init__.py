"""The event that a run rehearses, as one file says it: who comes, when, for how long, and what must hold."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
