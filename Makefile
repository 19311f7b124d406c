# Fenming 分明: `make demo` shows it, `make test` checks it, `make bench` measures it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= var/demo

.PHONY: demo test bench check setup setup-dev clean

demo: setup
	@$(BIN)/fenming demo --data $(DEMO)

test: setup-dev
	@sh tools/services.sh
	@$(BIN)/python -m tools.suite

check: setup-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy && $(BIN)/lint-imports

bench: setup-dev
	@$(BIN)/python -m bench --out bench/results.md

setup: $(VENV)/.base
setup-dev: $(VENV)/.dev

$(VENV)/.python:
	@echo "Setting up Python packages (once)…"
	@$(PYTHON) -c "import sys, venv; assert sys.version_info >= (3, 11)" 2>/dev/null || { echo "Python 3.11 or later with venv is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.python requirements/base.lock pyproject.toml hatch_build.py $(shell find frontend/src -type f 2>/dev/null)
	@$(BIN)/pip install --disable-pip-version-check --progress-bar on -q --require-hashes -r requirements/base.lock
	@$(BIN)/pip install --disable-pip-version-check -q --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.lock
	@$(BIN)/pip install --disable-pip-version-check -q --require-hashes -r requirements/dev.lock
	@touch $@

clean:
	rm -rf $(VENV) var
