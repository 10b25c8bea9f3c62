# Every target builds the virtual environment it needs. Python 3.11 to 3.15 and make are all that is assumed: the newest
# is taken that the locks install with. Of one version the distribution's own comes first: it was compiled with what a
# profile says of Python's own speed, which one that was compiled on the machine (pyenv's) mostly was not, and takes two
# thirds of the time.
PYTHONS = python3.15 python3.14 python3.13 python3.12 python3.11 python3
PYTHON ?= $(foreach name,$(PYTHONS),/usr/bin/$(name) $(name))
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/.ready
READY_TO_TEST = $(VENV)/.ready-to-test
# One more than the two cores that are assumed: some tests wait for a process or for a database. Each process collects
# all tests, and fills caches of its own.
JOBS ?= 3
# Those of the pure rooms wait for nothing.
PURE_JOBS ?= 2
# Each process is handed a few tests at a time: of large parts the one with all that takes long would be waited for.
IN_PARTS = --maxschedchunk 8

# With its bytecode kept, a process of the connector starts in a third of the time; the tests start many.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo stay init run test pure pythons soak coverage e2e-web e2e-rt e2e-database e2e-pgbouncer check audit fuzz bench deploy-check format lock clean
.DEFAULT_GOAL := demo
# Two targets must not build the same environment at once.
.NOTPARALLEL:

# The locks name everything, so nothing is resolved anew: with its dependencies looked up, a package that asks for an
# extra (coverage[toml]) would be offered releases that are newer than the lock. Nothing is compiled either.
# $(call build,FOLDER,LOCKS): an environment with what the locks name, each file by its hash, and with this project.
PIP_INSTALL = $(1)/bin/pip install --quiet --disable-pip-version-check --no-compile --no-deps
define build
@for python in $(PYTHON); do \
  $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 16))' 2>/dev/null || continue; \
  echo "$(1): $$($$python --version) ($$python)"; \
  $$python -m venv --clear $(1) && \
  $(PIP_INSTALL) --require-hashes --only-binary :all: $(2:%=--requirement %) && \
  $(PIP_INSTALL) --no-build-isolation --editable . && exit; \
  echo "$(1): no, the locks do not install with $$python"; \
done; echo "Python 3.11 to 3.15 is needed: make PYTHON=/path/to/python3.13"; exit 1
endef

$(READY): requirements.lock pyproject.toml
	$(call build,$(VENV),requirements.lock)
	@touch $(READY)

$(READY_TO_TEST): requirements.lock requirements-dev.lock pyproject.toml
	$(call build,$(VENV),requirements.lock requirements-dev.lock)
	@touch $(READY) $(READY_TO_TEST)

# Tools that bring much along have environments of their own.
.venv-audit/.ready: requirements.lock requirements-audit.lock
	$(call build,.venv-audit,requirements.lock requirements-audit.lock)
	@touch $@

.venv-fuzz/.ready: requirements.lock requirements-dev.lock requirements-fuzz.lock
	$(call build,.venv-fuzz,requirements.lock requirements-dev.lock requirements-fuzz.lock)
	@touch $@

.venv-web/.ready: requirements.lock requirements-dev.lock requirements-web.lock
	$(call build,.venv-web,requirements.lock requirements-dev.lock requirements-web.lock)
	@touch $@

demo: $(READY)  ## a service desk's morning, at high speed, on a simulated ticket system
	$(BIN)/escalator demo

stay: $(READY)  ## the demo's desk kept open, with the console to look at it in a browser; Ctrl-C ends it
	$(BIN)/escalator demo --stay

init: $(READY)  ## connect a ticket system: asks, tries, proposes, and writes .env
	$(BIN)/escalator init

run: $(READY)  ## web and worker as one, configured by the environment and .env
	$(BIN)/escalator run

# The rooms that take everything they know as arguments, and the ground that they share: their own tests cover each branch.
PURE = reading working_time policy rules notes backtest
TRACED = $(PURE) model wording

# Which variants are left to soak is told by tests/soak.py.
test: pure  ## every test, in one variant; those of the pure rooms first
	$(BIN)/pytest -n $(JOBS) $(IN_PARTS) -m "not soak" $(PURE:%=--ignore=tests/connector/%)

