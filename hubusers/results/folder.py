"""The folder of a run: written while the run lasts, so that a run that dies leaves its measurements, and read later."""

import contextlib
import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter

from hubusers.event.file import EventError, parse_event
from hubusers.event.model import Event
from hubusers.event.plan import plan
from hubusers.results.cluster import CLUSTER_FILE, Cluster, read_cluster
from hubusers.results.hub_samples import HubSample, Probe, SampleKeeper
from hubusers.results.records import Record
from hubusers.results.request_log import RequestLog
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo, known_moment
from hubusers.results.saved_requests import (
    MOMENTS_FILE,
    TIMES_FILE,
    TOTALS_FILE,
    counted_rows,
    read_counted,
    write_table,
)
from hubusers.results.saved_rows import Damage, DamagedError, SavedTables, naming
from hubusers.results.saved_values import hub_sample_of, moment_of, probe_of, record_of, seconds_of
from hubusers.results.start_diaries import StartDiary
from hubusers.results.start_messages import StartMessage

RUN_FILE = "run.json"
EVENT_FILE = "event.toml"
STEPS_FILE = "steps.csv"
REQUESTS_FILE = "requests.csv"
EXAMPLES_FILE = "failure-examples.csv"
MESSAGES_FILE = "start-messages.csv"
DIARIES_FILE = "start-diaries.jsonl"
PROBES_FILE = "hub-probes.csv"
METRICS_FILE = "hub-metrics.jsonl"
REPORT_FILE = "report.html"
SUMMARY_FILE = "summary.md"
SUMMARY_JSON_FILE = "summary.json"
JUNIT_FILE = "junit.xml"
LOCUST_REQUESTS_FILE = "locust-requests.csv"
LOCUST_FAILURES_FILE = "locust-failures.csv"

_REQUEST_COLUMNS = ["request", "began", "seconds", "failure"]
_STEP_COLUMNS = [item.name for item in fields(Record)][:10]  # the later ones are not in runs of the first versions
_MESSAGE_COLUMNS = [item.name for item in fields(StartMessage)]
_PROBE_COLUMNS = [item.name for item in fields(Probe)]
_EXAMPLE_COLUMNS = ["step", "failure", "reason", "example"]

_HOLDS = {
    STEPS_FILE: "the steps of people",
    REQUESTS_FILE: "the requests",
    TOTALS_FILE: "the counts of requests",
    MOMENTS_FILE: "the moments of requests",
    TIMES_FILE: "the times of requests",
    EXAMPLES_FILE: "examples of failures",
    MESSAGES_FILE: "what the hub said of starts",
    DIARIES_FILE: "the course of some starts",
    PROBES_FILE: "how quickly the hub answered",
    METRICS_FILE: "the hub's own figures",
}
"""What is missing from a report when a file is damaged."""


class RunFolderError(Exception):
    """No run can be read from a folder; the text says why, and what to do."""


@dataclass(frozen=True)
class FinishedRun:
    """A run that is over, with its results in memory."""

    folder: Path
    info: RunInfo
    event: Event | None
    results: Results
    arrivals: list[float] = field(default_factory=list)  # planned ones, in seconds after the run began
    broke_off: bool = False  # killed, or not over yet; its end is then the last moment that it wrote down
    cluster: Cluster | None = None  # what its cluster said; None for a run that nobody watched in a cluster
    damages: list[Damage] = field(default_factory=list)  # of files that were read as far as possible

    @property
    def lacks_data(self) -> bool:
        """Whether it measured more than what is here, or may have: it broke off, or its files are damaged."""
        return self.broke_off or bool(self.damages)


