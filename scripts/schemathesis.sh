#!/usr/bin/env bash
# What the interface answers to thousands of requests that its description allows, and to as many that it does not:
# `scripts/schemathesis.sh 10000`. QIANGKE names a program that is built already.
. "$(dirname "$0")/common.sh"

SCHEMATHESIS=4.32.5
# Operations that take arguments; of the others there is one request each.
OPERATIONS=7
# Cases in all, at least: half of a visitor's, half of a student's.
cases=${1:-10000}

need_rust
if [ -z "${QIANGKE:-}" ]; then
	say "building the shop"
	cargo build --features ssr
fi
qiangke=$(realpath "${QIANGKE:-$CARGO_TARGET_DIR/debug/qiangke}")
tools=$(realpath "$CARGO_TARGET_DIR")/schemathesis
if ! "$tools/bin/schemathesis" --version 2>/dev/null | grep -qF "$SCHEMATHESIS"; then
	python3 -c 'import ensurepip' 2>/dev/null || apt_install python3 python3-venv
	say "installing schemathesis"
	python3 -m venv "$tools"
	"$tools/bin/pip" install --quiet "schemathesis==$SCHEMATHESIS"
fi
has curl || apt_install curl

folder=$(mktemp -d)
server=
stop() {
	trap - EXIT INT TERM
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Waits for a line, and prints what the expression finds in it.
await() {
	for _ in $(seq 200); do
		local found
		found=$(sed -nE "$1" "$2" 2>/dev/null | tail -n 1)
		if [ -n "$found" ]; then echo "$found"; return; fi
		sleep 0.1
	done
	cat "$folder/log" >&2
	fail "not in time: $2"
}

say "a shop to try out"
export DATABASE_URL="sqlite://$folder/qiangke.db" SMS_OUTBOX="$folder/outbox.jsonl"
mkdir -p "$folder/site/pkg"
touch "$folder/site/pkg/qiangke.css"
for first in migrate "import seed/courses.sql" "import seed/banners.sql"; do "$qiangke" $first; done
# The limits of a whole day are not what is looked at here; those of a student and of a mobile are.
"$qiangke" serve --demo --listen 127.0.0.1:0 --metrics-listen 127.0.0.1:0 --site-root "$folder/site" --log warn,qiangke=info --log-format json \
	--sms-address-hour 100000 --sms-network-day 100000 --sms-shop-day 1000000 2>"$folder/log" &
server=$!
url=http://$(await 's/.*"address":"([^"]+)".*/\1/p' "$folder/log")

# A student, and the seat that the student holds.
mobile=13900000001
curl --silent --show-error --fail --output /dev/null --cookie-jar "$folder/cookies" --json "{\"mobile\":\"$mobile\"}" "$url/api/v1/user/send_sms/"
code=$(await "s/.*$mobile.*\"code\":\"([0-9]{6})\".*/\1/p" "$SMS_OUTBOX")
curl --silent --show-error --fail --output /dev/null --cookie "$folder/cookies" --cookie-jar "$folder/cookies" --json "{\"mobile\":\"$mobile\",\"code\":\"$code\"}" "$url/api/v1/user/login_sms/"
session=$(awk '$6 == "session" { print $7 }' "$folder/cookies")
[ -n "$session" ] || fail "nobody signed in"

failed=0
# What one asker is answered. The student's session must live, so only the visitor signs in and out.
ask() {
	local who=$1
	shift
	say "as a $who"
	# It leaves notes in the folder that it runs in.
	(cd "$folder" && "$tools/bin/schemathesis" run "$url/api/openapi.json" --max-examples "$((cases / OPERATIONS / 2))" --phases examples,coverage,fuzzing \
		--checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
		--continue-on-failure --suppress-health-check all --warnings off --no-color "$@") 2>&1 | tee "$folder/$who" || failed=1
}
ask visitor
ask student --header "Cookie: session=$session" --exclude-path /api/v1/user/logout/ --exclude-path /api/v1/user/login_sms/
"$qiangke" audit || failed=1

count=$(sed -nE 's/^ *([0-9]+) generated.*/\1/p' "$folder/visitor" "$folder/student" | awk '{ sum += $1 } END { print sum + 0 }')
say "$count cases"
[ "$count" -ge "$cases" ] || fail "fewer than $cases"
[ "$failed" = 0 ] || fail "an answer was not as described"
grep -c '"level":"ERROR"' "$folder/log" >/dev/null && fail "the shop logged an error: $(grep '"level":"ERROR"' "$folder/log" | head -n 3)"
say "every answer was as described"
