"""What a run shows and writes while it lasts: the watch of the hub, the page Hub, the run's folder."""

from typing import TYPE_CHECKING

import hubusers.locust_import  # noqa: F401  # first, as it decides whether gevent may patch
from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)
