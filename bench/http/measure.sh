#!/bin/sh
# Prints the instructions (callgrind) that reading an HTTP API event and writing its response take, by library.
# Both libraries are built for musl, as functions are; the crate has its own allocator there.
# Usage: ./measure.sh [PROFILE]; PROFILE is release (opt-level z) or o3.
set -eu

cd "$(dirname "$0")"
profile=${1:-release}
target=x86_64-unknown-linux-musl
dir=${CARGO_TARGET_DIR:-target}/$target
# As build.sh has it for functions: what changes the code.
export RUSTFLAGS='-Clinker=rust-lld -Crelocation-model=static -Cllvm-args=-disable-machine-licm -Cllvm-args=-disable-x86-lea-opt'
cargo build --quiet --profile "$profile" --target "$target"

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
