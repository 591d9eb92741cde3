"""What a run shows and writes while it lasts: the watch of the hub, the page Hub, the run's folder."""

import hubusers.locust_import  # noqa: F401  # first, as it decides whether gevent may patch
