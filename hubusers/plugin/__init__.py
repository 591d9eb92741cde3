"""Where Locust is hooked: `from hubusers.plugin import switch_on`, in a locustfile of your own."""

import hubusers.locust_import  # noqa: F401  # first, as it decides whether gevent may patch
from hubusers.plugin.hooks import switch_on

__all__ = ["switch_on"]
