# Everything starts here: `make run` boots the demonstration, `make test` runs the tests. Either
# makes the machine ready first (tools/setup.sh), and needs nothing but python3 and make.

.DEFAULT_GOAL := help
.PHONY: help run test check lint types bench ablate campaign invariants lock clean
.NOTPARALLEL:

BIN := .venv/bin
# More for pytest: `make test ARGS="-k paging"`.
ARGS ?=

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run:  ## boot the demonstration image in QEMU
	@tools/setup.sh run
	@$(BIN)/kpack run

test:  ## run the tests
	@tools/setup.sh dev
	$(BIN)/python -m pytest $(ARGS)

check: lint types test  ## what CI runs: format, lint, types, tests

lint:  ## format and lint, changing nothing
	@tools/setup.sh dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:  ## mypy --strict
	@tools/setup.sh dev
	$(BIN)/mypy

bench:  ## measure: boot time, IPC, schemas
	@tools/setup.sh run
	@$(BIN)/kpack bench

ablate:  ## leave each guard of the kernel out: a test must fail; ARGS="fmask.*" chooses
	@tools/setup.sh dev
	$(BIN)/python -m tests.ablation $(ARGS)

campaign:  ## the property tests with new random seeds and many more examples; then ablate
	@tools/setup.sh dev
	$(BIN)/python -m pytest --hypothesis-profile=campaign -m "hypothesis or campaign" $(ARGS)
	@$(MAKE) --no-print-directory invariants ARGS=
	@$(MAKE) --no-print-directory ablate ARGS=

# Two tests compare moments that the checks delay.
invariants:  ## every guest of the tests on the debug build of the kernel
	@tools/setup.sh dev
	KERNEL_INVARIANTS=1 $(BIN)/python -m pytest tests/stages \
		-k "not priority_decides and not priority_is_the_floor" $(ARGS)

lock:  ## choose new exact versions within pyproject.toml's ranges
	@tools/lock.sh

clean:  ## remove all that was made, the environment too
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
