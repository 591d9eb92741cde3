"""What a locustfile switches on, before Locust has read its options.

Every `locust --list` and `locust --help` comes this far, so all that only a run needs is imported when Locust is ready
for one: `hubusers.plugin.on_init`.
"""

from locust import events as locust_events
from locust.event import Events

import contextlib
import resource
import sys
from typing import Any

from gevent.event import Event

from hubusers.exit_codes import EXIT_INTERRUPTED
from hubusers.locust_import import check_is_patched
from hubusers.plugin.locust_internals import hold_messages_until, leave_sigterm_to_us, look_up_no_caller
from hubusers.plugin.open_telemetry import OpenTelemetry
from hubusers.plugin.terminal import be_quiet
from hubusers.settings.options import add_options
from hubusers.users.switched_on import SWITCHED_ON

_LISTENING = Event()
"""Set when hubusers answers to Locust's events, and to the messages between processes."""


def switch_on(events: Events = locust_events) -> None:
    """Switch on, in a locustfile, all that a run needs beside its users: options, check of the hub, names, clean-up,
    the page Hub, events, the report.

    Several locustfiles of one run may each call it; it does so once.

    Args:
        events: Locust's; by default those of the `locust` command.

    Raises:
        RuntimeError: Users cannot run in this process, such as the kernel of a notebook.
    """
    check_is_patched()
    if events in SWITCHED_ON:
        return
    SWITCHED_ON.add(events)
    _allow_many_connections()
    hold_messages_until(_LISTENING)
    leave_sigterm_to_us()
    look_up_no_caller()
    be_quiet()
    open_telemetry = OpenTelemetry()

    def on_init(**what_locust_made: Any) -> None:
        try:
            from hubusers.plugin.on_init import listen
        except KeyboardInterrupt:  # of which Locust would show a traceback
            sys.exit(EXIT_INTERRUPTED)
        listen(open_telemetry, **what_locust_made)
        _LISTENING.set()

    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(on_init)


def _allow_many_connections() -> None:
    # Locust asks for 10,000 open files; each user has a connection, and may be one of more than that.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # a system may allow less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
