#!/usr/bin/env bash
# Serves the shop with data to try out. The program is built as for the tests, which is quickest; `make build` makes the one to deploy.
. "$(dirname "$0")/common.sh"

step "1 of 3" "tools" "4 minutes"
need_site
step "2 of 3" "the program" "15 minutes"
cargo build --features ssr --bin qiangke
step "3 of 3" "the site" "8 minutes"
node scripts/site/build.mjs
fill_database "$CARGO_TARGET_DIR/debug/qiangke"
say "serving on http://127.0.0.1:3000 (Ctrl-C ends it)"
exec "$CARGO_TARGET_DIR/debug/qiangke" serve --demo
