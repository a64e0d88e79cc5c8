# `make help` lists the targets. What each needs is made first and only when it is older than what it is made from, so a
# second run starts at once.

PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?=
export PORT

venv := .venv
python := $(venv)/bin/python
manage := $(python) manage.py
styles := $(wildcard frontend/portal.scss frontend/styles/*.scss frontend/build.js frontend/nhsuk-frontend-licence.txt)

# Checks look at the code alone: no database of anybody's is opened for them.
look := PORTAL_ENV=development DATABASE_URL=sqlite://:memory:

.DEFAULT_GOAL := help
.PHONY: help setup run test test-faults check fix audit serve css clean \
	check-code check-format check-templates check-types check-migrations
.DELETE_ON_ERROR:

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(venv)/installed frontend/build/portal.css ## Install the requirements and build the stylesheet, where they changed

run: setup ## Fill a database with sample content and serve it at http://127.0.0.1:8000 (PORT=8001 for another)
	@PORTAL_ENV=development $(manage) migrate --no-input --verbosity 0 --skip-checks
	@PORTAL_ENV=development $(manage) start_development
	@PORTAL_ENV=development exec $(manage) runserver 127.0.0.1:$(PORT)

test: setup ## Run everything: checks, tests on SQLite and on PostgreSQL, tests in a browser
	@$(python) bin/test

test-faults: setup ## Break things on purpose, and see that nothing is lost (FAULTS="worker_killed sigterm" for some)
	@$(python) -m tests.faults $(FAULTS)

check: setup ## Look for faults in code, templates, types and migrations; changes nothing
	@$(MAKE) --keep-going --no-print-directory check-code check-format check-templates check-types check-migrations

check-code:
	$(python) -m ruff check

check-format:
	$(python) -m ruff format --check

check-templates:
	$(python) -m djlint --lint --quiet templates

check-types:
	$(look) $(python) -m mypy .

check-migrations:
	$(look) $(manage) makemigrations --check --dry-run

fix: setup ## Repair what can be repaired: order, format, the settings table of the README
	$(python) -m ruff check --fix-only
	$(python) -m ruff format
	$(look) $(manage) settings_table --write

audit: ## Ask a service of advisories about every locked dependency; says so where it could not be asked
	@$(PYTHON) bin/audit

serve: setup ## Serve in production: needs SECRET_KEY and ALLOWED_HOSTS; HOST=, PORT= and WORKERS= choose the rest
	@PORTAL_ENV=production $(manage) migrate --no-input --verbosity 0
	@PORTAL_ENV=production $(manage) collectstatic --no-input --verbosity 0
	@PORTAL_ENV=production exec $(manage) serve --host $(HOST) --port $(PORT) $(if $(WORKERS),--workers $(WORKERS))

css: frontend/build/portal.css ## Build the stylesheet, where it changed

clean: ## Remove what `make setup` made; what the portal wrote, under var/, stays
	rm -rf $(venv) frontend/node_modules frontend/build .mypy_cache .pytest_cache .ruff_cache

$(venv)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "The portal needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>/dev/null || echo not found)."; \
		echo "Install one and name it, such as: make PYTHON=python3.11 setup"; \
		exit 1; \
	} >&2
	@echo "Making $(venv)"
	@$(PYTHON) -m venv $(venv)

$(venv)/installed: requirements/development.txt | $(venv)/bin/python
	@echo "Installing requirements/development.txt"
	@$(python) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements/development.txt
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package.json frontend/package-lock.json frontend/.npmrc | $(venv)/bin/python
	@echo "Installing frontend/package-lock.json"
	@cd frontend && ../bin/npm ci --no-progress --loglevel=error >/dev/null
	@touch $@

frontend/build/portal.css: frontend/node_modules/.package-lock.json $(styles)
	@cd frontend && ../bin/npm run --silent build
	@touch $@
