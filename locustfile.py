"""What Locust loads: who comes to the hub, and the parts of a run that surround them.

Without a user class's name on the command line it is `ServerLifecycleUser`s who come.
"""

from hubusers.plugin import switch_on
from hubusers.users import ActivityUser, NotebookUser, ServerLifecycleUser

switch_on()

__all__ = ["ActivityUser", "NotebookUser", "ServerLifecycleUser"]
