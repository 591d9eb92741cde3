"""Imports point one way: which folder may know which, and who may know Locust and gevent."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import hubusers

PACKAGE = Path(hubusers.__file__).parent

MAY_IMPORT = {
    "log": "",
    "durations": "",
    "http": "log",
    "hub": "http log",
    "accounts": "hub http log",
    "event": "durations log",
    "settings": "accounts event hub http durations log",
    "results": "event log",
    "report": "results event durations log",
    "run": "settings accounts results event hub http log",
    "browser": "hub http log",
    "lab": "browser hub http log",
    "users": "run lab browser settings accounts results event hub http log",
    "live": "run report results settings event hub http log",
    "plugin": "live run report results settings accounts event hub log",
    "functions": "accounts hub http durations log",
    "local": "",
    "hubusers": "functions http",  # what `import hubusers` offers
    "cli": "hubusers functions local report results settings accounts event hub http durations log",
    "__main__": "cli",
}
"""What each folder, or file beside them, may import of hubusers."""

EXCEPTIONS = {
    "hubusers.functions.defaults": {"hubusers"},  # a script may change hubusers.SERVER_LIFECYCLE_TIMEOUT
}

MAY_IMPORT_LOCUST = {"users", "plugin", "live"}
MAY_IMPORT_GEVENT = {
    *["hubusers.http.connections", "hubusers.http.gevent_transport", "hubusers.accounts.cleanup"],
    *["run", "browser", "lab", "live", "plugin", "users"],
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


def imported_by(module: str) -> list[str]:
    """Return the modules of hubusers that this one imports, at its top or in a function."""
    return [name for name, _ in IMPORTS[module] if name.split(".")[0] == "hubusers"]


def loaded_by(module: str) -> set[str]:
    """Return all that a module imports when it runs."""
    return {name for name, for_types in IMPORTS[module] if not for_types}


def test_all_folders_have_a_place_in_the_order() -> None:
    assert {part_of(name) for name in FILES} == set(MAY_IMPORT)


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_folder_imports_only_what_is_below_it(part: str) -> None:
    allowed = {part, *MAY_IMPORT[part].split()}
    wrong = [
        f"{module} imports {name}"
        for module in FILES
        if part_of(module) == part
        for name in imported_by(module)
        if part_of(name) not in allowed and name not in EXCEPTIONS.get(module, ())
    ]
    assert wrong == []


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
