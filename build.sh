#!/bin/sh
# Builds functions for AWS Lambda into bootstrap and function.zip: `./build.sh --help` lists the options.
# This script chooses the flags and calls cargo. The program in src/bin/package/ checks the executable,
# writes the zip and reads the linker's map.
set -euf
export LC_ALL=C

say() { printf 'build.sh: %s\n' "$1" >&2; }
die() { say "$1"; exit 1; }

# ---- options ----
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
arch='' profile=small manifest='' features='' names='' max_zip=''
offline='' wrapper='' report='' invoke='' event=''
while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
        --arch | --profile | --manifest-path | --features | --invoke | --max-zip)
            [ $# -gt 0 ] || die "$option needs a value: see build.sh --help"
            option=$option=$1
            shift
            ;;
    esac
    case $option in
        --arch=*) arch=${option#*=} ;;
        --profile=*) profile=${option#*=} ;;
        --manifest-path=*) manifest=${option#*=} ;;
        --features=*) features=${option#*=} ;;
        --invoke=*) invoke=yes event=${option#*=} ;;
        --max-zip=*) max_zip=${option#*=} ;;
        --offline) offline=--offline ;;
        --wrapper) wrapper=yes ;;
        --report) report=yes ;;
        --help | -h) cat "$here/src/bin/package/help.txt" && exit ;;
        --version | -V) sed -n 's/^version = "\(.*\)"/tiny-lambda \1/p' "$here/Cargo.toml" && exit ;;
        -*) die "unknown option $option: see build.sh --help" ;;
        # A name becomes a part of paths and of arguments.
        '' | *[!A-Za-z0-9_.-]*) die "\"$option\" cannot be the name of an example or binary" ;;
        *) case " $names " in *" $option "*) ;; *) names="$names${names:+ }$option" ;; esac ;;
    esac
done

host_arch=$(uname -m | sed 's/^amd64$/x86_64/; s/^aarch64$/arm64/')
arch=${arch:-$host_arch}
# Prints the target of the architecture $1. Its programs need nothing of the system that they run on.
triple_of() {
    case $1 in
        x86_64) printf 'x86_64-unknown-linux-musl' ;;
        arm64) printf 'aarch64-unknown-linux-musl' ;;
        *) die "unknown architecture $1: x86_64 or arm64" ;;
    esac
}
triple=$(triple_of "$arch")
case $profile in small | unwind | tiny) ;; *) die "unknown profile $profile: small, unwind or tiny" ;; esac
case $max_zip in *[!0-9]*) die "--max-zip takes a number of bytes, not \"$max_zip\"" ;; esac
# The system would look for a shell named "/bin/sh\r".
if [ -n "$wrapper" ] && grep -q "$(printf '\r')" "$here/bootstrap.sh"; then
    die "bootstrap.sh has Windows line ends (CRLF), which Lambda cannot start: save it with LF, for example by \
\`git config core.autocrlf input\` and then \`git checkout bootstrap.sh\`"
fi

# ---- the toolchain ----
rustc=${RUSTC:-rustc}
for command in cargo "$rustc"; do
    command -v "$command" >/dev/null || die "needs $command: install Rust with rustup, see https://rustup.rs"
done
sysroot=$("$rustc" --print sysroot) || die "rustc does not run: see the message above"
rustc_version=$("$rustc" -vV)
rustc_field() { printf '%s\n' "$rustc_version" | sed -n "s/^$1: //p"; }
host=$(rustc_field host)
[ -x "$sysroot/lib/rustlib/$host/bin/rust-lld" ] ||
    die "this Rust has no rust-lld: install Rust with rustup, see https://rustup.rs"

# Adds the "target" or "component" ($1) named $2 with rustup, if the path $3 of the toolchain is missing.
need() {
    [ ! -e "$sysroot/$3" ] || return 0
    [ -z "$offline" ] || die "the $1 $2 is missing: type \`rustup $1 add $2\`, or leave out --offline"
    command -v rustup >/dev/null || die "the $1 $2 is missing, and rustup, which could add it, is not installed: see https://rustup.rs"
    say "adding the $1 $2 with rustup"
    rustup --quiet "$1" add "$2" >&2 || die "rustup could not add it: type \`rustup $1 add $2\`"
}

