"""Pods of the hub and of the proxy whose place another one has taken."""

from collections import defaultdict
from typing import NamedTuple


class Newcomer(NamedTuple):
    """A pod that came since the watch began.

    Attributes:
        name: Its name.
        created: When it was made, in seconds since the epoch.
    """

    name: str
    created: float


class Replaced(NamedTuple):
    """A pod that has taken the place of another one.

    Attributes:
        by: Its name.
        moment: From when on only it was there, in seconds since the epoch.
        why: Why the cluster took the one before away; "" where somebody has deleted it, as `helm upgrade` does.
    """

    by: str
    moment: float
    why: str


class Replacements:
    """Tells which pod has taken another one's place.

    One pod may be deleted before the next is made, or after that one is ready (a rolling update). A pod that comes
    beside others that stay, as when there are to be two, replaces none; nor does one of another component.
    """

    def __init__(self) -> None:
        self._vacant = defaultdict[str, list[tuple[float, str]]](list)  # by component
        self._newcomers = defaultdict[str, list[Newcomer]](list)

    def comes(self, component: str, newcomer: Newcomer) -> Replaced | None:
        """Take in a pod that is new; return whether it takes the place of one that was leaving before."""
        if vacant := self._vacant[component]:
            moment, why = vacant.pop(0)
            return Replaced(newcomer.name, max(moment, newcomer.created), why)
        self._newcomers[component].append(newcomer)
        return None

    def leaves(self, component: str, name: str, moment: float, why: str) -> Replaced | None:
        """Take in that a pod leaves; return whether one that had come before takes its place."""
        newcomers = self._newcomers[component]
        if own := [one for one in newcomers if one.name == name]:
            newcomers.remove(own[0])
            return None
        if newcomers:
            newcomer = newcomers.pop(0)
            return Replaced(newcomer.name, max(moment, newcomer.created), why)
        self._vacant[component].append((moment, why))
        return None
