# Each target does its own set-up, in the virtual environment .venv.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check format clean

.venv/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hubusers needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# A hundred people, for a minute, through a JupyterHub on this machine.
demo: .venv/.installed
	$(BIN)/hubusers demo

test: check
	$(BIN)/pytest

# Lint, format and types.
check: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build dist
