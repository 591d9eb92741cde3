"""A launch by LTI 1.1: the form by which an LMS sends somebody to a hub, signed with the secret that both have.

As in IMS's LTI Implementation Guide 1.1.1, and in what Moodle 4.5 (`mod/lti/locallib.php`) and Canvas (its parameter
documentation for LTI 1.1) send. The hub's side is jupyterhub-ltiauthenticator 1.6.
"""

from urllib.parse import parse_qsl

from hubusers.browser.browser import Browser
from hubusers.browser.lti_platform import Lms, ToolConsumer
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline

LAUNCH_PATH = "/hub/lti/launch"

_COURSE = "Rehearsal"


def launch(browser: Browser, platform: ToolConsumer, username: str, start: str, deadline: Deadline) -> Page:
    """Click on the hub's link in a course: send the signed form, and follow where the hub leads.

    Args:
        browser: The person's.
        platform: Who signs.
        username: The name that the hub is to read in whichever field it looks at.
        start: The page of the hub that is wanted next, below its base URL; "" to leave that to the hub.
        deadline: Until when the page must be there.

    Returns:
        The page to which that led, whatever it says.
    """
    path = browser.base + LAUNCH_PATH
    browser.come_from(platform.address)
    form = signed_form(browser.url_of(path), platform, username, browser.base + start if start else "")
    return browser.post_form(path, form, deadline=deadline)


def signed_form(url: str, platform: ToolConsumer, username: str, next_page: str = "") -> list[tuple[str, str]]:
    """Return the fields of a launch, with their signature.

    Args:
        url: Where the form goes, as the hub sees it.
        platform: Who signs.
        username: As for `launch`.
        next_page: The path that is wanted next, if any.
    """
    import oauthlib.oauth1

    fields = {**_fields(platform.lms, username), **platform.fields_of(username), "oauth_callback": "about:blank"}
    if next_page:
        fields["custom_next"] = next_page
    client = oauthlib.oauth1.Client(
        platform.consumer_key,
        client_secret=platform.shared_secret,
        signature_type=oauthlib.oauth1.SIGNATURE_TYPE_BODY,
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    _, _, body = client.sign(url, http_method="POST", body=fields, headers=kind)
    return parse_qsl(body, keep_blank_values=True)


def _fields(lms: Lms, username: str) -> dict[str, str]:
    common = {
        "lti_message_type": "basic-lti-launch-request",
        "lti_version": "LTI-1p0",
        "resource_link_id": "1",
        "resource_link_title": "JupyterHub",
        "user_id": username,
        "roles": "Learner",
        "context_id": "1",
        "context_label": _COURSE,
        "context_title": _COURSE,
        "lis_person_name_given": "Test",
        "lis_person_name_family": "Learner",
        "lis_person_name_full": "Test Learner",
        "lis_person_contact_email_primary": username,
        "lis_person_sourcedid": username,
        "launch_presentation_locale": "en",
        "launch_presentation_document_target": "window",
        "tool_consumer_instance_guid": "hubusers.invalid",
        "tool_consumer_instance_name": "hubusers",
    }
    return common | (_of_canvas(username) if lms == "canvas" else _of_moodle(username))


def _of_moodle(username: str) -> dict[str, str]:
    return {
        "context_type": "CourseSection",
        "ext_lms": "moodle-2",
        "ext_user_username": username,
        "launch_presentation_return_url": "https://hubusers.invalid/mod/lti/return.php?course=1",
        "tool_consumer_info_product_family_code": "moodle",
        "tool_consumer_info_version": "2024100700",
        "tool_consumer_instance_description": "hubusers",
    }


def _of_canvas(username: str) -> dict[str, str]:
    return {
        "custom_canvas_api_domain": "hubusers.invalid",
        "custom_canvas_course_id": "1",
        "custom_canvas_enrollment_state": "active",
        "custom_canvas_user_id": username,
        "custom_canvas_user_login_id": username,
        "custom_canvas_workflow_state": "available",
        "ext_roles": "urn:lti:instrole:ims/lis/Student,urn:lti:role:ims/lis/Learner,urn:lti:sysrole:ims/lis/User",
        "launch_presentation_return_url": "https://hubusers.invalid/courses/1/external_content/success/external_tool",
        "tool_consumer_info_product_family_code": "canvas",
        "tool_consumer_info_version": "cloud",
    }
