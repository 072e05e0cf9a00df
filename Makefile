# Every command of the project. Needs Python 3.11 or newer and make, nothing else. `make help` lists them.

SHELL := /bin/sh
BIN := .venv/bin
ARGS ?=
WORKERS ?= 2
UV := uv==0.13.9

# The virtual environment is ready for exactly one lock: another lock has another stamp, and the same one costs nothing.
STAMP := .venv/.ready-$(shell cksum < requirements.lock | tr -d ' ')

.DEFAULT_GOAL := help
.PHONY: help setup demo run check test docs lock up down clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## create .venv from the locked, hashed requirements; then .venv/bin/rapport is there

$(STAMP): requirements.lock
	@.ci/setup $(STAMP)

demo: setup  ## play a scripted network through the real services: 125 days in under a minute
	@$(BIN)/rapport demo $(ARGS)

run: setup  ## start broker, store and services and stay up for your own events (Ctrl-C stops them)
	@$(BIN)/rapport run $(ARGS)

check: setup  ## format, lint, types, import contracts, spelling, lock: seconds
	@$(BIN)/ruff format --check --quiet . || { echo "run: .venv/bin/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/typos
	@awk -f .ci/lock.awk requirements.lock requirements-image.lock
	@echo "check: all good"

test: setup  ## every test; embedded Kafka and Valkey included, no Docker (ARGS="-k name" chooses)
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

docs: setup  ## write AsyncAPI and JSON Schema of all events, and the table of rules, into docs/
	@$(BIN)/python -P -m shared.contracts.publish docs tests/contract/golden
	@$(BIN)/python -P -m shared.cli.rules_page docs/rules.md

lock:  ## choose newer versions: write requirements.lock and requirements-image.lock again
	@.ci/lock '$(UV)'

up:  ## the whole system under Docker Compose
	@docker compose up --build --detach --wait

down:  ## stop it; its volumes stay
	@docker compose down

clean:  ## remove .venv and caches; the data in .rapport stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find services shared tests -name __pycache__ -type d -prune -exec rm -rf {} +
