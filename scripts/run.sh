#!/usr/bin/env bash
# Builds the shop as it would be deployed, and serves it with data to try out.
. "$(dirname "$0")/common.sh"

need_builder
say "building the shop"
# Hashed names: a browser keeps such a file for good, and fetches the next build's under its own name.
export LEPTOS_HASH_FILES=true
cargo leptos build --release --precompress
fill_record "$CARGO_TARGET_DIR/release/qiangke"
say "serving on http://127.0.0.1:3000 (Ctrl-C ends it)"
exec "$CARGO_TARGET_DIR/release/qiangke" serve --demo
