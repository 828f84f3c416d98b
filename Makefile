# Four commands a newcomer needs: make demo, make test, make check, make bench.
# Everything is installed into .venv from hashed requirements; nothing else has to be installed by hand.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 2
# The tests start some hundred interpreters: each would compile the whole application again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo serve test test-sqlite test-postgresql test-e2e check check-types check-rest format i18n bench lock migration clean

demo: .venv/run.stamp
	$(BIN)/trainhub demo

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt pyproject.toml plugins/*/pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . $(foreach p,$(wildcard plugins/*/pyproject.toml),-e $(dir $(p)))
	touch $@

.venv/dev.stamp: requirements/dev.txt pyproject.toml plugins/*/pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . $(foreach p,$(wildcard plugins/*/pyproject.toml),-e $(dir $(p)))
	touch $@ .venv/run.stamp

test: .venv/dev.stamp
	sh .ci/browser.sh
	$(MAKE) --no-print-directory test-sqlite test-postgresql test-e2e

test-sqlite: .venv/dev.stamp
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not e2e"

test-postgresql: .venv/dev.stamp
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not e2e and not files_only" --database=postgresql

test-e2e: .venv/dev.stamp
	$(PYTEST) -n $(WORKERS) --dist loadfile -m e2e -p no:randomly

check: .venv/dev.stamp
	$(MAKE) --no-print-directory --jobs $(WORKERS) check-types check-rest

check-types: .venv/dev.stamp
	$(BIN)/mypy

check-rest: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m tests.house.catalogues
	$(BIN)/trainhub courses check courses

format: .venv/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

i18n: .venv/dev.stamp
	$(BIN)/python -m trainhub.translations.build

bench: .venv/dev.stamp
	$(BIN)/python -m benchmarks.run

lock: .venv/bin/python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra build --extra server --extra postgres --extra pdf --extra word --extra redis --extra ical --generate-hashes --no-emit-index-url --no-header -q -o requirements/run.txt
	$(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --no-emit-index-url --no-header -q -o requirements/dev.txt

clean:
	rm -rf .venv build *.egg-info
