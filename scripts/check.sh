#!/usr/bin/env bash
# What must hold before any test is worth its time.
. "$(dirname "$0")/common.sh"

need_checker
say "formatting"
cargo fmt --check
lint_while_building
say "server and tests, with lints"
cargo build --all-targets --features ssr
say "lints, browser"
cargo clippy --lib --features hydrate --target wasm32-unknown-unknown -- -D warnings
say "architecture"
cargo nextest run --features ssr --test it architecture style supply documents
say "the pure rooms, which need neither server nor browser"
cargo nextest run --lib --no-default-features
say "the rush, state by state"
cargo nextest run --package qiangke-model
