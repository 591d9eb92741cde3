"""Versions of JupyterHub, each with servers of the same version."""

from tests.matrix.case import Case

CASES = (
    Case("JupyterHub 6.1", has_trial=True, hub="6.1"),
    Case("JupyterHub 5.5", has_trial=True, hub="5.5"),
    Case("JupyterHub 4.1", has_trial=True, hub="4.1"),
)
