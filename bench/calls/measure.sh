#!/bin/sh
# Prints what a call of another service adds to hello, as the table of the README: bytes of the
# executable and the zip (profile small, x86_64), the number of packages that are compiled in addition, and
# whether they need a C compiler.
# Usage: ./measure.sh [FEATURE...]; all by default. `ring` and `sdk` need a C compiler.
# `./measure.sh >result.txt` keeps the result; .ci/figures compares it with the README.
set -eu
cd -- "$(dirname -- "$0")"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# On x86_64, the system's C compiler can compile C code for musl.
export CC_x86_64_unknown_linux_musl="${CC_x86_64_unknown_linux_musl:-gcc}"

bytes() {
    wc -c <"target/lambda/bench-calls/$1" | tr -d ' '
}
# Builds the function with the feature $1, without one if it is empty.
build() {
    CARGO_TARGET_DIR=$PWD/target ../../build.sh --arch x86_64 --manifest-path Cargo.toml --features "$1" >"$tmp/said" 2>&1 || {
        tail -n 5 "$tmp/said" >&2
        exit 1
    }
}
n_packages() {
    cargo tree --target x86_64-unknown-linux-musl --edges normal,build --prefix none --features "$1" | sed 's/ (\*)$//' | sort -u | wc -l
}
# Prints the row of the feature $1, which $2 describes; $3 says whether a C compiler is needed.
row() {
    build "$1"
    printf '| %s | %s | %s | %s | %s |\n' "$2" $(($(bytes bootstrap) - hello)) $(($(bytes function.zip) - hello_zip)) \
        $(($(n_packages "$1") - n_hello)) "$3"
}

build ''
hello=$(bytes bootstrap) hello_zip=$(bytes function.zip)
n_hello=$(n_packages '')
printf '| a call with | executable | zip | packages | C compiler |\n| --- | ---: | ---: | ---: | --- |\n'
[ $# -gt 0 ] || set -- address name rs256_graviola rs256_rsa ureq graviola ring sdk
for feature; do
    case $feature in
        address) row address 'std, to a SocketAddr' no ;;
        name) row name 'std, to a host name' no ;;
        rs256_graviola) row rs256_graviola 'graviola, to check an RS256 signature' no ;;
        rs256_rsa) row rs256_rsa 'rsa, to check an RS256 signature' no ;;
        ureq) row ureq 'ureq, plain HTTP' no ;;
        graviola) row graviola 'ureq with rustls and graviola' no ;;
        ring) row ring 'ureq with rustls and ring' yes ;;
        sdk) row sdk 'the AWS SDK for Rust (DynamoDB)' yes ;;
    esac
done
