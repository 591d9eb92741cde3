"""The Locust user classes: what one simulated person does."""

from hubusers.users.base import HubUser
from hubusers.users.lifecycle import ServerLifecycleUser

__all__ = ["HubUser", "ServerLifecycleUser"]
