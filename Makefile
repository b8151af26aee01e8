# Every command sets up what it needs, on a machine that has only Python 3.11+, make and git.

PYTHON ?= python3
BIN := .venv/bin
OUTPUT ?= demo-output
# initdb and Python agree on text, whatever the shell's locale.
export LC_ALL := C.UTF-8
# It brings its program with it, and need not ask the network for a newer one.
PYRIGHT := PYRIGHT_PYTHON_IGNORE_WARNINGS=1 PYTHONPATH=. $(BIN)/pyright --pythonpath $(BIN)/python

# The longest files come first by name, and the short ones fill up the end.
PYTEST = $(or $(ARGS),--numprocesses 2 --dist loadfile --no-loadscope-reorder)

.DEFAULT_GOAL := help
.PHONY: help demo gallery test check soak bench serve setup pins clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## Run the demo app: in a window, or as a filmed story where there is no display
	@$(BIN)/python -m demo_app.launch --output $(OUTPUT)

gallery: setup ## Photograph all that the overlay can show, into demo-output/gallery/
	@$(BIN)/python -m demo_app.gallery --output $(OUTPUT)/gallery

test: setup ## Run every test; COVERAGE=1 tells what none of them reaches, and takes half as long again
ifdef COVERAGE
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(PYTEST)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --sort=cover $(if $(ARGS),,--fail-under=95)
else
	@$(BIN)/python -m pytest $(PYTEST)
endif

check: setup ## Check format, lint, types and who imports whom
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(PYRIGHT)
	@found=$$($(PYRIGHT) --verifytypes client_sdk --ignoreexternal) || { echo "$$found"; exit 1; }
	@$(BIN)/lint-imports --no-cache

soak: setup ## Kill an app 200 times during a million pings; every loss of power; long searches
	@$(BIN)/python -m tests.soak
	@$(BIN)/python -m tests.acceptance.power_loss
	@KAZI_EFFORT=25 $(BIN)/python -m pytest -q -p no:cacheprovider --timeout 0 --numprocesses 2 \
		tests/client_sdk/test_sync_machine.py tests/client_sdk/test_session_machine.py \
		tests/client_sdk/test_damage.py

bench: setup ## Measure every speed claim beside its limit and its peers
	@scripts/system-packages wrk
	@$(BIN)/python -m benchmarks $(ARGS)

serve: setup ## Run the server on port 8080 with the demo tutorials
	@$(BIN)/kazi-server serve --demo $(ARGS)

setup: .venv/.ready ## Set up .venv/ and the system packages that tests and demo need
	@scripts/system-packages

.venv/.ready: requirements/dev.txt requirements/kivymd.txt pyproject.toml scripts/setup
	@scripts/setup $(PYTHON)

pins: ## Renew the pins in requirements/ (needs uv)
	@uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras \
		--group dev --generate-hashes --upgrade --quiet \
		--custom-compile-command "make pins" --output-file requirements/dev.txt
	@uv pip compile pyproject.toml --universal --python-version 3.11 --extra server --extra personas \
		--constraint requirements/dev.txt --generate-hashes --quiet \
		--custom-compile-command "make pins" --output-file deploy/docker/server.txt
	@uv pip compile --group pyproject.toml:build --universal --python-version 3.11 \
		--constraint requirements/dev.txt --generate-hashes --quiet \
		--custom-compile-command "make pins" --output-file deploy/docker/build.txt
	@uv pip compile requirements/kinto.in --universal --python-version 3.11 \
		--generate-hashes --upgrade --quiet \
		--custom-compile-command "make pins" --output-file requirements/kinto.txt
	@uv pip compile requirements/queues.in --universal --python-version 3.11 \
		--generate-hashes --upgrade --quiet \
		--custom-compile-command "make pins" --output-file requirements/queues.txt
	@uv pip compile requirements/kivymd.in --no-deps --universal --python-version 3.11 \
		--generate-hashes --upgrade --quiet \
		--custom-compile-command "make pins" --output-file requirements/kivymd.txt

clean: ## Remove what the commands have made here; the server's data stays
	@rm -rf .venv .bench .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache build dist demo-output htmlcov
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
