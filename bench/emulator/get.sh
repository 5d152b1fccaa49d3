#!/bin/sh
# Prints the path of AWS's emulator (get.sh aws) or cargo-lambda's (get.sh cargo-lambda), which are in
# Python packages. On failure prints the reason to standard error. Gives up after a minute.
set -eu

dir=${CARGO_TARGET_DIR:-$(dirname "$0")/target}/peers
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
case $1 in
    aws)
        package=aws-sam-cli
        program="samcli/local/rapid/aws-lambda-rie-$(uname -m | sed s/aarch64/arm64/)"
        ;;
    *)
        package=cargo-lambda
        program='cargo_lambda-*.data/scripts/cargo-lambda'
        ;;
esac
if ! [ -d "$dir/$package" ]; then
    timeout 60 python3 -m pip download --quiet --no-deps --dest "$dir/new" "$package" >/dev/null 2>&1 || {
        printf 'pip cannot fetch %s\n' "$package" >&2
        exit 1
    }
    python3 -m zipfile -e "$dir"/new/*.whl "$dir/$package"
    rm -r "$dir/new"
fi
# The name of the folder contains the version.
for found in "$dir/$package"/$program; do
    [ -f "$found" ] || {
        printf '%s holds no emulator for this machine\n' "$package" >&2
        exit 1
    }
    chmod +x "$found"
    printf '%s\n' "$found"
done
