"""Chooses the proxy: npm's configurable-http-proxy, which most deployments run, or else the one from PyPI.

Both install a command of the same name, so only the file behind it tells them apart.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

_COMMAND = "configurable-http-proxy"


def proxy_command(search_path: str | None = None) -> list[str] | None:
    """Return the command that starts a proxy, without its arguments; None if no proxy is installed.

    Args:
        search_path: Folders to search, in the form of the variable PATH; by default that variable.
    """
    folders = (os.environ.get("PATH", "") if search_path is None else search_path).split(os.pathsep)
    if node := shutil.which("node", path=os.pathsep.join(folders)):
        for folder in filter(None, folders):
            candidate = Path(folder, _COMMAND)
            if _is_node_script(candidate):
                return [node, str(candidate.resolve())]
    if importlib.util.find_spec("configurable_http_proxy"):
        return [sys.executable, "-m", "hubusers.local.python_proxy"]
    return None


def is_from_npm(command: list[str]) -> bool:
    """Return whether this command, from `proxy_command`, starts npm's proxy."""
    return command[0] != sys.executable


def _is_node_script(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            first_line = opened.readline(200)
    except OSError:
        return False
    return first_line.startswith(b"#!") and b"node" in first_line
