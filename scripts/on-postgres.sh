#!/usr/bin/env bash
# Runs a command with a PostgreSQL of its own beside it, and ends that however the command ends:
#
#   scripts/on-postgres.sh cargo nextest run --profile postgres --features ssr
. "$(dirname "$0")/common.sh"

need_postgres
folder=$(mktemp -d)
# Those that a test started for itself, and could not end, lie in here, too.
clean() {
	for data in "$folder"/*/data; do
		if [ -d "$data" ]; then scripts/postgres.sh stop "$(dirname "$data")" || true; fi
	done
	rm -rf "$folder"
}
trap clean EXIT
# Whoever PostgreSQL runs as must be able to go through it.
chmod 755 "$folder"
mkdir "$folder/shared"
say "PostgreSQL"
QIANGKE_TEST_POSTGRES=$(scripts/postgres.sh start "$folder/shared")
# A Redis for each shop goes with it; the tests start those themselves.
export QIANGKE_TEST_POSTGRES QIANGKE_TEST_ENGINE=postgres QIANGKE_TEST_REDIS=1 QIANGKE_TEST_FOLDER="$folder"
"$@"
