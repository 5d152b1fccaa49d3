#!/bin/sh
# Prints how many invocations a second each emulator manages, one after the other, with hello as the
# function: ours, cargo-lambda's and AWS's, which come within Python packages. What cannot be had is named.
# Then what ours promises beside that. Usage: ./measure.sh [INVOCATIONS [SECONDS]]; 10000 invocations of
# each, and 60 seconds of 64 callers, by default.
set -eu

cd "$(dirname "$0")"
dir=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR="$dir"
aws=$(./get.sh aws || echo none)
cargo_lambda=$(./get.sh cargo-lambda || echo none)

../../build.sh hello >/dev/null
cargo build --quiet --release --manifest-path ../../Cargo.toml --bin emulator
cargo build --quiet --release
# $1: what to run it with.
measure() {
    $1 "$dir/release/emulator-bench" "$invocations" "$dir/lambda/hello/bootstrap" "$dir/release/emulator" "$cargo_lambda" "$aws"
}
invocations=${1:-10000}
printf 'On all processors:\n'
measure ''
if command -v taskset >/dev/null; then
    # What is compared is work then, and not how the system spreads it, or what else it does.
    printf 'On one:\n'
    measure 'taskset -c 0'
    printf 'Sockets alone, on one: '
    taskset -c 0 "$dir/release/limit"
fi
printf 'What ours promises beside that:\n'
"$dir/release/emulator-bench" figures "${2:-60}" "$dir/lambda/hello/bootstrap" "$dir/release/emulator"
