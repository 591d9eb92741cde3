"""The exit codes: each stands in one place, with its name, and the documentation has them all."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import hubusers
from hubusers import exit_codes

PACKAGE = Path(hubusers.__file__).parent
CODES = {name: value for name, value in vars(exit_codes).items() if name.startswith("EXIT_")}


def test_the_documentation_has_the_codes_of_the_program() -> None:
    text = (PACKAGE.parent / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    table = text.partition("## Exit codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == sorted(CODES.values())
    assert set(map(int, re.findall(r"\| (\d+) \|", text))) <= set(CODES.values())


def test_no_other_file_has_numbers_of_its_own() -> None:
    others = set(PACKAGE.rglob("*.py")) - {Path(exit_codes.__file__)}
    assert {file.name: found for file in others if (found := list(numbers_in(file)))} == {}


def numbers_in(file: Path) -> Iterator[str]:
    """Yield the lines of a file that name an exit code, or end the process by a number."""
    text = file.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)) if "EXIT_" in text or "exit(" in text else ():
        if isinstance(node, ast.Assign | ast.AnnAssign) and "EXIT_" in ast.unparse(node).partition("=")[0]:
            if isinstance(node.value, ast.Constant):
                yield ast.unparse(node)
        elif isinstance(node, ast.Call) and re.search(r"\b_?exit\(\d+\)", ast.unparse(node)):
            yield ast.unparse(node)
