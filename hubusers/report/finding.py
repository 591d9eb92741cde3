"""One thing that a run found out about the hub."""

from dataclasses import dataclass
from typing import Literal

Explains = Literal["failures", "slowness", "load generator", "note"]


@dataclass(frozen=True)
class Finding:
    """What made people wait or fail, with the figures that show it, and what to change.

    Attributes:
        kind: Which one of the known mechanisms; its section in docs/reference/findings.md has the same name.
        title: The mechanism in a few words.
        sentence: What happened, with its figures: one or two sentences.
        explains: Failures, slowness, or neither.
        share: Which part of the failures, or of the waiting, it explains: from 0 to 1.
        evidence: Sentences: what shows it. The hub's own words are among them.
        remedies: Sentences: what to look at and to change, with the names of options and commands.
        began: When it was first seen, in seconds since the epoch; None where it has no moment.
        ended: When it was last seen.
        because_of: The kind of the finding that caused this one; "" where none did.
    """

    kind: str
    title: str
    sentence: str
    explains: Explains
    share: float = 1.0
    evidence: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    began: float | None = None
    ended: float | None = None
    because_of: str = ""
