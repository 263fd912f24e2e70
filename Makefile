# `make scan MUSIC=~/Music` listens to a folder, `make test` runs the tests; both
# make the environment first. Python 3.10 to 3.13; PYTHON=python3.12 chooses one.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export MUSIC

.PHONY: scan test test-all coverage lint types formats-table settings-table lock clean

scan: $(VENV)/.installed
	@test -n "$$MUSIC" || { echo "usage: make scan MUSIC=FOLDER" >&2; exit 2; }
	@case "$$MUSIC" in "~/"*) MUSIC="$$HOME/$${MUSIC#"~/"}";; esac; $(BIN)/audiotag scan "$$MUSIC"

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not slow"

test-all: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check audiotag tests
	$(BIN)/ruff format --check audiotag tests

types: $(VENV)/.installed-dev
	$(BIN)/mypy

# What is written and what is refused, as tests/corpus finds it.
formats-table: $(VENV)/.installed-dev
	$(BIN)/python -m tests.corpus

# Every setting, as audiotag/config declares it.
settings-table: $(VENV)/.installed-dev
	$(BIN)/python -m audiotag.config.table > docs/settings.md

# Which lines the tests run, in whichever process; takes longer than they do.
coverage: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not slow" --cov --cov-report=term-missing:skip-covered

# Only versions and digests are kept, for every supported Python at once.
lock: $(VENV)/.installed-dev
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --group build -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV)