# ---- what to build, and where ----
[ -n "$manifest" ] || names=${names:-hello}
manifest=${manifest:-$here/Cargo.toml}
[ -f "$manifest" ] || die "no file at $manifest: --manifest-path takes the path of a Cargo.toml"
metadata=$(cargo metadata --no-deps --format-version 1 --manifest-path "$manifest" ${offline:+"$offline"}) ||
    die "cargo cannot read $manifest: see the message above"
# Prints the string member $1 of cargo's metadata.
metadata_string() {
    printf '%s\n' "$metadata" | sed 's/.*"'"$1"'":"//; s/","[a-z_]*":.*//; s/"}*$//; s/\\\(["\\]\)/\1/g'
}
target_dir=$(metadata_string target_directory)
workspace=$(metadata_string workspace_root)

# Prints the package's binaries (bin) or examples (example), each after a space, as cargo lists them.
list() {
    CARGO_TERM_COLOR=never cargo build --manifest-path "$manifest" "--$1" 2>&1 | sed -n 's/^    / /p' | tr -d '\n'
}
binaries=$(list bin)
candidates=$binaries$(list example)
if [ -z "$names" ]; then
    names=${binaries# }
    case $names in '' | *' '*) die "name what to build: this package has${candidates:- no example or binary}" ;; esac
fi
for name in $names; do
    case "$candidates " in *" $name "*) continue ;; esac
    die "no example or binary \"$name\" in $manifest, which has${candidates:- none}"
done
case "$wrapper $names " in
    "yes bootstrap "?* | "yes "*" bootstrap "*) die "bootstrap cannot be one of several functions in a package: rename it" ;;
esac

# Each package has a folder in out_dir: one for each function, or one for all.
out_dir=$target_dir/lambda
folder_of() {
    [ -z "$wrapper" ] || set -- "$(printf '%s' "$names" | tr ' ' '+')"
    printf '%s' "$out_dir/$1"
}
work=$out_dir/.build/work.$$
mkdir -p "$work" 2>/dev/null ||
    die "cannot write to $out_dir: set CARGO_TARGET_DIR to a folder where that is allowed"
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP && trap 'exit 130' INT && trap 'exit 143' TERM

# ---- flags ----
need target "$triple" "lib/rustlib/$triple/lib"
# The user's flags come first. Cargo separates encoded flags by the character US.
us=$(printf '\037')
flags=${CARGO_ENCODED_RUSTFLAGS-}
add_flag() { flags=$flags${flags:+$us}$1; }
[ -n "${CARGO_ENCODED_RUSTFLAGS+set}" ] || for flag in ${RUSTFLAGS-}; do add_flag "$flag"; done
# The toolchain's linker needs no C compiler. It makes a static executable at a fixed address, with one
# segment for code and constants, no padding between segments, and no section headers, which only tools read.
add_flag -Clinker=rust-lld
add_flag -Ctarget-feature=+crt-static
add_flag -Crelocation-model=static
add_flag -Clink-arg=-znoseparate-code
add_flag -Clink-arg=--no-rosegment
add_flag -Crelro-level=off
add_flag -Clink-arg=--build-id=none
add_flag -Clink-arg=-znosectionheader
add_flag -Clink-arg=--icf=all
# Smaller zips: constants that loops compute anew instead of keeping them in registers (372 bytes of hello's),
# addresses that are not derived from others (152 bytes), no code that is shared by outlining it.
add_flag -Cllvm-args=-disable-machine-licm
case $arch in
    x86_64) add_flag -Cllvm-args=-disable-x86-lea-opt ;;
    arm64) add_flag -Cllvm-args=-enable-machine-outliner=never ;;
esac
# The only start file is crt1.o: the others register tables for unwinding, which libunwind finds itself.
start=$sysroot/lib/rustlib/$triple/lib/self-contained
add_flag -Clink-self-contained=no
add_flag "-Lnative=$start"
add_flag "-Clink-arg=$start/crt1.o"
if [ "$profile" != unwind ]; then
    # Without unwinding nothing reads the tables: link.ld discards them.
    add_flag -Clink-arg=--no-eh-frame-hdr
    add_flag "-Clink-arg=-T$here/src/bin/package/link.ld"
else
    # Frame pointers make the tables for unwinding shorter: 1,568 bytes of hello, 863 of its zip.
    add_flag -Cforce-frame-pointers=yes
    add_flag -Cllvm-args=-min-jump-table-entries=16
