#!/bin/sh
# Prints the responses of each function of docs/porting.md to each event in events/, written with the official crates and
# with this one. A reader compares the two: a member that is empty in one may be absent in the other.
# Usage: ./responses.sh, after ./measure.sh, which builds the functions. `./responses.sh >responses.txt` keeps the result.
set -eu
cd -- "$(dirname -- "$0")"

cargo build --quiet --manifest-path ../../Cargo.toml --bin emulator
for event in events/*.json; do
    name=${event#events/}
    function=${name%%-*}
    printf '%s\n' "${name%.json}"
    for bootstrap in "target/lambda_runtime/$function" "target/lambda/$function/bootstrap"; do
        case $bootstrap in
            */bootstrap) printf '  tiny-lambda:    ' ;;
            *) printf '  lambda_runtime: ' ;;
        esac
        # The exit code is 1 if the response is an error.
        ../../target/debug/emulator "$bootstrap" --env WEBHOOK_SECRET=port-secret --event "@$event" 2>/dev/null || :
        printf '\n'
    done
done | sed '/^$/d'
