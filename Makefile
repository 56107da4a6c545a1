# Everything by one word. Each step prints a line, and a step whose inputs did not change costs nothing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
SENTENCE := A shy ghost searches the night forest for its lost red hat; a fox with a blue scarf helps.
FILM ?= out/first-film

# uv is fast and is used when it is there; it looks for wheels where pip is told to look.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
INSTALL := $(if $(shell command -v uv),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check)

.PHONY: help film test test-all lint train clean

help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf 'make %-9s %s\n' "$$name" "$$what"; done

film: $(STAMPS)/llm ## Set everything up and make out/first-film from one sentence
	@echo "==> making $(FILM)"
	@$(BIN)/omnireel make "$(SENTENCE)" --out $(FILM)

test: lint ## Set everything up and run the linter, the type checker and the tests
	@echo "==> tests"
	@$(BIN)/python -m pytest

test-all: $(STAMPS)/llm $(STAMPS)/wan test ## The same with the local language model (1.1 GB) and open weights' code

lint: $(STAMPS)/dev ## Linter and type checker only
	@echo "==> ruff"
	@$(BIN)/ruff check
	@echo "==> mypy"
	@$(BIN)/mypy

train: $(STAMPS)/base ## Train omni-mini here, going on from where it was stopped
	@$(BIN)/omnireel train omni-mini --config cpu --resume

clean: ## Remove the environment and every cache, but no film
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info

$(STAMPS)/venv:
	@echo "==> environment in $(VENV)"
	@command -v $(PYTHON) > /dev/null || { echo "Python is missing: sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "omnireel needs Python 3.11 to 3.13, this is $$($(PYTHON) -V 2>&1): make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null \
	  || { echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/base: pyproject.toml | $(STAMPS)/venv
	@echo "==> omnireel and what it needs (torch is the large one)"
	@$(INSTALL) -e .
	@touch $@

$(STAMPS)/dev: pyproject.toml | $(STAMPS)/venv
	@echo "==> omnireel, its tests and its studio (torch is the large one)"
	@$(INSTALL) -e '.[dev,studio]'
	@touch $@

$(STAMPS)/wan: pyproject.toml $(STAMPS)/base
	@echo "==> what drives open weights (diffusers)"
	@$(INSTALL) -e '.[wan]'
	@touch $@

# Without the model's packages films are planned by film grammar alone; that is said, and is no failure.
$(STAMPS)/llm: pyproject.toml $(STAMPS)/base
	@echo "==> local language model (1.1 GB, once)"
	@if $(INSTALL) -e '.[llm]' 2> $@.log; then touch $@; \
	else echo "==> it cannot be had here ($@.log says why): films are planned by film grammar alone"; fi