fi
if [ "$profile" = tiny ]; then
    # musl's printf, which std's threads use, computes with 128-bit numbers on arm64. The shipped
    # compiler_builtins has the functions for it; the one that is built here does not.
    builtins=$(find "$sysroot/lib/rustlib/$triple/lib" -name 'libcompiler_builtins-*.rlib')
    [ -z "$builtins" ] || add_flag "-Clink-arg=$builtins"
    # Similar functions side by side, few jump tables, instructions in the order of the source.
    add_flag -Clink-arg=--bp-compression-sort=function
    add_flag -Cllvm-args=-min-jump-table-entries=16
    add_flag -Cllvm-args=-enable-misched=false
    # Fewer copies of small functions and of the ends of blocks: 137 bytes of hello's zip.
    add_flag -Cllvm-args=-inline-threshold=10
    add_flag -Cllvm-args=-tail-dup-placement=0
    # Graviton2 and newer have atomic instructions, so std need not look for them: 1,867 bytes of the zip.
    [ "$arch" != arm64 ] || add_flag -Ctarget-feature=+lse
fi
# Panic messages name source files: without this machine's folders, builds in two places are the same.
# The last match wins.
add_flag "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc/$(rustc_field commit-hash)"
add_flag "--remap-path-prefix=${CARGO_HOME:-${HOME-}/.cargo}=cargo"
add_flag "--remap-path-prefix=$here=tiny-lambda"
add_flag "--remap-path-prefix=$workspace="

# The user's flags, from each place where cargo takes them. Cargo prints environment variables as comments.
config=$(RUSTC_BOOTSTRAP=1 cargo -Z unstable-options config get 2>/dev/null | grep -i 'rustflags *=' || :)
target_flags=$(printf '%s\n' "$config" | grep -i -e "^target\.$triple\." -e '^target\..cfg(' \
    -e "^# CARGO_TARGET_$(printf '%s' "$triple" | tr - _)_" || :)
build_flags=$(printf '%s\n' "$config" | grep -i -e '^build\.' -e '^# CARGO_BUILD_' || :)
case "$target_flags $build_flags ${RUSTFLAGS-} ${CARGO_ENCODED_RUSTFLAGS-}" in
    *target-cpu=native*) die "target-cpu=native is refused, since Lambda has other processors: remove that flag" ;;
esac
set -- cargo rustc --release --target "$triple" --manifest-path "$manifest" ${offline:+"$offline"}
# Without the local Lambda, which is not part of a function, a build takes two thirds of the time.
[ "$manifest" != "$here/Cargo.toml" ] || set -- "$@" --no-default-features --features allocator
set -- "$@" ${features:+--features "$features"}
# Cargo reads flags from the first of these places that has any, so ours go to the same place.
if [ -n "${CARGO_ENCODED_RUSTFLAGS+set}${RUSTFLAGS+set}" ]; then
    set -- env "CARGO_ENCODED_RUSTFLAGS=$flags" "$@"
else
    key=build.rustflags
    [ -z "$target_flags" ] || key=target.$triple.rustflags
    set -- "$@" --config "$key=[\"$(printf '%s' "$flags" | sed 's/[\\"]/\\&/g; s/'"$us"'/","/g')\"]"
fi
set -- "$@" --config 'profile.release.lto="fat"' --config 'profile.release.opt-level="z"' \
    --config profile.release.codegen-units=1 --config profile.release.incremental=false \
    --config 'profile.release.strip="symbols"' --config profile.release.debug=false \
    --config profile.release.debug-assertions=false
case $profile in
    small) set -- "$@" --config 'profile.release.panic="abort"' ;;
    unwind) set -- "$@" --config 'profile.release.panic="unwind"' ;;
    tiny)
        need component rust-src lib/rustlib/src/rust/library/std/Cargo.toml
        set -- env RUSTC_BOOTSTRAP=1 "$@" --config 'profile.release.panic="immediate-abort"' \
            -Z panic-immediate-abort -Z build-std=std,panic_abort \
            -Z build-std-features=optimize_for_size
        ;;
esac

# ---- building ----
# If this build fails, no package of an earlier one is left to deploy.
for name in $names; do rm -rf "$(folder_of "$name")"; done

