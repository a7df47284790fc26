# Everything a user, a contributor or a CI job does with this checkout; `make help` lists it.

.DEFAULT_GOAL := help
SHELL := /bin/sh
.SUFFIXES:

# Extra arguments for the tool behind a target: make plan ARGS="--check", make unit ARGS="-k ttl".
ARGS ?=
# The Python that .venv is made with, when it should not be the machine's python3.
PYTHON ?=
EMULATOR_PORT ?= 5050

export EMULATOR_PORT
export LC_ALL := C.UTF-8
export PATH := $(CURDIR)/.venv/bin:$(PATH)

RUN_PYTHON := .venv/bin/python
SETUP := PYTHON="$(PYTHON)" scripts/venv.sh
NAMESPACE := ansible_collections/auditflow
PARTS := lint sanity unit integration molecule
# Minutes each; CI runs all but load, chaos and bulk after `make test`, people all of them before they touch the engine.
HARDER := runbooks browser load permissions faults aws chaos bulk

##@ Use
.PHONY: provision plan verify emulator-start emulator-stop localstack-start localstack-stop

provision: runtime ## Create and verify AuditFlow's tables (embedded emulator unless AWS_ENDPOINT_URL is set)
	@scripts/playbook.sh provision $(ARGS)

plan: runtime ## Show what provision would change, and change nothing
	@scripts/playbook.sh plan $(ARGS)

verify: runtime ## Compare every setting of every table with its definition
	@scripts/playbook.sh verify $(ARGS)

emulator-start: runtime ## Start the embedded emulator on 127.0.0.1:$EMULATOR_PORT (5050), or find it running
	@$(RUN_PYTHON) scripts/emulator/control.py start

emulator-stop: runtime ## Stop the embedded emulator; its tables are gone with it
	@$(RUN_PYTHON) scripts/emulator/control.py stop

localstack-start: runtime ## Start LocalStack (a container where there is Docker, else plain processes), or find it running
	@$(RUN_PYTHON) scripts/localstack/control.py start

localstack-stop: runtime ## Stop LocalStack
	@$(RUN_PYTHON) scripts/localstack/control.py stop

##@ Test
.PHONY: test harder lint sanity unit integration molecule $(HARDER)

test: venv ## Run every check, and stop at the first that fails: lint, sanity, unit, integration, molecule
	@scripts/parts.sh $(PARTS)

harder: venv ## Run what takes longer: runbooks, the report in a browser, load, permissions, faults, AWS's behaviour, kills, many items
	@scripts/parts.sh $(HARDER)

lint: venv ## Check style and types: ruff, mypy, yamllint, shellcheck, ansible-lint, antsibull
	ruff check .
	ruff format --check .
	@mkdir -p .cache/tree/$(NAMESPACE) && ln -sfn "$(CURDIR)" .cache/tree/$(NAMESPACE)/dynamodb
	MYPYPATH=.cache/tree mypy -p ansible_collections.auditflow.dynamodb.plugins
	MYPYPATH=.cache/tree mypy scripts benchmarks
	shellcheck scripts/*.sh .ci/run
	yamllint --strict .
	ansible-lint --offline --strict
	antsibull-changelog lint
	@# It copies amazon.aws as git sees it; without the ceiling that is nothing, for git ignores .venv.
	GIT_CEILING_DIRECTORIES="$(CURDIR)/.venv" antsibull-docs lint-collection-docs \
		--plugin-docs --validate-collection-refs=self --check-extra-docs-refs .

sanity: venv ## Run ansible-test sanity on a copy of this checkout
	@$(RUN_PYTHON) scripts/sanity.py $(ARGS)

unit: venv ## Run the unit tests
	@$(RUN_PYTHON) -m pytest -n 2 tests/unit $(ARGS)

integration: venv ## Run the playbooks and modules against emulators that the tests start themselves
	@$(RUN_PYTHON) -m pytest -n 2 --dist loadgroup tests/integration --ignore tests/integration/runbooks $(ARGS)

runbooks: venv ## Run the runbooks of daily operation against emulators that the tests start themselves
	@$(RUN_PYTHON) -m pytest -n 2 --dist loadgroup tests/integration/runbooks $(ARGS)

browser: venv ## Look at the report in a headless Chromium; screenshots in tests/output/report
	@$(RUN_PYTHON) -m pytest tests/browser $(ARGS)

load: venv ## Send 1,000 requests a second to DynamoDB Local, and every access pattern on 10,000 items
	@$(RUN_PYTHON) -m pytest -q tests/load $(ARGS)

permissions: venv ## Run the playbooks with exactly the shipped policies, and without each single permission
	@$(RUN_PYTHON) -m pytest tests/permissions $(ARGS)

molecule: venv ## Run every molecule scenario on the embedded emulator and on LocalStack
	@$(RUN_PYTHON) -m pytest -v -n 2 --dist loadgroup tests/molecule $(ARGS)

aws: venv ## Run every change from every state on a server that behaves as AWS does
	@$(RUN_PYTHON) -m pytest -n 2 tests/aws $(ARGS)

faults: venv ## Run modules and playbooks while calls fail, get lost or are cut off; prints a table
	@$(RUN_PYTHON) -m pytest -q tests/faults $(ARGS)

chaos: venv ## Kill runs anywhere, and run two at once; CHAOS_* variables repeat a run
	@$(RUN_PYTHON) -m pytest -q -n 3 tests/chaos $(ARGS)

bulk: venv ## Run the work on items with 100,000 of them, killed half way and resumed; BULK_ITEMS for fewer
	@$(RUN_PYTHON) -m pytest -q tests/bulk $(ARGS)

##@ Measure
.PHONY: bench

bench: venv ## Measure against a script, community.aws and bare boto3 (half an hour of a quiet machine); ARGS=--help
	@$(RUN_PYTHON) -m benchmarks $(ARGS)

##@ Make
.PHONY: venv runtime build docs policies changelog lock clean help

venv: ## Build or refresh .venv with everything locked; PYTHON=python3.13 chooses another Python
	@$(SETUP) --dev

runtime:
	@$(SETUP)

build: runtime ## Build the collection's tarball into dist/
	@mkdir -p dist
	ansible-galaxy collection build --force --output-path dist .

docs: venv ## Build the HTML reference of modules, filters and roles into dist/docs/
	@scripts/docs.sh

policies: venv ## Write policies/*.json and the tables of docs/permissions.md from the code; ARGS for other tables
	@$(RUN_PYTHON) scripts/policies.py $(ARGS)

changelog: venv ## Turn changelogs/fragments into CHANGELOG.rst for the version in galaxy.yml
	antsibull-changelog release $(ARGS)

lock: ## Lock the requirements anew with uv; ARGS=--upgrade takes the newest versions
	@scripts/lock.sh $(ARGS)

clean: ## Remove what tests and builds left; the emulators, .venv and its caches stay
	rm -rf dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible .coverage htmlcov tests/output
	rm -rf .cache/tree .cache/docs changelogs/.plugin-cache.yaml
	find . -path ./.venv -prune -o -path ./.cache -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
