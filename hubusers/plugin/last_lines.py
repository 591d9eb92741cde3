"""The last lines of a run in the terminal: its answer, what is left, and where the report is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hubusers.log import get_logger
from hubusers.plugin.terminal import asks_for_tables

if TYPE_CHECKING:
    from hubusers.plugin.recording import Recording

LOG = get_logger(__name__)


def say_answer(recording: Recording, options: argparse.Namespace) -> None:
    """Say, once, what came of a run.

    Args:
        recording: Of the run.
        options: Locust's.

    Logs:
        INFO the verdict, what limited the hub, what is left, and where the report is; before them, where tables are
        asked for, what was measured.
    """
    if recording.answer_is_said:
        return
    recording.answer_is_said = True
    if asks_for_tables(options):
        recording.run.say_measured()
    if too_much := recording.notices.why_not_reliable():
        LOG.warning("%s", too_much)
    for sentence in recording.answer:
        LOG.info("%s", sentence)
    LOG.info("%s", recording.run.summary(recording.totals()))
    if recording.report:
        LOG.info("The report is in %s", recording.report)
