# Every target brings its own set-up. `.venv` is made once and again whenever a requirement file or pyproject.toml
# changes; nothing is installed that is not pinned by hash, but for the project itself, which is linked, not copied.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
DRILL_STAMP := build/drill-venv/.installed
BENCH_STAMP := build/bench-venv/.installed
PEERS_STAMP := scripts/peers/node_modules/.package-lock.json
NODE_STAMP := tests/node/node_modules/.package-lock.json
WORKERS ?= 2
CODE := domain ledger api

.DEFAULT_GOAL := check
.PHONY: demo serve test check lint soak bench drill format lock clean venv system-packages

venv: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	scripts/set-up-venv $(PYTHON)

$(NODE_STAMP): tests/node/package-lock.json | system-packages
	cd tests/node && npm ci --silent

system-packages:
	@scripts/system-packages

demo: $(STAMP)
	$(BIN)/control-ledger demo --into build/demo

# The demonstration over HTTP, at http://127.0.0.1:8000; `control-ledger tokens` makes a token to submit with.
serve: $(STAMP) build/demo/seal.pem
	CONTROL_LEDGER_PASSPHRASE_FILE=build/demo/passphrase CONTROL_LEDGER_STAMPS=build/demo/timestamps \
		CONTROL_LEDGER_SEAL_KEY=build/demo/seal.key CONTROL_LEDGER_SEAL_CHAIN=build/demo/seal.pem \
		$(BIN)/control-ledger serve --ledger build/demo/ledger.db --keys build/demo/keys

build/demo/seal.pem:
	@$(MAKE) --no-print-directory demo

# pytest comes last, so that its summary is the last line.
test: system-packages $(STAMP) $(NODE_STAMP)
	$(BIN)/python -m pytest -q -n $(WORKERS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint
	@$(MAKE) --no-print-directory test

soak: system-packages $(STAMP) $(NODE_STAMP)
	$(BIN)/python -m pytest -q -m soak --hypothesis-profile=soak

# Figures into build/bench.json, with the peers'. BENCH=--long goes up to a million entries and takes hours.
bench: system-packages $(STAMP) $(BENCH_STAMP) $(PEERS_STAMP)
	$(BIN)/python scripts/bench.py --into build/bench.json $(BENCH)

# Three nodes on loopback, their leader killed again and again under load. DRILL='--strikes 30 --seed 7' for longer, or once more.
drill: $(STAMP) $(DRILL_STAMP)
	@scripts/system-packages drill
	$(BIN)/python scripts/drill.py --patroni build/drill-venv/bin/python $(DRILL)

# The system's Python, which the user that PostgreSQL runs as can read.
$(DRILL_STAMP): requirements/drill.txt | $(STAMP)
	@scripts/system-packages drill
	$(BIN)/uv venv --quiet --clear --python /usr/bin/python3 build/drill-venv
	$(BIN)/uv pip sync --quiet --require-hashes --python build/drill-venv/bin/python requirements/drill.txt
	touch $@

$(BENCH_STAMP): requirements/bench.txt | $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/bench-venv
	$(BIN)/uv pip sync --quiet --require-hashes --python build/bench-venv/bin/python requirements/bench.txt
	touch $@

$(PEERS_STAMP): scripts/peers/package-lock.json | system-packages
	cd scripts/peers && npm ci --silent

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Keeps the pins that still satisfy pyproject.toml; delete a pin, or the file, to move it.
lock: $(STAMP)
	scripts/lock $(BIN)/uv

clean:
	rm -rf .venv build dist tests/node/node_modules scripts/peers/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
