#!/bin/sh
# A part of build.sh: sets `c_compiler` to the C compiler for the target, and the variables that the crate cc reads.
# shellcheck disable=SC2154 # build.sh sets the variables.

# Returns whether the user has set the variable $1 for this target. Such values stay.
is_set() {
    { env && printf '%s\n' "$settings"; } | grep -Eq "^(env\.)?(TARGET_)?$1(_$cpu.unknown.linux.musl)?( |\.|=)"
}
c_compiler='' native=''
[ "$c_package" != gcc ] || native=yes
for compiler in "$cpu-linux-musl-gcc" ${native:+musl-gcc gcc cc} "$cpu-linux-gnu-gcc"; do
    [ -n "$c_compiler" ] || ! command -v "$compiler" >/dev/null || c_compiler=$compiler
done
if [ -n "$c_compiler" ] && ! is_set CC; then
    export "CC_${cpu}_unknown_linux_musl=$c_compiler"
    ar=${c_compiler%gcc}ar
    is_set AR || ! command -v "$ar" >/dev/null || export "AR_${cpu}_unknown_linux_musl=$ar"
    # For the headers of glibc: no functions and no inline code that musl does not have.
    is_set CFLAGS || export "CFLAGS_${cpu}_unknown_linux_musl=-U_FORTIFY_SOURCE -D__NO_INLINE__"
fi
