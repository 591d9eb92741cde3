"""A made-up run, as the page Hub gets it to show."""

from typing import Any

from tests.live.made_up_web_ui import State

ANSWER: dict[str, Any] = {
    "answer": "missed",
    "word": "It does not hold",
    "headline": "It does not hold: 19 of the 300 people waited longer than 10 s for their server.",
    "more": ["300 people came, and all of them got a server."],
    "without_causes": "",
    "findings": [
        {
            "title": "The hub is busy",
            "sentence": "The hub's *one process* used 98 % of a core.",
            "explains": "This explains 80 % of the time that people waited too long.",
            "remedies": ["Look at `c.JupyterHub.activity_resolution`."],
        }
    ],
    "left_behind": 0,
    "clean_up": "Clean-up: users: 300 created, 300 removed, 0 left; servers: 300 started, 300 removed, 0 left",
    "report": "/srv/runs/2026-11-26-090000-k3x9qa/report.html",
}
"""The answer of a run that is over."""


class Growing(State):
    """A run that has lasted 50 seconds, and a second more each time that somebody asks.

    Args:
        run_id: Of the run.
        notes: As the run would have them.
        state: Its phase.
        more: Other parts of what is shown, in place of those of a run that goes on.
        measured: Names and values that its points have beside what all have.
    """

    def __init__(
        self,
        run_id: str = "k3x9qa",
        notes: tuple[str, ...] = (),
        state: str = "running",
        more: dict[str, Any] | None = None,
        **measured: Any,
    ) -> None:
        super().__init__()
        self.run_id, self.notes, self.state, self.measured = run_id, notes, state, measured
        self.more = more or {}
        self.seconds = 50
        self.hub_away: float | None = None

    def __call__(self, after: float) -> dict[str, Any]:
        self.asked.append(after)
        self.seconds += self.state == "running"
        shown = {
            "run": {
                "id": self.run_id,
                "title": "A class at nine",
                "state": self.state,
                "began": 1790000000.0,
                "elapsed": self.seconds,
                "planned": 300,
                "hub": "https://hub.example.org",
                "hub_away": self.hub_away,
                "words": f"{self.seconds} s elapsed, {self.seconds} of 300 arrived",
                "folder": "/srv/runs/2026-11-26-090000-k3x9qa",
            },
            "points": [self.point(t) for t in range(1, self.seconds + 1) if t > after],
            "targets": [
                {"text": "start to ready: p95 at most 60 s", "measured": "7.3 s", "state": "held"},
                {"text": "failed starts: at most 1 %", "measured": "2 %", "state": "missed"},
                {"text": "hub probe: p95 at most 1 s", "measured": "not measured", "state": "not measured"},
            ],
            "cohorts": [self.cohort("students", 280), self.cohort("teachers", 20)],
            "waiting": [{"for": "pulling the image", "starts": 4}, {"for": "waiting for a node", "starts": 1}],
            "failures": {
                "rows": [
                    {
                        "step": "login",
                        "what": "hub error: HTTP 500",
                        "example": "",
                        "who": "8 people",
                        "last": 48.2,
                        "count": 1234,
                    }
                ],
                "more": "2 more kinds of failure came less often.",
            },
            "notes": list(self.notes),
            "progress": None,
            "answer": None,
        }
        return shown | self.more

    def point(self, t: int) -> dict[str, Any]:
        names = ("failed", "throttled", "p50", "p95", "p99", "probe", "cpu", "memory")
        return {
            "t": float(t),
            **dict.fromkeys(names),
            "arrived": t,
            "pending": 5,
            "ready": t - 5,
            "known": 100.0,
            "probes_failed": 0,
            **self.measured,
        }

    def cohort(self, name: str, planned: int) -> dict[str, Any]:
        now = {"arrived": planned // 6, "pending": 2, "ready": planned // 6 - 2, "failed": 0}
        return {"name": name, "planned": planned, **now, "p50": "2.71 s", "p95": "7.3 s"}
