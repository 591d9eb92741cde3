"""The phase that a process is in, as one value, and which phase may follow which."""

from enum import Enum


class Phase(Enum):
    """What a process is doing; its values are the words that the page Hub and the report use."""

    STARTING = "starting"
    """Locust starts: it reads the options, checks the hub and tries a first server."""
    READY = "ready"
    """There was no run yet, and one may begin: from the web UI, or once the workers are there."""
    CHECKING = "checking"
    """Somebody pressed START in the web UI: the hub is checked and a first server is tried."""
    PREPARING = "preparing"
    """A run has begun, and the accounts of its event are being made."""
    RUNNING = "running"
    """Users come, and use their servers."""
    STOPPING = "stopping"
    """The users go; what the run made is removed, and the report is written."""
    STOPPED = "stopped"
    """The run is over, and another one may begin."""
    QUITTING = "quitting"
    """The process ends; no run begins any more."""


_NEXT = {
    Phase.STARTING: {Phase.READY, Phase.QUITTING},
    Phase.READY: {Phase.CHECKING, Phase.PREPARING, Phase.QUITTING},
    Phase.CHECKING: {Phase.READY, Phase.STOPPED, Phase.QUITTING},
    Phase.PREPARING: {Phase.RUNNING, Phase.STOPPING},
    Phase.RUNNING: {Phase.STOPPING},
    Phase.STOPPING: {Phase.STOPPED},
    Phase.STOPPED: {Phase.CHECKING, Phase.PREPARING, Phase.QUITTING},
    Phase.QUITTING: {Phase.QUITTING},
}


_WHY_NO_RUN = {
    Phase.STARTING: "Locust is still starting.",
    Phase.CHECKING: "Another test is about to start; wait for it.",
    Phase.PREPARING: "A test is being prepared already.",
    Phase.RUNNING: "A test is running already.",
    Phase.STOPPING: "The clean-up of the test before goes on; start again when it is done.",
    Phase.QUITTING: "Locust is quitting.",
}


class IllegalPhase(RuntimeError):
    """One phase cannot follow another; an error of this program."""


def may_follow(present: Phase, wanted: Phase) -> bool:
    """Say whether a process may go from one phase to another."""
    return wanted in _NEXT[present]


def next_phase(present: Phase, wanted: Phase) -> Phase:
    """Return the wanted phase.

    Raises:
        IllegalPhase: It cannot follow the present one.
    """
    if not may_follow(present, wanted):
        raise IllegalPhase(f"{wanted.value} cannot follow {present.value}")
    return wanted


def why_no_run(present: Phase) -> str:
    """Return why no run can begin in a phase, in a sentence; there is none for the phases in which one can."""
    return _WHY_NO_RUN[present]
