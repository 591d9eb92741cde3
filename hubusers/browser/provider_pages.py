"""The pages of identity providers: what each asks for, and what a person does there.

Where a page has no form for name and password, these are what providers have between the login and the hub. Names and
words are those of Keycloak, Dex, Shibboleth, SimpleSAMLphp, CAS, LemonLDAP::NG, Canaille, oidc-provider and Django.
"""

import re
from typing import Any, NamedTuple

from hubusers.browser.browser import Browser
from hubusers.browser.form_fields import BUTTONS, kind_of
from hubusers.browser.onward import sends_itself
from hubusers.browser.page import Page

_GOES_ON = re.compile(
    r"\b(accept|allow|authori[sz]e|approve|agree|grant|consent|continue|proceed|confirm|yes|ok|submit|next"
    r"|zustimmen|akzeptieren|erlauben|zulassen|weiter|fortfahren|best[äa]tigen|ja|einverstanden"
    r"|accepter|autoriser|continuer|poursuivre|confirmer|oui|aceptar|permitir|autorizar|continuar|confirmar|s[íi]|sim"
    r"|accetta|consenti|continua|conferma|akkoord|toestaan|doorgaan|godk[äa]nn|forts[äa]tt|godta|tillat)\b"
    r"|同意|允许|允許|授权|授權|继续|繼續|确认|確認|许可|許可|続行|동의|허용|계속",
    re.IGNORECASE,
)
_GOES_BACK = re.compile(
    r"\b(reject\w*|den(y|ied)|declin\w*|cancel|refus\w*|disagree|don.?t|do not|no|not|back|log[ -]?out|sign[ -]?out"
    r"|switch|another|different|help|forgot\w*|reset|restart|register"
    r"|ablehnen|abbrechen|nein|zur[üu]ck|abmelden|annuler|refuser|non|retour|rechazar|cancelar|rifiuta|annulla)\b"
    r"|拒绝|拒絕|取消|返回|退出",
    re.IGNORECASE,
)
_SIGNS_IN = re.compile(
    r"\b(sign|log)[ -]?(in|on)\b|\blogin\b|\bcontinue with\b|\banmelden\b|\beinloggen\b|se connecter|connexion"
    r"|iniciar sesi[óo]n|entrar|accedi|登录|登錄|登入|ログイン",
    re.IGNORECASE,
)
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
    found = [button for button in _buttons(page) if _goes_on(_says(button))]
    return found[0] if len(found) == 1 else None


def ways_to_sign_in(page: Page) -> list[tuple[str, str]]:
    """Return the text and address of each link that leads to a way to sign in, where people can choose one."""
    links = page.document.xpath("//a[@href]") if page.is_document else []
    texts = [(" ".join(link.text_content().split()), link.get("href")) for link in links]
    return [(text, address) for text, address in texts if _SIGNS_IN.search(text) and not _GOES_BACK.search(text)]


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
    texts = [_text_of(button.element) for button in _buttons(page)] or [text for text, _ in ways_to_sign_in(page)]
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


def leads_nowhere(browser: Browser, page: Page, address: str) -> bool:
    """Say whether an address is on a host that this browser does not talk to."""
    return bool(address.strip()) and not browser.path_to(address, page.path)


def _buttons(page: Page) -> list[Button]:
    """Return the buttons of forms into which nobody can type."""
    found = []
    for form in page.document.forms if page.is_document else []:
        fields = list(form.iter("input", "select", "textarea", "button"))
        if not any(kind_of(field) in _TYPED for field in fields):
            found += [Button(form, field) for field in fields if kind_of(field) in BUTTONS]
    return found


def _says(button: Button) -> str:
    """Return all that tells what a button is for: its text, its own name and value, and what goes along with it."""
    hidden = [field.get("value") or "" for field in button.form.iter("input") if kind_of(field) == "hidden"]
    is_alone = [field for field in button.form.iter("input", "button") if kind_of(field) in BUTTONS] == [button.element]
    short = [value for value in hidden if value.isalpha()] if is_alone else []  # such as Dex's "approve" and "rejected"
    return " ".join(filter(None, [_text_of(button.element), button.element.get("name"), *short])).replace("_", " ")


def _goes_on(says: str) -> bool:
    return bool(_GOES_ON.search(says)) and not _GOES_BACK.search(says)


def _text_of(button: Any) -> str:
    text = " ".join(button.text_content().split()) if button.tag == "button" else button.get("value") or ""
    return text or button.get("aria-label") or button.get("title") or ""
