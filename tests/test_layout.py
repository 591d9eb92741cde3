"""Imports point one way: the folders import each other as the table in CONTRIBUTING.md says, and no file in a circle.

Locust and gevent are imported only where users are simulated.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import hubusers

PACKAGE = Path(hubusers.__file__).parent

_TABLE = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAY_IMPORT = {
    folder: set(re.findall(r"\w+", imports))
    for folder, imports in re.findall(r"^\| `(\w+)/` \| [^|]* \|([^|]*)\|$", _TABLE, re.MULTILINE)
}
"""What each folder imports of the others."""

EXCEPTIONS = {
    "hubusers.functions.defaults": {"hubusers"},  # a script may change hubusers.SERVER_LIFECYCLE_TIMEOUT
}

MAY_IMPORT_LOCUST = {"users", "plugin", "live", "locust_import"}
MAY_IMPORT_GEVENT = {
    *[
        "hubusers.http.connections",
        "hubusers.http.gevent_transport",
        "hubusers.http.response",
        "hubusers.http.time_limit",
    ],
    *["hubusers.accounts.cleanup", "locust_import"],
    *["run", "browser", "lab", "live", "plugin", "telemetry", "users"],
}
"""Whole folders, or modules of others."""


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def imports_of(file: Path) -> Iterator[tuple[str, bool]]:
    """Return the full names of what a file imports, and whether that is for type checkers only."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for part in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in for_types
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in FILES else str(node.module), id(node) in for_types


FILES = {name_of(file): file for file in PACKAGE.rglob("*.py")}
IMPORTS = {name: list(imports_of(file)) for name, file in FILES.items()}


def part_of(module: str) -> str:
    """Return the folder, or the file beside the folders, of a module: "hub" for hubusers.hub.client."""
    return module.split(".")[1] if "." in module else module


def loaded_by(module: str) -> set[str]:
    """Return all that a module imports when it runs."""
    return {name for name, for_types in IMPORTS[module] if not for_types}


def test_the_table_has_every_folder() -> None:
    assert set(MAY_IMPORT) == {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")}


def test_a_folder_imports_only_folders_above_it_in_the_table() -> None:
    seen: set[str] = set()
    for folder, imports in MAY_IMPORT.items():
        assert imports <= seen, folder
        seen.add(folder)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_are_those_of_the_table(folder: str) -> None:
    imported = {
        part_of(name)
        for module in FILES
        if part_of(module) == folder
        for name, _ in IMPORTS[module]
        if name.startswith("hubusers.") and (PACKAGE / part_of(name)).is_dir()
    }
    assert imported - {folder} == MAY_IMPORT[folder]


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: loaded_by(module) & FILES.keys() - EXCEPTIONS.get(module, set()) for module in FILES}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def test_only_what_runs_in_locust_imports_it() -> None:
    assert importing("locust", MAY_IMPORT_LOCUST) == []


def test_only_what_needs_gevent_imports_it() -> None:
    assert importing("gevent", MAY_IMPORT_GEVENT) == []
    assert importing("geventhttpclient", MAY_IMPORT_GEVENT) == []


def importing(library: str, allowed: set[str]) -> list[str]:
    """Return which modules import a library, but for those that may."""
    return sorted(
        module
        for module in FILES
        if library in {name.split(".")[0] for name in loaded_by(module)} and not {module, part_of(module)} & allowed
    )


@pytest.mark.parametrize("module", ["hubusers", "hubusers.functions.starting", "hubusers.cli", "hubusers.local"])
def test_scripts_load_neither_locust_nor_gevent(module: str) -> None:
    code = f"import sys, {module}; print(*{{'locust', 'gevent', 'geventhttpclient'}} & sys.modules.keys())"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.split() == []
