#!/usr/bin/env bash
# Hostile bytes for each target of fuzz/, for as many seconds each as the first argument says; further arguments name targets. What was found
# worth keeping stays in fuzz/corpus, what failed in fuzz/artifacts.
. "$(dirname "$0")/common.sh"

CARGO_FUZZ=0.13.2
# Bytes that a target is given at most: longer ones only repeat what shorter ones say.
LENGTH_MAX=2048

seconds=${1:-60}
shift || true
need_rust
has rustup || fail "rustup is needed: the fuzzer wants the nightly compiler"
rustup toolchain list | grep -q '^nightly' || rustup toolchain install nightly --profile minimal
CARGO_TARGET_DIR=$(realpath -m "$CARGO_TARGET_DIR")/fuzz
export CARGO_TARGET_DIR
if [ "$(cargo fuzz --version 2>/dev/null)" != "cargo-fuzz $CARGO_FUZZ" ]; then
	cargo_install cargo-fuzz --version "$CARGO_FUZZ" --locked
fi

say "building the targets"
# The shop has no unsafe code for a sanitizer to watch, and without one there are several times as many runs in a second.
cargo +nightly fuzz build --sanitizer none
built=$CARGO_TARGET_DIR/x86_64-unknown-linux-gnu/release
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
	for seeds in fuzz/seeds/*/; do targets+=("$(basename "$seeds")"); done
fi

failed=()
report=
for target in "${targets[@]}"; do
	say "$target, for $seconds s"
	mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
	log=$(mktemp)
	"$built/$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -max_total_time="$seconds" -max_len="$LENGTH_MAX" -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -artifact_prefix="fuzz/artifacts/$target/" 2>&1 | tee "$log" | grep --line-buffered -E 'pulse|DONE|ERROR|panicked|artifact|Test unit' ||
		true
	if [ "$(grep -c '^Done ' "$log")" = 0 ]; then
		failed+=("$target")
		tail -n 40 "$log"
	fi
	count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	report+=$(printf '%-12s %12s runs' "$target" "${count:-?}")$'\n'
	rm -f "$log"
done
say "runs"
printf '%s' "$report"
[ ${#failed[@]} = 0 ] || fail "failed: ${failed[*]}"
