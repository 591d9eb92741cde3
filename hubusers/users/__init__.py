"""The Locust user classes: what one simulated person does."""

from typing import TYPE_CHECKING

import hubusers.locust_import  # noqa: F401  # first, as it decides whether gevent may patch
from hubusers.late_files import file_of

if not TYPE_CHECKING:
    __getattr__ = file_of(__name__)  # before the classes, whose files name others of this folder

from hubusers.users.activity_user import ActivityUser
from hubusers.users.hub_user import HubUser
from hubusers.users.notebook_user import NotebookUser
from hubusers.users.page_user import PageUser
from hubusers.users.server_lifecycle_user import ServerLifecycleUser

__all__ = ["ActivityUser", "HubUser", "NotebookUser", "PageUser", "ServerLifecycleUser"]
