"""What goes wrong at an identity provider, or on the way to it: one error for each kind.

Each error's `words` are those of the provider's page. The errors are drawn in `hubusers/browser/__init__.py`.
"""

from collections.abc import Sequence

from hubusers.browser.browser import Browser
from hubusers.browser.login_errors import GIVE_TOKENS, LoginAsksMore, LoginElsewhere, LoginRefused, where_passwords_go
from hubusers.browser.login_form import asked_for
from hubusers.browser.page import Page
from hubusers.browser.page_errors import loop_of
from hubusers.browser.provider_pages import (
    asks_for_a_security_key,
    asks_to_accept_terms,
    heading_of,
    is_drawn_by_script,
    offered,
    ways_to_sign_in,
)
from hubusers.browser.said import errors_of_provider
from hubusers.browser.sent_form import LONGEST_ACTION
from hubusers.http.messages import CERTIFICATE_NOT_TRUSTED, HOST_UNKNOWN, TIMED_OUT
from hubusers.hub.deadline import Deadline
from hubusers.hub.errors import HubUsersError

_LONGEST_HEADING = 80


class ProviderRefused(LoginRefused):
    """The identity provider does not let this person in."""

    phrase = "login refused by the identity provider"


class ProviderFailed(HubUsersError):
    """The identity provider did not answer, or answered with an error."""

    phrase = "identity provider failed"


def not_allowed(page: Page, url: str) -> LoginElsewhere:
    """Return the error for a page that leads to a host which the operator has not named.

    Args:
        page: The page.
        url: Where it leads.
    """
    return LoginElsewhere(f"the login leads to another host; {where_passwords_go(url)}", status=page.status)


def refused(page: Page, username: str, words: str) -> ProviderRefused:
    """Return the error for a provider that shows its form again, or says that this person may not come in.

    Args:
        page: Its page.
        username: Who has tried to log in.
        words: What the page says is wrong; "" where it does not say.
    """
    what = words or "it asks again, and does not say why"
    return ProviderRefused(
        f"logging in as {username}: the identity provider {page.provider} refuses: HTTP {page.status}: {what} (look "
        "at this name and password, and whether the account is locked)",
        status=page.status,
        words=words,
    )


def asks_more(page: Page, username: str, fields: Sequence[str]) -> LoginAsksMore:
    """Return the error for a provider that asks for more than a name and a password.

    Args:
        page: Its page.
        username: Who has tried to log in.
        fields: What it asks for, in its own words.
    """
    what = f" ({', '.join(map(repr, fields))})" if fields else ""
    return _asks(page, username, f"asks for more than a name and a password{what}")


def asks_for_a_captcha(page: Page, username: str) -> LoginAsksMore:
    """Return the error for a login form that only people can fill in."""
    return _asks(page, username, "has a captcha in its login form, so that only people can fill it in")


def would_show_password(page: Page, username: str) -> LoginElsewhere:
    """Return the error for a form that would put the password into an address, which logs keep."""
    return LoginElsewhere(
        f"logging in as {username}: the login form of {page.provider or 'the hub'} would send the password in its "
        f"address, where logs keep it, unless a script sends it, which only a browser runs: {GIVE_TOKENS}",
        status=page.status,
    )


def goes_nowhere(page: Page, username: str, action: str) -> LoginElsewhere:
    """Return the error for a form that a browser does not send, because what it names is not the address of a page.

    Args:
        page: Where the form is.
        username: Who is about to log in.
        action: What the form names.
    """
    return LoginElsewhere(
        f"logging in as {username}: a form of {page.provider or 'the hub'} names no page to which it could be sent "
        f"({action[:LONGEST_ACTION]!r}); if a script sends it, only a browser runs that: {GIVE_TOKENS}",
        status=page.status,
    )


