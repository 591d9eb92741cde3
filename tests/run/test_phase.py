"""Which phase of a run may follow which."""

import pytest

from hubusers.run.phase import IllegalPhase, Phase, may_follow, next_phase


@pytest.mark.parametrize(
    "way",
    [
        "starting ready preparing running stopping stopped quitting",  # a headless run
        "starting ready preparing stopping stopped quitting",  # interrupted while accounts are made
        "starting ready checking ready checking ready preparing running stopping stopped checking stopped preparing",
        "starting quitting",  # the hub cannot be tested
        "starting ready checking quitting",
    ],
)
def test_a_process_goes_through_its_phases(way: str) -> None:
    first, *rest = map(Phase, way.split())
    for phase in rest:
        first = next_phase(first, phase)
    assert first is Phase(way.split()[-1])


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.QUITTING])
def test_no_run_begins_in_another_one_nor_when_the_process_ends(phase: Phase) -> None:
    assert not may_follow(Phase.QUITTING, phase)
    begins = may_follow(phase, Phase.PREPARING)
    assert begins == (phase in {Phase.READY, Phase.STOPPED})


def test_no_clean_up_is_left_out() -> None:
    """What a run has made is removed before the process ends."""
    for phase in (Phase.PREPARING, Phase.RUNNING, Phase.STOPPING):
        with pytest.raises(IllegalPhase, match=f"quitting cannot follow {phase.value}"):
            next_phase(phase, Phase.QUITTING)
