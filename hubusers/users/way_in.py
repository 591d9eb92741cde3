"""How people with a browser log in: by the hub's form, or by a launch from an LMS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hubusers.browser import login
from hubusers.settings.access import SettingsError

if TYPE_CHECKING:
    from hubusers.accounts.account import Account
    from hubusers.browser.lti_platform import AnyPlatform
    from hubusers.browser.page import Page
    from hubusers.settings.settings import Settings


def platform_of(settings: Settings) -> AnyPlatform | None:
    """Return the LMS from which people come; None where they do not come from one.

    Raises:
        SettingsError: Its file cannot be used.
    """
    if not settings.lti_file:
        return None
    from hubusers.browser.lti_platform import PlatformError, read_platform

    try:
        return read_platform(settings.lti_file)
    except PlatformError as error:
        raise SettingsError(str(error)) from None


def way_in(platform: AnyPlatform | None, account: Account) -> Callable[..., Page]:
    """Return what logs a person in, which is called as `login.log_in`."""
    if platform is None:
        return partial(login.log_in, typed=account.login)
    from hubusers.browser.lti import launch

    return partial(launch, platform)
