"""The Locust user classes: what one simulated person does."""

from hubusers.users.activity import ActivityUser
from hubusers.users.base import HubUser
from hubusers.users.lifecycle import ServerLifecycleUser
from hubusers.users.notebook import NotebookUser

__all__ = ["ActivityUser", "HubUser", "NotebookUser", "ServerLifecycleUser"]
