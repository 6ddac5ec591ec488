#!/usr/bin/env bash
# A PostgreSQL of one's own, in a folder, on a free port of loopback. What it holds is worth nothing to a test, so it does not wait for
# the disk unless POSTGRES_FSYNC=on; a crash of its processes loses nothing all the same, since the system still has what they wrote.
#
#   postgres.sh start FOLDER [PORT]   makes and starts it, on this port or one that it finds free; prints its URL, that of a superuser
#   postgres.sh crash FOLDER          ends it at once, as a crash would
#   postgres.sh again FOLDER          starts it again, on the same port
#   postgres.sh stop FOLDER           ends it, for good

set -euo pipefail
command=$1 folder=$(realpath "$2") told=${3:-}

# Debian keeps the server's programs off the path.
bin=$(dirname "$(type -P pg_ctl || ls -d /usr/lib/postgresql/*/bin/pg_ctl | sort -V | tail -1)")

# PostgreSQL refuses to run as root.
as_owner() {
	if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

start() {
	as_owner "$bin/pg_ctl" start -D "$folder/data" -l "$folder/log" -w -t 30 -s -o "-p $1 -c listen_addresses=127.0.0.1 \
		-c unix_socket_directories= -c fsync=${POSTGRES_FSYNC:-off} -c max_connections=200 -c jit=off" >&2
}

case $command in
start)
	password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	printf '%s' "$password" >"$folder/password"
	if [ "$(id -u)" = 0 ]; then chown -R postgres "$folder"; fi
	as_owner "$bin/initdb" -D "$folder/data" -U postgres --pwfile "$folder/password" -A scram-sha-256 -E UTF8 --locale C.UTF-8 --no-sync >"$folder/initdb.log" || { cat "$folder/initdb.log" >&2; exit 1; }
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		# Below the ports that the system hands out by itself, and above those that tests reserve.
		port=${told:-$((20000 + RANDOM % 10000))}
		if start "$port"; then
			printf '%s' "$port" >"$folder/port"
			echo "postgres://postgres:$password@127.0.0.1:$port"
			exit 0
		fi
	done
	cat "$folder/log" >&2
	exit 1
	;;
crash) as_owner "$bin/pg_ctl" stop -D "$folder/data" -m immediate -s >&2 ;;
again) start "$(cat "$folder/port")" ;;
stop)
	if [ -f "$folder/data/postmaster.pid" ]; then as_owner "$bin/pg_ctl" stop -D "$folder/data" -m immediate -s >&2; fi
	;;
*) exit 2 ;;
esac
