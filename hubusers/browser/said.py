"""What an answer says of itself: its words, and who gave it: the server, the hub, the proxy, or what stands before."""

import re

from hubusers.browser.page import Page

SERVER, HUB, PROXY = "the server", "the hub", "the proxy"
BEFORE_THE_HUB = "what stands before the hub"
IDENTITY_PROVIDER = "the identity provider"

_LONGEST = 500
"""Characters of a page's text; what a page says of an error is shorter."""

# Where pages say what went wrong: those of the login and the spawn, error pages, the page of a server that is not up.
_WHAT_WENT_WRONG = (
    "//*[contains(@class, 'login_error') or contains(@class, 'spawn-error-msg')]"
    " | //form//*[contains(@class, 'alert-danger')]"
    " | //div[@class='error']/p[1]"
    " | //div[@class='error']//pre"
    " | //div[@class='container'][.//a[@id='start']]//p"
)

_ERROR_WITHOUT_WORDS = "//div[@class='error']/h1"
"""The heading of a Jupyter server's error page, which is all that it says where nobody gave a reason."""

# Where login pages that somebody has made for a hub say it.
_REFUSES_LOGIN = (
    "//*[@role='alert' or contains(concat(' ', @class, ' '), ' error ') or contains(@class, 'login-error')"
    " or contains(@class, 'alert-danger') or contains(@class, 'alert-error') or contains(@class, 'invalid-feedback')]"
    "[not(contains(concat(' ', @class, ' '), ' hidden '))]"
)

_IS_CALLED_ERROR = (
    "//body//*[not(self::script or self::style or self::input or self::form)]"
    "[{}][not(contains(concat(' ', @class, ' '), ' hidden '))][not(.//form)]"
).format(
    " or ".join(
        f"contains(translate(concat(@class, ' ', @id, ' ', @role), 'EADINLR', 'eadinlr'), '{word}')"
        for word in ("error", "danger", "invalid", "negative", "alert")
    )
)
"""Elements of the pages of Keycloak, Dex, Shibboleth, CAS, Django, SimpleSAMLphp and others that say what is wrong."""

PAGE_OF_THE_HUB = "jhdata"
"""A variable in the script of each of the hub's pages, whatever their templates are."""

_OF_A_PROXY = {502, 503, 504}

_BY_TEXT = {
    "nginx": re.compile(r"<center>(nginx|openresty)", re.IGNORECASE),
    "HAProxy": re.compile(r"No server is available to handle this request"),
    "Traefik": re.compile(r"^(no available server|404 page not found)\s*$"),
    "Cloudflare": re.compile(r"cloudflare", re.IGNORECASE),
}
_BY_HEADER = {"awselb": "AWS's load balancer", "envoy": "Envoy", "istio-envoy": "Envoy", "apache": "Apache"}
"""By the beginning of the header `Server`. Not nginx, which writes its name into what others say, too."""


def words_of(page: Page) -> str:
    """Return what an answer says went wrong: the text of a page, or the message of an API; "" where it says nothing."""
    if page.is_document:
        elements = page.document.xpath(_WHAT_WENT_WRONG)
        message = " ".join(" ".join(element.text_content() for element in elements).split())
        if message or PAGE_OF_THE_HUB in page.text:  # nobody needs the hub's menu
            return message[:_LONGEST]
        if headings := page.document.xpath(_ERROR_WITHOUT_WORDS):
            return " ".join(headings[0].text_content().split())[:_LONGEST]
    return page.answer.words


def words_of_login(page: Page) -> str:
    """Return why a login page lets nobody in; "" where it does not say. Never the whole page."""
    if not page.is_document:
        return page.answer.message
    for place in (_WHAT_WENT_WRONG, _REFUSES_LOGIN):
        elements = page.document.xpath(place)
        if message := " ".join(" ".join(element.text_content() for element in elements).split()):
            return message[:_LONGEST]
    return ""


def errors_of_provider(page: Page) -> list[str]:
    """Return what a page of an identity provider says is wrong, and what it would say while a style hides it.

    Each of them has pages of its own; what they call an error, in the class or the id of an element, is one.
    """
    elements = page.document.xpath(_IS_CALLED_ERROR) if page.is_document else []
    texts = [" ".join(element.text_content().split()) for element in elements]
    return list(dict.fromkeys(text for text in texts if 0 < len(text) <= _LONGEST))


def answered_by(page: Page) -> str:
    """Return who gave an answer, in a fixed phrase; "" where there is none.

    What came from an identity provider is told by its host.
    Servers and the hub say their version in each answer. JupyterHub's proxy shows the hub's page for what it cannot
    reach. What has nothing of that is from something else.
    """
    if not page.status:
        return ""
    if page.provider:
        return IDENTITY_PROVIDER
    place = re.search(r"/(hub|user)(/|$)", page.path.partition("?")[0])
    is_at_hub = place is not None and place[1] == "hub"
    if PAGE_OF_THE_HUB in page.text:
        return PROXY if page.status in _OF_A_PROXY and not is_at_hub else HUB
    if page.headers.get("X-JupyterHub-Version"):
        leads_to_hub = re.search(r"/hub/(user|login)\b", page.headers.get("Location") or "") is not None
        return HUB if is_at_hub or leads_to_hub else SERVER
    model = page.answer.model
    if isinstance(model, dict) and {"message", "reason"} <= model.keys():
        return SERVER
    product = (page.headers.get("Server") or "").lower()
    if product.startswith("tornadoserver"):
        return SERVER
    by_text = (name for name, pattern in _BY_TEXT.items() if pattern.search(page.text))
    by_header = (name for begin, name in _BY_HEADER.items() if product.startswith(begin))
    return next(by_text, "") or next(by_header, BEFORE_THE_HUB)
