# Few targets that say what they do. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
STAMPS := .make
VENV := .venv/bin
PYTEST := $(VENV)/pytest

.PHONY: help setup demo test check gen bench-ingest

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMPS)/python $(STAMPS)/node $(STAMPS)/web $(STAMPS)/browser  ## install and build everything, from the lock files

# uv comes from PyPI when it is not on the machine; it uses the system's Python.
$(STAMPS)/uv:
	@mkdir -p $(STAMPS)
	@deploy/setup/uv.sh
	@touch $@

$(STAMPS)/python: $(STAMPS)/uv pyproject.toml uv.lock
	$$(deploy/setup/uv.sh --path) sync --locked --extra embedded
	@touch $@

$(STAMPS)/node: package.json package-lock.json $(wildcard */package.json */*/package.json)
	@mkdir -p $(STAMPS)
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# The SDK, the fleet page and the example, bundled; models copied out of their npm packages.
$(STAMPS)/web: $(STAMPS)/node $(shell git ls-files 'client_sdk_js/*' 'dashboards/fleet_page/*' 'examples/*' 2>/dev/null | grep -v -E '/tests?/')
	npm run build --silent
	@touch $@

# Chromium and Alertmanager come from Debian when we are root; otherwise a message says what to install.
$(STAMPS)/browser:
	@mkdir -p $(STAMPS)
	@deploy/setup/system.sh
	@touch $@

gen: $(STAMPS)/python $(STAMPS)/node  ## regenerate what is derived from the contract: JSON Schema, TypeScript, settings docs
	$(VENV)/python -m collector.contract.export
