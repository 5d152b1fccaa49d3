#!/bin/sh
# Prints what serde adds to hello, as the table of the README: bytes of the executable and the zip (profile small,
# x86_64), and the number of packages that are compiled in addition.
# Usage: ./measure.sh
# `./measure.sh >result.txt` keeps the result; .ci/figures compares it with the README.
set -eu
cd -- "$(dirname -- "$0")"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# Builds the function $1 of the package $2.
build() {
    CARGO_TARGET_DIR=$PWD/target ../../build.sh --arch x86_64 --manifest-path "$2" "$1" >"$tmp/said" 2>&1 || {
        tail -n 5 "$tmp/said" >&2
        exit 1
    }
}
bytes() {
    wc -c <"target/lambda/$1" | tr -d ' '
}

build hello ../../Cargo.toml
build bench-serde Cargo.toml
packages=$(cargo tree --target x86_64-unknown-linux-musl --edges normal,build --prefix none |
    sed 's/ (.*//' | sort -u | wc -l)
printf '| hello with | executable | zip | packages |\n| --- | ---: | ---: | ---: |\n'
# The package itself and the crate are not counted.
printf '| serde and serde_json | %s | %s | %s |\n' \
    $(($(bytes bench-serde/bootstrap) - $(bytes hello/bootstrap))) \
    $(($(bytes bench-serde/function.zip) - $(bytes hello/function.zip))) $((packages - 2))
