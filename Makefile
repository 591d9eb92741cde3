# Each target does its own set-up, in the virtual environment .venv.

PYTHON ?= python3
BIN := .venv/bin
TIMES ?= 5
# "auto" is twice the number of cores: most tests wait for a hub or for a run of Locust.
WORKERS ?= auto
# The tests start some hundred processes: let Python keep what it has compiled, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

# Some of the benchmarks only: make bench PARTS="installed start_up"
PARTS ?=

# Some cases of the matrix only, by a word of their name or group: make matrix CASES=nginx
CASES ?=

.PHONY: demo test thorough check docs faults hubs matrix bench format lock dist sbom clean

# Only what the demo needs. With what the tests need, it is there, too.
.venv/.demo: requirements/demo.txt pyproject.toml
	$(PYTHON) requirements/set_up.py demo

.venv/.installed: requirements/test.txt pyproject.toml
	$(PYTHON) requirements/set_up.py test

# A hundred people, for a minute, through a JupyterHub on this machine.
demo: .venv/.demo
	@$(BIN)/hubusers demo

# Lint, types, and the tests in several processes.
test: check
	$(BIN)/pytest --numprocesses $(WORKERS)

# All tests, also those that are one more whole run of a kind that another test has: a quarter of an hour.
thorough: .venv/.installed
	$(BIN)/pytest --thorough --numprocesses $(WORKERS)

# Lint, format and types.
check: .venv/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The documentation as pages to read in a browser. A warning, as of a link to nowhere, fails. Links to other hosts need
# the network: `.venv/bin/python -m sphinx -b linkcheck docs docs/_build/linkcheck` tries them all.
docs: .venv/.installed
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --nitpicky -b html docs docs/_build/html
	@echo "The documentation is in docs/_build/html/index.html: open it in your browser."

# The run under faults again and again, with 500 users: about ten minutes each time.
faults: .venv/.installed
	$(BIN)/pytest tests/faults --thorough --many 500 --count $(TIMES)

# All tests against JupyterHub 4.1, 5.5 and 6.1, each in an environment of its own.
hubs: .venv/.installed
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m tests.hub_versions

# A few people on each of some forty hubs as people run them: into docs/reference/tried-with.md. Half an hour.
matrix: .venv/.installed
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m tests.matrix $(CASES)

# What hubusers costs, and how true it is: into benchmarks/README.md. An hour, on a machine that does nothing else.
bench: .venv/.installed
	$(BIN)/python -m benchmarks.bench $(if $(PARTS),--only $(PARTS))

format: .venv/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The versions for the demo, the image and the tests: the newest that pyproject.toml allows.
UV_COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' pyproject.toml requirements/build.in
lock: .venv/.installed
	$(BIN)/python -m pip install --quiet uv
	$(UV_COMPILE) --extra dev --output-file requirements/test.txt
	$(UV_COMPILE) --extra hub --extra report --constraint requirements/test.txt --output-file requirements/demo.txt
	$(UV_COMPILE) --extra collaboration --extra hub --extra lti --extra otel --extra report --constraint requirements/test.txt --output-file requirements/image.txt

# Wheel and sdist, by the locked versions of what builds them.
dist: .venv/.installed
	rm -rf dist
	$(BIN)/python -m hatchling build --directory dist

# What the image is made of, with hashes: a software bill of materials, in CycloneDX's form.
sbom: .venv/.installed
	$(BIN)/python -m pip install --quiet cyclonedx-bom
	mkdir -p dist
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
		--output-file dist/hubusers-image.cdx.json requirements/image.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist docs/_build
