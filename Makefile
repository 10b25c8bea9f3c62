# Every target builds the virtual environment it needs; Python 3.11 or newer and make are all that is assumed.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
JOBS ?= 2

.PHONY: demo run test e2e-rt check bench format lock clean
.DEFAULT_GOAL := demo

# The lock names everything, so nothing is resolved anew: with its dependencies looked up, a package that asks for an
# extra (coverage[toml]) would be offered releases that are newer than the lock.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: $(READY)  ## a service desk's morning, at high speed, on a simulated ticket system
	$(BIN)/escalator demo

run: $(READY)  ## web and worker as one, configured by the environment and .env
	$(BIN)/escalator run

test: $(READY)  ## every test, with the coverage that is asked of the pure modules
	$(BIN)/coverage erase
	$(BIN)/pytest -n $(JOBS) --cov --cov-report=
	$(BIN)/python -m tests.coverage_gate

e2e-rt: $(READY)  ## the connector on a real Request Tracker from Debian's packages, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.e2e.rt

check: $(READY)  ## format, lint, types, arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## every figure beside its reference point in the same run
	$(BIN)/python -m bench

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock:  ## pin the dependencies of pyproject.toml anew
	$(BIN)/pip-compile --quiet --upgrade --extra dev --generate-hashes --strip-extras --allow-unsafe --no-header \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage* .mypy_cache .ruff_cache .hypothesis
