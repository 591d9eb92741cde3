"""What the answers to a page's calls tell: the notebook that was opened, and the kernels that run."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hubusers.browser.page import Page
from hubusers.browser.sender import Failed


@dataclass(frozen=True)
class Opened:
    """What opening a notebook led to.

    Attributes:
        notebook: The answer with the notebook, which is the `content` of its JSON; or the page of the notebook, where
            that did not come.
        session: The answer with the notebook's session, and so its kernel, started or found; None where the notebook
            did not come.
        storage: Seconds until the notebook, its checkpoints and the workspace were read and written; the rest was for
            the kernel.
        page: Seconds before that for a page of the notebook's own.
        failures: What of that page failed, and how often.
    """

    notebook: Page
    session: Page | None = None
    storage: float = 0.0
    page: float = 0.0
    failures: Counter[Failed] = field(default_factory=Counter)

    @property
    def kernel(self) -> str:
        """The kernel's id, or the empty string."""
        return str(self._kernel.get("id") or "")

    @property
    def kernel_name(self) -> str:
        """The name of the kernel's kind, such as `python3`, or the empty string."""
        return str(self._kernel.get("name") or "")

    @property
    def _kernel(self) -> dict[str, Any]:
        return mapping(mapping(self.session.answer.model if self.session else None).get("kernel"))


@dataclass(frozen=True)
class Running:
    """The kernels of the server that ran at some time.

    Attributes:
        asked: When the server was asked, on the monotonic clock.
        kernels: Their ids.
    """

    asked: float
    kernels: frozenset[str]

    @classmethod
    def read(cls, page: Page, asked: float) -> "Running | None":
        """Read the answer at `api/kernels`; None where it is not a list."""
        listed = page.answer.model
        if not isinstance(listed, list):
            return None
        return cls(asked, frozenset(str(mapping(kernel).get("id") or "") for kernel in listed))


def mapping(value: Any) -> dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}
