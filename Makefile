# A thin skin over `python -m evidence_review`; see README.md for the same without make.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PY := $(BIN)/python

.PHONY: wheel reports course docs test test-quick test-slow test-browser lab explore check lint lock clean

reports: .venv/installed
	$(PY) -m evidence_review report

course: .venv/installed
	$(PY) -m evidence_review course build

# The documentation site, in reports/docs; the contents page of the reports links to it.
docs: .venv/installed-all
	$(PY) docs/make_site.py

# Types are checked while tests run: one process beside two, which together keep two cores busy.
test: .venv/installed-all
	@$(MAKE) --no-print-directory -j 2 lint test-quick

test-quick: .venv/installed-all
	$(PY) -m pytest -m "not browser and not slow" -n 2 --dist worksteal

# Runs that are killed, run side by side or run in every order, and papermill's own behaviour. Of
# these and of those in a browser, whichever worker is free takes the next.
test-slow: .venv/installed-all
	$(PY) -m pytest -m slow -n 2 --maxschedchunk 1

test-browser: .venv/installed-all
	$(PY) -m pytest -m browser -n 2 --maxschedchunk 1

# To install elsewhere: `evidence-review init FOLDER` makes a project from it.
wheel: .venv/installed
	$(PY) -m hatchling build -t wheel

lab: .venv/installed
	$(PY) -m jupyterlab notebooks

# The explorer as a page of its own; voila.json and the template keep it from asking anything of the network.
explore: export JUPYTER_PATH := src/evidence_review/explorer/jupyter
explore: .venv/installed
	$(PY) -m voila --template=explorer notebooks/explore.ipynb

check: .venv/installed
	$(PY) -m evidence_review check

lint: .venv/installed-all
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/basedpyright --pythonpath $(PY)

# Installs locked versions once, by uv, or by pip where uv has no build: what reports, course, notebooks
# and explorer need (without byte code, a quarter of the size, of which they use a part), and for tests and
# documentation the rest too, all of it compiled: hundreds of processes start in the tests, and where
# PYTHONDONTWRITEBYTECODE is set each of them would compile what it imports.
.venv/installed: requirements-reports.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "This project needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(call install,$<)
	@touch $@

.venv/installed-all: requirements.lock pyproject.toml | .venv/installed
	$(call install,$<)
	@$(PY) -m compileall -q -j 0 .venv src > .venv/compiled.log || true
	@touch $@

define install
	sed -n '/^uv==/,/[^\\]$$/p' $(1) > .venv/uv.lock
	if $(PY) -m pip install --quiet --require-hashes -r .venv/uv.lock; then \
		$(PY) -m uv pip install --quiet --python $(PY) --require-hashes --no-compile-bytecode -r $(1); \
	else \
		$(PY) -m pip install --quiet --require-hashes -r $(1); \
	fi
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
endef

# After a change of the dependencies in pyproject.toml (and in environment.yml).
COMPILE := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate pyproject.toml
lock: .venv/installed-all
	$(COMPILE) --upgrade --all-extras -o requirements.lock
	$(COMPILE) --upgrade --extra app --extra pdf --extra build -c requirements.lock -o requirements-reports.lock

clean:
	rm -rf .venv .cache
