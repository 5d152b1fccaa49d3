#!/bin/sh
# A part of build.sh: runs each function in the local Lambda with the event.
# shellcheck disable=SC2154,SC2034,SC2317 # build.sh sets the variables, and $functions calls the function.

if [ "$system" != Linux ]; then
    failed=''
    run_in_process() {
        say "this system cannot run $1 as built, since that needs Linux: invoking a debug build of $1 for $host"
        IFS=$us
        # shellcheck disable=SC2086 # The options of the services are a list.
        set -- cargo run --quiet --manifest-path "$3" "--$2" "$1" ${offline:+"$offline"} \
            ${features:+"--features=$features"} -- invoke "$event" $services
        unset IFS
        "$@" || failed=yes
    }
    step=run_in_process
    eval "$functions"
    [ -z "$failed" ] || exit 1
    exit 0
fi
[ -n "$rust_lld" ] || die "--invoke needs x86_64 or arm64: the function is built, but cannot run here"
# Rustc needs no manifest. Cargo would look for optional dependencies, which vendored sources do not have.
emulator=$out_dir/.build/emulator library=$work/libtiny_lambda.rlib
sums=$(find "$here/src" -type f -exec "$checksum" {} +)
CARGO_PKG_VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/Cargo.toml")
export CARGO_PKG_VERSION
tools_version="$rustc_version $CARGO_PKG_VERSION $sums"
is_compiled "$emulator" || {
    run_rustc --crate-name tiny_lambda --crate-type rlib --cap-lints allow --cfg 'feature="emulator"' \
        -Cincremental="$out_dir/.build/incremental" -o "$library" "$here/src/lib.rs" &&
        compile "$emulator" "$here/src/bin/emulator.rs" --extern "tiny_lambda=$library"
} || die "rustc could not compile the local Lambda: see the messages above"
"$packer" invoke --work "$work" --out "$out_dir" --executables "$work/executables" --event "$event" \
    --emulator "$emulator" ${services:+--services "$services"} ${wrapper:+--wrapper yes} ${qemu:+--runner "$qemu"}
