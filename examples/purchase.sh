#!/usr/bin/env bash
# A whole purchase over the interface, with curl and jq: asks for a code, signs in, clicks, and polls until the ticket is decided.
#
#   make run                                            in another terminal; it prints where codes go
#   examples/purchase.sh 13800138000 SALE [SHOP]        the sale's number stands in the address of its page
set -euo pipefail
mobile=$1 sale=$2 user=${3:-http://127.0.0.1:3000}/api/v1/user
jar=$(mktemp)
trap 'rm -f "$jar"' EXIT

# The code is bound to whoever asked: without cookies, by `browser`.
asked=$(curl -sS "$user/send_sms/" --json "{\"mobile\": \"$mobile\"}")
browser=$(jq -r '.result.browser // empty' <<<"$asked")
[ -n "$browser" ] || { jq . <<<"$asked" >&2; exit 1; }
read -rp "The code that came to $mobile: " code
curl -sS "$user/login_sms/" --cookie-jar "$jar" --json "{\"mobile\": \"$mobile\", \"code\": \"$code\", \"browser\": \"$browser\"}" | jq -r .msg

# The key makes a repeated click the same click.
clicked=$(curl -sS "$user/sckill/" --cookie "$jar" --json "{\"sale\": $sale, \"key\": \"$RANDOM$RANDOM\"}")
ticket=$(jq -r '.task_id // empty' <<<"$clicked")
[ -n "$ticket" ] || { jq . <<<"$clicked" >&2; exit 1; }

# 100 is a seat and 101 is none, both for ever; anything else says when to ask again.
while :; do
	polled=$(curl -sS "$user/sckill/?task_id=$ticket" --cookie "$jar")
	case $(jq -r .code <<<"$polled") in
	100 | 101) jq . <<<"$polled"; exit ;;
	*) sleep "$(jq -r '(.retry_ms // 1000) / 1000' <<<"$polled")" ;;
	esac
done
