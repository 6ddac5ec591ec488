#!/usr/bin/env bash
# Serves the shop with data to try out. The program is built as for the tests, which is quickest; `make build` makes the one to deploy.
# The first time, pages are served as soon as the program is there; the browser's part, without which they work, comes while you look.
. "$(dirname "$0")/common.sh"

qiangke="$CARGO_TARGET_DIR/debug/qiangke"

step "1 of 3" "the program" "8 minutes"
need_rust
need_npm scripts/site
cargo build --features ssr --bin qiangke
fill_database "$qiangke"
if ! ls target/site/pkg/*.wasm >/dev/null 2>&1; then
	node scripts/site/build.mjs --pages
	"$qiangke" serve --demo &
	server=$!
	# Ctrl-C ends it, too: a shell's background commands don't hear of that.
	at_exit 'kill "$server" && wait "$server"'
	say "serving on http://127.0.0.1:3000: pages work, and what moves in them is built now (Ctrl-C ends it)"
fi
step "2 of 3" "the browser's tools" "4 minutes"
need_site
step "3 of 3" "the browser's part" "8 minutes"
node scripts/site/build.mjs
if [ -n "${server:-}" ]; then
	kill -0 "$server" 2>/dev/null || fail "the shop has ended: what it said stands above"
fi
leave
say "serving on http://127.0.0.1:3000 (Ctrl-C ends it)"
exec "$qiangke" serve --demo
