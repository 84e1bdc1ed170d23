#!/bin/sh
# Two users trade over REST: register, log in, deposit as an operator, place, ask, cancel. See examples/README.md.
set -eu
url=${SAUDA_URL:-http://127.0.0.1:3000}
operator=$(cat "${SAUDA_OPERATOR_TOKEN_FILE:-data/operator.token}")
run=$(date +%s)-$$ # so that it can be run again: emails and references are used once

# ask METHOD PATH TOKEN [JSON]: prints the answer; ends the script when it is a refusal.
ask() {
    answer=$(curl -sS -X "$1" "$url$2" -H "Authorization: Bearer $3" ${4:+-H "Content-Type: application/json" -d "$4"})
    case $answer in
    '{"status":"Success"'*) printf '%s\n' "$answer" ;;
    *) printf '%s %s: %s\n' "$1" "$2" "$answer" >&2 && exit 1 ;;
    esac
}
# field NAME: of the JSON on standard input, a text or a number.
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }

# A user with funds, logged in: prints the token.
user() {
    login="{\"email\":\"$1-$run@example.com\",\"password\":\"correct horse\"}"
    ask POST /register "" "$login" >/dev/null
    for asset in INR TATA; do
        ask POST /api/v1/admin/deposit "$operator" \
            "{\"email\":\"$1-$run@example.com\",\"asset\":\"$asset\",\"amount\":\"10000\",\"reference\":\"$1-$asset-$run\"}" >/dev/null
    done
    ask POST /login "" "$login" | field token
}

alice=$(user alice)
bob=$(user bob)

# Should this script die, alice's orders go by themselves; whoever trades for longer says so again and again.
ask POST /api/v1/cancel-after "$alice" '{"timeout_ms":60000}'

# A client order id makes an order safe to send again: the same answer comes back, and no second order.
sell='{"order_type":"Sell","order_kind":"Limit","market":"TATA_INR","price":"100.50","quantity":10,"client_order_id":"first"}'
order=$(ask POST /order "$alice" "$sell" | field order_id)
again=$(ask POST /order "$alice" "$sell" | field order_id)
[ "$order" = "$again" ] || { echo "the retry made another order" >&2 && exit 1; }

ask POST /order "$bob" '{"order_type":"Buy","order_kind":"Limit","market":"TATA_INR","price":"100.50","quantity":4,"time_in_force":"IOC"}'
ask GET "/order/$order" "$alice"
ask GET "/api/v1/depth?market=TATA_INR&limit=3" ""
ask GET "/api/v1/ticker?market=TATA_INR" ""
ask GET "/api/v1/candles?market=TATA_INR&interval=1m&limit=2" ""
ask DELETE "/order/$order" "$alice"
ask POST /api/v1/cancel-after "$alice" '{"timeout_ms":0}'
ask GET /api/v1/balances "$bob"
echo done
