"""What goes wrong with an LTI launch, each with what to do. The words are those of the hub's page."""

import re

from hubusers.browser.login_errors import LoginFailed
from hubusers.browser.page import Page
from hubusers.browser.said import words_of


class LaunchRefused(LoginFailed):
    """The hub does not let somebody in whom the LMS sends."""

    phrase = "launch refused"


_PRINT = "`hubusers lti FILE` prints the lines for the hub's configuration"

_NOT_ALLOWED = (
    "it does not allow these people: since version 5 nobody may log in unless c.Authenticator.allow_all or "
    "c.Authenticator.allowed_users says so"
)

_HINTS = (
    ("unknown oauth_consumer_key", f"the hub does not know the consumer key: {_PRINT}"),
    (
        "Invalid oauth_signature",
        "the hub has another shared secret for this consumer key, or sees another address than people do: compare "
        "c.LTI11Authenticator.consumers, and behind a proxy that ends TLS set c.LTI11Authenticator.uri_scheme to "
        "'https'",
    ),
    (
        "Timestamp given is invalid",
        "the clocks of the hub and of this machine differ by more than half a minute: set both by NTP",
    ),
    (
        "already used",
        "this launch has reached the hub before: look whether something before the hub sends requests twice",
    ),
    (
        "signing key|Signature verification failed",
        f"the hub got another key of the platform than that in the LTI file: {_PRINT}, with its key",
    ),
    (
        "Fail to fetch data|JWKS|jwks",
        "the hub could not get the platform's keys from c.LTI13Authenticator.jwks_endpoint: ask for that address on "
        "the hub's own machine",
    ),
    (
        "not yet valid|has expired|issued too long ago",
        "the clocks of the hub and of this machine differ: set both by NTP, or allow for it with "
        "c.LTI13LaunchValidator.time_leeway = 5",
    ),
    ("[Aa]udience", f"the hub has another name on the platform, c.LTI13Authenticator.client_id: {_PRINT}"),
    ("[Ii]ssuer", f"the hub knows another platform, c.LTI13Authenticator.issuer: {_PRINT}"),
    (
        "state cookie|missing from cookies",
        "browsers do not send the hub's cookies back with the form of an LMS: their SameSite is Lax or Strict, or they "
        "are Secure where the hub has no TLS; look at cookie_options in c.JupyterHub.tornado_settings",
    ),
    ("mismatch", "another login of the same person came in between, or something before the hub changes its cookies"),
    (
        "not allowed|Forbidden",
        _NOT_ALLOWED,
    ),
)


def launch_refused(page: Page, username: str, version: str) -> LaunchRefused:
    """Return the error for a launch that the hub did not take.

    Args:
        page: What it has answered.
        username: Who came.
        version: Of LTI.
    """
    words, status = words_of(page), page.status
    doing = f"launching {username} by LTI {version}"
    if status == 405 and page.redirected_from:  # the launch itself was taken, and led back to the login
        return LaunchRefused(f"{doing}: the hub took the launch, and let nobody in ({_NOT_ALLOWED})", status=status)
    if status in {404, 405} or (status == 403 and "_xsrf" in words):
        where = page.path.partition("?")[0]
        return LaunchRefused(
            f"{doing}: the hub takes no launches by LTI {version} (HTTP {status} at {where}): is its authenticator an "
            f"LTI{version.replace('.', '')}Authenticator? {_PRINT}",
            status=status,
            words=words,
            cause=f"HTTP {status}",
        )
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, words)), "")
    said = f"HTTP {status}: {words or 'it does not say why'}"
    return LaunchRefused(f"{doing}: {said}" + (f" ({hint})" if hint else ""), status=status, words=words)
