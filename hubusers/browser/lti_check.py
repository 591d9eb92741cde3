"""Whether a hub takes the launches of an LMS, as far as that can be told without making an account on it."""

from hubusers.browser import lti_1_1, lti_1_3
from hubusers.browser.browser import Browser
from hubusers.browser.lti_errors import LaunchRefused, launch_refused
from hubusers.browser.lti_platform import AnyPlatform, Platform
from hubusers.hub.deadline import Deadline

_SOMEBODY = "hubusers-check"
"""Whom the LMS names when it begins a login, which is not gone through with."""


def look_at_launches(browser: Browser, platform: AnyPlatform, deadline: Deadline) -> tuple[str, str]:
    """Ask a hub whether it takes launches, and ask for no login.

    Args:
        browser: One that is not logged in.
        platform: The LMS.
        deadline: Until when the hub must have answered.

    Returns:
        What it takes, a phrase to be read after "launches"; and why it cannot work, a sentence without its full stop,
        or the empty string.
    """
    by = f"by LTI {platform.version}, as from {platform.lms.capitalize()}"
    try:
        if isinstance(platform, Platform):
            target = browser.url_of(f"{browser.base}/hub")
            browser.come_from(platform.address)
            fields = lti_1_3.initiation(platform, _SOMEBODY, target)
            page = browser.post_form(browser.base + lti_1_3.INITIATION_PATH, fields, deadline=deadline)
            if 300 <= page.status < 400:
                lti_1_3.asked_by(page, platform, browser.url_of(f"{browser.base}/hub/"))
                return f"{by}: the hub asks this platform; whether it has its key, the first login shows", ""
        else:
            page = browser.get(browser.base + lti_1_1.LAUNCH_PATH, deadline=deadline)
            if page.status == 405:  # it takes forms only
                return f"{by}: taken; whether the secret is the hub's, the first login shows", ""
        if page.error:
            return (
                "not known: the hub did not answer",
                "the hub did not answer the question for it",
            )
        raise launch_refused(page, _SOMEBODY, platform.version)
    except LaunchRefused as refused:
        return f"{by}: refused", refused.detail