class RunFolder:
    """Writes what a run measures, as it goes.

    Args:
        path: The folder, made here with its parents.

    Raises:
        OSError: The folder cannot be made, or a file in it cannot be written.

    Attributes:
        rows: How many rows each file has by now.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.rows: dict[str, int] = {}
        self._files = contextlib.ExitStack()
        self._steps = self._table(STEPS_FILE, [item.name for item in fields(Record)])
        self._requests = self._table(REQUESTS_FILE, _REQUEST_COLUMNS)
        self._examples = self._table(EXAMPLES_FILE, _EXAMPLE_COLUMNS)
        self._probes = self._table(PROBES_FILE, _PROBE_COLUMNS)
        self._metrics = self._opened(METRICS_FILE)
        self.rows[METRICS_FILE] = 0

    def write_steps(self, records: Iterable[tuple[Any, ...]]) -> None:
        self._write(STEPS_FILE, self._steps, map(_step_row, records))

    def write_requests(self, requests: Iterable[tuple[Any, ...]]) -> None:
        self._write(REQUESTS_FILE, self._requests, requests)

    def write_counted_requests(self, requests: RequestLog, pause: Callable[[], None] = lambda: None) -> None:
        """Write the counts of all requests by now; the first ones are also in the file that has each.

        Args:
            requests: The requests of the run.
            pause: Called again and again, since this may take a second.
        """
        for name, rows in counted_rows(requests, pause).items():
            self.rows[name] = write_table(self.path / name, rows)

    def write_examples(self, examples: Iterable[tuple[Any, ...]]) -> None:
        self._write(EXAMPLES_FILE, self._examples, examples)

    def write_messages(self, messages: Iterable[StartMessage]) -> None:
        """Write the counts of all messages by now."""
        with self._replaced(MESSAGES_FILE) as file:
            csv.writer(file).writerow(_MESSAGE_COLUMNS)
            rows = [astuple(message) for message in messages]
            csv.writer(file).writerows(rows)
        self.rows[MESSAGES_FILE] = len(rows)

    def write_diaries(self, diaries: Iterable[StartDiary]) -> None:
        """Write the diaries that are kept by now."""
        with self._replaced(DIARIES_FILE) as file:
            lines = [json.dumps(asdict(diary)) + "\n" for diary in diaries]
            file.writelines(lines)
        self.rows[DIARIES_FILE] = len(lines)

    def write_probe(self, probe: Probe) -> None:
        self._write(PROBES_FILE, self._probes, [astuple(probe)])

    def write_hub_sample(self, sample: HubSample) -> None:
        self._metrics.write(json.dumps(asdict(sample)) + "\n")
        self.rows[METRICS_FILE] += 1

    def write_hub_samples(self, samples: Collection[HubSample]) -> None:
        """Write all readings anew, after some were dropped."""
        self._metrics.seek(0)
        self._metrics.truncate()
        self.rows[METRICS_FILE] = 0
        for sample in samples:
            self.write_hub_sample(sample)

    def write_event(self, text: str) -> None:
        (self.path / EVENT_FILE).write_text(text, encoding="utf-8")

    def write_info(self, info: RunInfo) -> None:
        (self.path / RUN_FILE).write_text(json.dumps(asdict(info), indent=2) + "\n", encoding="utf-8")

    def flush(self) -> None:
        for file in (self._steps, self._requests, self._examples, self._probes, self._metrics):
            file.flush()

    def close(self) -> None:
        self._files.close()

    @contextlib.contextmanager
    def _replaced(self, name: str) -> Iterator[IO[str]]:
        """Write a file anew; the one before stays until it is done, so that a run that dies leaves a whole one."""
        unfinished = self.path / f".{name}"
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            yield file
        unfinished.replace(self.path / name)

    def _opened(self, name: str) -> IO[str]:
        return self._files.enter_context((self.path / name).open("w", encoding="utf-8", newline=""))

    def _table(self, name: str, columns: list[str]) -> IO[str]:
        file = self._opened(name)
        csv.writer(file).writerow(columns)
        self.rows[name] = 0
        return file

    def _write(self, name: str, file: IO[str], rows: Iterable[Iterable[Any]]) -> None:
        rows = list(rows)
        csv.writer(file).writerows(rows)
        self.rows[name] += len(rows)


def read_run(folder: Path) -> FinishedRun:
    """Read a run from its folder.

    Raises:
        RunFolderError: There is no run in the folder, or it cannot be read.
    """
    try:
        return _read(folder)
    except FileNotFoundError as error:
        missing = Path(error.filename).name
        raise RunFolderError(
            f"{folder} is not the folder of a finished run: it has no {missing}. Give the folder that a run named at "
            "its end, such as runs/2026-11-25-090000Z-k3x9qa."
        ) from None
    except NotADirectoryError:
        raise RunFolderError(f"{folder} is a file: give the folder of a run, which has a {RUN_FILE}.") from None
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be read: {error.strerror}.") from None
    except EventError as error:
        raise RunFolderError(f"{error}") from None
    except DamagedError as error:
        damaged = f"The {error.name} in {folder} is damaged ({error.what}): repeat the run."
        raise RunFolderError(damaged + _or_it_is_of_another_version(folder)) from None


def _or_it_is_of_another_version(folder: Path) -> str:
    """Say that another version of hubusers wrote a run, and what to do then; "" where it was this one."""
    from hubusers.how_installed import this_installation
    from hubusers.version import version

    try:
        wrote = str(json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))["versions"]["hubusers"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    if wrote == version():
        return ""
    upgrade = this_installation().to_upgrade()
    return f" Or it only looks so here, because hubusers {wrote} wrote it, and this is {version()}. {upgrade}"


def _read(folder: Path) -> FinishedRun:
    with naming(RUN_FILE):
        info = _info_in(folder)
    with naming(EVENT_FILE):
        event = _event_in(folder, info)
    broke_off = not info.ended
    tables = SavedTables(folder, info.rows, _HOLDS, cut_off=broke_off)
    results = _results_in(tables)
    with naming(CLUSTER_FILE):
        cluster = read_cluster(folder)
    if broke_off:
        ends = (record.began + record.seconds for record in results.records)
        info = replace(info, ended=max([info.began, *ends, *(probe.began for probe in results.probes)]))
    # A run writes the seed that it drew into its copy of the event.
    people = plan(event, event.seed) if event and event.seed is not None else []
    damages = [
        one if one.is_torn else replace(one, sentence=one.sentence + _or_it_is_of_another_version(folder))
        for one in tables.damages
    ]
    arrivals = [person.arrives for person in people]
    return FinishedRun(folder, info, event, results, arrivals, broke_off, cluster, damages)


def _info_in(folder: Path) -> RunInfo:
    info = _RUN_INFO.validate_json((folder / RUN_FILE).read_text(encoding="utf-8"))
    known_moment(info.began)
    if info.ended and known_moment(info.ended) < info.began:
        raise ValueError("it ended before it began")
    return info


def _event_in(folder: Path, info: RunInfo) -> Event | None:
    file = folder / EVENT_FILE
    if not file.exists() and info.planned_people is None:
        return None
    return parse_event(file.read_text(encoding="utf-8"), str(file))


def _results_in(tables: SavedTables) -> Results:
    """Return all that can be read of what a run measured. Runs of earlier versions do not have each of the files."""
    results = Results()
    tables.read_csv(STEPS_FILE, _STEP_COLUMNS, lambda row: results.records.note(record_of(row)))
    if tables.has(TOTALS_FILE):
        read_counted(results.requests, tables)
    else:
        tables.read_csv(
            REQUESTS_FILE,
            _REQUEST_COLUMNS,
            lambda row: results.requests.note(
                row["request"], moment_of(row["began"]), seconds_of(row["seconds"]), row["failure"]
            ),
        )
    results.requests.take_new()  # nothing of it is to be written
    if tables.has(EXAMPLES_FILE):
        tables.read_csv(
            EXAMPLES_FILE,
            ["step", "failure", "example"],
            lambda row: results.examples.note(row["step"], row["failure"], row.get("reason", ""), row["example"]),
        )
    if tables.has(MESSAGES_FILE):  # a run without progress streams has none
        tables.read_csv(
            MESSAGES_FILE, _MESSAGE_COLUMNS, lambda row: results.messages.note(_MESSAGE.validate_python(row))
        )
    if tables.has(DIARIES_FILE):
        tables.read_lines(DIARIES_FILE, lambda line: results.diaries.note(_DIARY.validate_json(line)))
    tables.read_csv(PROBES_FILE, _PROBE_COLUMNS, lambda row: results.probes.append(probe_of(row)))
    keeper = SampleKeeper(results.hub_samples)
    tables.read_lines(METRICS_FILE, lambda line: keeper.keep(hub_sample_of(line)))
    return results


_RUN_INFO = TypeAdapter(RunInfo)
_MESSAGE = TypeAdapter(StartMessage)
_DIARY = TypeAdapter(StartDiary)


def _step_row(record: tuple[Any, ...]) -> list[Any]:
    """Return the cells of a step: what consists of several values becomes JSON, which tools can read."""
    return [value if type(value) is not tuple else json.dumps(dict(value)) if value else "" for value in record]
