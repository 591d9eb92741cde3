"""All kinds of findings, and how a finding of a kind is made."""

from collections.abc import Iterable

from hubusers.report.causes.kind import Kind
from hubusers.report.causes.kinds import browsers, hub, load_generator, logins, proxy, starts, waits
from hubusers.report.finding import Explains, Finding

_ALL: tuple[Kind, ...] = (
    *waits.KINDS,
    *hub.KINDS,
    *proxy.KINDS,
    *starts.KINDS,
    *logins.KINDS,
    *browsers.KINDS,
    *load_generator.KINDS,
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
"""By name."""


def found(
    kind: str,
    sentence: str,
    *,
    explains: Explains,
    share: float = 1.0,
    evidence: Iterable[str] = (),
    remedies: Iterable[str] = (),
    began: float | None = None,
    ended: float | None = None,
) -> Finding:
    """Return a finding with the title of its kind.

    Args:
        kind: The name of a kind in this catalogue.
        remedies: Those of the kind where none are given.

    The others are attributes of `Finding`.
    """
    known = KINDS[kind]
    return Finding(
        kind=kind,
        title=known.title,
        sentence=sentence,
        explains=explains,
        share=min(1.0, share),
        evidence=tuple(evidence),
        remedies=tuple(remedies) or known.remedies,
        began=began,
        ended=ended,
    )