# The packer is compiled while cargo builds: on Linux for musl, which needs no C compiler.
packer=$out_dir/.build/package
packer_version=$(printf '%s\n' "$rustc_version" && find "$here/src/bin/package" "$here/src/signing/sha256.rs" -name '*.rs' -exec cksum {} +)
host_triple=$host rust_lld=''
case $(uname -s)-$host_arch in
    Linux-x86_64 | Linux-arm64)
        host_triple=$(triple_of "$host_arch") rust_lld=-Clinker=rust-lld
        need target "$host_triple" "lib/rustlib/$host_triple/lib"
        ;;
esac
compiling=''
if [ ! -x "$packer" ] || [ "$packer_version" != "$(cat "$packer.version" 2>/dev/null)" ]; then
    "$rustc" --edition 2024 -Copt-level=2 -Cpanic=abort -Cstrip=symbols --target "$host_triple" \
        ${rust_lld:+"$rust_lld"} -o "$work/packer" "$here/src/bin/package/main.rs" >"$work/log" 2>&1 &
    compiling=$!
fi

# Builds the target $1 in the target folder $2 with the cargo command that follows. Sets `executable` to
# its path, and `uses_stdout` to yes or no.
build() {
    name=$1 folder=$2
    shift 2
    kind=example executable=$folder/$triple/release/examples/$name
    case "$binaries " in *" $name "*) kind=bin executable=$folder/$triple/release/$name ;; esac
    rm -f "$executable.map"
    "$@" --target-dir "$folder" "--$kind" "$name" -- "-Clink-arg=-Map=$executable.map" >&2 ||
        die "cargo could not build $name: see the messages above"
    if [ -n "$compiling" ]; then
        wait "$compiling" || { cat "$work/log" >&2 && die "rustc could not compile src/bin/package: see above"; }
        mv "$work/packer" "$packer"
        printf '%s\n' "$packer_version" >"$packer.version"
        compiling=''
    fi
    uses_stdout=$("$packer" uses-stdout "$executable") || exit 1
}
# The runtime flushes std's standard output, which is 2 KB of code. A function is built without it first, and
# again with it if the linker's map shows that something else uses that output. Where panics unwind, std does.
unset TINY_LAMBDA_STDOUT_IS_UNUSED
for name in $names; do
    if [ "$profile" = unwind ]; then
        build "$name" "$target_dir" "$@"
    else
        # `env`, since a shell may keep a variable that is set before a call of its own function.
        build "$name" "$target_dir" env TINY_LAMBDA_STDOUT_IS_UNUSED=1 "$@"
        if [ "$uses_stdout" = yes ]; then
            say "$name uses standard output: building it again with the code that flushes it"
            build "$name" "$out_dir/.build/printing" "$@"
        fi
    fi
    printf '%s\n' "$executable" >>"$work/executables"
done

# Standard output has the response alone, if there is one.
case $invoke in yes) out=2 ;; *) out=1 ;; esac
"$packer" pack --arch "$arch" --work "$work" --out "$out_dir" --executables "$work/executables" \
    ${wrapper:+--wrapper "$here/bootstrap.sh"} ${max_zip:+--max-zip "$max_zip"} ${report:+--report} >&"$out"

# ---- the local Lambda ----
[ -n "$invoke" ] || exit 0
[ -n "$rust_lld" ] || die "--invoke needs Linux on x86_64 or arm64: the function is built, but cannot run here"
CARGO_TARGET_DIR=$target_dir cargo build --quiet --manifest-path "$here/Cargo.toml" --bin emulator \
    --target "$host_triple" --config "target.$host_triple.linker=\"rust-lld\"" ${offline:+"$offline"} >&2 ||
    die "cargo could not build the local Lambda: see the messages above"
set --
if [ "$arch" != "$host_arch" ]; then
    qemu=qemu-${triple%%-*}
    [ -z "$wrapper" ] || die "--invoke cannot run a --wrapper package for $arch here"
    command -v "$qemu" >/dev/null || die "--invoke cannot run a function for $arch here: install $qemu"
    set -- --runner "$qemu"
fi
for name in $names; do
    "$target_dir/$host_triple/debug/emulator" "$@" --handler "$name" --event "$event" \
        "$(folder_of "$name")/bootstrap" || exit 1
done
