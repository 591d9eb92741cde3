"""What the diaries of starts cost a load generator: CPU time and memory, by ratio to the same starts without them.

`python -m benchmarks.diaries [--starts N]` prints a Markdown table. Each start hears the ten events that KubeSpawner
sends for a pod which waits for a node and pulls its image. Without a diary its lines are read and recorded as well, as
a user who waits by the progress stream must do. What a whole lifecycle costs is measured by `benchmarks.cost`.
"""

import argparse
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable

from benchmarks.markdown import markdown_table
from hubusers.hub.progress import event_of
from hubusers.results.records import START_TO_READY, Record
from hubusers.run.pending_start import PendingStart
from hubusers.run.run import Run
from hubusers.settings.access import Access
from hubusers.settings.settings import Settings
from hubusers.start_parts import SPAWNING

_ROUNDS = 7
_SAID = (
    ("FailedScheduling", "0/7 nodes are available: 7 Insufficient memory. preemption: 0/7 nodes are available."),
    ("TriggeredScaleUp", "pod triggered scale-up: [{{pool-a 3->4 (max: 10)}}]"),
    ("Scheduled", "Successfully assigned hub/jupyter-{name} to pool-a-5d8f7-x2{number}"),
    ("SuccessfulAttachVolume", 'AttachVolume.Attach succeeded for volume "pvc-0f1c2d3e-4a5b-6c7d-8e9f-{number:012}"'),
    ("Pulling", 'Pulling image "registry.example.org/notebook:2026-11-26"'),
    ("Pulled", 'Successfully pulled image "registry.example.org/notebook:2026-11-26" in {number}.25s'),
    ("Created", "Created container notebook"),
    ("Started", "Started container notebook"),
)


def lines_of(name: str, number: int) -> list[str]:
    """Return the lines of one start's progress stream."""
    moment = "2026-11-26T09:00:00Z"
    events = [{"progress": 0, "message": "Server requested"}]
    for reason, text in _SAID:
        said = text.format(name=name, number=number)
        raw = {"reason": reason, "message": said, "type": "Normal", "lastTimestamp": moment}
        events.append({"progress": 50, "message": f"{moment} [Normal] {said}", "raw_event": raw})
    events.append({"progress": 100, "ready": True, "message": f"Server ready at /user/{name}/"})
    return [f"data: {json.dumps(event)}" for event in events]


def start(run: Run, number: int, lines: list[str], *, with_diary: bool) -> None:
    """Hear what is said of one start, and record it."""
    name = f"hub-stress-test-k3x9qa-0-{number}"
    began = time.monotonic()
    record = Record(START_TO_READY, name, time.time(), 60.0, 0.0)
    if not with_diary:
        for line in lines:
            event_of(line)
        run.results.records.note(record)
        return
    with PendingStart(run, name, "", began) as pending:
        pending.waits_for(SPAWNING)
        for line in lines:
            if event := event_of(line):
                pending.hears(event)
        values = {field: getattr(record, field) for field in Record.__dataclass_fields__}
        record = Record(**values | {"parts": pending.parts(60.0)})
        run.results.records.note(record)
        pending.note_in_results(record)


def measured(starts: int, *, with_diary: bool, take: Callable[[], float]) -> float:
    """Return what so many starts took of something, each."""
    settings = Settings(endpoint="http://127.0.0.1:9/hub/api", access=Access("no-token"), run_id="k3x9qa")
    run = Run(settings, worker=0)
    said = [lines_of(f"hub-stress-test-k3x9qa-0-{number}", number) for number in range(starts)]
    before = take()
    for number, lines in enumerate(said):
        start(run, number, lines, with_diary=with_diary)
    return (take() - before) / starts


def main() -> None:
    """Measure both, in turns, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diaries", description=__doc__)
    parser.add_argument("--starts", type=int, default=2000, help="starts in each round (%(default)s)")
    starts = parser.parse_args().starts
    names = {False: "without diaries", True: "with diaries"}
    cpu: dict[bool, list[float]] = {way: [] for way in names}
    for _ in range(_ROUNDS):
        for way in names:
            cpu[way].append(1e6 * measured(starts, with_diary=way, take=time.process_time))
    tracemalloc.start()
    kept = {
        way: measured(starts, with_diary=way, take=lambda: float(tracemalloc.get_traced_memory()[0])) for way in names
    }
    rows = [
        [
            name,
            f"{statistics.median(cpu[way]):.0f}",
            f"{statistics.median(cpu[way]) / statistics.median(cpu[False]):.2f}",
            f"{kept[way]:,.0f}",
            f"{kept[way] / kept[False]:.2f}",
        ]
        for way, name in names.items()
    ]
    print(markdown_table(["", "CPU µs a start", "ratio", "bytes kept a start", "ratio"], "lrrrr", rows))


if __name__ == "__main__":
    main()
