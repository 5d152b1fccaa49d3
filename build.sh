#!/bin/sh
# Builds functions for an OS-only Lambda runtime (provided.al2023): bootstrap and function.zip.
# Needs a POSIX shell, cargo and rustup's components; `./build.sh --help` says the rest.
set -euf
LC_ALL=C
export LC_ALL

usage() {
    cat <<'END'
Usage: build.sh [OPTION...] [NAME...]

Builds the example or binary NAME for AWS Lambda (runtime provided.al2023):

    target/lambda/NAME/bootstrap       the static executable
    target/lambda/NAME/function.zip    what Lambda takes: that file, mode 0755, fixed date

NAME is `hello` by default; with --manifest-path, the package's only binary.

Options, as `--option value` or `--option=value`:
  --arch x86_64|arm64     the function's architecture; default: this machine's
  --profile PROFILE       small    stable toolchain; a panic is reported, then the process ends
                                   (default)
                          unwind   stable toolchain; a panic is reported, then the process goes on
                          tiny     std built from source; a panic ends the process without a word
  --manifest-path FILE    build the package of this Cargo.toml
  --features FEATURES     as cargo has it
  --offline               use no network, neither through cargo nor rustup
  --wrapper               the two-file package: `bootstrap` is the script bootstrap.sh, `binary` the
                          executable. Several NAMEs make one zip with each executable under its own
                          name, chosen by the function's handler setting
  --invoke JSON|@FILE|-   run the function in the local Lambda with this event: the response goes
                          to standard output, all else to standard error; exit 1 on a function
                          error. The other architecture's functions run under qemu
  --max-zip BYTES         fail if a zip is larger
  --report                bytes by section and by crate or C library, and the biggest symbols
  --version, --help

The target folder is cargo's (CARGO_TARGET_DIR). RUSTFLAGS are kept; target-cpu=native is refused.
END
}

die() {
    printf 'build.sh: %s\n' "$1" >&2
    exit 1
}

say() {
    printf 'build.sh: %s\n' "$1" >&2
}

# ---- options ----

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
arch=
profile=small
manifest=
features=
offline=
wrapper=
invoke=
event=
max_zip=
report=
names=

# The option's value is its next argument: $2 of what it is given.
need_value() {
    [ $# -ge 2 ] || die "$1 needs a value: see build.sh --help"
}

while [ $# -gt 0 ]; do
    case $1 in
        --arch=* | --profile=* | --manifest-path=* | --features=* | --invoke=* | --max-zip=*)
            option=${1%%=*}
            value=${1#*=}
            shift
            set -- "$option" "$value" "$@"
            ;;
    esac
    case $1 in
        --arch) need_value "$@" && arch=$2 && shift ;;
        --profile) need_value "$@" && profile=$2 && shift ;;
        --manifest-path) need_value "$@" && manifest=$2 && shift ;;
        --features) need_value "$@" && features=$2 && shift ;;
        --invoke) need_value "$@" && invoke=yes event=$2 && shift ;;
        --max-zip) need_value "$@" && max_zip=$2 && shift ;;
        --offline) offline=--offline ;;
        --wrapper) wrapper=yes ;;
        --report) report=yes ;;
        --help | -h)
            usage
            exit
            ;;
        --version | -V)
            sed -n 's/^version = "\(.*\)"/tiny-lambda \1/p' "$here/Cargo.toml"
            exit
            ;;
        -*) die "unknown option $1: see build.sh --help" ;;
        # Goes into paths and into cargo's arguments, so it is what cargo takes for a target's name.
        '' | *[!A-Za-z0-9_.-]*) die "\"$1\" is no name of an example or binary" ;;
        *)
            case " $names " in
                *" $1 "*) ;;
                *) names="$names${names:+ }$1" ;;
            esac
            ;;
    esac
    shift
done

case $(uname -m) in
    x86_64 | amd64) host_arch=x86_64 ;;
    aarch64 | arm64) host_arch=arm64 ;;
    *) host_arch= ;;
esac
[ -n "${arch:=$host_arch}" ] || die "say which --arch: x86_64 or arm64"
case $profile in
    small | unwind | tiny) ;;
    *) die "unknown profile $profile: small, unwind or tiny" ;;
