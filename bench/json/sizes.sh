#!/bin/sh
# Prints the bytes that each event type adds to a static musl executable.
# Usage: ./sizes.sh PROFILE [peer]; PROFILE is release (opt-level z), os or o3.
set -eu

profile=${1:?profile}
peer=${2:-}
target=x86_64-unknown-linux-musl
binary=${CARGO_TARGET_DIR:-target}/$target/$profile/size
# The flags of build.sh that change the code.
export RUSTFLAGS='-Crelocation-model=static -Cllvm-args=-disable-machine-licm -Cllvm-args=-disable-x86-lea-opt'

# Text, data and relocations of `size` with features $1; functions contain no unwind data.
bytes() {
    cargo build --quiet --profile "$profile" --target "$target" --bin size --features "$1" 2>/dev/null
    size --format=sysv "$binary" |
        awk '$1 ~ /^\.(text|rodata|data\.rel\.ro|data|got|rela\.dyn)$/ { sum += $2 } END { print sum }'
}

none=$(bytes "")
for shape in hello six wide float; do
    printf '%s %s\n' "$shape" "$(($(bytes "$shape${peer:+,$peer}") - none))"
done
