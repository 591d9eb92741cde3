"""JupyterHub's REST API: requests, what their answers mean, and waiting for servers."""

from typing import TYPE_CHECKING

from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
