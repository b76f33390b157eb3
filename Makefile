# Two commands: `make demo` and `make test`. Everything is installed into .venv, nothing outside this directory.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test venv lint types format bench bench-spec bench-terminal soak-terminal bench-load bench-month chaos lifecycle fuzz-api clean

demo: venv
	@$(BIN)/flowdeck run samples/flights.conf
	@echo
	@echo "The terminal UI:  .venv/bin/flowdeck"
	@echo "A live stream:    .venv/bin/flowdeck submit samples/stream.conf && .venv/bin/flowdeck"

# Four for two cores: most tests that take long wait for processes. They keep their byte code, wherever the environment says that they must not,
# and find it when they begin: else each of the four makes all of it.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/.tested
	@if [ -n "$$CI" ]; then tools/install_ci_tools.sh; fi
	@$(BIN)/python -m compileall -q flowdeck.py runner schemas spec tui
	$(BIN)/pytest -q -n 4 --dist loadfile --no-loadscope-reorder

venv: .venv/.installed

.venv/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "flowdeck needs Python 3.11 or newer; set PYTHON=..." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.tested: .venv/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,lsp]'
	@touch $@

lint: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.tested
	$(BIN)/mypy

format: .venv/.tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.tested
	$(BIN)/python -P tests/benchmarks/flow.py

bench-spec: .venv/.tested
	$(BIN)/python -P tests/benchmarks/reading.py
	$(BIN)/python -P tests/benchmarks/checking.py

bench-terminal: .venv/.tested
	$(BIN)/python -P tests/benchmarks/terminal.py

# Half an hour of moving about: does it grow? FLOWDECK_SOAK_MINUTES=5 looks for a shorter time.
soak-terminal: .venv/.tested
	$(BIN)/python -P tests/benchmarks/terminal.py --only-soak --soak $${FLOWDECK_SOAK_MINUTES:-30}

# Half an hour on a quiet machine with two cores, most of it waiting for figures that do not jump.
bench-load: .venv/.tested
	$(BIN)/python -P tests/benchmarks/load.py

# Ten minutes: 30 days of metrics by a clock that is told what time it is.
bench-month: .venv/.tested
	$(BIN)/python -P tests/benchmarks/month.py

chaos: .venv/.tested
	FLOWDECK_CHAOS_KILLS=1000 FLOWDECK_CHAOS_MONKEYS=10 $(BIN)/pytest -q tests/chaos -s

lifecycle: .venv/.tested
	FLOWDECK_LIFECYCLE_EXAMPLES=$${FLOWDECK_LIFECYCLE_EXAMPLES:-100} FLOWDECK_LIFECYCLE_STEPS=$${FLOWDECK_LIFECYCLE_STEPS:-60} \
	FLOWDECK_LIFECYCLE_SEED=$${FLOWDECK_LIFECYCLE_SEED:-$$(date +%s)} $(BIN)/pytest -q tests/lifecycle -s

# Ten minutes of requests made up from the API's own description; FLOWDECK_FUZZ_SEED=2 makes up others.
fuzz-api: .venv/.tested
	FLOWDECK_FUZZ_SECONDS=$${FLOWDECK_FUZZ_SECONDS:-600} $(BIN)/pytest -q -s tests/api/test_schemathesis.py

clean:
	rm -rf .venv build *.egg-info samples/out
