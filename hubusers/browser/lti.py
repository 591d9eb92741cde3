"""How people come to a hub from a course in an LMS such as Moodle or Canvas: by an LTI launch, without any password."""

from hubusers.browser import lti_1_1, lti_1_3
from hubusers.browser.browser import Browser
from hubusers.browser.hosts import SERVER_ELSEWHERE
from hubusers.browser.hub_pages import with_files
from hubusers.browser.identity import who_is_in
from hubusers.browser.login_errors import LoggedInAsAnother, login_error
from hubusers.browser.lti_errors import launch_refused
from hubusers.browser.lti_platform import AnyPlatform, Platform
from hubusers.browser.page import Page
from hubusers.browser.page_errors import is_below, loop_of
from hubusers.browser.said import HUB, answered_by
from hubusers.hub.deadline import Deadline


def launch(
    platform: AnyPlatform, browser: Browser, username: str, password: str, deadline: Deadline, *, start: str = "/"
) -> Page:
    """Come to the hub from a course, as somebody whom the platform names.

    Args:
        platform: The LMS.
        browser: The person's.
        username: The name of the person's account.
        password: Not used: nobody is asked for one.
        deadline: Until when the page must be there.
        start: The page of the hub that the course's link opens, below the hub's base URL; "/" leaves that to the hub.

    Returns:
        As `login.log_in`.

    Raises:
        LaunchRefused: The hub refuses; the text says what to do.
        LoggedInAsAnother: The hub has let the person in, under another name.
        LoginBroken: The answer is an error, or not the hub's.
        RedirectLoop: The hub, or what stands before it, leads in circles.
        WaitTimeout: The deadline has come.
        HubError: The hub did not answer.
    """
    start = "" if start == "/" else start
    if isinstance(platform, Platform):
        page = lti_1_3.launch(browser, platform, username, start, deadline)
    else:
        page = lti_1_1.launch(browser, platform, username, start, deadline)
    page = with_files(browser, page, deadline)
    if page.error.startswith(SERVER_ELSEWHERE):
        return page
    is_at_launch = is_below(browser, page.path, "/hub/lti", "/hub/lti13")
    if not page.error and is_at_launch and 400 <= page.status < 500:
        raise launch_refused(page, username, platform.version)
    if page.error or (is_at_launch and page.status >= 500):
        raise loop_of(browser, page, f"logging in as {username}") or login_error(browser, page, username, deadline)
    name = who_is_in(browser, page, username, deadline)
    if name == username:
        return page
    if name:
        raise LoggedInAsAnother(
            f"launching {username} by LTI {platform.version}: the hub says that this is {name}, by its username_key or "
            "by code of its own; write into the LTI file, under [fields], the field that it reads, with a value in "
            'which "{username}" makes the name of the account, or give accounts whose names are those of the hub '
            "(--accounts)",
            name,
            page,
            typed=True,
        )
    if not is_below(browser, page.path, "/hub") or answered_by(page) != HUB or page.status >= 500:
        raise login_error(browser, page, username, deadline)
    raise launch_refused(page, username, platform.version)
