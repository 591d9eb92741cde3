"""The exit codes of `locust` and of the `hubusers` command. docs/reference/exit-codes.md explains them to users."""

EXIT_SUCCESS = 0
"""The targets were held or, without targets, nothing failed. Nothing is left on the hub."""

EXIT_FAILURES = 1
"""A target was missed, or something failed; of two runs, something got worse."""

EXIT_CANNOT_TEST = 2
"""Wrong usage, or a hub that cannot be tested."""

EXIT_LEFT_BEHIND = 3
"""Something is left on the hub, and was named. It comes before each answer."""

EXIT_NO_ANSWER = 4
"""The run, or the comparison of two, gave no answer, and said why."""

EXIT_INTERRUPTED = 130
"""Ctrl-C before the run began, or a second time. Shells use this code, too: 128 and the number of SIGINT."""
