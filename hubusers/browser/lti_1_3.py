"""A launch by LTI 1.3: an LMS begins a login, the hub asks it who that is, and it answers with a token that it signs.

As in IMS's LTI 1.3 core specification and its security framework 1.0, and in what Moodle 4.5 and Canvas send. Nothing
is asked of any LMS: the person's browser, which reads what the hub asks, gives the answer of the platform. The hub's
side is jupyterhub-ltiauthenticator 1.6.
"""

import time
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from hubusers.browser.browser import Browser
from hubusers.browser.lti_errors import LaunchRefused
from hubusers.browser.lti_platform import Lms, Platform
from hubusers.browser.page import Page
from hubusers.hub.deadline import Deadline

INITIATION_PATH = "/hub/lti13/oauth_login"

_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
_CUSTOM = "custom_"
"""How names of fields begin that are in the claim `custom`, as in LTI 1.1 and in the hub's `username_key`."""

_VALID_FOR = 60
"""Seconds, as Moodle has it."""

_COURSE = "Rehearsal"


def launch(browser: Browser, platform: Platform, username: str, start: str, deadline: Deadline) -> Page:
    """Click on the hub's link in a course: begin the login, answer what the hub asks, and follow where it leads.

    Args:
        browser: The person's.
        platform: Who signs.
        username: The name that the hub is to read in whichever field it looks at.
        start: The page of the hub that is wanted next, below its base URL; "" to leave that to the hub.
        deadline: Until when the page must be there.

    Returns:
        The page to which that led, whatever it says.

    Raises:
        LaunchRefused: What the hub asks is not what this platform answers.
    """
    path = browser.base + INITIATION_PATH
    target = browser.url_of(f"{browser.base}/hub") + (f"?next={quote(browser.base + start, safe='')}" if start else "")
    browser.come_from(platform.address)
    page = browser.post_form(path, initiation(platform, username, target), deadline=deadline)
    if not 300 <= page.status < 400:
        return page
    asked = asked_by(page, platform, browser.url_of(browser.base + "/hub/"))
    token = id_token(platform, username, target, asked["nonce"])
    browser.come_from(platform.address)
    answer = [("id_token", token), ("state", asked["state"])]
    return browser.post_form(urlsplit(asked["redirect_uri"]).path, answer, deadline=deadline)


def initiation(platform: Platform, username: str, target: str) -> dict[str, str]:
    """Return the fields of the form by which an LMS begins a login.

    Args:
        platform: The LMS.
        username: As for `launch`.
        target: The URL that is wanted.
    """
    fields = {
        "iss": platform.issuer,
        "target_link_uri": target,
        "login_hint": username,
        "lti_message_hint": "1",
        "client_id": platform.client_id,
        "lti_deployment_id": platform.deployment_id,
    }
    return fields | ({"canvas_region": "not_configured"} if platform.lms == "canvas" else {})


def asked_by(page: Page, platform: Platform, hub: str) -> dict[str, str]:
    """Return what a hub asks a platform, in the address to which it sends somebody.

    Args:
        page: The hub's answer.
        platform: The platform.
        hub: The URL below which the hub is, as people see it.

    Raises:
        LaunchRefused: It is not what the platform answers; the text says what to set.
    """
    address, _, query = (page.headers.get("Location") or "").partition("?")
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    wanted = platform.authorize_url.partition("?")[0]
    doing = "launching by LTI 1.3"
    if address != wanted:
        raise LaunchRefused(
            f"{doing}: the hub sends people to {address or 'no platform'}, and not to {wanted}: give the hub the lines "
            "that `hubusers lti FILE` prints",
            cause="the hub knows another platform",
        )
    redirect_uri = asked.get("redirect_uri", "")
    if not redirect_uri.startswith(hub):
        raise LaunchRefused(
            f"{doing}: the hub wants people back at {redirect_uri or 'no address'}, which is not below {hub}: behind a "
            "proxy that ends TLS set c.LTI13Authenticator.uri_scheme = 'https'; otherwise give the address in --host "
            "that people see",
            cause="the hub does not know its own address",
        )
    needed = {"response_type": "id_token", "scope": "openid", "response_mode": "form_post"}
    for name, value in {**needed, "client_id": platform.client_id}.items():
        if asked.get(name) != value:
            raise LaunchRefused(
                f"{doing}: the hub asks for {name} = {asked.get(name)!r}, where {value!r} is right",
                cause=f"it asks for another {name}",
            )
    for name in ("nonce", "state"):
        if name not in asked:
            raise LaunchRefused(f"{doing}: the hub's question has no {name}", cause=f"it gives no {name}")
    return asked


def id_token(platform: Platform, username: str, target: str, nonce: str) -> str:
    """Return the signed token that tells a hub who somebody is.

    Args:
        platform: Who signs.
        username: As for `launch`.
        target: The URL that is wanted.
        nonce: What the hub has asked with.
    """
    import jwt

    claims = _claims(platform, username) | {_CLAIM + "target_link_uri": target, "nonce": nonce}
    custom = dict(claims.get(_CLAIM + "custom", {}))
    for name, value in platform.fields_of(username).items():
        if name.startswith(_CUSTOM):
            custom[name.removeprefix(_CUSTOM)] = value
        else:
            claims[name] = value
    if custom:
        claims[_CLAIM + "custom"] = custom
    return jwt.encode(claims, platform.key, algorithm="RS256", headers={"kid": platform.key_id})


def _claims(platform: Platform, username: str) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": platform.issuer,
        "aud": platform.client_id,
        "azp": platform.client_id,
        "sub": username,
        "iat": now,
        "exp": now + _VALID_FOR,
        "name": "Test Learner",
        "given_name": "Test",
        "family_name": "Learner",
        "email": username,
        "locale": "en",
        _CLAIM + "message_type": "LtiResourceLinkRequest",
        _CLAIM + "version": "1.3.0",
        _CLAIM + "deployment_id": platform.deployment_id,
        _CLAIM + "roles": [_ROLE],
        _CLAIM + "resource_link": {"id": "1", "title": "JupyterHub"},
        _CLAIM + "context": {
            "id": "1",
            "label": _COURSE,
            "title": _COURSE,
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"],
        },
        _CLAIM + "launch_presentation": {"document_target": "window", "locale": "en"},
        _CLAIM + "lis": {"person_sourcedid": username, "course_section_sourcedid": ""},
    }
    return claims | _of_lms(platform.lms, username)


def _of_lms(lms: Lms, username: str) -> dict[str, Any]:
    tool_platform = {"guid": "hubusers.invalid", "name": "hubusers", "product_family_code": lms}
    if lms == "canvas":
        # The custom fields are those that the hub's own /hub/lti13/config asks Canvas for.
        custom = {"email": username, "lms_user_id": username}
        return {_CLAIM + "tool_platform": {**tool_platform, "version": "cloud"}, _CLAIM + "custom": custom}
    return {
        _CLAIM + "tool_platform": {**tool_platform, "version": "2024100700"},
        _CLAIM + "ext": {"user_username": username, "lms": "moodle-2"},
    }
