#!/usr/bin/env bash
# Sales under load while faults strike, on both engine pairs, and a checker that holds what every client saw against the guarantees.
# Settings are variables: MINUTES (30), SEED (the time), FAULTS (parts of names in any case, a comma between two), PAIRS
# (sqlite,postgres), SHORT=1 for one small episode of each quick fault, PROFILE (release, the program as it is deployed; with SHORT
# dev, which is quickly built and checks its arithmetic). What comes after the command is handed on.
. "$(dirname "$0")/common.sh"

need_rust
need_postgres
need_redis
need_nginx
# What can't be had is reported as skipped: a machine without it can still try the rest.
has strace || apt_install strace || say "no strace: what needs it is skipped"
ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || apt_install libfaketime || say "no libfaketime: what needs it is skipped"

say "chaos"
if [ -n "${SHORT:-}" ]; then default_profile=dev; else default_profile=release; fi
cargo build --profile "${PROFILE:=$default_profile}" --features ssr --bin qiangke
cargo build --features ssr --test chaos
if [ "$PROFILE" = dev ]; then folder=debug; else folder=$PROFILE; fi
# Copies, so that nothing that is built meanwhile takes their place.
mkdir -p target/chaos/bin
cp "$CARGO_TARGET_DIR/$folder/qiangke" target/chaos/bin/qiangke
chaos=$(cargo build --features ssr --test chaos --message-format json 2>/dev/null | sed -n 's/.*"name":"chaos".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
cp "$chaos" target/chaos/bin/chaos

arguments=(--program "$PWD/target/chaos/bin/qiangke" --ledger target/chaos --minutes "${MINUTES:-30}")
if [ -n "${SEED:-}" ]; then arguments+=(--seed "$SEED"); fi
if [ -n "${FAULTS:-}" ]; then arguments+=(--faults "$FAULTS"); fi
if [ -n "${PAIRS:-}" ]; then arguments+=(--pairs "$PAIRS"); fi
if [ -n "${SHORT:-}" ]; then arguments+=(--short); fi
scripts/on-postgres.sh target/chaos/bin/chaos "${arguments[@]}" "$@"
