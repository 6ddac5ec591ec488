#!/usr/bin/env bash
# PostgreSQL, Redis, three instances and a load balancer on loopback, to try out; Ctrl-C stops all of it and leaves nothing.
. "$(dirname "$0")/common.sh"

need_postgres
need_redis
scripts/build.sh
qiangke=$(realpath "$CARGO_TARGET_DIR/release/qiangke")

folder=$(mktemp -d)
started=()
stop() {
	trap - EXIT INT TERM
	say "stopping"
	# Instances first: what they still write has somewhere to go.
	if [ ${#started[@]} -gt 0 ]; then
		kill "${started[@]}" 2>/dev/null || true
		wait "${started[@]}" 2>/dev/null || true
	fi
	if [ -d "$folder/postgres" ]; then scripts/postgres.sh stop "$folder/postgres" || true; fi
	rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# Whoever PostgreSQL runs as must be able to go through it.
chmod 755 "$folder"
mkdir "$folder/postgres"
say "PostgreSQL and Redis"
DATABASE_URL=$(scripts/postgres.sh start "$folder/postgres")/postgres
redis=$(free_port)
redis-server --port "$redis" --bind 127.0.0.1 --dir "$folder" --appendonly yes --maxmemory-policy noeviction >"$folder/redis.log" &
started+=($!)
export DATABASE_URL REDIS_URL="redis://127.0.0.1:$redis"
"$qiangke" migrate
"$qiangke" import seed/courses.sql
"$qiangke" import seed/banners.sql
"$qiangke" sale create --yes --course 2 --price 9.90 --stock 100 --opens now --closes +1440

# Whether an address answers within ten seconds.
wait_for() {
	for _ in $(seq 100); do
		if curl --silent --fail --output /dev/null "$1"; then return 0; fi
		sleep 0.1
	done
	return 1
}

say "three instances"
port=${PORT:-8080}
export PUBLIC_URL="http://127.0.0.1:$port" TRUSTED_PROXIES=127.0.0.1 SMS_OUTBOX="$folder/outbox.jsonl" LOG="${LOG:-warn}"
instances=()
for number in 1 2 3; do
	listen=$(free_port)
	LISTEN=127.0.0.1:$listen METRICS_LISTEN=127.0.0.1:$(free_port) "$qiangke" serve --demo &
	started+=($!)
	instances+=("$listen")
	echo "instance $number: http://127.0.0.1:$listen (process $!)"
done
for listen in "${instances[@]}"; do
	wait_for "http://127.0.0.1:$listen/readyz" || fail "an instance does not answer: see above"
done
node scripts/proxy.mjs "$port" "${instances[@]}" &
proxy=$!
started+=("$proxy")
wait_for "http://127.0.0.1:$port/readyz" && kill -0 "$proxy" 2>/dev/null || fail "port $port is taken: say another one, as in PORT=8081 make scale-demo"
say "the shop is at http://127.0.0.1:$port (Ctrl-C stops all of it)"
# A page that came through a proxy shows no codes: whoever asked may be anywhere.
echo "sign-in codes: tail -f $SMS_OUTBOX"
# A stopped instance is no reason to stop the others: that is what there is to try out.
while :; do sleep 3600 & wait $! || true; done
