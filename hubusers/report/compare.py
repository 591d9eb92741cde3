"""Before and after: which of a hub's measures differ between two runs, beyond chance and by enough to matter."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hubusers.exit_codes import EXIT_FAILURES, EXIT_NO_ANSWER, EXIT_SUCCESS
from hubusers.report import words
from hubusers.report.compare_measures import (
    FAILED_STARTS,
    MEAN_START,
    MEASURES,
    REQUESTS,
    Measure,
    share_ready,
)
from hubusers.report.compare_row import Row, Verdict
from hubusers.report.compare_warnings import user_classes, warnings_about
from hubusers.report.resampling import (
    FEWEST_PIECES,
    Percentile,
    Statistic,
    relative_difference,
    relative_interval,
    share_interval,
)
from hubusers.results.folder import FinishedRun
from hubusers.results.records import START_TO_READY

DOUBT = 0.05
"""Family-wise false-positive rate: the share of comparisons of equal hubs in which chance makes a measure differ."""

SMALLEST_SHARE = 0.01
"""The smallest difference of two shares that matters."""

_LARGE_SHARE = 0.1
"""A difference of two shares that is called no chance, or not judged, but never no difference."""

_TOO_FEW = "too few starts tell whether so large a difference is more than chance"

_FEWEST_BEYOND = 5  # values beyond a percentile; with fewer, chance decides which ones they are
_NAMED = 3  # measures in a headline; all are in the table
_COARSE = 0.2  # relative difference that two runs should be able to show, and that is never called no difference


@dataclass(frozen=True)
class Comparison:
    """Two runs, measure by measure."""

    before: str  # the run in one line
    after: str
    smallest: float  # relative difference that matters
    rows: list[Row]
    left_out: list[str]  # sentences: measures that are missing, and why
    warnings: list[str]  # sentences: what else differs, or was wrong in a run
    headline: str
    has_answer: bool  # about the starts, of runs that were alike

    @property
    def exit_code(self) -> int:
        """1 when a measure is worse, 4 when there is no answer about the starts or the hub, otherwise 0."""
        if any(row.verdict == "worse" for row in self.rows):
            return EXIT_FAILURES
        return EXIT_SUCCESS if self.has_answer else EXIT_NO_ANSWER


def compare(before: FinishedRun, after: FinishedRun, smallest: float = 0.05) -> Comparison:
    """Compare two runs.

    Args:
        before: The first run.
        after: The second; its measures are better or worse than those of the first.
        smallest: The smallest relative difference that matters.

    Raises:
        ValueError: There is nothing to compare, or `smallest` is not a share; a sentence says so.
    """
    if not 0 <= smallest <= 1:
        raise ValueError(
            f"The smallest difference must be a share from 0 to 1, such as 0.05 for 5 %, not {smallest:g}."
        )
    for run in (before, after):
        if not run.results.people.measured(START_TO_READY):
            raise ValueError(f"{run.folder} cannot be compared: nobody asked for a server in that run.")
    if before.folder.resolve() == after.folder.resolve():
        raise ValueError(f"{before.folder} is the same run twice: give the folders of two runs.")
    pairs = [(one, one.of(before.results), one.of(after.results)) for one in MEASURES]
    classes = [user_classes(run) for run in (before, after)]
    has_same_users = classes[0] == classes[1] or not all(classes)  # runs of the first versions have none
    to_judge = [
        one for one, first, second in pairs if first and second and not _why_not(one, first, second, has_same_users)
    ]
    doubt = DOUBT / max(len(to_judge), 1)
    rows = []
    for one, first, second in pairs:
        if first and second:
            note = _why_not(one, first, second, has_same_users)
            row = _row(one, first, second, note, doubt, smallest)
            rows.append(
                _with_unfinished(row, one.is_of_unfinished(before.results), one.is_of_unfinished(after.results))
            )
    if share_ready(before.results) != share_ready(after.results):
        rows = _without_mean_start(rows)
    damaged = _damaged(before, after)
    if damaged:
        rows = [_not_judged(row, "a file of a run is damaged") for row in rows]
    too_coarse = "" if damaged else _too_coarse(rows, smallest)
    no_answer = damaged or _no_answer(rows, before, after) or _cannot_tell(rows, too_coarse)
    left_out = _left_out(pairs)
    found = list(warnings_about(before, after))
    alike = not any(one.unlike for one in found)
    warnings = [one.sentence for one in found]
    if too_coarse and too_coarse not in no_answer:
        warnings.append(too_coarse)
    has_answer = not no_answer and (alike or any(row.verdict in {"better", "worse"} for row in rows))
    return Comparison(
        _in_a_line(before),
        _in_a_line(after),
        smallest,
        rows,
        left_out,
        warnings,
        _headline(rows, smallest, no_answer, alike=alike, warned=bool(warnings)),
        has_answer,
    )


def as_text(comparison: Comparison) -> str:
    """Return a comparison for a terminal, with the headline at the end."""
    header = ("measure", "before", "after", "difference", "interval", "verdict")
    table = [
        (row.measure, row.before_text, row.after_text, row.difference_text, row.interval_text, row.verdict)
        for row in comparison.rows
    ]
    widths = [max(len(line[column]) for line in [header, *table]) for column in range(len(header))]
    lines = [f"before: {comparison.before}", f"after:  {comparison.after}", ""]
    for line in [header, *table]:
        cells = [cell.rjust(width) for cell, width in zip(line, widths, strict=True)]
        lines.append("  ".join([line[0].ljust(widths[0]), *cells[1:-1], line[-1]]))
    lines.append("")
    lines += [f"Not judged: {row.measure}, because {row.note}." for row in comparison.rows if row.note]
    lines += [f"No difference: {row.measure}, because {row.unfelt}." for row in comparison.rows if row.unfelt]
    lines += comparison.left_out
    lines += [f"Warning: {warning}" for warning in comparison.warnings]
    return "\n".join([*lines, comparison.headline])


def _why_not(measure: Measure, before: Statistic, after: Statistic, has_same_users: bool) -> str:
    """Return why a measure cannot be judged, as a clause; "" when it can."""
    if measure.name == REQUESTS and not has_same_users:
        return "other user classes send other requests"
    if not measure.judged:
        return "each run has only one number of it, which does not show how much it varies"
    beyond = 1 - before.percent / 100 if isinstance(before, Percentile) else 1.0
    fewest = max(round(_FEWEST_BEYOND / beyond), FEWEST_PIECES)
    if min(before.count, after.count) < fewest:
        return f"it needs {fewest} measurements in each run, and there are {before.count:,} and {after.count:,}"
    return ""


def _row(measure: Measure, before: Statistic, after: Statistic, note: str, doubt: float, smallest: float) -> Row:
    first, second = before.estimate, after.estimate
    share = measure.unit == "share"
    difference = second - first if share else relative_difference(first, second)
    row = Row(measure.name, measure.unit, first, second, difference, note=note)
    if row.note:
        return row
    if share:
        low, high = share_interval(
            (round(first * before.count), before.count), (round(second * after.count), after.count), doubt
        )
    else:
        low, high = relative_interval(before, after, doubt)
    matters = abs(difference) > (SMALLEST_SHARE if share else smallest)
    felt = difference != 0 and abs(second - first) > measure.floor  # both may be infinite
    verdict: Verdict = "no difference"
    beyond_chance = matters and (low > 0 or high < 0)
    if beyond_chance and felt:
        verdict = "worse" if difference > 0 else "better"
    elif felt and not share and abs(difference) > max(_COARSE, smallest):
        verdict = "cannot tell"
    elif share and abs(difference) > _LARGE_SHARE:
        return replace(row, low=low, high=high, note=_TOO_FEW)
    unfelt = f"nobody feels less than {1000 * measure.floor:g} ms" if beyond_chance and not felt else ""
    return replace(row, low=low, high=high, verdict=verdict, unfelt=unfelt)


def _without_mean_start(rows: list[Row]) -> list[Row]:
    """Do not judge the mean of the servers that became ready: a hub that lost its slowest ones would look faster."""
    note = "it covers only servers that became ready, and the runs differ in how many did"
    return [
        replace(row, low=None, high=None, verdict="not judged", note=note, unfelt="")
        if row.measure == MEAN_START
        else row
        for row in rows
    ]


def _with_unfinished(row: Row, before_is_more: bool, after_is_more: bool) -> Row:
    """Do not judge a percentile where it is not known which one of both is larger."""
    row = replace(row, before_is_more=before_is_more, after_is_more=after_is_more)
    if not row.is_open or row.note:
        return row
    note = "it depends on starts that were under way when a run ended"
    return _not_judged(row, note)


def _not_judged(row: Row, note: str) -> Row:
    return replace(row, low=None, high=None, verdict="not judged", note=note, unfelt="")


def _damaged(before: FinishedRun, after: FinishedRun) -> str:
    """Return the sentence that files are damaged, so that nothing can be judged; "" where all are whole.

    What a file lacks may be all that was slow.
    """
    which = [str(run.folder) for run in (before, after) if run.damages]
    return (
        f"No answer: what {' and '.join(which)} measured is damaged, so that no measure can be judged." if which else ""
    )


def _no_answer(rows: list[Row], before: FinishedRun, after: FinishedRun) -> str:
    """Return the sentence that there is no answer about the starts; "" where they were judged."""
    for row in rows:
        if row.note == _TOO_FEW:
            return f"No answer about {row.measure} ({row.before_text}, then {row.after_text}): too few to tell."
    of_starts = {one.name for one in MEASURES if one.is_of_starts}
    if any(row.verdict != "not judged" for row in rows if row.measure in of_starts):
        return ""
    first, second = (len(run.results.people.measured(START_TO_READY)) for run in (before, after))
    return f"No answer about starts: too few to judge ({first:,} and {second:,})."


def _left_out(pairs: list[tuple[Measure, Statistic | None, Statistic | None]]) -> list[str]:
    missing = {
        "neither run measured it": [one.name for one, first, second in pairs if not first and not second],
        "the run before did not measure it": [one.name for one, first, second in pairs if not first and second],
        "the run after did not measure it": [one.name for one, first, second in pairs if first and not second],
    }
    return [f"Left out, because {why}: {', '.join(names)}." for why, names in missing.items() if names]


def _cannot_tell(rows: list[Row], too_coarse: str) -> str:
    """Return the sentence that it is not known whether starts differ; "" where it is, or where some do."""
    starts = [row for row in rows if row.measure.startswith(START_TO_READY) or row.measure == FAILED_STARTS]
    if any(row.verdict in {"better", "worse"} for row in starts):
        return ""
    unclear = [row for row in starts if row.verdict == "cannot tell"]
    if not (unclear or too_coarse):
        return ""
    about = f" about {_named(unclear)}: that may be chance" if unclear else ""
    return f"Cannot tell{about}. {too_coarse or _MORE_STARTS}"


_MORE_STARTS = "Longer runs tell more."


def _too_coarse(rows: list[Row], smallest: float) -> str:
    """Return a warning where even the most certain measure of the starts could hide what people would feel."""
    starts = [row for row in rows if row.measure.startswith(START_TO_READY)]
    hidden = [max(-row.low, row.high) for row in starts if row.low is not None and row.high is not None]
    if all(row.verdict not in {"better", "worse"} for row in starts) and min(hidden, default=1.0) > max(
        _COARSE, smallest
    ):
        how_much = f"by {100 * min(hidden):.0f} % " if hidden else ""
        return (
            f"Start to ready could differ {how_much}without showing here: there were too few starts, or they varied "
            f"too much. {_MORE_STARTS}"
        )
    return ""


def _headline(rows: list[Row], smallest: float, no_answer: str, *, alike: bool, warned: bool) -> str:
    worse = [row for row in rows if row.verdict == "worse"]
    better = [row for row in rows if row.verdict == "better"]
    parts = [no_answer] if no_answer else []
    if worse:
        parts.append(f"Worse: {_named(worse)}.")
    if better:
        parts.append(f"Better: {_named(better)}.")
    if not parts:
        none = f"no measure differs by more than {100 * smallest:g} % and by more than chance"
        parts.append(f"No difference: {none}." if alike else f"No answer: {none}, but the runs were not alike.")
    elif not alike:
        parts.append("The runs were not alike.")
    if warned:
        parts.append("Read the warnings first.")
    return " ".join(parts)


def _named(rows: list[Row]) -> str:
    more = len(rows) - _NAMED
    return ", ".join(row.in_words for row in rows[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _in_a_line(run: FinishedRun) -> str:
    info = run.info
    version = f" (JupyterHub {info.hub_version})" if info.hub_version else ""
    starts = words.counted(len(run.results.records.starts()), "start")
    return f"{run.folder}, {moment(info.began)}, {info.hub}{version}, {starts}"


def moment(time: float) -> str:
    """Return seconds since the epoch as a date and a time of day."""
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
