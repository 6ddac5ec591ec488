#!/usr/bin/env bash
# The goals of docs/performance.md, S1 to S9, S11 and S17, measured on this machine. Names of goals (see bench/goals.mjs) measure only those.
. "$(dirname "$0")/common.sh"

need_postgres
need_redis
has wrk || apt_install wrk
has curl || apt_install curl
has taskset || apt_install util-linux
has pgbench || ls /usr/lib/postgresql/*/bin/pgbench >/dev/null 2>&1 || apt_install postgresql
if ! has pgbench; then PATH="$PATH:$(dirname "$(ls /usr/lib/postgresql/*/bin/pgbench | sort -V | tail -1)")"; fi
[ "$(nproc)" -ge 2 ] || fail "two cores are needed: one for the server, one for whoever asks it"
scripts/build.sh
say "what it is compared with"
cargo build --release --package baseline
export PATH LEPTOS_SITE_ROOT="$PWD/target/site"
say "measuring: about ten minutes; leave the machine alone meanwhile"
node bench/main.mjs "$(realpath "$CARGO_TARGET_DIR/release/qiangke")" "$(realpath "$CARGO_TARGET_DIR/release/baseline")" "$@"
