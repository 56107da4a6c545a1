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

# What is installed, each file in exact versions with the hashes of their files: see CONTRIBUTING.md.
PINNED ?= requirements
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check
INSTALL := $(PIP) install --no-deps --require-hashes --only-binary :all: --no-binary kiwipiepy-model
# Tests at once; each computes with one thread.
JOBS ?= $(shell nproc 2> /dev/null || echo 2)
PYTEST = $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile

.PHONY: help film test test-all lint wheel pin upgrade train clean

help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf 'make %-9s %s\n' "$$name" "$$what"; done

film: $(STAMPS)/omnireel $(if $(LLM),$(STAMPS)/llm) ## Set everything up and make out/first-film from one sentence (LLM=1: plan with the local language model, 1.1 GB)
	@echo "==> making $(FILM)"
	@$(BIN)/omnireel make "$(SENTENCE)" --out $(FILM) --llm $(if $(LLM),auto,none)

test: lint ## Set everything up and run the linters, the type checker and the tests but the slow ones
	@echo "==> tests"
	@$(PYTEST) -m "not slow"

test-all: $(STAMPS)/llm lint ## The full set: the slow tests too, and the local language model (1.1 GB)
	@echo "==> all tests"
	@$(PYTEST)

lint: $(STAMPS)/dev ## Linters and type checker only
	@echo "==> ruff"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@echo "==> import-linter"
	@$(BIN)/lint-imports
	@echo "==> mypy"
	@$(BIN)/mypy

wheel: $(STAMPS)/dev ## Build the wheel, install it alone elsewhere and make a film with it
	@tests/wheel.sh $(BIN)/python

pin: $(STAMPS)/dev ## Pin again after a change of pyproject.toml; what still fits stays as it is
	@$(BIN)/python requirements/resolve.py $(PINNED)

upgrade: $(STAMPS)/dev ## Pin the newest versions, if the tests pass with them
	@echo "==> the newest of everything, in an environment of its own"
	@$(BIN)/python requirements/resolve.py --newest $(VENV)/newest
	@$(MAKE) --no-print-directory test PINNED=$(VENV)/newest VENV=$(VENV)/upgraded
	@cp $(VENV)/newest/*.txt requirements/

train: $(STAMPS)/omnireel ## Train omni-mini here, going on from where it was stopped
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

# A build of torch that lies where pip is told to look for wheels (PIP_FIND_LINKS) comes before the registry's, which on
# Linux is made for CUDA: the version is the same, and so is what it needs beside CUDA.
$(STAMPS)/torch: $(PINNED)/torch.txt | $(STAMPS)/venv
	@echo "==> torch (the large one)"
	@$(PIP) install --no-deps --no-index --only-binary :all: $$(grep -o '^torch==[^ ]*' $<) 2> /dev/null || $(INSTALL) -r $<
	@touch $@

$(STAMPS)/base: $(PINNED)/base.txt $(STAMPS)/torch
	@echo "==> what omnireel needs"
	@$(INSTALL) -r $<
	@touch $@

$(STAMPS)/omnireel: pyproject.toml $(STAMPS)/base
	@echo "==> omnireel"
	@$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: $(PINNED)/dev.txt $(STAMPS)/omnireel
	@echo "==> what its tests, its studio and open weights need"
	@$(INSTALL) -r $<
	@$(BIN)/python -m pip --quiet --disable-pip-version-check check
	@touch $@

$(STAMPS)/llm: $(PINNED)/llm.txt $(STAMPS)/omnireel
	@echo "==> local language model (1.1 GB, once)"
	@$(INSTALL) -r $<
	@touch $@
