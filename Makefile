# make run: the demo and its pages. make test: everything that CI runs. Both make what they need and change nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HF_HUB_OFFLINE := 1
# Three test processes: a test waits for servers of its own half of its time, so that two left two cores idle. They keep
# bytecode: what a test starts need not compile it.
WORKERS ?= 3

.PHONY: help run test lint format typecheck imports pytest crash lock clean

help:
	@echo "make run     the whole loop on sample data, then its pages on http://127.0.0.1:8000 (first run installs, some minutes)"
	@echo "make test    lint, types, imports, tests"
	@echo "make crash   the long kill matrix on the real servers"
	@echo "make format  format the code"
	@echo "make lock    renew the lock files"

run: $(VENV)/.run
	$(BIN)/bridge --home demo-workspace demo
	$(BIN)/bridge --home demo-workspace up

test: lint typecheck imports pytest

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

typecheck: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

pytest: $(VENV)/.dev
	BRIDGE_SCREENSHOTS=$${BRIDGE_SCREENSHOTS:-build/screenshots} PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(WORKERS)

crash: $(VENV)/.dev
	$(BIN)/pytest -m crash --override-ini addopts="-q --strict-markers"

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python requirements.lock pyproject.toml
	$(BIN)/pip install --quiet -r requirements.lock
	$(BIN)/pip install --quiet --no-deps -e .
	touch $@

$(VENV)/.dev: $(BIN)/python requirements-dev.lock pyproject.toml
	$(BIN)/pip install --quiet -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps -e .
	touch $@ $(VENV)/.run

# torch's own GPU libraries stay out of the lock: pip takes what the installed build of torch asks for.
LOCK := uv pip compile pyproject.toml --upgrade --quiet --python-version 3.11 --python-platform linux --no-header --no-annotate
lock:
	$(LOCK) | grep -vE '^(nvidia-|triton|cuda-)' > requirements.lock
	$(LOCK) --extra dev | grep -vE '^(nvidia-|triton|cuda-)' > requirements-dev.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
