"""The locustfile: the user classes that Locust can run, with hubusers' options, checks, reports and clean-up.

If no user class is named on the command line, the users are `ServerLifecycleUser`s.
"""

from hubusers.plugin import switch_on
from hubusers.users import ActivityUser, NotebookUser, PageUser, ServerLifecycleUser

switch_on()

__all__ = ["ActivityUser", "NotebookUser", "PageUser", "ServerLifecycleUser"]
