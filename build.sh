#!/bin/sh
# Builds functions for AWS Lambda into bootstrap and function.zip: `./build.sh --help` lists the options.
# This script chooses the flags and calls cargo. The program in src/bin/package/ checks the executable,
# writes the zip and reads the linker's map.
set -euf
export LC_ALL=C

say() { printf 'build.sh: %s\n' "$1" >&2; }
die() { say "$1"; exit 1; }

# ---- options ----
script=$0
[ ! -L "$script" ] || script=$(readlink -f -- "$script")
here=$(CDPATH='' cd -- "$(dirname -- "$script")" && pwd)
help=$here/src/bin/package/help.txt
# Ends with exit code 2, which stands for wrong arguments.
usage() { say "$1" && sed -n 1p "$help" >&2; exit 2; }
# Prints the option that $1 may stand for: one letter or two neighbours differ, or it is the start.
suggestion() {
    sed -n 's/^  \(--[a-z-]*\).*/\1/p' "$help" | while read -r known; do
        before='' rest=$1
        while [ -n "$rest" ]; do
            after=${rest#?}
            case $known in
                "$1"* | "$before$after" | "$before"?"$after" | "$before"?"$rest" | "$before"??"${after#?}")
                    printf ': did you mean %s?' "$known" && exit ;;
            esac
            before=$before${rest%"$after"} rest=$after
        done
    done
}
# Adds a name, which becomes a part of paths and of arguments.
add_name() {
    case $1 in '' | [-.]* | *[!A-Za-z0-9_.-]*) usage "\"$1\" cannot be the name of an example or binary" ;; esac
    case " $names " in *" $1 "*) ;; *) names="$names${names:+ }$1" ;; esac
}
arch='' profile=small opt_level=z manifest='' features='' names='' max_zip='' offline=''
wrapper='' report='' event='' includes='' vendor='' us=$(printf '\037')
while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
        --arch | --profile | --opt-level | --manifest-path | --features | --include | --invoke | --max-zip | --vendor)
            case ${1---} in --*) usage "$option needs a value" ;; esac
            option=$option=$1
            shift
            ;;
    esac
    case $option in
        --*=) usage "${option%=} needs a value" ;;
        --arch=*) arch=${option#*=} ;;
        --profile=*) profile=${option#*=} ;;
        --opt-level=*) opt_level=${option#*=} ;;
        --manifest-path=*) manifest=${option#*=} ;;
        --features=*) features=$features${features:+,}${option#*=} ;;
        --include=*) includes=$includes${option#*=}$us ;;
        --invoke=*) event=${option#*=} ;;
        --max-zip=*) max_zip=${option#*=} ;;
        --offline) offline=--offline ;;
        --wrapper) wrapper=yes ;;
        --report) report=yes ;;
        --vendor=*) vendor=${option#*=} ;;
        --help | -h) cat "$help"; exit ;;
        --version | -V) sed -n 's/^version = "\(.*\)"/tiny-lambda \1/p' "$here/Cargo.toml"; exit ;;
        --) break ;;
        -?*) usage "unknown option $option$(suggestion "${option%%=*}")" ;;
        *) add_name "$option" ;;
    esac
done
for name; do add_name "$name"; done
trap 'exit 129' HUP && trap 'exit 130' INT && trap 'exit 143' TERM

if [ -n "$vendor" ]; then
    case $vendor in -*) vendor=./$vendor ;; esac
    { mkdir -p "$(dirname "$vendor")" && mkdir "$vendor"; } || die "--vendor takes the path of a new folder: see the message above"
    trap 'rm -rf "$vendor"' EXIT
    for part in Cargo.toml LICENSE README.md bootstrap.sh build.sh docs examples src; do cp -R "$here/$part" "$vendor"; done
    say "copied tiny-lambda to $vendor; [dependencies] of Cargo.toml: tiny-lambda = { path = \"$vendor\" }"
    trap - EXIT && exit
fi

