"""The folder of a run: written while the run lasts, so that a run that dies leaves its measurements, and read later."""

import contextlib
import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, astuple, dataclass, field, fields, replace
from pathlib import Path
from sys import intern
from typing import IO, Any

from pydantic import TypeAdapter

from hubusers.counting import counted
from hubusers.event.file import EventError, parse_event
from hubusers.event.model import Event
from hubusers.event.plan import plan
from hubusers.results.cluster import CLUSTER_FILE, Cluster, read_cluster
from hubusers.results.hub_samples import HubSample, Observations, Probe, SampleKeeper
from hubusers.results.records import Record
from hubusers.results.request_log import RequestLog
from hubusers.results.results import Results
from hubusers.results.run_info import RunInfo, known_moment
from hubusers.results.saved_requests import TOTALS_FILE, counted_rows, read_counted, write_table
from hubusers.results.saved_rows import DamagedError, count_of, lines_of, naming, number_of, rows_of, seconds_of
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
        info = _RUN_INFO.validate_json((folder / RUN_FILE).read_text(encoding="utf-8"))
        known_moment(info.began)
        if info.ended and known_moment(info.ended) < info.began:
            raise ValueError("it ended before it began")
    event, event_file, broke_off = None, folder / EVENT_FILE, not info.ended
    if event_file.exists() or info.planned_people is not None:
        with naming(EVENT_FILE):
            event = parse_event(event_file.read_text(encoding="utf-8"), str(event_file))
    results = Results()

    def rows(name: str, needed: Collection[str], *, always: bool = True) -> Iterator[dict[str, str]]:
        if always or name in info.rows or (folder / name).exists():
            count = 0
            for row in rows_of(folder / name, needed, cut_off=broke_off):
                count += 1
                yield row
            _compare(count, name, info)

    def lines(name: str, *, always: bool = True) -> Iterator[str]:
        if always or name in info.rows or (folder / name).exists():
            found = lines_of(folder / name, cut_off=broke_off)
            _compare(len(found), name, info)
            yield from found

    with naming(STEPS_FILE):
        for row in rows(STEPS_FILE, _STEP_COLUMNS):
            results.records.note(_record(row))
    if TOTALS_FILE in info.rows or (folder / TOTALS_FILE).exists():
        read_counted(results.requests, rows)
    else:
        with naming(REQUESTS_FILE):
            for row in rows(REQUESTS_FILE, _REQUEST_COLUMNS):
                results.requests.note(
                    row["request"], known_moment(number_of(row["began"])), seconds_of(row["seconds"]), row["failure"]
                )
    results.requests.take_new()  # nothing of it is to be written
    with naming(EXAMPLES_FILE):
        for row in rows(EXAMPLES_FILE, ["step", "failure", "example"], always=False):  # early runs have none
            results.examples.note(row["step"], row["failure"], row.get("reason", ""), row["example"])
    with naming(MESSAGES_FILE):
        for row in rows(MESSAGES_FILE, _MESSAGE_COLUMNS, always=False):  # a run without progress streams has none
            results.messages.note(_MESSAGE.validate_python(row))
    with naming(DIARIES_FILE):
        for line in lines(DIARIES_FILE, always=False):
            results.diaries.note(_DIARY.validate_json(line))
    with naming(PROBES_FILE):
        for row in rows(PROBES_FILE, _PROBE_COLUMNS):
            began = known_moment(number_of(row["began"]))
            results.probes.append(Probe(began, seconds_of(row["seconds"]), intern(row["failure"])))
    with naming(METRICS_FILE):
        keeper = SampleKeeper(results.hub_samples)
        for line in lines(METRICS_FILE):
            keeper.keep(_hub_sample(json.loads(line)))
    with naming(CLUSTER_FILE):
        cluster = read_cluster(folder)
    if broke_off:
        ends = (record.began + record.seconds for record in results.records)
        info = replace(info, ended=max([info.began, *ends, *(probe.began for probe in results.probes)]))
    # A run writes the seed that it drew into its copy of the event.
    people = plan(event, event.seed) if event and event.seed is not None else []
    return FinishedRun(folder, info, event, results, [person.arrives for person in people], broke_off, cluster)


def _compare(count: int, name: str, info: RunInfo) -> None:
    """Make sure that a file has all that the run wrote into it, as far as its run.json tells."""
    written = info.rows.get(name, count)
    if count != written:
        raise ValueError(f"it has {counted(count, 'row')}, and the run wrote {written:,}")


_RUN_INFO = TypeAdapter(RunInfo)
_MESSAGE = TypeAdapter(StartMessage)
_DIARY = TypeAdapter(StartDiary)


def _step_row(record: tuple[Any, ...]) -> Iterator[Any]:
    """Return the cells of a step: what consists of several values becomes JSON, which tools can read."""
    for value in record:
        if isinstance(value, tuple):
            value = json.dumps(dict(value)) if value else ""
        yield value


def _record(row: dict[str, str]) -> Record:
    # Interned, or each record would have its own copies of the same texts.
    return Record(
        step=intern(row["step"]),
        username=intern(row["username"]),
        began=known_moment(number_of(row["began"])),
        seconds=seconds_of(row["seconds"]),
        late=number_of(row["late"]),
        failure=intern(row["failure"]),
        cohort=intern(row["cohort"]),
        lifecycle=count_of(row["lifecycle"]),
        throttled=seconds_of(row["throttled"]),
        throttled_by=intern(row["throttled_by"]),
        # Runs of the first versions have none of these.
        reason=intern(row.get("reason") or ""),
        profile=intern(row.get("profile") or ""),
        person=intern(row.get("person") or ""),
        worker=count_of(row.get("worker") or "0"),
        parts=_parts(row.get("parts") or ""),
        after=number_of(row.get("after") or "0"),
        user_class=intern(row.get("user_class") or ""),
    )


def _parts(text: str) -> tuple[tuple[str, float], ...]:
    if not text:
        return ()
    return tuple((intern(str(part)), number_of(str(seconds))) for part, seconds in json.loads(text).items())


def _hub_sample(model: dict[str, Any]) -> HubSample:
    def histograms(name: str) -> dict[str, Observations]:
        return {key: Observations(**value) for key, value in model[name].items()}

    loop = model["event_loop"]
    known_moment(model["time"])
    return HubSample(
        **{
            **model,
            "event_loop": Observations(**loop) if loop else None,
            "spawns": histograms("spawns"),
            "requests": histograms("requests"),
        }
    )
