#!/usr/bin/env bash
# Everything, from the cheapest check to the dearest.
. "$(dirname "$0")/common.sh"

# All tools first: a machine that can't have one says so before an hour of work.
need_checker
need_builder
need_browser
scripts/check.sh
say "tests"
cargo nextest run --features ssr
scripts/e2e.sh
say "all passed"