# Prints rustc's name of the architecture $1.
cpu_of() { printf '%s' "$1" | sed 's/^amd64$/x86_64/; s/^arm64$/aarch64/'; }
host_cpu=$(cpu_of "$(uname -m)")
cpu=$(cpu_of "${arch:-$host_cpu}")
case $cpu in x86_64) arch=x86_64 ;; aarch64) arch=arm64 ;; *) usage "unknown architecture $cpu: x86_64 or arm64" ;; esac
# Programs for this target need nothing of the system that they run on.
triple=$cpu-unknown-linux-musl
case $profile in small | unwind | tiny) ;; *) usage "unknown profile $profile: small, unwind or tiny" ;; esac
case $opt_level in [0-3]) ;; s | z) opt_level=\"$opt_level\" ;; *) usage "unknown level $opt_level: 0, 1, 2, 3, s or z" ;; esac
printf '%s' "${max_zip:-0}" | tr '\n' , | grep -Eqx '[0-9]{1,9}([kKM]i?B?)?' ||
    usage "--max-zip takes bytes, such as 40000, 40k, 40KiB or 1M, not \"$max_zip\""
IFS=$us
for path in $includes; do [ -e "$path" ] || die "cannot read $path: --include takes the path of a file or folder"; done
unset IFS
qemu=''
[ -z "$event" ] || [ "$cpu" = "$host_cpu" ] || qemu=$(command -v "qemu-$cpu" || command -v "qemu-$cpu-static") ||
    die "--invoke needs qemu-$cpu for $arch: install qemu-user, as Debian and Fedora name the package"

# ---- the toolchain ----
rustc=${RUSTC:-rustc}
for tool in cargo "$rustc"; do command -v "$tool" >/dev/null || die "needs $tool: install Rust with rustup, see https://rustup.rs"; done
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
# Without --manifest-path, the package of the current folder or of one above it is built, as cargo does.
[ -n "$manifest" ] || manifest=$(cargo locate-project --message-format plain 2>/dev/null) || manifest=$here/Cargo.toml
case $manifest in "$here/Cargo.toml" | "$(cd "$here" && pwd -P)/Cargo.toml") names=${names:-hello} manifest=$here/Cargo.toml ;; esac
[ -f "$manifest" ] || die "no file at $manifest: --manifest-path takes the path of a Cargo.toml"
metadata=$(cargo metadata --no-deps --format-version 1 --manifest-path "$manifest" ${offline:+"$offline"}) ||
    die "cargo cannot read $manifest: see the message above"
# `cargo rustc` builds one package, so it refuses a virtual manifest.
! cargo read-manifest --manifest-path "$manifest" 2>&1 >/dev/null | grep -q ' virtual manifest' ||
    die "$manifest is that of a workspace: change to the folder of a package, or name its Cargo.toml by --manifest-path"
# Prints the string member $1 of cargo's metadata.
metadata_string() {
    printf '%s\n' "$metadata" | sed 's/.*"'"$1"'":"//; s/","[a-z_]*":.*//; s/"}*$//; s/\\\(["\\]\)/\1/g'
}
target_dir=$(metadata_string target_directory) workspace=$(metadata_string workspace_root)

# Prints the package's binaries (bin) or examples (example), each after a space, as cargo lists them.
list() {
    CARGO_TERM_COLOR=never cargo build --manifest-path "$manifest" "--$1" 2>&1 | sed -n 's/^    / /p' | tr -d '\n'
}
binaries=$(list bin)
candidates=$binaries$(list example)
if [ -z "$names" ]; then
    case ${binaries# } in '' | *' '*) die "name what to build: $manifest has${candidates:- no example or binary}" ;; esac
    add_name "${binaries# }"
fi
for name in $names; do
    case "$candidates " in *" $name "*) ;; *) die "no example or binary \"$name\" in $manifest, which has${candidates:- none}" ;; esac
done

# Each package has a folder in out_dir: one for each function, or one for all.
out_dir=$target_dir/lambda
folder_of() {
    [ -z "$wrapper" ] || set -- "$(printf '%s' "$names" | tr ' ' '+')"
    printf '%s' "$out_dir/$1"
}
work=$out_dir/.build/work.$$
trap 'rm -rf "$work"' EXIT
# A script that was killed may have left its folder, and had the same number in another container.
{ rm -rf "$work" && mkdir -p "$work"; } 2>/dev/null ||
    die "cannot write to $out_dir: set CARGO_TARGET_DIR to a folder where that is allowed"

