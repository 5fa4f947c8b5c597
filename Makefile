# Two commands matter: `make audit` and `make test`. Both set everything up first.
SHELL := /bin/bash
PYTHON ?= python3
AUDIT ?= .demo/estate/audit.yaml
HOME_DIR ?= .demo/home
SCALE ?= demo
SEED ?= 7
export UV_PYTHON_DOWNLOADS := never
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --no-sync

.PHONY: audit test soak dev bench lint setup schema staging claims

audit: setup .demo/estate/audit.yaml
	$(RUN) assay run --audit $(AUDIT) --home $(HOME_DIR)

.demo/estate/audit.yaml:
	$(RUN) assay demo --out .demo/estate --seed $(SEED) --scale $(SCALE)

# Four at a time, whatever the cores: some wait for a server, or for the moment to kill.
test: setup
	$(RUN) pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

# What takes too long for every day: pulls that are killed 200 times, and every input taken away in turn.
soak: setup
	ASSAY_KILLS=200 $(RUN) pytest tests/estates/test_kill_pull.py $(ARGS)
	$(RUN) pytest -n 2 -m soak tests/estates $(ARGS)

dev: setup
	DAGSTER_HOME=$(abspath $(HOME_DIR))/dagster ASSAY_AUDIT=$(abspath $(AUDIT)) ASSAY_HOME=$(abspath $(HOME_DIR)) \
		$(RUN) dagster dev -w workspace.yaml --host 127.0.0.1 --port $(or $(PORT),3000)

bench: setup
	$(UV) sync --quiet --frozen --group bench
	$(RUN) python -m bench

lint: setup
	$(RUN) ruff check . && $(RUN) ruff format --check . && $(RUN) mypy && $(RUN) sqlfluff lint dbt_project/models dbt_project/macros

schema: setup
	$(RUN) python -m audit_assets.schema

staging: setup
	$(RUN) python -m audit_assets.warehouse.staging

claims: setup
	$(RUN) python -m audit_assets.warehouse.claim_list

setup: .venv/.synced

.venv/.synced: pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --frozen --compile-bytecode
	@touch $@

.tools/bin/uv:
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools uv
