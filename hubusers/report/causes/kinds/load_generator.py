"""What is known of the load generator as a cause."""

from hubusers.report.causes.kind import Kind

MORE_PROCESSES = "Use more processes (`--processes`), on as many cores, or more machines with workers."

LESS_TO_DO = (
    "Leave the machine to Locust alone: a hub or other work on the same cores takes its time.",
    "Let fewer people come in the same moment.",
)
"""What helps a process whose core was not full."""

KINDS = (
    Kind(
        name="load-generator",
        title="The load generator itself was late",
        section="The load generator",
        mechanism=(
            "The people of a run are simulated by processes that can be busy themselves. Such a process clicks late, "
            "and sees late that a server is ready, so the times that it measures are too long. Each process measures "
            "how late its own event loop is, and how much of a core it uses."
        ),
        confirm=(
            "Look at the CPU of the machine that Locust runs on while the run lasts: `top`, or `kubectl top pod`.",
            "If a core was full, repeat the run with more processes: if the times get shorter, the load generator was "
            "the limit.",
        ),
        remedies=(MORE_PROCESSES, *LESS_TO_DO),
    ),
    Kind(
        name="busy-machine",
        title="The machine had no time for hub and load generator",
        section="The load generator",
        mechanism=(
            "The hub and the load generator ran on the same machine, and both were late although neither used its "
            "core. Other work on the machine, or their own servers, took its time. What such a run measures says "
            "little about the hub."
        ),
        confirm=("Look at what else the machine did while the run lasted: `top`, `uptime`.",),
        remedies=(
            "Repeat the run when nothing else runs on the machine, or with fewer people.",
            "Run Locust on another machine than the hub.",
        ),
    ),
)
