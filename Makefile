# The commands of the project; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

# What a shell holds for other Pythons and other installs is not meant for ours: an environment
# that went elsewhere, modules in place of ours. How packages are reached comes in.
unexport $(filter-out PYTHON,$(filter PYTHON%,$(.VARIABLES)))
# Files and terminals are UTF-8, whatever the locale.
export PYTHONUTF8 := 1
unexport $(filter PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER PIP_REQUIRE_VIRTUALENV PIP_PYTHON \
  PIP_DRY_RUN PIP_NO_DEPS PIP_CONSTRAINT PIP_REQUIREMENT PIP_UPGRADE PIP_IGNORE_INSTALLED,$(.VARIABLES))

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# Looked at each time: an interpreter may be gone after an upgrade, or an install have gone elsewhere.
.PHONY: venv
venv: ## Make .venv from the hashed lock, or mend it
	@$(BIN)/python -I local/venv.py --check 2>/dev/null || { \
	$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) or sys.exit("Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.13 ...")'; \
	$(PYTHON) -I local/venv.py; }

.PHONY: local
local: venv ## Run the whole service without Docker, until Ctrl-C (PORT=8000, MONITOR_PORT=8001)
	@exec $(BIN)/python -m local run --with-parent

.PHONY: trainer
trainer: venv ## Train anew for the local service, or ARGS="list", "verify", "rollback", ...
	@$(BIN)/python -m local trainer $(ARGS)

.PHONY: outcomes
outcomes: venv ## What really happened, local database: ARGS="load FILE" or "export --from .. --to .. DIR"
	@$(BIN)/python -m local outcomes $(ARGS)

.PHONY: monitor
monitor: venv ## Any command of the monitor, local database: ARGS="once", "once --as-of ..", "verify"
	@$(BIN)/python -m local monitor $(ARGS)

.PHONY: retraining
retraining: venv ## Cases about retraining, local service: ARGS="propose", "list", "show 1", "approve 1 ..", ...
	@$(BIN)/python -m local retraining $(ARGS)

.PHONY: replay
replay: venv ## A recorded stream, to the running local service: ARGS="run stream.csv.gz"
	@$(BIN)/python -m local replay $(ARGS)

.PHONY: psql
psql: venv ## Open SQL on the local database, as analyst
	@$(BIN)/python -m local psql

.PHONY: db-url
db-url: venv ## Print the analyst's connection URL of the local database
	@$(BIN)/python -m local db-url

.PHONY: test
test: venv ## Run every test that this machine can run, side by side (WORKERS=1: in turn)
	@$(BIN)/python -m pytest -n $${WORKERS:-logical} --maxprocesses 8

.PHONY: test-faults
test-faults: venv ## Run the whole fault suite, the long ones too; prints its table
	@FAULTS=full $(BIN)/python -m pytest tests/faults -m faults

.PHONY: fuzz
fuzz: venv ## Run the fuzzers of tests/security for longer (FUZZ=50 times as many examples)
	@FUZZ=$${FUZZ:-50} $(BIN)/python -m pytest tests/security -k fuzz --timeout 7200

.PHONY: bench
bench: venv ## Measure the service beside the bare framework and the usual template
	@$(BIN)/python -m benchmarks.run $(ARGS)

.PHONY: bench-peers
bench-peers: venv ## Measure MLServer, BentoML, MLflow and LitServe beside it (installs them)
	@$(BIN)/python -m benchmarks.peers $(ARGS)

.PHONY: lint
lint: venv ## Formatting, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

.PHONY: check
check: lint test ## Everything that must be green before a commit lands

.PHONY: format
format: venv ## Rewrite the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# Large, and not wanted where the clients are only called.
UNUSED := $(addprefix --no-emit-package ,cryptography pillow uvloop)
# What serves calls treelite's library; its Python package, for which scipy is, is not imported.
SERVED := --no-emit-package scipy

.PHONY: bench-diagnosis
bench-diagnosis: venv ## Judge the diagnosis by streams whose causes are known
	@$(BIN)/python -m benchmarks.diagnosis $(ARGS)

.PHONY: lock
lock: venv ## Resolve pyproject.toml, the tests' clients and the benchmark's peers into hashed files
	@$(COMPILE) pyproject.toml --extra dev -o requirements/all.txt
	@for image in db monitor outcomes replay retraining trainer; do $(COMPILE) pyproject.toml --extra $$image -c requirements/all.txt -o requirements/$$image.txt; done
	@$(COMPILE) $(SERVED) pyproject.toml --extra api -c requirements/all.txt -o requirements/api.txt
	@for client in requirements/clients/*.in; do $(COMPILE) $(UNUSED) $$client -o $${client%.in}.txt; done
	@for client in axe openapi-ts; do (cd requirements/clients/$$client && npm install --silent --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved); done
	@for peer in benchmarks/peers/*.in; do $(COMPILE) $$peer -o $${peer%.in}.txt; done
