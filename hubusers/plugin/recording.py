"""The recording of a run, in the process that conducts it: what is known of it, the page Hub, the report."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hubusers.accounts.ledger import Totals
from hubusers.hub.endpoint import hub_url
from hubusers.live.page_content import Headway
from hubusers.live.recorder import Recorder, versions
from hubusers.plugin.exporting import Exporting
from hubusers.plugin.notices import Notices
from hubusers.plugin.role import Control, Role
from hubusers.results.run_info import RunInfo
from hubusers.run.generator_check import late_processes
from hubusers.run.phase import Phase
from hubusers.run.run import Run
from hubusers.settings.hub_check import CheckedHub
from hubusers.telemetry.exporter import Exporter
from hubusers.telemetry.readings import RunSoFar


class Recording:
    """Watches the hub and writes a run down, from `start` to `write_report`.

    Args:
        run: The run.
        control: Conducts it.
        role: Tells of all processes of the run.
        hub: As the check found it; None where nothing was checked.
        exporters: Each makes an exporter of a run.

    Attributes:
        notices: What the processes notice.
        answer_is_said: Whether the answer of the run was given in the terminal.
    """

    def __init__(
        self,
        run: Run,
        control: Control,
        role: Role,
        hub: CheckedHub | None,
        exporters: Iterable[Callable[[RunSoFar], Exporter]] = (),
    ) -> None:
        self.run = run
        self.answer_is_said = False
        self._control = control
        self._role = role
        self._removed_before = 0  # what the run had removed when its clean-up began
        self.notices = Notices(run, control, role, self._note)
        self._recorder = Recorder(
            run,
            control.environment,
            self._info(hub),
            control.briefing.event_text,
            role,
            lambda: control.phase,
            aloud=control.options.headless or control.options.autostart,
            note_probe=self.notices.presence.note_probe,
        )
        self._exporting = Exporting([make(self._so_far()) for make in exporters])

    def _so_far(self) -> RunSoFar:
        recorder = self._recorder
        return RunSoFar(self.run, recorder.info, self._role.cohorts, recorder.outcomes, self._times_strained)

    def _times_strained(self) -> int:
        return sum(strain.strained for strain in self.notices.strains.values())

    def _info(self, hub: CheckedHub | None) -> RunInfo:
        """Return what is known of the run at its beginning."""
        settings, event = self.run.settings, self.run.settings.event
        return RunInfo(
            run_id=settings.run_id,
            hub=hub_url(settings.endpoint),
            began=time.time(),
            title=event.title if event else "",
            hub_version=hub.version if hub else "",
            spawner=hub.spawner if hub else "",
            planned_people=len(settings.people) if event else None,
            **({} if event else self._asked_for()),
            versions=versions(),
            options=settings.shown(),
            changed_options=settings.changed(),
        )

    def _asked_for(self) -> dict[str, Any]:
        """Return who comes in a run without an event, and how long it lasts, as Locust was told."""
        options = self._control.options
        return {
            "users": options.num_users or 1,  # Locust's own defaults
            "spawn_rate": float(options.spawn_rate or 1),
            "run_time": float(options.run_time) if options.run_time else None,
            "user_classes": list(self._control.briefing.user_classes),
        }

    def start(self) -> None:
        """Watch the hub, and write the run down, from here."""
        self._recorder.start()
        self._exporting.start()

    def note_begin(self) -> None:
        """Take notice that users may come from now on."""
        self._recorder.note_begin()

    def note_stopping(self) -> None:
        """Take notice that the run is being stopped: what is removed from now on is its clean-up."""
        self._removed_before = self._removed(self.totals())

    def note_end(self) -> None:
        """Take notice that nobody comes any more, and the users leave."""
        self._recorder.note_end()

    def has_missed_step(self) -> bool:
        """Return whether the event climbs in steps until a target is missed, and one was."""
        return self._recorder.has_missed_step()

    def _note(self, sentence: str) -> None:
        self._recorder.note(sentence)

    def totals(self) -> Totals:
        """Return what the run has made and removed, in all processes."""
        return self._role.totals()

    # The page Hub

    def page(self, after: float) -> dict[str, Any]:
        """Return what the page Hub shows, with the points that are later than `after` seconds of the run."""
        return self._recorder.page(after, self._headway(), self._hub_away())

    def _headway(self) -> Headway | None:
        phase, settings, totals = self._control.phase, self.run.settings, self.totals()
        if phase is Phase.PREPARING and settings.event and self.run.accounts.are_made:
            return Headway("accounts made", totals.users_created, len(settings.people))
        if phase is Phase.STOPPING and not settings.keep:
            what = "users removed" if self.run.accounts.are_made else "servers removed"
            removed = max(0, self._removed(totals) - self._removed_before)
            return Headway(what, removed, removed + totals.left)
        return None

    def _removed(self, totals: Totals) -> int:
        """Return how many of what the run has to remove, users or servers, are gone by now."""
        return totals.users_removed if self.run.accounts.are_made else totals.servers_removed

    def _hub_away(self) -> float | None:
        """Return since when the hub has been away, in seconds since the epoch; None while it answers."""
        absences = self.notices.presence.absences
        is_on = self._control.phase in {Phase.RUNNING, Phase.STOPPING}
        return absences[-1].began if is_on and absences and absences[-1].back is None else None

    # The end

    def write_report(self, ended_because: str, *, first_server_left: bool) -> None:
        """Write the report; its answer becomes the exit code.

        Args:
            ended_because: What stopped the run before its time, in a sentence; "" when nothing did.
            first_server_left: Whether that of the check before the run could not be removed.
        """
        run, recorder, notices = self.run, self._recorder, self.notices
        notices.presence.end()
        if (held := self._role.held()).starts:
            recorder.note(str(held))
        info = recorder.info
        info.generator = notices.why_not_reliable()
        info.hub_absences = list(notices.presence.absences)
        info.late_processes = late_processes(list(notices.strains.values()))
        info.ended_because = ended_because
        info.was_interrupted = self._control.was_interrupted
        info.clean_up = run.summary(self.totals())
        info.left_behind = 0 if run.settings.keep else self.totals().left
        info.left_behind += first_server_left
        self._role.complete(info)
        answer = recorder.finish()
        if answer.answer == "failures" and not answer.outcomes:
            self._control.exit_with(self._control.options.exit_code_on_error)  # Locust's own option
        elif answer.outcomes or answer.exit_code:
            self._control.exit_with(answer.exit_code)
        self._exporting.finish(answer, recorder.findings)  # last: it waits for others

    @property
    def answer(self) -> list[str]:
        """The verdict, and its causes, in sentences; empty before the report is written."""
        return self._recorder.answer

    @property
    def report(self) -> Path | None:
        """Where the report is; None before it is written, and where nothing is."""
        return self._recorder.report
