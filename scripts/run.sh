#!/usr/bin/env bash
# Builds the shop as it would be deployed, and serves it with data to try out.
. "$(dirname "$0")/common.sh"

scripts/build.sh
fill_record "$CARGO_TARGET_DIR/release/qiangke"
say "serving on http://127.0.0.1:3000 (Ctrl-C ends it)"
exec "$CARGO_TARGET_DIR/release/qiangke" serve --demo
