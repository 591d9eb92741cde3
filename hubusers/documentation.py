"""Where the documentation is: messages and reports name its site, because who installs hubusers has no such files."""

SITE = "https://hubusers.readthedocs.io"


def documented(page: str, anchor: str = "") -> str:
    """Return the address of a page of the documentation, of the version that the site shows first.

    Args:
        page: Its file below the folder `docs`, without the ending .md.
        anchor: Of one of its sections; "" for the whole page.
    """
    return f"{SITE}/page/{page}.html{'#' * bool(anchor)}{anchor}"
