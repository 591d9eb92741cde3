# Each target does its own set-up, in the virtual environment .venv.

PYTHON ?= python3
BIN := .venv/bin
TIMES ?= 5
# Runs of Locust, and whole ones from an event to its answer.
RUNS := tests/users/test_server_lifecycle_user.py tests/users/test_web_ui.py tests/plugin/test_event_runs.py \
	tests/report/test_limits_on_a_hub.py tests/chromium
PEOPLE := tests/users tests/browser tests/lab
HUBS := tests/local tests/test_cli.py

.PHONY: demo test test-people test-faults test-runs test-rest thorough check faults hubs bench format clean

.venv/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hubusers needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

# A hundred people, for a minute, through a JupyterHub on this machine.
demo: .venv/.installed
	$(BIN)/hubusers demo

# Most tests wait for a hub of their own, so four parts run at the same time; each shows its results when it is done.
test: check
	@echo "Testing, in four parts at the same time; a few minutes ..."
	@$(MAKE) --no-print-directory --output-sync --jobs 4 test-people test-faults test-runs test-rest

# People with a browser, and bad weather.
test-people: .venv/.installed
	$(BIN)/pytest $(PEOPLE) tests/faults/test_bad_weather.py $(RUNS:%=--ignore %)

# What is stopped and killed, and the local hub and the command, which start hubs of their own as well.
test-faults: .venv/.installed
	$(BIN)/pytest tests/faults $(HUBS) --ignore tests/faults/test_bad_weather.py

test-runs: .venv/.installed
	$(BIN)/pytest $(RUNS)

test-rest: .venv/.installed
	$(BIN)/pytest --ignore tests/faults $(PEOPLE:%=--ignore %) $(RUNS:%=--ignore %) $(HUBS:%=--ignore %)

# All tests, also those that are one more whole run of a kind that another test has: half an hour.
thorough: .venv/.installed
	$(BIN)/pytest --thorough

# Lint, format and types.
check: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The run under faults again and again, with 500 users: about ten minutes each time.
faults: .venv/.installed
	$(BIN)/pytest tests/faults --thorough --many 500 --count $(TIMES)

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