# ---- flags ----
need target "$triple" "lib/rustlib/$triple/lib"
# The user's flags come first. Cargo separates encoded flags by the character US.
flags=${CARGO_ENCODED_RUSTFLAGS-}
add_flag() { flags=$flags${flags:+$us}$1; }
[ -n "${CARGO_ENCODED_RUSTFLAGS+set}" ] || for flag in ${RUSTFLAGS-}; do add_flag "$flag"; done
while read -r profiles arches flag; do
    case $profiles:$arches in *"$profile"*:"$arch" | *"$profile"*:any | any:"$arch" | any:any) add_flag "$flag" ;; esac
done <"$here/src/bin/package/flags.txt"
start=$sysroot/lib/rustlib/$triple/lib/self-contained
add_flag "-Lnative=$start"
add_flag "-Clink-arg=$start/crt1.o"
add_flag "-Clink-arg=-T$here/src/bin/package/glibc.ld"
[ "$profile" = unwind ] || add_flag "-Clink-arg=-T$here/src/bin/package/link.ld"
if [ "$profile" = tiny ]; then
    # musl's printf, which std's threads use, computes with 128-bit numbers on arm64. The shipped
    # compiler_builtins has the functions for it; the one that is built here does not.
    builtins=$(find "$sysroot/lib/rustlib/$triple/lib" -name 'libcompiler_builtins-*.rlib')
    [ -z "$builtins" ] || add_flag "-Clink-arg=$builtins"
fi
# Panic messages name source files: without this machine's folders, builds in two places are the same.
# The last match wins.
add_flag "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc/$(rustc_field commit-hash)"
add_flag "--remap-path-prefix=${CARGO_HOME:-${HOME-}/.cargo}=cargo"
add_flag "--remap-path-prefix=$here=tiny-lambda"
add_flag "--remap-path-prefix=$workspace="

# The user's settings, from each place where cargo takes them. Cargo prints environment variables as comments.
settings=$(RUSTC_BOOTSTRAP=1 cargo -Z unstable-options config get 2>/dev/null || :)
config=$(printf '%s\n' "$settings" | grep -i 'rustflags *=' || :)
target_flags=$(printf '%s\n' "$config" | grep -i -e "^target\.$triple\." -e '^target\..cfg(' \
    -e "^# CARGO_TARGET_$(printf '%s' "$triple" | tr - _)_" || :)
build_flags=$(printf '%s\n' "$config" | grep -i -e '^build\.' -e '^# CARGO_BUILD_' || :)
case "$target_flags $build_flags ${RUSTFLAGS-} ${CARGO_ENCODED_RUSTFLAGS-}" in
    *target-cpu=native*) die "target-cpu=native is refused, since Lambda has other processors: remove that flag" ;;
esac
set -- cargo rustc --release --target "$triple" --manifest-path "$manifest" ${offline:+"$offline"}
# Without the local Lambda, which is not part of a function, a build takes two thirds of the time.
[ "$manifest" != "$here/Cargo.toml" ] || set -- "$@" --no-default-features --features allocator
set -- "$@" ${features:+"--features=$features"}
# Cargo reads flags from the first of these places that has any, so ours go to the same place.
if [ -n "${CARGO_ENCODED_RUSTFLAGS+set}${RUSTFLAGS+set}" ]; then
    set -- env "CARGO_ENCODED_RUSTFLAGS=$flags" "$@"
else
    key=build.rustflags
    [ -z "$target_flags" ] || key=target.$triple.rustflags
    set -- "$@" --config "$key=[\"$(printf '%s' "$flags" | sed 's/[\\"]/\\&/g; s/'"$us"'/","/g')\"]"
