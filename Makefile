# One entry for everything that is done by hand. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run setup new-lesson new-lab test test-fast test-all check doctor bench pages record clean assets

# Finds Python 3.12 and runs a command of platform/bootstrap with it.
BOOTSTRAP = python=$$(sh platform/bootstrap/find_python.sh) && PYTHONPATH=platform exec "$$python" -m bootstrap
# The slowest are listed, so that a log shows where the time of a part goes.
PYTEST = .venv/bin/python -m pytest --durations=15
PROCESSES ?= 2
# The value of a variable, or an error that names it.
required = $(or $($1),$(error $1 is missing; see: make help))

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## set up what is missing, then start the site (PORT=8000, HOST=127.0.0.1)
	@$(BOOTSTRAP) run --end-with-parent

setup: ## only set up
	@$(BOOTSTRAP) setup

doctor: ## name every missing precondition and what mends it
	@$(BOOTSTRAP) doctor

clean: ## remove all that set-up and the site made here, the database too
	@$(BOOTSTRAP) clean

check: ## format, lint, types, contracts, migrations, course
	@$(BOOTSTRAP) setup --for check
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/djlint --check --lint --quiet templates
	PYTHONPATH=platform .venv/bin/lint-imports
	.venv/bin/python manage.py makemigrations --check --dry-run
	.venv/bin/python manage.py check_course

new-lesson: ## write a new lesson (SLUG=late-rows TITLE="Late rows" REQUIRES=change-events)
	@$(BOOTSTRAP) setup --for check
	@.venv/bin/python manage.py new_lesson $(call required,SLUG) --title "$(call required,TITLE)" --requires "$(REQUIRES)"

new-lab: ## write a lab that runs (SLUG= TITLE= REQUIRES=<lesson> KIND=sql|pyflink|datastream|plain)
	@$(BOOTSTRAP) setup --for check
	@.venv/bin/python manage.py new_lab $(call required,SLUG) --title "$(call required,TITLE)" --requires $(call required,REQUIRES) --kind $(or $(KIND),sql)

test-fast: ## tests without Flink and browser, at most 90 seconds
	@$(BOOTSTRAP) setup --for check
	$(PYTEST) -n $(PROCESSES) -m "not flink and not browser"

# Three processes, because Playwright's event loop stays for the life of a process and
# needs DJANGO_ALLOW_ASYNC_UNSAFE, which would hide real faults in the other tests;
# and because Flink's timings need both cores. All run, also after a failure.
test: ## every test once
	@$(BOOTSTRAP) setup --for test
	@failed=0; \
	$(PYTEST) -n $(PROCESSES) -m "not flink and not browser" || failed=1; \
	$(PYTEST) -m "flink and not browser" || failed=1; \
	DJANGO_ALLOW_ASYNC_UNSAFE=1 $(PYTEST) -m browser || failed=1; \
	exit $$failed

test-all: export POTOK_SEEDS ?= 50
test-all: export POTOK_TESTS = all
test-all: test ## every test, of the long families all members

bench: ## measure speed, print tables, write var/bench/latest.json (WRITE=1: docs too; BENCH="--quick")
	@$(BOOTSTRAP) setup --for test
	PYTHONPATH=platform .venv/bin/python -m tests.bench $(if $(WRITE),--write) $(BENCH)

pages: ## look at every page: pictures to var/pages, the table to docs/pages.md
	@$(BOOTSTRAP) setup --for test
	.venv/bin/python -m tests.pages --write

record: ## record a real Debezium's topics for the library's workload (needs Postgres)
	@$(BOOTSTRAP) setup --for test
	@$(BOOTSTRAP) setup --for recording
	PYTHONPATH=platform:labs/_library .venv/bin/python -m recording

assets: ## rebuild the committed JavaScript and CSS bundles from frontend/
	cd frontend && npm ci && npm run build
