# Fenming 分明: `make demo` shows it, `make test` checks it, `make bench` measures it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= var/demo
PORT ?= 8000

.PHONY: demo test bench bench-site check setup setup-dev clean

demo: setup
	@$(BIN)/fenming demo --data $(DEMO) --port $(PORT)

test: setup-dev
	@sh tools/services.sh
	@$(BIN)/python -m tools.suite

check: setup-dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy && $(BIN)/lint-imports

bench: setup-dev
	@$(BIN)/python -m bench --out bench/results.md

bench-site: setup-dev
	@$(BIN)/python -m bench people load --out bench/results-site.md

setup: $(VENV)/.base
setup-dev: $(VENV)/.dev

$(VENV)/.python:
	@echo "Setting up, once:"
	@$(PYTHON) -c "import sys, venv; assert sys.version_info >= (3, 11)" 2>/dev/null || { echo "Python 3.11 or later with venv is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.python requirements/base.lock pyproject.toml hatch_build.py $(shell find frontend/src -type f 2>/dev/null)
	@echo "  1/2 the packages that Fenming stands on (under a minute)"
	@$(BIN)/pip install --disable-pip-version-check -qq --no-deps --require-hashes -r requirements/base.lock
	@echo "  2/2 Fenming itself, with styles, scripts and translations"
	@$(BIN)/pip install --disable-pip-version-check -qq --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.lock
	@echo "  the tools that check it (a minute or two)"
	@$(BIN)/pip install --disable-pip-version-check -qq --no-deps --require-hashes -r requirements/dev.lock
	@touch $@

clean:
	rm -rf $(VENV) var
