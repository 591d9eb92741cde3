"""What the tests of JupyterLab share."""

import pytest

from hubusers.lab.bundle import STATIC, Files
from tests.lab.installed_lab import MAIN, file_of


@pytest.fixture(scope="session")
def installed() -> Files:
    """What the JupyterLab that is installed loads."""
    return Files.read(f"{STATIC}/{MAIN.name}", [], lambda paths: [file_of(path).read_text() for path in paths])
