"""Sending one HTTP request: sessions, connections, and a transport for each kind of session."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
