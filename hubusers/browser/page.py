"""A page: what a browser's request led to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import lxml.etree
import lxml.html

from hubusers.http.messages import Answer
from hubusers.log import may_hold, without_secrets

_EMPTY_DOCUMENT = "<html></html>"

_NO_WORDS = {"script", "style", "option", "textarea"}
"""Elements whose text is for a browser, or is sent with a form."""


@dataclass(frozen=True, repr=False)
class Page:
    """What a request led to, after redirects: an answer, or status 0 and the reason why there is none.

    Attributes:
        status: The status of the last answer.
        path: Path and query of the last request; the whole URL where that went to an identity provider.
        text: The body of the last answer.
        headers: The headers of the last answer, as in `hubusers.http.messages.Answer`.
        error: Why there is no answer, as in `hubusers.http.messages.Answer`; or where a redirect was not followed.
        redirected_from: The paths of the requests before the last one, which redirected.
        host: The host of the last request, where that is another one than the hub's.
        provider: The host of the identity provider that was asked last, with its port; "" for the hub and its servers.
        secrets: What the person has typed or shown; the words of the page, in `document` and `answer`, do not repeat
            it.
    """

    status: int
    path: str
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    error: str = ""
    redirected_from: tuple[str, ...] = ()
    host: str = ""
    provider: str = ""
    secrets: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        answer: Answer,
        path: str,
        error: str = "",
        redirected_from: tuple[str, ...] = (),
        host: str = "",
        provider: str = "",
        secrets: tuple[str, ...] = (),
    ) -> "Page":
        """Return the page that an answer is."""
        return cls(
            answer.status,
            path,
            answer.body,
            answer.headers,
            error or answer.error,
            redirected_from,
            host,
            provider,
            secrets,
        )

    def __repr__(self) -> str:
        return f"Page({self.status}, {self.path.partition('?')[0]!r}, {self.error!r})"  # queries hold codes and tokens

    @property
    def answer(self) -> Answer:
        """The same as an answer of the hub's API, which knows about `Retry-After`, JSON and messages."""
        return Answer(self.status, self.text, self.headers, self.error, self.secrets)

    @cached_property
    def document(self) -> Any:
        """The text as lxml reads a page, without secrets in its words; an empty document where it is not one."""
        text = self.text if "<" in self.text else _EMPTY_DOCUMENT
        try:
            document = _parsed(text)
            if any(may_hold(text, secret) for secret in self.secrets):
                _hide(document, self.secrets)
            return document
        except lxml.etree.ParserError:  # no element at all, as where there is nothing but "<!doctype html>"
            return _parsed(_EMPTY_DOCUMENT)

    @property
    def is_document(self) -> bool:
        """Whether the text is a web page, and not a file or what an API answers."""
        is_called_one = (self.headers.get("Content-Type") or "").lower().startswith("text/html")
        return is_called_one or "<html" in self.text.lower()  # which a page may leave out


def _parsed(text: str) -> Any:
    return lxml.html.document_fromstring(text.encode(), lxml.html.HTMLParser(encoding="utf-8"))


def _hide(document: Any, secrets: tuple[str, ...]) -> None:
    for element in document.iter("*"):
        if element.text and element.tag not in _NO_WORDS:
            element.text = without_secrets(element.text, secrets)
        if element.tail:
            element.tail = without_secrets(element.tail, secrets)


def configuration_of(page: Page) -> dict[str, Any]:
    """Return what a page of a Jupyter server tells its scripts (`jupyter-config-data`); nothing for any other page."""
    for text in page.document.xpath("//script[@id='jupyter-config-data']/text()"):
        try:
            configuration = json.loads(text)
        except (ValueError, RecursionError):
            return {}
        return configuration if isinstance(configuration, dict) else {}
    return {}
