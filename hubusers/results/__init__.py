"""What a run measured: in memory while it lasts, and in its folder afterwards."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
