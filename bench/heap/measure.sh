#!/bin/sh
# Measures the crate's allocator, and musl's and glibc's malloc, in turn in each round. Prints the medians:
# million operations per second, and KB resident at the end.
set -eu
cd -- "$(dirname -- "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
host=$(rustc -vV | sed -n 's/^host: //p')
musl=${host%%-*}-unknown-linux-musl
# Builds $1 for the target $2, with the options that follow.
build() {
    name=$1
    target=$2
    shift 2
    cargo build --quiet --release --target "$target" "$@"
    cp "${CARGO_TARGET_DIR:-target}/$target/release/bench-heap" "$work/$name"
}
build ours "$musl" --features ours
build musl "$musl"
build glibc "$host"

printf '%-6s %7s  %16s  %16s  %16s\n' blocks threads ours musl glibc
for kind in small mixed; do
    for n in 1 2 4 8; do
        for _ in 1 2 3 4 5; do
            for name in ours musl glibc; do
                "$work/$name" "$n" "$kind" >>"$work/$name.$kind.$n"
            done
        done
        printf '%-6s %7s' "$kind" "$n"
        for name in ours musl glibc; do
            sort -n "$work/$name.$kind.$n" | awk 'NR == 3 { printf "  %6.2f %6d KB", $1, $3 }'
        done
        printf '\n'
    done
done
