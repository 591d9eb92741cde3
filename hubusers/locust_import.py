"""Imports Locust, also where gevent can no longer patch the process, as Locust's import lets it do.

Patched too late, the kernel of a notebook hangs, because its threads wait for locks that gevent has replaced, and TLS
contexts end in a RecursionError. There, Locust is imported without the patches: its users can be read and subclassed,
but they do not run. The folders that need Locust import this file before anything else.
"""

import os
import sys
import threading

from gevent import monkey

_SKIP_PATCHES = "LOCUST_SKIP_MONKEY_PATCH"
"""Locust's own variable. It is set for the import only, because a `locust` that a notebook starts inherits it."""

_WHY_NOT_HERE = (
    "Locust's users cannot run in this process, because gevent has not patched it: that has to come before other "
    "imports and threads, so never in a notebook. Save the users as a locustfile and run `locust -f FILE` (in a "
    "notebook: `!locust -f FILE --headless`). In a script of your own, import locust before anything else."
)


def check_is_patched() -> None:
    """Raise RuntimeError, with what to do instead, if users cannot run in this process."""
    if not monkey.is_module_patched("socket"):
        raise RuntimeError(_WHY_NOT_HERE)


def _too_late_to_patch() -> bool:
    """Return whether threads run already, or modules keep parts of `ssl` that gevent would have to replace."""
    context = getattr(sys.modules.get("ssl"), "SSLContext", None)
    keeps_context = context and any(
        getattr(module, "__dict__", {}).get("SSLContext") is context
        for name, module in list(sys.modules.items())
        if name != "ssl"
    )
    return bool(threading.active_count() > 1 or keeps_context)


def _import_locust() -> None:
    if "locust" in sys.modules or monkey.is_module_patched("socket") or not _too_late_to_patch():
        import locust

        return
    before = os.environ.get(_SKIP_PATCHES)
    os.environ[_SKIP_PATCHES] = "1"
    try:
        import locust  # noqa: F401
    finally:
        if before is None:
            del os.environ[_SKIP_PATCHES]
        else:
            os.environ[_SKIP_PATCHES] = before


_import_locust()
