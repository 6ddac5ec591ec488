#!/usr/bin/env bash
# What must hold before any test is worth its time.
. "$(dirname "$0")/common.sh"

need_checker
say "formatting"
cargo fmt --check
say "lints, server and tests"
cargo clippy --all-targets --features ssr -- -D warnings
say "lints, browser"
cargo clippy --lib --features hydrate --target wasm32-unknown-unknown -- -D warnings
say "links in doc comments"
RUSTDOCFLAGS="-D rustdoc::broken_intra_doc_links -A rustdoc::private_intra_doc_links -A rustdoc::bare_urls" \
	cargo doc --no-deps --features ssr --document-private-items
say "architecture"
cargo nextest run --features ssr --test it architecture style supply documents
say "the pure rooms, which need neither server nor browser"
cargo nextest run --lib --no-default-features
say "the rush, state by state"
cargo nextest run --package qiangke-model