esac
case $max_zip in
    *[!0-9]*) die "--max-zip takes a number of bytes, not \"$max_zip\"" ;;
esac
# Prints the target for what AWS calls $1: one that needs nothing of the system that it runs on.
triple_of() {
    case $1 in
        x86_64) printf 'x86_64-unknown-linux-musl' ;;
        arm64) printf 'aarch64-unknown-linux-musl' ;;
        *) die "unknown architecture $1: x86_64 or arm64" ;;
    esac
}
triple=$(triple_of "$arch")
# The shell would be asked for as "/bin/sh\r".
if [ -n "$wrapper" ] && grep -q "$(printf '\r')" "$here/bootstrap.sh"; then
    die "bootstrap.sh has Windows line ends (CRLF), which Lambda cannot start: save it with LF, such as by \`git checkout bootstrap.sh\` behind \`git config core.autocrlf input\`"
fi

# ---- the toolchain ----

for tool in cargo "${RUSTC:-rustc}"; do
    command -v "$tool" >/dev/null || die "needs $tool: install Rust with rustup, see https://rustup.rs"
done

sysroot=$("${RUSTC:-rustc}" --print sysroot) || die "rustc does not run: see the message above"
host=$("${RUSTC:-rustc}" -vV | sed -n 's/^host: //p')
[ -x "$sysroot/lib/rustlib/$host/bin/rust-lld" ] ||
    die "this Rust has no rust-lld: install Rust with rustup, see https://rustup.rs"

# Has rustup add $2, which is a "target" or a "component" ($1), where the path $3 of the toolchain
# is missing.
need() {
    [ -e "$sysroot/$3" ] && return
    [ -z "$offline" ] || die "the $1 $2 is missing: type \`rustup $1 add $2\`, or leave out --offline"
    command -v rustup >/dev/null ||
        die "the $1 $2 is missing and there is no rustup to add it: see https://rustup.rs"
    say "adding the $1 $2 with rustup"
    rustup --quiet "$1" add "$2" >&2 || die "rustup could not add it: type \`rustup $1 add $2\`"
}
need_target() {
    need target "$1" "lib/rustlib/$1/lib"
}

# ---- what to build ----

if [ -n "$manifest" ]; then
    [ -f "$manifest" ] || die "no file at $manifest: --manifest-path takes the path of a Cargo.toml"
else
    manifest=$here/Cargo.toml
    names=${names:-hello}
fi
metadata=$(cargo metadata --no-deps --format-version 1 --manifest-path "$manifest" \
    ${offline:+"$offline"}) || die "cargo cannot read $manifest: see the message above"

# Prints the string member $1 of cargo's metadata.
metadata_string() {
    printf '%s\n' "$metadata" | sed 's/.*"'"$1"'":"//; s/","[a-z_]*":.*//; s/"}*$//; s/\\\(["\\]\)/\1/g'
}
target_dir=$(metadata_string target_directory)
workspace=$(metadata_string workspace_root)

# Prints the package's targets of kind $1, "bin" or "example", a line each: cargo lists them to who
# leaves out the name.
list() {
    CARGO_TERM_COLOR=never cargo build --manifest-path "$manifest" "--$1" 2>&1 | sed -n 's/^    //p'
}
binaries=$(list bin)
examples=$(list example)
candidates=$(printf '%s\n' "$binaries" "$examples" | grep . | paste -s -d ' ' -)

if [ -z "$names" ]; then
    case $binaries in
        '' | *"
"*) die "say which to build, of ${candidates:-no example or binary at all}" ;;
    esac
    names=$binaries
fi

# Prints the kind of the target $1, as `list` takes it.
kind_of() {
    if printf '%s\n' "$binaries" | grep -qxF -e "$1"; then
        printf 'bin'
    elif printf '%s\n' "$examples" | grep -qxF -e "$1"; then
        printf 'example'
    else
        die "no example or binary \"$1\" in $manifest: there is ${candidates:-none}"
    fi
}
for name in $names; do
    kind_of "$name" >/dev/null
    case $wrapper$names$name in
        yes*' '*bootstrap)
            die "bootstrap cannot be one of several functions in a package: rename it"
            ;;
    esac
