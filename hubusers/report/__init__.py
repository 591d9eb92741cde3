"""The answer of a finished run: its verdict, what limited it, charts and tables; and the comparison of two runs."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