fi
set -- "$@" --config "$here/src/bin/package/release.toml" --config "profile.release.opt-level=$opt_level"
case $profile in
    unwind) set -- "$@" --config 'profile.release.panic="unwind"' ;;
    tiny)
        need component rust-src lib/rustlib/src/rust/library/std/Cargo.toml
        set -- env RUSTC_BOOTSTRAP=1 "$@" --config 'profile.release.panic="immediate-abort"' \
            -Z panic-immediate-abort -Z build-std=std,panic_abort \
            -Z build-std-features=optimize_for_size
        ;;
esac

# Chooses the compiler of C in dependencies, if there is one.
c_compiler='' c_package=gcc-$(printf '%s' "$cpu" | tr _ -)-linux-gnu
[ "$(uname -s)-$cpu" != "Linux-$host_cpu" ] || c_package=gcc
# shellcheck source=/dev/null
. "$here/src/bin/package/c_compiler.sh"

# ---- building ----
# If this build fails, no package of an earlier one is left to deploy.
mkdir "$work/replaced"
for name in $names; do
    [ ! -e "$(folder_of "$name")" ] || mv "$(folder_of "$name")" "$work/replaced"
done

# The packer is compiled while cargo builds: on Linux for musl, which needs no C compiler.
packer=$out_dir/.build/package
packer_version=$(printf '%s\n' "$rustc_version" && find "$here/src/bin/package" "$here/src/signing/sha256.rs" -name '*.rs' -exec cksum {} +)
host_triple=$host rust_lld=''
case $(uname -s)-$host_cpu in
    Linux-x86_64 | Linux-aarch64) host_triple=$host_cpu-unknown-linux-musl rust_lld=-Clinker=rust-lld ;;
esac
[ -z "$rust_lld" ] || need target "$host_triple" "lib/rustlib/$host_triple/lib"
compiling=''
if [ ! -x "$packer" ] || [ "$packer_version" != "$(cat "$packer.version" 2>/dev/null)" ]; then
    {
        "$rustc" --edition 2024 -Copt-level=2 -Cpanic=abort -Cstrip=symbols --target "$host_triple" \
            ${rust_lld:+"$rust_lld"} -o "$work/packer" "$here/src/bin/package/main.rs" &&
            mv "$work/packer" "$packer" && printf '%s\n' "$packer_version" >"$packer.version"
    } >"$work/log" 2>&1 &
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
    "$@" --target-dir "$folder" "--$kind" "$name" -- "-Clink-arg=-Map=$executable.map" >&2 || {
        [ -n "$c_compiler" ] || is_set CC || ! grep -q '^name = "cc"$' "$workspace/Cargo.lock" ||
            say "if the build needs a C compiler for $arch: install $c_package (Debian, Fedora) or musl-cross (Homebrew)"
        die "cargo could not build $name: see the messages above"
    }
    [ -z "$compiling" ] || wait "$compiling" || { cat "$work/log" >&2; die "rustc could not compile src/bin/package: see above"; }
    compiling=''
    uses_stdout=$("$packer" uses-stdout "$executable") || exit 1
    [ -n "$uses_stdout" ] || die "$packer is damaged: remove it"
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
case $event in '') out=1 ;; *) out=2 ;; esac
printf '%s' "$includes" >"$work/includes"
"$packer" pack --arch "$arch" --work "$work" --out "$out_dir" --executables "$work/executables" \
    --include "$work/includes" ${wrapper:+--wrapper "$here/bootstrap.sh"} ${max_zip:+--max-zip "$max_zip"} \
    ${report:+--report} >&"$out"

# ---- the local Lambda ----
[ -n "$event" ] || exit 0
[ -n "$rust_lld" ] || die "--invoke needs Linux on x86_64 or arm64: the function is built, but cannot run here"
CARGO_TARGET_DIR=$target_dir cargo build --quiet --manifest-path "$here/Cargo.toml" --bin emulator \
    --target "$host_triple" --config "target.$host_triple.linker=\"rust-lld\"" ${offline:+"$offline"} >&2 ||
    die "cargo could not build the local Lambda: see the messages above"
"$packer" invoke --work "$work" --out "$out_dir" --executables "$work/executables" --event "$event" \
    --emulator "$target_dir/$host_triple/debug/emulator" ${wrapper:+--wrapper yes} ${qemu:+--runner "$qemu"}
