"""Where the links and forms of a page lead: from its address, or from the base that it names, as in the HTML standard.

What a redirect says starts from the address of its answer alone, and is not for here.
"""

import re
from urllib.parse import quote, urlsplit

from hubusers.browser.browser import Browser
from hubusers.browser.hosts import as_read, joined
from hubusers.browser.page import Page
from hubusers.http.host_names import origin_of

_UNCHANGED = "%/?:@!$&'()*+,;=~[]#|\\"
"""What browsers leave as it is in the addresses of a page; they escape spaces and letters beyond ASCII."""

_NO_BASE = re.compile(r"\s*(data|javascript):", re.IGNORECASE)


def base_of(browser: Browser, page: Page) -> str:
    """Return the URL from which the addresses in a page start: its own, or that of its first `<base href>`.

    Args:
        browser: Whose page it is.
        page: The page.

    Returns:
        The empty string where the base cannot be read; in Chromium only whole URLs lead anywhere then.
    """
    here = browser.url_of(page.path)
    bases = page.document.xpath("(//base[@href])[1]/@href")
    return here if not bases or _NO_BASE.match(bases[0]) else _url(here, bases[0])


def link_to(browser: Browser, page: Page, address: str) -> str:
    """Return the path to which a link of a page leads, as `Browser.path_to`; "" where that is on another host."""
    return browser.path_to(_escaped(address), base_of(browser, page))


def destination(browser: Browser, page: Page, action: str) -> str:
    """Return the URL to which a form of a page goes, on whichever host that is.

    Args:
        browser: Whose page it is.
        page: The page.
        action: As the form says it; where there is nothing, that stands for the page itself, whatever its base is.

    Returns:
        The empty string where a browser would send nothing: the address cannot be read, such as `http://[`, or is not
        one of a page, such as `javascript:` and `mailto:`.
    """
    return _url(base_of(browser, page), action) if action.strip() else browser.url_of(page.path)


def _escaped(address: str) -> str:
    return quote(as_read(address.strip()), safe=_UNCHANGED)


def _url(base: str, address: str) -> str:
    try:
        url = joined(base, _escaped(address))
        parts = urlsplit(url)
        return url if parts.scheme in {"http", "https"} and parts.hostname and origin_of(parts) else ""
    except ValueError:  # such as "http://["
        return ""
