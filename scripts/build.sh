#!/usr/bin/env bash
# The program and its site, as they are deployed: target/release/qiangke and target/site.
. "$(dirname "$0")/common.sh"

need_builder
say "building the shop"
# Hashed names: a browser keeps such a file for good, and fetches the next build's under its own name.
export LEPTOS_HASH_FILES=true
cargo leptos build --release --precompress