done

# ---- where to put it ----

# One package for each function, or one for all.
out_dir=$target_dir/lambda
folder_of() {
    if [ -n "$wrapper" ]; then
        printf '%s' "$out_dir/$(printf '%s' "$names" | tr ' ' '+')"
    else
        printf '%s' "$out_dir/$1"
    fi
}
work=$out_dir/.work.$$
mkdir -p "$work" 2>/dev/null ||
    die "cannot write to $out_dir: set CARGO_TARGET_DIR to a folder where that is allowed"
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- how to build it ----

need_target "$triple"

us=$(printf '\037')
set -- cargo rustc --release --target "$triple" --manifest-path "$manifest"
flags=
add_flag() {
    flags=$flags${flags:+$us}$1
}
# Linked by the toolchain's own linker; no relocations at the start, one segment for all that is not
# written to, no gaps, and nothing said of sections, which only tools read.
add_flag -Clinker=rust-lld
add_flag -Ctarget-feature=+crt-static
add_flag -Crelocation-model=static
add_flag -Clink-arg=-znoseparate-code
add_flag -Clink-arg=--no-rosegment
add_flag -Crelro-level=off
add_flag -Clink-arg=--build-id=none
add_flag -Clink-arg=-znosectionheader
add_flag -Clink-arg=--icf=all
# For the sake of what zips: what a loop computes anew each time is mostly a constant, and shorter than a
# register that is kept for it; addresses that are computed from others, and calls of what was cut out
# of several functions, are alike less often than what they stand for.
add_flag -Cllvm-args=-disable-machine-licm
case $arch in
    x86_64) add_flag -Cllvm-args=-disable-x86-lea-opt ;;
    arm64) add_flag -Cllvm-args=-enable-machine-outliner=never ;;
esac
if [ "$profile" != unwind ]; then
    # Where nobody unwinds, nobody reads the tables of it: a tenth of a small executable.
    unwinding='*(.eh_frame) *(.gcc_except_table*) *(.comment)'
    # What is written to begins with .data: if that were less aligned than thread-local variables in
    # front of it, it could begin a page further on in the file.
    written='.data : ALIGN(16) { *(.data .data.*) }'
    printf 'SECTIONS { /DISCARD/ : { %s } %s } INSERT AFTER .text;\n' "$unwinding" "$written" \
        >"$work/link.ld"
    mv "$work/link.ld" "$out_dir/link.ld"
    # Nor is there a use for the C compiler's own start files, which register those tables.
    start=$sysroot/lib/rustlib/$triple/lib/self-contained
    add_flag -Clink-self-contained=no
    add_flag "-Lnative=$start"
    add_flag "-Clink-arg=$start/crt1.o"
    add_flag -Clink-arg=--no-eh-frame-hdr
    add_flag "-Clink-arg=-T$out_dir/link.ld"
fi
if [ "$profile" = tiny ]; then
    # musl's printf, which std's threads bring, computes with numbers of 128 bits on arm64: the compiler's
    # library has the code for it as it is shipped, but not as it is built here.
    builtins=$(find "$sysroot/lib/rustlib/$triple/lib" -name 'libcompiler_builtins-*.rlib')
    [ -z "$builtins" ] || add_flag "-Clink-arg=$builtins"
    # Lambda's arm64 processors have atomic instructions (LSE; AWS names Graviton2). Then std does not detect
    # them at the start, which saves 1,867 of 28,936 bytes of hello's zip. A processor without them cannot
    # run the function.
    [ "$arch" = x86_64 ] || add_flag -Ctarget-feature=+lse
    # And functions that are like each other side by side, few tables to jump by, instructions in the
    # order in which they were written.
    add_flag -Clink-arg=--bp-compression-sort=function
    add_flag -Cllvm-args=-min-jump-table-entries=16
    add_flag -Cllvm-args=-enable-misched=false
    # Fewer copies of small functions and of the ends of blocks: 137 bytes of hello's zip, which keep it
    # near the limit.
    add_flag -Cllvm-args=-inline-threshold=10
    add_flag -Cllvm-args=-tail-dup-placement=0
