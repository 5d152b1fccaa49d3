#!/bin/sh
# Prints instructions (callgrind) of one HTTP API event in and its answer out, by library.
# Usage: ./measure.sh [PROFILE]; PROFILE is release (opt-level z) or o3.
set -eu

cd "$(dirname "$0")"
profile=${1:-release}
dir=${CARGO_TARGET_DIR:-target}
cargo build --quiet --profile "$profile"
event=../../src/events/samples/http_api.json

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
