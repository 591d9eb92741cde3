"""JupyterLab 3, where it is not as JupyterLab 4: formulas come with a library of their own, and some calls differ."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hubusers.hub.deadline import Deadline
from hubusers.lab.frontend import FrontEnd

_FIRST_WITH_EVENTS = (3, 6)
_MATHJAX = "?V=2.7.9"
_FONT = "jax/output/HTML-CSS/fonts/STIX-Web/fontdata.js"


class Lab3(FrontEnd):
    """JupyterLab 3 in a tab of one person's browser."""

    @contextmanager
    def _listening(self, deadline: Deadline) -> Iterator[None]:
        if self._page.release < _FIRST_WITH_EVENTS:
            yield
        else:
            with super()._listening(deadline):
                yield

    def _files_of_notebooks(self) -> Sequence[str]:
        """Return MathJax's, as its scripts load each other; JupyterLab's own bundle has the rest since the start."""
        script, configuration = self._page.mathjax
        if not script:
            return ()
        folder = script.rpartition("/")[0]
        names = [name.removesuffix(".js") for name in configuration.split(",") if name]
        return (
            f"{script}?config={configuration}&amp;delayStartupUntil=configured",  # written so in JupyterLab's code
            *(f"{folder}/config/{name}.js{_MATHJAX}" for name in names),
            *([f"{folder}/extensions/Safe.js{_MATHJAX}"] if "Safe" in names else []),
            f"{folder}/{_FONT}{_MATHJAX}",
        )
