"""What is known of one kind of finding, whichever run it is found in."""

from dataclasses import dataclass
from typing import Literal

Section = Literal[
    "Why starts took long",
    "Why a login, a notebook or a kernel took long",
    "The hub and its proxy",
    "Why something failed",
    "The load generator",
]

SECTIONS: tuple[Section, ...] = (
    "Why starts took long",
    "Why a login, a notebook or a kernel took long",
    "The hub and its proxy",
    "Why something failed",
    "The load generator",
)
"""The sections of docs/reference/findings.md, in their order."""


@dataclass(frozen=True)
class Kind:
    """One mechanism that makes people wait, or fail.

    In all texts, what stands between backquotes is code: an option, a command, a metric, a message.

    Attributes:
        name: What a finding of this kind is called in files; its anchor in docs/reference/findings.md.
        title: The mechanism in a few words, as the heading of a finding.
        section: Where it stands in docs/reference/findings.md.
        mechanism: How it comes about, and how a run sees it: some sentences.
        confirm: How to make sure on the hub itself: sentences with commands, messages of its log, or metrics.
        remedies: What to look at and to change: sentences that name the options.
    """

    name: str
    title: str
    section: Section
    mechanism: str
    confirm: tuple[str, ...]
    remedies: tuple[str, ...]