fi
# Panic messages name source files: without the folders of this machine, two builds are one. The
# last match wins.
commit=$("${RUSTC:-rustc}" -vV | sed -n 's/^commit-hash: //p')
add_flag "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=/rustc/$commit"
add_flag "--remap-path-prefix=${CARGO_HOME:-${HOME-}/.cargo}=cargo"
add_flag "--remap-path-prefix=$here=tiny-lambda"
add_flag "--remap-path-prefix=$workspace="

# The user's flags, from wherever cargo takes them: what they say of this machine's processor is
# wrong of Lambda's.
cargo_config() {
    RUSTC_BOOTSTRAP=1 cargo -Z unstable-options config get "$1" 2>/dev/null |
        grep '^[^#].*rustflags = ' || :
}
target_flags=$(cargo_config "target.$triple.rustflags")
target_flags=$target_flags$(cargo_config target | grep '^target\..cfg(' || :)
case "$target_flags $(cargo_config build.rustflags) ${RUSTFLAGS-} ${CARGO_ENCODED_RUSTFLAGS-}" in
    *target-cpu=native*)
        die "target-cpu=native is refused, since Lambda's processor is not this one: take it out \
of cargo's flags"
        ;;
esac

# Cargo takes flags from the first of these that is there, so ours must go to the same.
if [ -n "${CARGO_ENCODED_RUSTFLAGS+set}" ]; then
    flags=$CARGO_ENCODED_RUSTFLAGS${CARGO_ENCODED_RUSTFLAGS:+$us}$flags
    set -- env "CARGO_ENCODED_RUSTFLAGS=$flags" "$@"
elif [ -n "${RUSTFLAGS+set}" ]; then
    ours=$flags
    flags=
    for flag in $RUSTFLAGS; do
        add_flag "$flag"
    done
    add_flag "$ours"
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
if [ "$manifest" = "$here/Cargo.toml" ]; then
    # The local Lambda is no part of a function: without it, this crate's own are built in two thirds of the time.
    features=allocator${features:+,$features}
    set -- "$@" --no-default-features
fi
[ -z "$features" ] || set -- "$@" --features "$features"
[ -z "$offline" ] || set -- "$@" --offline

# What an older build left is not to be deployed if this one fails.
for name in $names; do
    rm -rf "$(folder_of "$name")"
done

# What makes zips is built meanwhile, as the functions are where that can be: without a C compiler.
host_triple=$host
linker=
case $(uname -s)$host_arch in
    Linux?*)
        host_triple=$(triple_of "$host_arch")
        need_target "$host_triple"
        linker=-Clinker=rust-lld
        ;;
esac
deflate=$out_dir/deflate.$host_triple
deflate_build=
if [ ! -x "$deflate" ] || [ -n "$(find "$here/src/bin/deflate.rs" -newer "$deflate")" ]; then
    "${RUSTC:-rustc}" --edition 2024 -Copt-level=2 -Ccodegen-units=1 -Cpanic=abort --target "$host_triple" \
        ${linker:+"$linker"} -o "$work/deflate" "$here/src/bin/deflate.rs" >"$work/deflate.log" 2>&1 &
    deflate_build=$!
fi

