"""Where Locust is hooked: `from hubusers.plugin import switch_on`, in a locustfile of your own."""

import gc
import sys
from typing import TYPE_CHECKING

from hubusers.exit_codes import EXIT_INTERRUPTED

try:
    import hubusers.locust_import  # noqa: F401  # first, as it decides whether gevent may patch
    from hubusers.late_files import file_of

    # What Locust has imported stays. To look through it for garbage, as the next imports would make Python do, takes as
    # long as all of them.
    gc.freeze()

    if not TYPE_CHECKING:
        __getattr__ = file_of(__name__)
    from hubusers.plugin.hooks import switch_on
except KeyboardInterrupt:  # imports take a while, and Locust shows a traceback of Ctrl-C until they are done
    sys.exit(EXIT_INTERRUPTED)

__all__ = ["switch_on"]
