#!/usr/bin/env bash
# Everything, from the cheapest check to the dearest.
. "$(dirname "$0")/common.sh"

# All tools first: a machine that can't have one says so before an hour of work.
need_checker
need_site
need_browser
need_postgres
need_redis
need_nginx
# Here, too, so that what it builds is not built again below.
lint_while_building
scripts/check.sh
say "tests, on SQLite"
cargo nextest run --features ssr
say "tests, on PostgreSQL and Redis"
scripts/on-postgres.sh cargo nextest run --profile postgres --features ssr
SHORT=1 scripts/chaos.sh
scripts/e2e.sh
say "all passed"
