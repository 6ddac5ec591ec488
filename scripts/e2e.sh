#!/usr/bin/env bash
# The browser part as it is deployed, its budget, and the shop in a real browser. The server is the one that the other tests
# use, in the development profile: a second build of it would prove nothing more. Arguments go to Playwright.
. "$(dirname "$0")/common.sh"

need_builder
need_browser
need_postgres
need_redis
say "the server"
cargo build --features ssr
say "the browser part"
# What other builds left would be counted, and served.
rm -rf target/site
cargo leptos build --release --frontend-only --precompress
say "its budget"
node scripts/budget.mjs target/site
say "end to end"
QIANGKE=$(realpath "$CARGO_TARGET_DIR/debug/qiangke")
SITE=$(realpath target/site)
CHROMIUM=$(find_chromium)
export QIANGKE SITE CHROMIUM
(cd end2end && npx --no-install tsc)
if [ $# -gt 0 ]; then
	cd end2end
	exec npx --no-install playwright test "$@"
fi
(cd end2end && npx --no-install playwright test)
say "end to end, with PostgreSQL and Redis: what students come for"
scripts/on-postgres.sh env --chdir=end2end npx --no-install playwright test journey.spec.ts --project=desktop --project=no-javascript
