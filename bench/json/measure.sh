#!/bin/sh
# Prints instructions (callgrind) of one run of each work, by library.
# Usage: ./measure.sh PROFILE [TARGET] [LIBRARY...]; PROFILE is release (opt-level z), os or o3.
set -eu

profile=${1:?profile}
target=${2:-}
if [ $# -lt 2 ]; then shift; else shift 2; fi
dir=${CARGO_TARGET_DIR:-target}
# The flags of build.sh that change the code.
[ -z "$target" ] ||
    export RUSTFLAGS='-Crelocation-model=static -Cllvm-args=-disable-machine-licm -Cllvm-args=-disable-x86-lea-opt'
cargo build --quiet --profile "$profile" ${target:+--target "$target"} 2>&1 | grep -E '^error' -A5 && exit 1
[ "$profile" = release ] && sub=release || sub=$profile
bin=$dir/${target:+$target/}$sub

# Instructions of $3 runs of work $2 of library $1.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect="$2" "$bin/$1" "$2" "$3" 2>&1 |
        sed -n 's/.*Collected : *//p'
}

for library in "${@:-ours}"; do
    for work in ${WORKS:-$("$bin/$library")}; do
        twice=$(count "$library" "$work" 2)
        once=$(count "$library" "$work" 1)
        printf '%s %s %s\n' "$library" "$work" "$((twice - once))"
    done
done
