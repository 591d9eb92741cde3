"""All kinds of findings, and how a finding of a kind is made."""

from collections.abc import Iterable

from hubusers.report.causes.kind import Kind
from hubusers.report.causes.kinds import batch, browsers, cluster, hub, load_generator, logins, proxy, starts, waits
from hubusers.report.finding import Explains, Finding
from hubusers.results.attributes import NEVER_BEFORE

_ALL: tuple[Kind, ...] = (
    *waits.KINDS,
    *hub.KINDS,
    *proxy.KINDS,
    *starts.KINDS,
    *batch.KINDS,
    *logins.KINDS,
    *browsers.KINDS,
    *load_generator.KINDS,
    *cluster.KINDS,
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
"""By name."""

_FOR_NEW_PEOPLE = (
    "Look at what is done only for people who come for the first time: their home directory, its volume, hooks "
    "(`c.Spawner.pre_spawn_hook`, `c.Authenticator.post_auth_hook`)."
)


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
        remedies: Those of the kind where none are given. Where the evidence says that those affected are new at the
            hub, what to look at for new people comes before them.

    The others are attributes of `Finding`.
    """
    known, evidence = KINDS[kind], tuple(evidence)
    of_the_new = [_FOR_NEW_PEOPLE] if any(NEVER_BEFORE in sentence for sentence in evidence) else []
    return Finding(
        kind=kind,
        title=known.title,
        sentence=sentence,
        explains=explains,
        share=min(1.0, share),
        evidence=evidence,
        remedies=(*of_the_new, *(tuple(remedies) or known.remedies)),
        began=began,
        ended=ended,
    )
