#!/bin/sh
# Prints a table of the instructions (callgrind) of one run of each work, by library, and writes it to PROFILE.txt.
# Usage: ./measure.sh PROFILE [TARGET [LIBRARY...]]; PROFILE is release (opt-level z), os or o3. WORKS, if it is set,
# chooses works by the beginning of their names, without spaces: WORKS="feed audit". A run of chosen works or
# libraries replaces their figures in PROFILE.txt and keeps the others.
set -eu
cd -- "$(dirname -- "$0")"

profile=${1:?profile}
target=${2:-}
if [ $# -lt 2 ]; then shift; else shift 2; fi
result=$profile.txt
[ $# -gt 0 ] || [ -n "${WORKS:-}" ] || earlier=/dev/null
[ $# -gt 0 ] || set -- ours serde mini simd sonic
dir=${CARGO_TARGET_DIR:-target}
# The flags of build.sh that change the code.
[ -z "$target" ] ||
    export RUSTFLAGS='-Crelocation-model=static -Cllvm-args=-disable-machine-licm -Cllvm-args=-disable-x86-lea-opt'
for library in "$@"; do
    cargo build --quiet --profile "$profile" ${target:+--target "$target"} --bin "$library"
done
[ "$profile" = release ] && sub=release || sub=$profile
bin=$dir/${target:+$target/}$sub
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for library in "$@"; do
    # Callgrind writes a file before each call of `mark`. Every other one has the count of a work.
    # shellcheck disable=SC2086 # several works
    valgrind --tool=callgrind --callgrind-out-file="$work/out" --dump-before=mark "$bin/$library" ${WORKS:-} \
        >"$work/names" 2>"$work/log" || { cat "$work/log" >&2 && exit 1; }
    n=0
    while read -r name; do
        n=$((n + 2))
        printf '%s\t%s\t%s\n' "$library" "$name" "$(sed -n 's/^\(totals\|summary\): //p' "$work/out.$n" | head -n 1)"
    done <"$work/names" >>"$work/counts"
    rm -f "$work"/out*
done

[ -e "$result" ] || earlier=/dev/null
awk -F '\t' -v table="$work/table" '
    # Three digits, as 1.23 M, 12.3 M or 123 K.
    function short(n) {
        if (n < 10000) return n
        unit = n < 999500 ? "K" : "M"
        n /= unit == "K" ? 1000 : 1000000
        return sprintf(n < 9.995 ? "%.2f %s" : n < 99.95 ? "%.1f %s" : "%.0f %s", n, unit)
    }
    function keep(library, work, cell) {
        if (!seen[work]++) works[++n_works] = work
        cells[library, work] = cell
    }
    BEGIN {
        n = split("ours serde mini simd sonic", library, " ")
        line = "| work | tiny-lambda | serde_json | miniserde | simd-json | sonic-rs |"
        rule = "| --- | ---: | ---: | ---: | ---: | ---: |"
    }
    # The table of earlier runs, then the counts of this one.
    FILENAME == ARGV[1] {
        split($0, cell, / *[|] */)
        if (FNR > 2) for (i = 1; i <= n; i++) keep(library[i], cell[2], cell[i + 2])
        next
    }
    { keep($1, $2, short($3)); is_measured[$2] = 1 }
    END {
        print line "\n" rule; print line "\n" rule >table
        for (k = 1; k <= n_works; k++) {
            line = "| " works[k] " |"
            for (i = 1; i <= n; i++) line = line " " cells[library[i], works[k]] " |"
            print line >table
            if (works[k] in is_measured) print line
        }
    }' "${earlier:-$result}" "$work/counts"
cp "$work/table" "$result"
