"""Where Locust is hooked: `from hubusers.plugin import switch_on`, in a locustfile of your own."""

import sys

try:
    import hubusers.locust_import  # noqa: F401  # first, as it decides whether gevent may patch
    from hubusers.plugin.hooks import switch_on
except KeyboardInterrupt:  # imports take a while, and Locust shows a traceback of Ctrl-C until they are done
    sys.exit(130)

__all__ = ["switch_on"]
