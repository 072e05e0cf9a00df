# Every command of the project. Needs Python 3.11 or newer and make, nothing else. `make help` lists them.

SHELL := /bin/sh
BIN := .venv/bin
ARGS ?=
# Where it is set, each of the many processes of a test run would compile all that it imports: half of the run's time.
unexport PYTHONDONTWRITEBYTECODE
# More than a small machine's cores: many tests wait, for a server to start or a session to end.
WORKERS ?= 4
DEPTH ?= deep
SEED ?= 1
# make mutants: how many changes of each part, and which part; 40 and all unless named.
N ?=
PART ?=
# What the demo plays: network unless named (persistence, let-it-go).
SCENE ?=
UV := uv==0.13.9
# STAY=1: the demo stays up after its scene, with API, pages and metrics.
STAY ?=
# Where the demo plays: embedded, or compose.
TARGET ?= embedded
# Where compose looks for secrets: SECRETS_DIR of the environment or of .env, or this.
SECRETS := $(or $(SECRETS_DIR),$(shell sed -n 's/^SECRETS_DIR=//p' .env 2>/dev/null | tail -n 1),./.secrets)
DEMO := docker compose --file docker-compose.yml --file deploy/demo.yml --project-name rapport-demo

# The virtual environment is ready for exactly one lock: another lock has another stamp, and the same one costs nothing.
STAMP := .venv/.ready-$(shell cksum < requirements.lock | tr -d ' ')

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-embedded demo-compose run client check test test-deep test-docker mutants chaos bench race docs lock up down logs clean

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## create .venv from the locked, hashed requirements; then .venv/bin/rapport is there

$(STAMP): requirements.lock
	@.ci/setup $(STAMP)

demo: demo-$(TARGET)  ## play a scripted network through the real services: 125 days in a minute or two (SCENE=persistence: another story; STAY=1: then it stays up; TARGET=compose: in containers)

demo-embedded: setup
	@$(BIN)/rapport demo $(if $(SCENE),--scene $(SCENE)) $(if $(STAY),--stay) $(ARGS)

demo-compose:
	@[ -z "$(STAY)" ] || { echo "STAY=1 is for the embedded demo; in containers: make up" >&2; exit 1; }
	@deploy/make-secrets.sh "$(SECRETS)"
	@trap '$(DEMO) down --volumes --timeout 5 >/dev/null 2>&1' EXIT; trap 'exit 130' INT TERM; \
	$(DEMO) run --build --rm demo $(if $(SCENE)$(ARGS),demo --external --mailpit http://mailpit:8025 $(if $(SCENE),--scene $(SCENE)) $(ARGS))

run: setup  ## start broker, store and services and stay up for your own events (Ctrl-C stops them)
	@$(BIN)/rapport run $(ARGS)

client:  ## make a TypeScript client from docs/openapi.json and compile it with the example that uses it (needs npm)
	@cd examples/typescript && npm ci --silent --no-audit --no-fund && npm run --silent generate && npm run --silent build

check: setup  ## format, lint, types, import contracts, spelling, lock: seconds
	@$(BIN)/ruff format --check --quiet . || { echo "run: .venv/bin/ruff format ."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@out=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$out"; exit 1; }
	@$(BIN)/typos
	@awk -f .ci/lock.awk requirements.lock requirements-image.lock
	@echo "check: all good"

test: setup  ## the tests that need no Docker: Kafka and Valkey come along (ARGS="-k name" chooses)
	@$(BIN)/pytest -m "not docker and not deep" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-deep: setup  ## what those leave out: whole years, thousands of histories, killed processes, broken guards (DEPTH=whole: each example)
	@RAPPORT_TEST_DEPTH=$(DEPTH) $(BIN)/pytest -m "$(if $(filter whole,$(DEPTH)),(deep or laws),deep) and not docker" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

mutants: setup  ## break rules and processing in small ways, one by one: what do the tests notice? (N=12 PART=services/invites ARGS=--write; ARGS=guards: the guards by name)
	@$(BIN)/python -m tests.mutants $(ARGS) $(PART) $(if $(N),--number $(N))

test-docker: setup  ## the tests on Apache Kafka, Valkey, Redis and a Redis Cluster in containers, and those of the compose file
	@$(BIN)/pytest -m docker -n $(WORKERS) --dist loadfile $(ARGS)

bench: setup  ## measure: events, wakes, memory, start, import; minutes (ARGS=--write puts it into docs/benchmarks.md)
	@$(BIN)/python -m tests.bench.report $(ARGS)

race: setup  ## the same job done by our services, Kafka Streams and BullMQ, in turns (needs Node.js, Java 17, Maven; ARGS="--rounds 3 --write")
	@$(BIN)/python -m tests.race $(ARGS)

chaos: setup  ## processes, Kafka, Valkey and network die under load; then the topics are asked (SEED=1 LONG=1 VARIANT=all ARGS=--ends, ARGS=--webhooks)
	@$(BIN)/python -P -m tests.chaos --seed $(SEED) $(if $(LONG),--long) $(if $(TARGET),--target $(TARGET)) $(if $(VARIANT),--variant $(VARIANT)) $(ARGS)

docs: setup  ## write what docs/ says from code: AsyncAPI, OpenAPI, JSON Schema, rules, commands, settings
	@$(BIN)/python -P -m shared.contracts.published.publish docs tests/contract/golden
	@$(BIN)/python -P -m rapport.rules_page docs/rules.md
	@$(BIN)/python -P -m rapport.cli_page docs/cli.md
	@$(BIN)/python -P -m rapport.settings_page docs/configuration.md
	@$(BIN)/python -P -m rapport.openapi_page docs/openapi.json
	@$(BIN)/python -P -m tests.bench.sizing docs/sizing.md

lock:  ## choose newer versions: write requirements.lock and requirements-image.lock again
	@.ci/lock '$(UV)'

up:  ## the whole system under Docker Compose; returns when all of it is ready (makes passwords in .secrets first)
	@deploy/make-secrets.sh "$(SECRETS)"
	@docker compose up --build --detach --wait

down:  ## stop it; its volumes stay
	@docker compose --profile '*' down

logs:  ## what the containers say (ARGS=invites chooses)
	@docker compose logs --follow --tail 100 $(ARGS)

clean:  ## remove .venv and caches; the data in .rapport stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@find rapport services shared tests -name __pycache__ -type d -prune -exec rm -rf {} +
