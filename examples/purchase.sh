#!/usr/bin/env bash
# A whole purchase over the interface, with curl and jq: asks for a code, signs in, clicks, polls until the ticket is decided, says
# where to pay, waits for the money, and lists the lessons.
#
#   make run                                            in another terminal; it prints where codes go
#   examples/purchase.sh 13800138000 SALE [SHOP]        the sale's number stands in the address of its page
set -euo pipefail
mobile=$1 sale=$2 api=${3:-http://127.0.0.1:3000}/api/v1
user=$api/user
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
	100) break ;;
	101) jq . <<<"$polled"; exit ;;
	*) sleep "$(jq -r '(.retry_ms // 1000) / 1000' <<<"$polled")" ;;
	esac
done

# The seat is an order that is held until it is paid; one without a price is paid already.
order=$(curl -sS "$user/order/" --cookie "$jar" | jq "[.result[] | select(.sale_id == $sale)][0]")
id=$(jq .id <<<"$order")
jq '{id, seat, price, state, expires_at}' <<<"$order"
if [ "$(jq -r .state <<<"$order")" = held ]; then
	way=$(curl -sS "$api/order/pay/" --cookie "$jar" --json "{\"order\": $id, \"provider\": \"mock\"}")
	jq -er '.result | "Pay here: " + (.url // .text)' <<<"$way" || { jq . <<<"$way" >&2; exit 1; }
fi

# The provider tells the shop; asking is for who does not want to wait for that.
while :; do
	order=$(curl -sS "$api/order/check/" --cookie "$jar" --json "{\"order\": $id}" | jq .result)
	case $(jq -r .state <<<"$order") in
	held | closing) sleep 2 ;;
	paid) break ;;
	*) jq . <<<"$order"; exit 1 ;;
	esac
done
curl -sS "$api/learn/course/?course=$(jq .course_id <<<"$order")" --cookie "$jar" | jq .result