# Prints the path of the executable of the target $1 in the target folder $2.
executable_of() {
    case $(kind_of "$1") in
        bin) printf '%s' "$2/$triple/release/$1" ;;
        example) printf '%s' "$2/$triple/release/examples/$1" ;;
    esac
}
# Prints the SHA-256 of the file $1 in hexadecimal digits.
sha256_of() {
    if command -v sha256sum >/dev/null; then
        hex=$(sha256sum <"$1")
    else
        hex=$(shasum -a 256 <"$1") || die "needs sha256sum or shasum: install coreutils"
    fi
    printf '%s' "${hex%% *}"
}
# Prints the path of the linker's map of that executable. It is named after the executable's SHA-256:
# cargo links nothing that it has from an earlier build, such as one with other features, and then the
# linker writes no map.
map_of() {
    printf '%s' "$2/$triple/release/maps/$1.$(sha256_of "$(executable_of "$1" "$2")")"
}
# Builds the target $1 into the target folder $2, and keeps the linker's map. Further arguments are cargo's
# command.
build() {
    target=$1
    folder=$2
    shift 2
    map=$folder/$triple/release/$target.link.map
    rm -f "$map"
    "$@" --target-dir "$folder" "--$(kind_of "$target")" "$target" -- "-Clink-arg=-Map=$map" >&2 ||
        die "cargo could not build $target: see the messages above"
    built=$(executable_of "$target" "$folder")
    [ -f "$built" ] || die "cargo left no executable at $built"
    [ -f "$map" ] || return 0
    mkdir -p "$folder/$triple/release/maps"
    mv "$map" "$(map_of "$target" "$folder")"
}
# The runtime flushes std's standard output, which is 2 KB of code. It is left out if nothing else in the
# executable uses that output, as the linker's map shows. If something does, the target is
# built again. Where panics unwind, std's own end of the process uses it.
unset TINY_LAMBDA_STDOUT_IS_UNUSED
printing=
for name in $names; do
    if [ "$profile" = unwind ]; then
        build "$name" "$target_dir" "$@"
        continue
    fi
    # A shell may keep a variable that is set in front of a call of its function: `env` does not.
    build "$name" "$target_dir" env TINY_LAMBDA_STDOUT_IS_UNUSED=1 "$@"
    map=$(map_of "$name" "$target_dir")
    if [ -f "$map" ] && grep -q stdio6STDOUT "$map"; then
        say "$name uses standard output: building it again with the code that flushes it"
        build "$name" "$out_dir/.printing" "$@"
        printing="$printing $name "
    fi
done
# Prints the target folder that has the executable and the map of the target $1.
built_dir_of() {
    case $printing in
        *" $1 "*) printf '%s' "$out_dir/.printing" ;;
        *) printf '%s' "$target_dir" ;;
    esac
}
if [ -n "$deflate_build" ]; then
    wait "$deflate_build" || {
        cat "$work/deflate.log" >&2
        die "rustc could not build deflate.rs: see the messages above"
    }
    mv "$work/deflate" "$deflate"
fi

# ---- executables and zip files ----

bytes() {
    wc -c <"$1" | tr -d ' '
}

# Prints the little-endian number of $3 bytes at offset $2 of the file $1.
number() {
    od -A n -v -t u1 -j "$2" -N "$3" "$1" |
        awk '{ for (i = NF; i > 0; i--) n = n * 256 + $i } END { printf "%.0f", n }'
}

# Copies the executable of the target $1 to $2, if it is one that Lambda can start: an ELF file of
# the asked architecture, which asks for no interpreter (System V ABI, chapters 4 and 5).
take_executable() {
    built=$(executable_of "$1" "$(built_dir_of "$1")")
    machine=62
    [ "$arch" = x86_64 ] || machine=183
    [ "$(number "$built" 0 5)" -eq 9769338239 ] || die "$built is no 64-bit ELF file"
    [ "$(number "$built" 18 2)" -eq "$machine" ] || die "$built is not for $arch"
    entry=$(number "$built" 32 8)
    n=$(number "$built" 56 2)
    end=0
    while [ "$n" -gt 0 ]; do
        case $(number "$built" "$entry" 4) in
            # What is loaded: from where in the file, and how many bytes.
            1)
                loaded=$(($(number "$built" $((entry + 8)) 8) + $(number "$built" $((entry + 32)) 8)))
                [ "$loaded" -le "$end" ] || end=$loaded
                ;;
            3) die "$built is not static: it asks for an interpreter" ;;
        esac
        entry=$((entry + 56))
        n=$((n - 1))
    done
    # Behind that, the linker has left room for the headers of sections; if it has put them there, for
    # flags of the user's, they stay.
    [ "$(number "$built" 40 8)" -eq 0 ] || end=$(bytes "$built")
    head -c "$end" "$built" >"$2"
    chmod 755 "$2"
}

# Prints the numbers that it is given as two little-endian bytes each.
le16() {
    for n in "$@"; do
        printf '%b' "\\0$(printf '%03o' $((n & 255)))\\0$(printf '%03o' $((n >> 8 & 255)))"
    done
}
le32() {
    for long in "$@"; do
        le16 $((long & 65535)) $((long >> 16))
    done
}