pure: $(READY_TO_TEST)  ## the tests of the pure rooms, with the coverage asked of these
	$(BIN)/pytest -n $(PURE_JOBS) $(IN_PARTS) -m "not soak" $(PURE:%=tests/connector/%) \
	  $(TRACED:%=--cov=connector.%) --cov-report=term-missing:skip-covered --cov-fail-under=100

# A page of HTML was no page to Python before 3.11.5. What reads and reckons is tried on each release that is there.
RELEASE = -c 'import sys; sys.exit(print("%d.%d.%d" % sys.version_info[:3]) if (3, 11) <= sys.version_info < (3, 16) else 1)'
pythons: $(READY_TO_TEST)  ## the tests of the pure rooms on every other Python that is found
	@known=$$($(BIN)/python $(RELEASE)); for python in $(PYTHON); do \
	  release=$$($$python $(RELEASE) 2>/dev/null) || continue; \
	  case " $$known " in *" $$release "*) continue;; esac; known="$$known $$release"; \
	  $(MAKE) --no-print-directory pure VENV=.venv-pythons/$$release PYTHON=$$python || exit 1; \
	done

soak: $(READY_TO_TEST)  ## the further variants of the tests, and scenarios against a backtest of their tickets
	$(BIN)/pytest -n $(JOBS) $(IN_PARTS) -m "soak or relived or examples"

coverage: $(READY_TO_TEST)  ## how much of everything the tests run through; tracing it takes twice the time
	$(BIN)/pytest -n $(JOBS) $(IN_PARTS) --cov --cov-report=term-missing:skip-covered --cov-fail-under=95

e2e-web: .venv-web/.ready  ## the console in a real Chromium: stories, every page's faults, and the pictures of docs/console
	.venv-web/bin/python -m tests.e2e.web

e2e-rt: $(READY_TO_TEST)  ## the connector on a real Request Tracker from Debian's packages, on SQLite and on PostgreSQL
	$(BIN)/python -m tests.e2e.rt

e2e-database: $(READY_TO_TEST)  ## a real PostgreSQL that goes and comes back, under two workers' hands: 20 minutes
	$(BIN)/python -m tests.e2e.database

e2e-pgbouncer: $(READY_TO_TEST)  ## every scenario on PostgreSQL behind a PgBouncer, in transaction and in session mode
	$(BIN)/python -m tests.e2e.pgbouncer

check: $(READY_TO_TEST)  ## format, lint, types, arrows, no secrets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.secrets_scan

audit: .venv-audit/.ready  ## known faults of what is locked; asks the advisories of the package index
	.venv-audit/bin/python -m tests.advisories

fuzz: .venv-fuzz/.ready  ## 10,000 bodies a door and 100,000 texts through the readers, guided by what they reach
	.venv-fuzz/bin/python -m tests.fuzz

bench: $(READY_TO_TEST)  ## every figure beside its reference point in the same run
	$(BIN)/python -m bench

deploy-check:  ## whichever linters of deploy/ are installed: hadolint, systemd-analyze, nginx, caddy, promtool, shellcheck
	deploy/verify

format: $(READY_TO_TEST)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

PIN = $(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
GROUP = import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")

lock: $(READY_TO_TEST)  ## pin the dependencies of pyproject.toml anew: what runs, and what tests, checks, audits and fuzzes it
	$(PIN) --build-deps-for editable --output-file requirements.lock pyproject.toml
	$(BIN)/python -c '$(GROUP)' dev | $(PIN) --constraint requirements.lock --output-file requirements-dev.lock -
	for group in audit fuzz web; do $(BIN)/python -c '$(GROUP)' $$group | \
	  $(PIN) --constraint requirements.lock --constraint requirements-dev.lock --output-file requirements-$$group.lock - || exit 1; done

clean:
	rm -rf $(VENV) .venv-audit .venv-fuzz .venv-web .venv-pythons build dist *.egg-info .coverage* .mypy_cache .ruff_cache .hypothesis
