# Everything there is to do with this repository. `make help` lists it.

.DEFAULT_GOAL := help
.PHONY: help build run dev scale-demo check test e2e chaos fuzz schemathesis mutants deny bench lighthouse clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build what is deployed: target/release/qiangke, and its site in target/site
	@scripts/build.sh

run: ## Build the shop and serve it on http://127.0.0.1:3000, with two sales to try out
	@scripts/run.sh

dev: ## Serve the shop and rebuild it whenever a file changes
	@scripts/dev.sh

scale-demo: ## PostgreSQL, Redis, three instances and a load balancer on http://127.0.0.1:8080
	@scripts/scale-demo.sh

check: ## Formatting, lints, who may name whom, and the tests of pure code
	@scripts/check.sh

test: ## Everything: check, all tests, the browser part and its budget, end to end
	@scripts/test.sh

e2e: ## The browser part, its budget, and the tests in a browser
	@scripts/e2e.sh

fuzz: ## Hostile bytes for each parser, SECONDS=60 at a time
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGETS)

schemathesis: ## CASES=10000 requests, allowed and not, and whether the answers are as described
	@scripts/schemathesis.sh $(or $(CASES),10000)

chaos: ## Sales under load while faults strike: MINUTES=30 SEED=n FAULTS=disk,redis PAIRS=sqlite,postgres SHORT=1
	@scripts/chaos.sh

mutants: ## The rules of the rush, broken one by one: a test must notice each
	@scripts/mutants.sh

deny: ## What the program links: banned crates, licences, sources; advisories, where there is a copy of them
	@scripts/deny.sh

bench: ## The speed goals, measured: a table, and target/bench/speed.json
	@scripts/bench.sh

lighthouse: ## What a phone makes of each page: scores, metrics, and reports under target/lighthouse
	@scripts/lighthouse.sh

clean: ## Remove what was built; the database in data/ stays
	@rm -rf target scripts/site/node_modules bench/lighthouse/node_modules end2end/node_modules end2end/test-results
