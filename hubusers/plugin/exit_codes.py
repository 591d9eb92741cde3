"""The exit codes of `locust` that hubusers sets; Locust's own 0 and 1 mean success and failures."""

EXIT_FAILURES = 1
EXIT_CANNOT_TEST = 2
"""Wrong usage, or a hub that cannot be tested."""
EXIT_LEFT_BEHIND = 3
"""Something is left on the hub, and was named."""
EXIT_INTERRUPTED = 130
