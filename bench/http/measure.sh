#!/bin/sh
# Prints the instructions (callgrind) that reading an HTTP API event and writing its response take, by library.
# Usage: ./measure.sh [PROFILE]; PROFILE is release (opt-level z) or o3.
set -eu

cd "$(dirname "$0")"
profile=${1:-release}
dir=${CARGO_TARGET_DIR:-target}
cargo build --quiet --profile "$profile"

# The crate's own sample with the headers that a browser sends: 2 KB.
event=$(mktemp)
trap 'rm -f "$event"' EXIT
sed '/"user-agent"/s|"curl[^"]*"|"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"|
    /"accept":/a\
    "accept-encoding": "gzip, deflate, br, zstd",\
    "accept-language": "de-DE,de;q=0.8,en-US;q=0.5,en;q=0.3",\
    "cache-control": "no-cache",\
    "origin": "https://shop.example",\
    "priority": "u=4",\
    "referer": "https://shop.example/orders/42?color=deep%20blue",\
    "sec-fetch-dest": "empty",\
    "sec-fetch-mode": "cors",\
    "sec-fetch-site": "cross-site",
' ../../src/events/samples/http_api.json >"$event"

# Instructions of $2 runs by library $1.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$dir/$profile/$1" "$event" "$2" 2>&1 >/dev/null |
        sed -n 's/.*Collected : *//p'
}

printf 'event: %s bytes, profile %s\n' "$(wc -c <"$event")" "$profile"
for library in ours lambda_http; do
    many=$(count "$library" 110)
    few=$(count "$library" 10)
    printf '%s %s instructions\n' "$library" "$(((many - few) / 100))"
done
