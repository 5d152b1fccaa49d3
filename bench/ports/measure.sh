#!/bin/sh
# Builds the functions of docs/porting.md, written with the official crates and with this one, and prints a table: bytes
# of the executable and the zip for x86_64, and lines of code. Both are built for size: Cargo.toml of lambda_runtime/ has
# the options there, ours is profile small.
# Usage: ./measure.sh >result.txt; .ci/figures compares the result with the page.
set -eu
cd -- "$(dirname -- "$0")"

target=x86_64-unknown-linux-musl
# What the zip of one file has beside the deflated bytes, less what gzip adds to them (bench/src/measure.rs).
zip_frame=$((30 + 46 + 22 + 2 * 9 - 18))

CARGO_TARGET_DIR=target cargo build --quiet --release --target "$target" --manifest-path lambda_runtime/Cargo.toml >&2
mkdir -p target/lambda_runtime
for function in webhook cognito sqs_worker; do
    cp "target/$target/release/$function" "target/lambda_runtime/$function"
    CARGO_TARGET_DIR=$PWD/target ../../build.sh --arch x86_64 --manifest-path tiny_lambda/Cargo.toml "$function" >&2
done

bytes() {
    wc -c <"$1" | tr -d ' '
}
# Prints the lines of file $1 that are neither empty nor a comment.
lines() {
    sed 's/^ *//' "$1" | grep -c -v -e '^$' -e '^//'
}
printf '| function | crates | executable | zip | lines |\n| --- | --- | ---: | ---: | ---: |\n'
for function in webhook cognito sqs_worker; do
    before=target/lambda_runtime/$function after=target/lambda/$function
    printf '| %s | lambda_runtime | %s | %s | %s |\n' "$function" "$(bytes "$before")" \
        $(($(gzip -9nc "$before" | wc -c) + zip_frame)) "$(lines "lambda_runtime/src/bin/$function.rs")"
    printf '| | tiny-lambda | %s | %s | %s |\n' "$(bytes "$after/bootstrap")" "$(bytes "$after/function.zip")" \
        "$(lines "tiny_lambda/src/bin/$function.rs")"
done