# Adds the file $2 as $1 to the archive that is made in $work: the entries in "entries", its
# directory in "directory" (APPNOTE.TXT, sections 4.3.7 and 4.3.12). Behind the stream that the entry
# needs, "packed" has its CRC-32 and length.
add_entry() {
    "$deflate" <"$2" >"$work/packed" || die "deflate.rs failed: see the message above"
    packed=$(($(bytes "$work/packed") - 8))
    {
        # Version needed 2.0, no flags, deflate, midnight of 1980-01-01.
        le16 20 0 8 0 33
        tail -c 8 "$work/packed" | head -c 4
        le32 "$packed" "$(bytes "$2")"
        le16 ${#1} 0
    } >"$work/common"
    {
        # Made by version 3.0 on Unix (3), whose file mode is the upper half of the attributes:
        # 0100755.
        printf 'PK\001\002'
        le16 $((3 << 8 | 30))
        cat "$work/common"
        le16 0 0 0 0 33261
        le32 "$(bytes "$work/entries")"
        printf '%s' "$1"
    } >>"$work/directory"
    {
        printf 'PK\003\004'
        cat "$work/common"
        printf '%s' "$1"
        head -c "$packed" "$work/packed"
    } >>"$work/entries"
}

# Makes $work/package/function.zip of the files that are named, which lie beside it.
pack() {
    : >"$work/entries"
    : >"$work/directory"
    for entry in "$@"; do
        add_entry "$entry" "$work/package/$entry"
    done
    {
        cat "$work/entries" "$work/directory"
        # The end record, section 4.3.16.
        printf 'PK\005\006'
        le16 0 0 $# $#
        le32 "$(bytes "$work/directory")" "$(bytes "$work/entries")"
        le16 0
    } >"$work/package/function.zip"
}

# Prints the base64 SHA-256 of the file $1: three hexadecimal digits make two of base64.
code_hash() {
    hex=$(sha256_of "$1")
    awk -v hex="${hex}00" 'BEGIN {
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (i = 1; i <= 64; i += 3) {
            n = 0
            for (j = i; j < i + 3; j++)
                n = n * 16 + index("0123456789abcdef", substr(hex, j, 1)) - 1
            text = text substr(digits, int(n / 64) + 1, 1) substr(digits, n % 64 + 1, 1)
        }
        print substr(text, 1, 43) "="
    }'
}

# Prints $1 as one word of a shell command.
quoted() {
    case $1 in
        *[!A-Za-z0-9_./:+-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
        *) printf '%s' "$1" ;;
    esac
}

