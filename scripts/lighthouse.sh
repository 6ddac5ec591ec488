#!/usr/bin/env bash
# The scores and metrics of docs/performance.md, S10: the pages as they are deployed, on a phone.
. "$(dirname "$0")/common.sh"

need_browser
need_npm bench/lighthouse
scripts/build.sh
CHROMIUM=$(find_chromium)
export CHROMIUM LEPTOS_SITE_ROOT="$PWD/target/site"
node bench/lighthouse/main.mjs "$(realpath "$CARGO_TARGET_DIR/release/qiangke")"
