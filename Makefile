# The whole set-up lives in .venv; `make demo` and `make test` share it and make it only once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.ready-bench

.DEFAULT_GOAL := help
.PHONY: help demo test slow lint format types docs messages bench clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: $(READY) ## Run a real study on real data and write its report (under a minute)
	$(BIN)/paribus run vanishing-gradient

test: $(READY) ## Pass the tests
	$(BIN)/python -m pytest -n 2 -q

slow: $(READY) ## Pass the slow tests as well
	$(BIN)/python -m pytest -n 2 -m "slow or not slow"

lint: $(READY) ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(READY) ## Check types strictly, against a regular installation
	rm -rf build $(VENV)/types
	$(BIN)/pip install --quiet --no-deps --target $(VENV)/types .
	MYPYPATH=$(VENV)/types $(BIN)/mypy -p paribus
	rm -rf build

docs: $(READY) ## Write the reference page of all components from the code
	$(BIN)/python -m paribus.studies.files.component_table > docs/components.md

messages: $(READY) ## Bring the translations up to date with what reports say
	$(BIN)/python -m paribus.reports.language.translations

bench: $(BENCH_READY) ## Measure the engine beside other implementations (a quarter of an hour)
	$(BIN)/python benchmarks/throughput.py

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable ".[dev]"
	touch $@

$(BENCH_READY): $(READY)
	$(BIN)/pip install --quiet --editable ".[dev,bench]"
	touch $@

clean: ## Remove the environment and everything built (results stay)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
