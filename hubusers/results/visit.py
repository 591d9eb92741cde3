"""One visit of one person to the hub: how far it got on the ladder of steps, and what people of its kind come for."""

from collections import Counter
from dataclasses import dataclass, field

from hubusers.results.records import (
    ARRIVAL,
    CELL,
    GIT_PULL,
    KERNEL_READY,
    LAB_LOADED,
    LOGIN,
    OWN_REQUESTS,
    PAGE_LOADED,
    SAVED,
    SPAWN_PAGE,
    START_TO_READY,
    STOP_TO_STOPPED,
    USER_CLASS,
    WEBSOCKET_HELD,
    Record,
)

LADDER = (
    *(ARRIVAL, LOGIN, SPAWN_PAGE, START_TO_READY, GIT_PULL),
    *(LAB_LOADED, PAGE_LOADED, KERNEL_READY, CELL, SAVED),
)
"""Each step needs those before it, as far as a person takes them."""

IN_JUPYTER = {LAB_LOADED, KERNEL_READY, CELL, SAVED}
_AT_THE_SERVER = {*IN_JUPYTER, PAGE_LOADED, GIT_PULL}
_IN_A_BROWSER = {LOGIN, SPAWN_PAGE, *_AT_THE_SERVER}

GONE = {"server was gone", "user gone"}
"""The failures of a stop that found no server any more. All other ones leave what the person came for untouched."""


def comes_before(step: str, later: str) -> bool:
    """Return whether a person who fails at a step does not get to another one."""
    return step in LADDER and later in LADDER and LADDER.index(step) < LADDER.index(later)


class Visit:
    """One lifecycle of one person: from the arrival, or from coming back, until the person leaves.

    Attributes:
        person: The number of the person.
        kind: The user class; where that is not known, the cohort. People of one kind come for the same.
        taken: How often each step was taken.
        succeeded: The steps that succeeded, each at least once.
        failed: The last failure of each step.
        last: The last record of what the person came for; None where there is none.
    """

    __slots__ = ("cohort", "failed", "kind", "last", "person", "succeeded", "taken")

    def __init__(self, person: int, record: Record) -> None:
        self.person = person
        self.cohort = record.cohort
        self.kind = record.user_class or record.cohort
        self.taken: Counter[str] = Counter()
        self.succeeded: set[str] = set()
        self.failed: dict[str, Record] = {}
        self.last: Record | None = None

    def note(self, record: Record) -> None:
        """Take in the next record of the visit."""
        self.taken[record.step] += 1
        if not record.failure:
            self.succeeded.add(record.step)
        elif record.failed:
            self.failed[record.step] = record
        if record.step == WEBSOCKET_HELD or (record.step == STOP_TO_STOPPED and record.failure not in GONE):
            return  # the page opens a websocket anew, and who wants to leave has had what they came for
        self.last = record

    @property
    def stopped(self) -> Record | None:
        """The failure that ended the visit; None where it went on, or ended well.

        Once the code of the user class has failed, it is not known what the person would have done. And where none of
        its requests succeeded, the person did not do what the class is for. So no good step makes up for these.
        """
        for step in (USER_CLASS, OWN_REQUESTS):
            if step in self.failed:
                return self.failed[step]
        return self.last if self.last and self.last.failed else None

    @property
    def is_waiting(self) -> bool:
        """Whether the run ended while the person waited for the server, or for what comes before it."""
        return self.last is not None and self.last.is_unfinished and not self.stopped

    @property
    def has_server(self) -> bool:
        """Whether the server was ready. A person who comes back to a running server does not start one."""
        return bool(self.succeeded & {START_TO_READY, *_AT_THE_SERVER})

    @property
    def height(self) -> int:
        """How far up the ladder of steps the person got, with the step that failed."""
        return max((LADDER.index(step) for step in self.taken if step in LADDER), default=0)


@dataclass
class Kind:
    """What people of one kind do, as far as their visits show."""

    steps: set[str] = field(default_factory=set)
    has_gone_well: bool = False  # whether anybody has left without a failure

    @property
    def has_browser(self) -> bool:
        return bool(self.steps & _IN_A_BROWSER)

    @property
    def comes_for_a_page(self) -> bool:
        """Whether they open a page that is not JupyterLab's, and do nothing else at their server."""
        return PAGE_LOADED in self.steps and not self.steps & IN_JUPYTER

    @property
    def work(self) -> str:
        """The step that means that a person can work."""
        if not self.has_browser:
            return START_TO_READY
        if self.comes_for_a_page:
            return PAGE_LOADED
        # Nobody ran a cell: that is as planned only where somebody left without a failure, and without having run one.
        if CELL in self.steps or not self.has_gone_well:
            return CELL
        return next((step for step in (KERNEL_READY, LAB_LOADED) if step in self.steps), START_TO_READY)
