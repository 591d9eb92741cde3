"""What is made of OpenTelemetry in the process of the tests does not begin anew in the processes that they start."""

from collections.abc import Iterator

import pytest

from hubusers.telemetry.otel_connection import not_beginning_anew_in_children


@pytest.fixture(autouse=True)
def _only_here() -> Iterator[None]:
    with not_beginning_anew_in_children():
        yield
