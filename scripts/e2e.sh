#!/usr/bin/env bash
# The browser part as it is deployed, its budget, and the shop in a real browser. The server is the one that the other tests
# use, in the development profile: a second build of it would prove nothing more. Arguments go to Playwright.
. "$(dirname "$0")/common.sh"

need_builder
need_browser
say "the server"
cargo build --features ssr
say "the browser part"
rm -rf "$CARGO_TARGET_DIR/site"
cargo leptos build --release --frontend-only --precompress
say "its budget"
node scripts/budget.mjs "$CARGO_TARGET_DIR/site"
say "end to end"
root="$PWD"
cd end2end
npx --no-install tsc
QIANGKE="$(realpath "$root/$CARGO_TARGET_DIR")/debug/qiangke" SITE="$(realpath "$root/$CARGO_TARGET_DIR")/site" CHROMIUM="$(chromium)" \
	npx --no-install playwright test "$@"
