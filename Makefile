# make train   learn on this machine, from nothing      make test    prove that everything holds
# make study   the full evaluation and its controls     make bench   measure, beside peers
# make setup   only the set-up                          make clean   remove what make built

# The command that makes .venv; it must be Python 3.11 or newer.
PYTHON ?= python3
PY := .venv/bin/python
STAMP := .venv/.hone-set-up
# An activated environment of another project must not be taken for ours by ty or by subprocesses.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH

.PHONY: train study test bench setup clean help
.DEFAULT_GOAL := help

help:
	@sed -n '1,3s/^# //p' Makefile

setup: $(STAMP)
	@command -v bwrap >/dev/null || scripts/setup bubblewrap
	@$(PY) -m hone.setup_check

$(STAMP): pyproject.toml constraints.txt scripts/setup
	@PYTHON='$(PYTHON)' scripts/setup bubblewrap environment
	@touch $@

train: setup
	@$(PY) -m hone.cli train

study: setup
	@$(PY) -m hone.cli study

test: setup
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m ty check
	$(PY) -m pytest -n auto --maxprocesses 4 --dist worksteal

bench: setup
	@$(PY) -m bench

clean:
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
