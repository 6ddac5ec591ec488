#!/usr/bin/env bash
# What the program links, by deny.toml: banned crates, licences, where each comes from, and what is known against it. Asks no network, so
# for the last it needs a copy of https://github.com/rustsec/advisory-db, which no package carries: `cargo deny fetch db` brings one. With
# ADVISORIES=required its absence is a failure.
. "$(dirname "$0")/common.sh"

need_rust
[ "$(cargo deny --version 2>/dev/null)" = "cargo-deny $CARGO_DENY" ] || cargo_install cargo-deny --version "$CARGO_DENY" --locked
say "bans, licences, sources"
cargo deny --offline check bans licenses sources
say "advisories"
copies="${CARGO_HOME:-$HOME/.cargo}/advisory-dbs"
if compgen -G "$copies/*/crates" >/dev/null || compgen -G "$copies/*/.git" >/dev/null; then
	cargo deny --offline check advisories
elif [ "${ADVISORIES:-}" = required ]; then
	fail "advisories were NOT checked: there is no copy of them in $copies, \`cargo deny fetch db\` brings one"
else
	echo "NOT CHECKED: there is no copy of the advisories in $copies; where the network allows it, \`cargo deny fetch db\` brings one" >&2
fi
