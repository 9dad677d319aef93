# Podlab. `make run` and `make test` do all set-up by themselves.
.PHONY: run test check format bench screenshots wheel clean help

BIN := .venv/bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up what is missing and open the lab on the embedded cluster
	@tools/setup.sh run
	@$(BIN)/podlab $(ARGS)

test: ## set up what is missing and run the tests
	@tools/setup.sh dev
	@$(BIN)/python -m compileall -q lab tests
	@$(BIN)/python -m pytest $(ARGS)

check: ## what CI checks beside the tests: format, lint, types, import contracts
	@tools/setup.sh dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

format: ## put the code into the project's format
	@tools/setup.sh dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: ## measured side by side, printed as ratios
	@tools/setup.sh dev
	$(BIN)/python -m benchmarks $(ARGS)

screenshots: ## the README's pictures and its cast, made by the program itself
	@tools/setup.sh dev
	$(BIN)/python tools/screenshots.py
	$(BIN)/python tools/cast.py

wheel: ## dist/*.whl
	@tools/setup.sh dev
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what the set-up and the tools made
	rm -rf .venv .venv-at-work dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
