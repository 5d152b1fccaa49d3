#!/bin/sh
# Prints how many invocations per second each emulator serves, one after the other, with hello as the
# function: ours, cargo-lambda's and AWS's, which are in Python packages. Names those that are missing. Then
# prints other figures of ours. Usage: ./measure.sh [INVOCATIONS [SECONDS]]; by default 10000 invocations
# of each, and 60 seconds of 64 callers.
set -eu

cd "$(dirname "$0")"
dir=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR="$dir"
aws=$(./get.sh aws || echo none)
cargo_lambda=$(./get.sh cargo-lambda || echo none)

(cd ../.. && ./build.sh hello >/dev/null)
cargo build --quiet --release --manifest-path ../../Cargo.toml --bin emulator
cargo build --quiet --release
# Runs the measurement. $1 is a command that starts it, or empty.
measure() {
    $1 "$dir/release/emulator-bench" "$invocations" "$dir/lambda/hello/bootstrap" "$dir/release/emulator" "$cargo_lambda" "$aws"
}
invocations=${1:-10000}
printf 'All processors:\n'
measure ''
if command -v taskset >/dev/null; then
    # One processor compares the CPU time of the emulators, not how the system distributes it.
    printf 'One processor:\n'
    measure 'taskset -c 0'
    printf 'Sockets alone, one processor: '
    taskset -c 0 "$dir/release/limit"
fi
printf 'Other figures of ours:\n'
"$dir/release/emulator-bench" figures "${2:-60}" "$dir/lambda/hello/bootstrap" "$dir/release/emulator"
