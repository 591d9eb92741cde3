"""What the processes of a run notice while it lasts: failed spawns, refused tokens, strain, a hub that goes away."""

from collections.abc import Callable

from hubusers.durations import time_of_day
from hubusers.hub.client import HubClient
from hubusers.log import get_logger
from hubusers.plugin.role import Control, Role
from hubusers.run.failed_spawns import FailedInARow, SpawnCounts, spawns_in_a_row
from hubusers.run.generator_check import CANNOT_KEEP_UP, Strain, why_not_reliable
from hubusers.run.hub_presence import HubPresence
from hubusers.run.phase import Phase
from hubusers.run.run import Run

LOG = get_logger(__name__)

_ONE_SPELL = 10.0
"""Seconds between refusals of a token that are told as one."""


class Notices:
    """Puts together what all processes of one run notice, in the process that conducts it.

    Args:
        run: The run.
        control: Stops the run early.
        role: Tells other processes.
        say: Called with each sentence about the run.

    Attributes:
        presence: Whether the hub is still there.
        strains: How hard it was for each process so far.
    """

    def __init__(self, run: Run, control: Control, role: Role, say: Callable[[str], None]) -> None:
        self._settings = settings = run.settings
        self._control = control
        self._role = role
        self._say = say
        self._failed_in_a_row = FailedInARow()
        self._token_refused_until: dict[str, float] = {}  # by whose token it was
        self.strains: dict[str, Strain] = {}  # by process
        anonymous = HubClient(settings.endpoint, run.connections())
        self.presence = HubPresence(anonymous, say, run.note_hub_away, self._stop_for_hub, settings.server_timeout)

    def _stop_for_hub(self, reason: str) -> None:
        if self._control.phase is not Phase.STOPPING:
            self._control.stop_early(reason)

    def note_spawns(self, process: str, spawns: SpawnCounts) -> None:
        """Take in what one process counts by now; too many failed spawns in a row stop the run."""
        limit, before = self._settings.failed_spawns_to_stop, self._failed_in_a_row.count
        count = self._failed_in_a_row.note(process, spawns)
        if count != before:
            self._role.tell_failed_in_a_row(count)
        self.presence.note_failed_in_a_row(count)
        if count >= limit > 0:
            self._control.stop_early(
                f"{spawns_in_a_row(limit).capitalize()} failed, so the run ends: a hub with consecutive_failure_limit "
                "would soon exit. (--stop-after-failed-spawns 0 goes on regardless.)"
            )

    def note_token_accepted_again(self, whose: str, refused: float, accepted: float) -> None:
        """Say once, whichever processes saw it, that the hub has refused a token for a while, and accepts it again."""
        told_before = refused <= self._token_refused_until.get(whose, 0.0) + _ONE_SPELL
        self._token_refused_until[whose] = max(accepted, self._token_refused_until.get(whose, 0.0))
        if not told_before:
            moment = time_of_day(refused)
            self._say(
                f"The hub refused {whose} from {moment} for {max(1.0, accepted - refused):.0f} s and then accepted it "
                "again. A hub whose database fails does so; so does a hub on which sessions end."
            )

    def note_strain(self, process: str, strain: Strain) -> None:
        """Take in how hard it was for a process so far; say so when it was too hard for the first time."""
        before = self.strains.get(process, Strain())
        self.strains[process] = strain
        if strain.strained and not before.strained:
            LOG.warning("%s", CANNOT_KEEP_UP)

    def why_not_reliable(self) -> str:
        """Return for how long the load generator was late by now, and what to do; "" if it was not late."""
        return why_not_reliable(list(self.strains.values()))
