"""What a real hub's spawner waits for until a test lets it go on, however late the test is."""

from pathlib import Path


class Gate:
    """A file; while it is there, the gate is closed.

    Args:
        path: Where the file is, or is going to be. The gate begins open.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def passed(self) -> str:
        """A line of a coroutine in a hub's configuration, which imports `asyncio` and `os`: wait until it is open."""
        return f"while os.path.exists({str(self._path)!r}): await asyncio.sleep(0.02)"

    def close(self) -> None:
        self._path.touch()

    def open(self) -> None:
        self._path.unlink(missing_ok=True)
