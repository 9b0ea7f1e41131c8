# `make demo` and `make test` are the whole set-up; each works from a fresh clone with Python 3.11 or newer, pip and make.
PYTHON ?= python3
VENV   := .venv
PIP    := $(VENV)/bin/python -m pip --disable-pip-version-check

.PHONY: demo test test-fast check docs clean

# make demo ROUNDS=2 goes on from the first round's adapter.
ROUNDS ?= 1

# A decision other than promote (exit codes 2 and 3, with a report) is a result of the demo, not its failure.
demo: $(VENV)/.installed
	@$(VENV)/bin/goldloop demo --rounds $(ROUNDS) || { code=$$?; \
	  { [ $$code = 2 ] || [ $$code = 3 ]; } && [ -f runs/demo/report.json ] || exit $$code; \
	  echo "the gate did not promote (exit code $$code): runs/demo/report.html says why"; }

# As many workers as cores, eight at most, and 5 GiB of memory for each: it may hold a model beside its sandboxes.
WORKERS ?= $(shell $(PYTHON) -c 'import os; g = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30; print(max(1, min(8, len(os.sched_getaffinity(0)), g // 5)))')
# Bytecode is kept even where the environment says otherwise: without it the tests and their many processes compile everything again.
# PYTEST_FLAGS=--hypothesis-profile=ci draws the same examples each time (what `.ci/run` does); without it each run looks at others.
PYTEST := PYTHONDONTWRITEBYTECODE= $(VENV)/bin/python -m pytest -n $(WORKERS) $(PYTEST_FLAGS)

test: $(VENV)/.installed-dev
	$(PYTEST)

test-fast: $(VENV)/.installed-dev
	$(PYTEST) -m "not model and not docker and not slow"

check: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

docs: $(VENV)/.installed-dev
	$(VENV)/bin/python -m docs.generate
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet
	@echo "site/index.html"

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "goldloop needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info
