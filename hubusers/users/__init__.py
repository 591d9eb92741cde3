"""The Locust user classes: what one simulated person does."""

import hubusers.locust_import  # noqa: F401  # first, as it decides whether gevent may patch
from hubusers.users.activity_user import ActivityUser
from hubusers.users.hub_user import HubUser
from hubusers.users.notebook_user import NotebookUser
from hubusers.users.page_user import PageUser
from hubusers.users.server_lifecycle_user import ServerLifecycleUser

__all__ = ["ActivityUser", "HubUser", "NotebookUser", "PageUser", "ServerLifecycleUser"]
