#!/bin/sh
# Prints how many invocations a second each emulator manages, one after the other, with hello as the
# function: ours, cargo-lambda's and AWS's, which come within Python packages. What cannot be had is named.
# Usage: ./measure.sh [INVOCATIONS]; 10000 of each by default.
set -eu

cd "$(dirname "$0")"
dir=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR="$dir"
peers=$dir/peers
mkdir -p "$peers"

# Unpacks the wheel of $1 into the folder $2, unless that has been done.
get() {
    [ -d "$peers/$2" ] && return
    python3 -m pip download --quiet --no-deps --dest "$peers" "$1" >/dev/null 2>&1 || return 0
    for wheel in "$peers/$2"-*.whl; do
        python3 -m zipfile -e "$wheel" "$peers/$2"
    done
}
get aws-sam-cli aws_sam_cli
get cargo-lambda cargo_lambda
rie=$peers/aws_sam_cli/samcli/local/rapid/aws-lambda-rie-$(uname -m | sed s/aarch64/arm64/)
cargo_lambda=$(echo "$peers"/cargo_lambda/*.data/scripts/cargo-lambda)
chmod +x "$rie" "$cargo_lambda" 2>/dev/null || true

../../build.sh hello >/dev/null
cargo build --quiet --release --manifest-path ../../Cargo.toml --bin emulator
cargo build --quiet --release
"$dir/release/emulator-bench" "${1:-10000}" "$dir/lambda/hello/bootstrap" "$dir/release/emulator" "$cargo_lambda" "$rie"
