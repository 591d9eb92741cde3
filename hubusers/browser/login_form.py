"""A login page's form: which one it is, what it asks for, and how a person fills it in."""

import re
from dataclasses import dataclass
from typing import Any

from hubusers.browser.browser import Browser
from hubusers.browser.button_words import button_that_signs_in
from hubusers.browser.form import Form
from hubusers.browser.form_fields import can_be_changed, is_disabled, kind_of
from hubusers.browser.links import destination, link_to
from hubusers.browser.page import Page
from hubusers.browser.sent_form import Sent

_TYPED_INTO = {"text", "email", "tel", "number", "search", "url", "password"}
"""The types of the inputs that people type into."""

_MAY_BE_NAME = re.compile(r"user|login|mail|name|account|identifier|uid|netid", re.IGNORECASE)
"""What fields for a name are called."""

_SEARCHES = re.compile(r"^(q|s)$|search|query", re.IGNORECASE)

_LOGIN = "login"
"""The last part of the path of each login that JupyterHub handles itself, whatever stands before it."""


@dataclass(frozen=True)
class LoginForm:
    """A form that takes a name and, mostly, a password.

    Attributes:
        element: The form, as lxml has it.
        name: Where the name is typed; None where there is no such field.
        password: Where the password is typed; None where the form asks for none.
    """

    element: Any
    name: Any
    password: Any

    @property
    def missing(self) -> list[str]:
        """What else must be filled in, as the page calls it: a browser does not send the form without it."""
        required = [field for field in Form(self.element).fields if "required" in field.attrib]
        return [
            _label(field)
            for field in required
            if can_be_changed(field) and kind_of(field) != "hidden" and not self._is_filled_in(field)
        ]

    @property
    def left_empty(self) -> list[str]:
        """What else can be filled in, as the page calls it, such as a one-time password."""
        return [_label(field) for field in _text_fields(self.element) if not self._is_filled_in(field)]

    def filled_in(self, username: str, password: str) -> Sent:
        """Return what a browser sends: name and password, accepted terms, and everything else as the page has it."""
        if self.name is not None and "readonly" not in self.name.attrib:
            self.name.value = username
        if self.password is not None:
            self.password.value = password
        form = Form(self.element)
        for box in form.fields:
            if kind_of(box) == "checkbox" and "required" in box.attrib:
                box.checked = True  # terms and conditions
        return _signed_in(form)

    def _is_filled_in(self, field: Any) -> bool:
        if field is self.name or field is self.password or kind_of(field) == "checkbox":
            return True
        if kind_of(field) == "radio":
            return any("checked" in radio.attrib for radio in Form(self.element).named(field.get("name")))
        return bool(field.value)


def login_form(browser: Browser, page: Page) -> LoginForm | None:
    """Return the form by which people log in; None where the page has none.

    It has one password. A form that asks for a name only is one where it is sent to a login of the hub's: other pages
    have such forms, too. Where there are several, a form with a name comes first.
    """
    found = [form for element in _forms(page) if (form := _as_login(browser, page, element))]
    return min(found, key=lambda form: (form.password is None, form.name is None), default=None)


def provider_form(page: Page) -> LoginForm | None:
    """Return the form of an identity provider by which people log in; None where its page has none.

    It asks for one password, or first for the name alone, in the only field of the form. Forms that search are left
    out.
    """
    found = []
    for element in _forms(page):
        fields = _text_fields(element)
        passwords = [field for field in fields if kind_of(field) == "password"]
        others = [field for field in fields if field not in passwords]
        names = sorted(others, key=lambda field: not _MAY_BE_NAME.search(field.get("name") or field.get("id") or ""))
        if len(passwords) == 1:
            found.append(LoginForm(element, (names or [None])[0], passwords[0]))
        elif not passwords and len(others) == 1 and not _searches(element, others[0]):
            found.append(LoginForm(element, others[0], None))
    return min(found, key=lambda form: (form.password is None, form.name is None), default=None)


def own_logins(browser: Browser, page: Page) -> list[str]:
    """Return where a page's links lead to forms of the hub's own, as where several authenticators share the hub.

    Only to paths that end with `login`. What lies behind others, such as `oauth_login` or `tmplogin`, may begin a login
    by itself.
    """
    links = page.document.xpath("//a/@href") if page.is_document else []
    paths = dict.fromkeys(link_to(browser, page, link) for link in links)
    return [
        path for path in paths if _is_own_login(browser, path) and _without_query(path) != _without_query(page.path)
    ]


def other_logins(browser: Browser, page: Page) -> list[str]:
    """Return where the buttons of the hub's login page lead that are for the login with another service.

    Those are the links in its main part, or else those whose path ends like `oauth_login` or `cas_login`.
    """
    links = page.document.xpath("//*[@id='login-main']//a/@href") if page.is_document else []
    paths = [link_to(browser, page, link) for link in links]
    if page.is_document and not paths:
        paths = [
            path for link in page.document.xpath("//a/@href") if _ends_as_login(path := link_to(browser, page, link))
        ]
    return [
        path
        for path in dict.fromkeys(filter(None, paths))
        if not _is_own_login(browser, path) and "/signup" not in path and "/static/" not in path
    ]


def buttons(page: Page) -> list[str]:
    """Return the texts of the links and buttons that a login page offers."""
    found = page.document.xpath("//*[@id='login-main']//a | //*[@id='login-main']//button") if page.is_document else []
    return [text for each in found if (text := " ".join(each.text_content().split()))]


def asked_for(page: Page) -> list[str]:
    """Return what the forms of a page ask people to type in, as the page calls it."""
    return [_label(field) for element in _forms(page) for field in _text_fields(element)]


def _forms(page: Page) -> list[Any]:
    return list(page.document.xpath("//form")) if page.is_document else []


def _as_login(browser: Browser, page: Page, element: Any) -> LoginForm | None:
    fields = _text_fields(element)
    passwords = [field for field in fields if kind_of(field) == "password"]
    others = [field for field in fields if field not in passwords]
    names = [field for field in others if field.get("name") == "username"]
    if len(passwords) == 1:
        return LoginForm(element, (names or others or [None])[0], passwords[0])
    if names and not passwords:
        goes_to = destination(browser, page, _signed_in(Form(element)).action)
        if _is_own_login(browser, browser.path_to(goes_to, page.path) or page.path):
            return LoginForm(element, names[0], None)
    return None


def _signed_in(form: Form) -> Sent:
    return form.pressed(button_that_signs_in(form.buttons))


def _searches(element: Any, field: Any) -> bool:
    says = [element.get("action"), element.get("id"), element.get("role"), field.get("name")]
    return kind_of(field) == "search" or any(_SEARCHES.search(text or "") for text in says)


def _text_fields(element: Any) -> list[Any]:
    return [field for field in Form(element).fields if kind_of(field) in _TYPED_INTO and not is_disabled(field)]


def _is_own_login(browser: Browser, path: str) -> bool:
    parts = _without_query(path).removeprefix(browser.base).split("/")
    return parts[:2] == ["", "hub"] and parts[-1] == _LOGIN


def _ends_as_login(path: str) -> bool:
    return _without_query(path).endswith(f"_{_LOGIN}")


def _without_query(path: str) -> str:
    return path.partition("?")[0].rstrip("/")


def _label(field: Any) -> str:
    """Return how a page calls a field."""
    labels = field.xpath("//label[@for=$id]", id=field.get("id") or "-") or field.xpath("ancestor::label")
    text = " ".join(labels[0].text_content().split()).rstrip(": *") if labels else ""
    return text or field.get("aria-label") or field.get("placeholder") or field.get("name") or "a field"
