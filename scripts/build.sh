#!/usr/bin/env bash
# The program and its site, as they are deployed: target/release/qiangke and target/site.
. "$(dirname "$0")/common.sh"

step "1 of 3" "tools" "4 minutes"
need_site
step "2 of 3" "the program" "20 minutes"
cargo build --release --features ssr --bin qiangke
step "3 of 3" "the site" "8 minutes"
node scripts/site/build.mjs
