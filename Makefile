# Everything runs in .venv, which the first target that needs it makes.

.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements-dev.lock
STAMP := $(VENV)/.installed
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# The first Python on the path that is new enough; looked for only when .venv is made.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$python -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then echo $$python; exit; fi; done; echo python3)

# What is written in Python here; a folder joins once it exists.
SOURCES = $(wildcard emulator tests benchmarks)

# Options for the command behind `make run`, `make test` or `make bench`: make run ARGS="--port 5000".
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install run test lint format bench screenshots check lock clean

help: ## Say what can be made.
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '%-18s%s\n' "$$name" "$$text"; done

install: $(STAMP) ## Make .venv with everything in it; instant when nothing changed.

run: $(STAMP) ## Serve on this machine until Ctrl-C.
	@exec $(BIN)/python -m emulator serve $(ARGS)

test: $(STAMP) ## Run the tests.
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: $(STAMP) ## Check format, rules, direction of imports and types.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy $(SOURCES)

format: $(STAMP) ## Put the code into its format and order its imports.
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## Measure, beside a bare Flask view and other programs.
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: $(STAMP) ## Take the pictures of the console in docs/img/ anew; needs chromium.
	$(BIN)/python -m tests.console.screenshots

check: ## Lint, then test: what has to pass before every commit.
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory test

lock: $(STAMP) ## Write requirements-dev.lock anew, with the newest packages allowed.
	$(BIN)/python -m pip install --quiet uv
	{ sed -n '/^#/p' $(LOCK); $(BIN)/uv pip compile pyproject.toml --extra test --extra dev --universal \
		--python-version 3.11 --upgrade --generate-hashes --no-header --no-annotate --quiet; } > $(LOCK).new
	mv $(LOCK).new $(LOCK)

clean: ## Remove .venv and what tools left behind.
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# The lock file holds hashes, which pip cannot ask of the checkout itself; hence two steps.
$(STAMP): pyproject.toml $(LOCK)
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1 || \
			! $(BIN)/python -c '$(NEW_ENOUGH)'; then $(MAKE) --no-print-directory $(VENV); fi
	$(BIN)/python -m pip install --quiet --require-hashes --requirement $(LOCK)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: $(VENV)
$(VENV):
	@python='$(PYTHON)'; \
	if ! "$$python" -c '$(NEW_ENOUGH)' 2>/dev/null; then \
		echo "Python 3.11 or newer is needed; $$python says: $$("$$python" --version 2>&1)"; \
		echo "Install a newer one, or name one: make install PYTHON=/path/to/python3.11"; \
		exit 1; \
	elif ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python lacks ensurepip and so cannot make a virtual environment."; \
		echo "On Debian and Ubuntu: apt install python3-venv"; \
		exit 1; \
	fi >&2; \
	echo "$$python -m venv $(VENV)"; \
	"$$python" -m venv --clear $(VENV)
