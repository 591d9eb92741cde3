"""One process's share of a run: who comes next, what they do, what was measured."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