# Makes one package of the functions $1..., and says how to deploy it. It is moved into place when
# it is whole.
package() {
    function=$1
    folder=$(folder_of "$1")
    mkdir "$work/package"
    if [ -z "$wrapper" ]; then
        take_executable "$1" "$work/package/bootstrap"
        set -- bootstrap
    else
        cp "$here/bootstrap.sh" "$work/package/bootstrap"
        chmod 755 "$work/package/bootstrap"
        if [ $# -eq 1 ]; then
            take_executable "$1" "$work/package/binary"
            set -- binary
        else
            for name in "$@"; do
                take_executable "$name" "$work/package/$name"
            done
        fi
        set -- bootstrap "$@"
    fi
    pack "$@"
    zip_len=$(bytes "$work/package/function.zip")
    [ "$zip_len" -le "${max_zip:-$zip_len}" ] ||
        die "the zip of $function is $zip_len bytes, more than the $max_zip that --max-zip allows"
    hash=$(code_hash "$work/package/function.zip")
    mv "$work/package" "$folder"

    shown=${folder#"$PWD"/}
    for file in "$@" function.zip; do
        printf '%s: %s bytes\n' "$shown/$file" "$(bytes "$folder/$file")"
    done >&3
    printf 'code hash: %s\n' "$hash" >&3
    printf 'aws lambda create-function --function-name %s --runtime provided.al2023 --architectures %s %s %s\n' \
        "$function" "$arch" "--handler $function --role arn:aws:iam::ACCOUNT:role/ROLE" \
        "--zip-file $(quoted "fileb://$shown/function.zip")" >&3
}

# Prints what the executable of the target $1 is made of, as the linker's map tells: sections of the
# output (from column 50), under each the sections of the objects that it was made from (58), under
# these their symbols (66).
report() {
    map=$(map_of "$1" "$(built_dir_of "$1")")
    [ -f "$map" ] || die "cargo has $1 from an earlier build, without the linker's map: change a source and build it again"
    awk '
        function number(hex, i, n) {
            for (i = 1; i <= length(hex); i++)
                n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return n
        }
        # The crate that a symbol is named after: the first path in it, where `..` may stand for
        # `::`.
        function crate_of(symbol) {
            gsub(/\.\./, "::", symbol)
            if (symbol ~ /^<[^:]*>::/) return "core"
            if (match(symbol, /[a-z_][A-Za-z0-9_]*::/)) return substr(symbol, RSTART, RLENGTH - 2)
            return "C names in Rust crates"
        }
        # Where an object came from; none for what link-time optimisation made of all crates.
        function library_of(object) {
            if (object ~ /\.rcgu\.o:/ && object !~ /\.rlib\(/) return ""
            if (!match(object, /[^\/]*\.(a|rlib)\(/)) return "start files, linker"
            object = substr(object, RSTART, RLENGTH)
            if (sub(/-[0-9a-f]*\.rlib\($/, "", object)) sub(/^lib/, "", object)
            sub(/\.a\($/, "", object)
            return object
        }
        function count(symbol) {
            if (size == 0) return
            if (library != "") owner[library] += size
            else if (symbol != "") owner[crate_of(symbol)] += size
            else owner["constants and tables"] += size
            sub(/::h[0-9a-f]*$/, "", symbol)
            if (symbol != "") symbols[symbol] += size
            size = 0
        }
        NR > 1 {
            text = substr($0, 50)
            sub(/^ +/, "", text)
            column = length($0) - length(text) + 1
            if (column > 60) count(text)
            else count("")
            if (column < 55) {
                section = text ~ /bss/ ? text " (in memory only)" : text
                sections[section] = number($3)
            } else if (column < 60 && section !~ /memory/) {
                size = number($3)
                library = library_of(text)
            }
        }
        END {
            for (name in sections) printf "1 %9d %s\n", sections[name], name
            for (name in owner) printf "2 %9d %s\n", owner[name], name
            for (name in symbols) printf "3 %9d %.100s\n", symbols[name], name
        }
    ' "$map" | sort -k 1,1n -k 2,2nr | awk -v name="$1" '
        BEGIN { split("section|crate or C library|symbol, the biggest", by, "|") }
        $1 != last { print name ": bytes by " by[$1]; n = 0 }
        n++ < 30 && $2 > 0 { print substr($0, 3) }
        { last = $1 }
    '
}

# Standard output is the functions' responses alone, where there are any.
if [ -n "$invoke" ]; then exec 3>&2; else exec 3>&1; fi
if [ -n "$wrapper" ]; then
    set --
    for name in $names; do
        set -- "$@" "$name"
    done
    package "$@"
else
    for name in $names; do
        package "$name"
    done
fi

if [ -n "$report" ]; then
    for name in $names; do
        report "$name" >&3
    done
fi

# ---- the local Lambda ----

[ -n "$invoke" ] || exit 0
case $(uname -s)$host_arch in
    Linux?*) ;;
    *) die "--invoke needs Linux on x86_64 or arm64: the function is built, but cannot run here" ;;
esac

CARGO_TARGET_DIR=$target_dir cargo build --quiet --manifest-path "$here/Cargo.toml" --bin emulator \
    --target "$host_triple" --config "target.$host_triple.linker=\"rust-lld\"" \
    ${offline:+"$offline"} >&2 ||
    die "cargo could not build the local Lambda: see the messages above"

set --
if [ "$arch" != "$host_arch" ]; then
    qemu="qemu-${triple%%-*}"
    [ -z "$wrapper" ] || die "--invoke cannot run a --wrapper package for $arch here"
    command -v "$qemu" >/dev/null ||
        die "--invoke cannot run a function for $arch here: install $qemu"
    set -- --runner "$qemu"
fi
for name in $names; do
    "$target_dir/$host_triple/debug/emulator" "$@" --handler "$name" --event "$event" \
        "$(folder_of "$name")/bootstrap" || exit 1
done
