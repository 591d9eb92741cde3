"""The options of a run, the settings made of them, and the check that the hub can be tested with them."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
