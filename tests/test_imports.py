"""The folders of the package import each other in one direction only, as the table in CONTRIBUTING.md says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PACKAGE = TOP / "hubusers"
ROWS = re.findall(
    r"^\| `(\w+)/` \| [^|]* \|([^|]*)\|$", (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE
)
MAY_IMPORT = {folder: set(re.findall(r"\w+", imports)) for folder, imports in ROWS}


def imported_folders(folder: str) -> Iterator[str]:
    for file in (PACKAGE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                parts = name.split(".")
                if parts[0] == "hubusers" and len(parts) > 1 and (PACKAGE / parts[1]).is_dir():
                    yield parts[1]


def test_the_table_has_every_folder() -> None:
    assert set(MAY_IMPORT) == {folder.parent.name for folder in PACKAGE.glob("*/__init__.py")}


def test_a_folder_imports_only_folders_above_it_in_the_table() -> None:
    seen: set[str] = set()
    for folder, imports in MAY_IMPORT.items():
        assert imports <= seen, folder
        seen.add(folder)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_are_those_of_the_table(folder: str) -> None:
    assert set(imported_folders(folder)) - {folder} == MAY_IMPORT[folder]
