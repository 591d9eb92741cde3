"""The pages of identity providers: what each asks for, and what a person does there.

Where a page has no form for name and password, these are what providers have between the login and the hub.
"""

import re
from typing import Any, NamedTuple

from hubusers.browser.button_words import goes_on, signs_in, text_of_button
from hubusers.browser.form import Form
from hubusers.browser.form_fields import kind_of
from hubusers.browser.onward import sends_itself
from hubusers.browser.page import Page

_OF_TERMS = re.compile(
    r"\bterms\b|\bconditions\b|acceptable use|nutzungsbedingungen|nutzungsordnung|conditions (g[ée]n|d.util)"
    r"|t[ée]rminos|使用条款|服务条款",
    re.IGNORECASE,
)
_OF_A_SECURITY_KEY = re.compile(
    r"webauthn|clientdatajson|authenticatordata|credentialid|u2f|passkey|fido", re.IGNORECASE
)
_ROBOT_CHECKS = (
    ".//*[contains(@class, 'g-recaptcha') or contains(@class, 'h-captcha') or contains(@class, 'cf-turnstile')"
    " or contains(@class, 'frc-captcha')] | .//input[contains(translate(@name, 'CAPTH', 'capth'), 'captcha')]"
)
_TYPED = {"text", "email", "tel", "number", "url", "password", "textarea", "select", "file", "date"}
_MOST_NAMED = 4


class Button(NamedTuple):
    """What sends a form.

    Attributes:
        form: The form.
        element: The button; None where the form is sent without one.
    """

    form: Any
    element: Any


def form_sent_by_script(page: Page) -> Any:
    """Return the form that a page's script sends at once; None where there is none."""
    if not page.is_document:
        return None
    return next((form for form in page.document.forms if sends_itself(form, page.document)), None)


def button_that_goes_on(page: Page) -> Button | None:
    """Return the button with which a person goes on where nothing is to be typed: consents, confirms, stays signed in.

    None where no button says that, where several do, or where the page asks to accept terms or for a security key.
    """
    if asks_to_accept_terms(page) or asks_for_a_security_key(page):
        return None
    found = [button for button in _buttons(page) if goes_on(_says(button)) and _can_send(button)]
    return found[0] if len(found) == 1 else None


def ways_to_sign_in(page: Page) -> list[tuple[str, str]]:
    """Return the text and address of each link that leads to a way to sign in, where people can choose one."""
    links = page.document.xpath("//a[@href]") if page.is_document else []
    texts = [(" ".join(link.text_content().split()), link.get("href")) for link in links]
    return [(text, address) for text, address in texts if signs_in(text)]


def asks_to_accept_terms(page: Page) -> bool:
    """Say whether a page wants people to accept terms of use: for them to decide, not for a load test."""
    return bool(_OF_TERMS.search(heading_of(page)))


def asks_for_a_security_key(page: Page) -> bool:
    """Say whether a page wants a security key or a passkey, which only a browser's script can ask for."""
    fields = (
        page.document.xpath("//input[@type='hidden']/@name | //form/@id | //*[@id]/@id") if page.is_document else []
    )
    return any(map(_OF_A_SECURITY_KEY.search, fields))


def asks_whether_one_is_a_robot(form: Any) -> bool:
    """Say whether a form has a captcha, which nothing can solve here."""
    return bool(form.xpath(_ROBOT_CHECKS))


def offered(page: Page) -> list[str]:
    """Return the texts of the buttons of a page, or of the links with which people can sign in; a few at most."""
    texts = [text_of_button(button.element) for button in _buttons(page)] or [text for text, _ in ways_to_sign_in(page)]
    return list(dict.fromkeys(filter(None, texts)))[:_MOST_NAMED]


def heading_of(page: Page) -> str:
    """Return what a page calls itself: its title and its first heading."""
    if not page.is_document:
        return ""
    found = [*page.document.xpath("//title[not(ancestor::svg)]")[:1], *page.document.xpath("//h1 | //h2")[:1]]
    return ": ".join(dict.fromkeys(filter(None, (" ".join(one.text_content().split()) for one in found))))


def is_drawn_by_script(page: Page) -> bool:
    """Say whether a page is empty until its scripts run, as those of Okta, Auth0, Authentik and Microsoft are."""
    return page.is_document and bool(page.document.xpath("//script")) and not page.document.xpath("//form//input")


def _buttons(page: Page) -> list[Button]:
    """Return the buttons of forms into which nobody can type."""
    found = []
    for form in page.document.forms if page.is_document else []:
        if not any(kind_of(field) in _TYPED for field in Form(form).fields):
            found += [Button(form, button) for button in Form(form).buttons]
    return found


def _can_send(button: Button) -> bool:
    """Say whether a browser sends the form; not where a choice is required that nobody has made."""
    form = Form(button.form)
    boxes = [field for field in form.fields if kind_of(field) in {"radio", "checkbox"} and "required" in field.attrib]
    return not form.is_checked_for(button.element) or all(
        any("checked" in other.attrib for other in form.named(box.get("name")) or [box]) for box in boxes
    )


def _says(button: Button) -> str:
    """Return all that tells what a button is for: its text, its own name and value, and what goes along with it."""
    form = Form(button.form)
    hidden = [field.get("value") or "" for field in form.fields if kind_of(field) == "hidden"]
    is_alone = form.buttons == [button.element]
    short = [value for value in hidden if is_alone and value.isalpha()]  # such as Dex's "approve" and "rejected"
    says = [text_of_button(button.element), button.element.get("name"), *short]
    return " ".join(filter(None, says)).replace("_", " ")
