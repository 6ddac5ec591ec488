#!/usr/bin/env bash
# Serves the shop, and builds it anew whenever a file changes; open pages reload themselves.
. "$(dirname "$0")/common.sh"

need_watcher
say "building the shop"
cargo leptos build
fill_database "$CARGO_TARGET_DIR/debug/qiangke"
say "serving on http://127.0.0.1:3000 (Ctrl-C ends it)"
export DEMO=true
exec cargo leptos watch -- serve
