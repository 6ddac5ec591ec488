#!/usr/bin/env bash
# Each rule of src/rules/seckill, broken in every small way: a test must notice. Says which ones lived on, and fails above ALIVE_MAX_PERCENT.
. "$(dirname "$0")/common.sh"

# Of a hundred mutants so many may live on.
ALIVE_MAX_PERCENT=5
# A mutant that loops for ever is noticed, too.
TIMEOUT_SECONDS=60

need_checker
[ "$(cargo mutants --version 2>/dev/null)" = "cargo-mutants $CARGO_MUTANTS" ] || cargo_install cargo-mutants --version "$CARGO_MUTANTS" --locked
output="$CARGO_TARGET_DIR/mutants"
mkdir -p "$output"
say "mutants of src/rules/seckill"
# The pure rooms alone, so that a mutant is compiled in seconds. What lived on is counted below.
# In a folder of its own: a mutant that waited for another build's lock looks like one that loops.
CARGO_TARGET_DIR="$output/build" cargo mutants --file 'src/rules/seckill/**' --no-default-features --test-tool nextest --jobs 1 --output "$output" \
	--timeout "$TIMEOUT_SECONDS" --colors never "$@" -- --lib || true
count() { wc -l <"$output/mutants.out/$1.txt"; }
killed=$(($(count caught) + $(count timeout)))
alive=$(count missed)
[ "$killed" -gt 0 ] || fail "no mutant was tried"
say "$killed mutants were noticed, $alive lived on, $(count unviable) were no programs"
[ $((100 * alive)) -le $((ALIVE_MAX_PERCENT * (killed + alive))) ] || fail "more than $ALIVE_MAX_PERCENT % lived on"