def stuck(page: Page, username: str, words: str, *, has_typed: bool) -> HubUsersError:
    """Return the error for a page at which there is nothing that a person with a name and a password could do.

    Args:
        page: The page.
        username: Who has tried to log in.
        words: What the page says is wrong; "" where it does not say.
        has_typed: Whether name and password were typed before.
    """
    if asks_to_accept_terms(page):
        return _asks(page, username, f"asks to accept its terms{_called(page)}, which only the account's owner can do")
    if asks_for_a_security_key(page):
        return _asks(page, username, "asks for a security key or a passkey")
    if fields := asked_for(page):
        return asks_more(page, username, fields)
    if words:
        return failed(page, username, words)
    if has_typed and (texts := offered(page)):
        return _asks(page, username, f"asks for a decision{_called(page)}: {', '.join(map(repr, texts))}")
    if len(ways := ways_to_sign_in(page)) > 1 or len(offered(page)) > 1:
        texts = [text for text, _ in ways] or offered(page)
        return LoginElsewhere(
            f"the identity provider {page.provider} lets people choose how to sign in "
            f"({', '.join(map(repr, texts[:4]))}): let the hub name one way in its authorization request (such as "
            f"connector_id for Dex, kc_idp_hint for Keycloak), or {GIVE_TOKENS}",
            status=page.status,
        )
    if is_drawn_by_script(page):
        return LoginElsewhere(
            f"the login page of {page.provider} has no form in it: scripts draw one, which only a browser runs: "
            f"{GIVE_TOKENS}",
            status=page.status,
        )
    return failed(page, username, "")


def failed(page: Page, username: str, words: str) -> ProviderFailed:
    """Return the error for an error page of a provider, or any other that leads nowhere.

    Args:
        page: The page.
        username: Who has tried to log in.
        words: What the page says is wrong; "" where it does not say.
    """
    words = words or page.answer.words
    what = f"HTTP {page.status}" if page.status >= 400 else "a page that leads nowhere"
    said = f": {words}" if words else _called(page)
    return ProviderFailed(
        f"logging in as {username}: the identity provider {page.provider} answered with {what}{said}; look at how the "
        "hub is registered there, or ask its operators",
        status=page.status,
        cause=f"{what}, from {page.provider}",
        words=words,
    )


def no_page(browser: Browser, page: Page, username: str, deadline: Deadline) -> HubUsersError:
    """Return the error for a page of a provider that did not come, or led to a host where nobody is followed."""
    doing = f"logging in as {username}"
    if page.status:
        return loop_of(browser, page, doing) or elsewhere_again(page)
    todo = {
        TIMED_OUT: f" within {deadline.seconds:g} seconds for the whole login; ask its operators whether it is slow",
        CERTIFICATE_NOT_TRUSTED: "; give the certificate of its authority with --ca-bundle",
        HOST_UNKNOWN: "; its name must have an address where hubusers runs",
    }.get(page.error, "; is it up, and can it be reached from here?")
    return ProviderFailed(
        f"{doing}: the identity provider {page.provider} did not answer: {page.error}{todo}",
        cause=f"{page.error}, at {page.provider}",
    )


def elsewhere_again(page: Page) -> LoginElsewhere:
    """Return the error for a provider that sends people on to a host which the operator has not named."""
    host = page.error.partition(": ")[2]
    return LoginElsewhere(
        f"the identity provider {page.provider} sends people on to {host} to log in; "
        f"{where_passwords_go(host if '://' in host else f'https://{host}')}",
        status=page.status,
    )


def never_leads_back(page: Page, username: str, pages: int) -> ProviderFailed:
    """Return the error for a provider that shows one page after the other, and never leads back to the hub."""
    return ProviderFailed(
        f"logging in as {username}: after {pages} pages the identity provider {page.provider} had not led back to the "
        f"hub; the last one{_called(page)} offers {', '.join(map(repr, offered(page))) or 'nothing'}",
        status=page.status,
        cause=f"never leads back, at {page.provider}",
    )


def _asks(page: Page, username: str, what: str) -> LoginAsksMore:
    return LoginAsksMore(
        f"logging in as {username}: the identity provider {page.provider} {what}: {GIVE_TOKENS}",
        status=page.status,
        words=" ".join(errors_of_provider(page)),
    )


def _called(page: Page) -> str:
    heading = heading_of(page)[:_LONGEST_HEADING]
    return f" ({heading!r})" if heading else ""
