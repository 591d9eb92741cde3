# Each target does its own set-up, in the virtual environment .venv.

PYTHON ?= python3
BIN := .venv/bin
TIMES ?= 5

.PHONY: demo test test-weather test-faults test-rest check faults hubs bench format clean

.venv/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hubusers needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# A hundred people, for a minute, through a JupyterHub on this machine.
demo: .venv/.installed
	$(BIN)/hubusers demo

# Most tests wait for a hub of their own, so three parts run at the same time; each shows its results when it is done.
test: check
	@echo "Testing, in three parts at the same time; a few minutes ..."
	@$(MAKE) --no-print-directory --output-sync --jobs 3 test-weather test-faults test-rest

test-weather: .venv/.installed
	$(BIN)/pytest tests/faults/test_bad_weather.py

test-faults: .venv/.installed
	$(BIN)/pytest tests/faults --ignore tests/faults/test_bad_weather.py

test-rest: .venv/.installed
	$(BIN)/pytest --ignore tests/faults

# Lint, format and types.
check: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The run under faults again and again, with 500 users: about ten minutes each time.
faults: .venv/.installed
	$(BIN)/pytest tests/faults --many 500 --count $(TIMES)

# All tests against JupyterHub 4.1, 5.4 and 6.1, each in an environment of its own.
hubs: .venv/.installed
	$(BIN)/python tests/hub_versions.py

# What hubusers costs, and how true it is: into benchmarks/README.md. Forty minutes, on a machine that does nothing else.
bench: .venv/.installed
	$(BIN)/python -m benchmarks.bench

format: .venv/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
