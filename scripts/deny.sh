#!/usr/bin/env bash
# What the program links, by deny.toml: banned crates, licences, where each comes from. Asks no network.
. "$(dirname "$0")/common.sh"

need_rust
[ "$(cargo deny --version 2>/dev/null)" = "cargo-deny $CARGO_DENY" ] || cargo_install cargo-deny --version "$CARGO_DENY" --locked
say "bans, licences, sources"
cargo deny --offline check bans licenses sources
