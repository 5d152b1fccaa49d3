#!/bin/sh
# Builds functions for AWS Lambda into bootstrap and function.zip: `./build.sh --help` lists the options.
# This script chooses the flags and calls cargo. The programs in src/bin/package/ read cargo's metadata, check the
# executable, write the zip and read the linker's map. The only tools are those of POSIX, Rust's, and readlink.
set -euf
export LC_ALL=C

say() { printf 'build.sh: %s\n' "$1" >&2; }
die() { say "$1"; exit 1; }

# ---- options ----
case $0 in */*) script=$0 ;; *) script=./$0 ;; esac
while [ -L "$script" ]; do
    link=$(readlink "$script")
    case $link in /*) script=$link ;; *) script=${script%/*}/$link ;; esac
done
# The `.` keeps line feeds at the end of the folder's name, which `$(...)` would remove.
here=$(CDPATH='' cd -- "${script%/*}/" && pwd && echo .) here=${here%??}
real=$(CDPATH='' cd -- "$here/" && pwd -P && echo .) real=${real%??}
help=$here/src/bin/package/help.txt
# Ends with exit code 2, which stands for wrong arguments.
usage() { say "$1" && sed -n 1p "$help" >&2; exit 2; }
# Prints the option that $1 may stand for: one letter differs, two are swapped, or it is the start.
suggestion() {
    sed -n 's/^  \(--[a-z-]*\).*/\1/p' "$help" | while read -r known; do
        before='' rest=$1
        while [ -n "$rest" ]; do
            after=${rest#?} last=${rest#??}
            case $known in
                "$1"* | "$before$after" | "$before"?"$after" | "$before"?"$rest" | "$before${after%"$last"}${rest%"$after"}$last")
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
wrapper='' report='' event='' includes='' vendor='' packages='' whole_workspace='' services='' us=$(printf '\037')
new='' from='' extension=''
while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
        --arch | --profile | --opt-level | --manifest-path | --features | --include | --invoke | --max-zip | --vendor | \
            --new | --from | --package | -p | --parameter | --secret | --configuration)
            case ${1---} in --*) usage "$option needs a value" ;; esac
            [ "$option" != -p ] || option=--package
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
        --package=*) packages="$packages ${option#*=}" ;;
        --workspace) whole_workspace=yes ;;
        --parameter=?*=* | --secret=?*=* | --configuration=?*=*) services=$services$option$us ;;
        --parameter=* | --secret=* | --configuration=*) usage "${option%%=*} takes NAME=VALUE, not \"${option#*=}\"" ;;
        --xray) services=$services$option$us ;;
        --wrapper) wrapper=yes ;;
        --extension) extension=yes ;;
        --report) report=yes ;;
        --vendor=*) vendor=${option#*=} ;;
        --new=*) new=${option#*=} ;;
        --from=* | --http | --sqs | --s3 | --dynamodb | --eventbridge | --streaming)
            option=${option#--} option=${option#from=}
            case $from in '' | "$option") from=$option ;; *) usage "--new begins with one example: found $from and $option" ;; esac
            ;;
        --help | -h) cat "$help"; exit ;;
        --version | -V) sed -n 's/^version = "\(.*\)"/tiny-lambda \1/p' "$here/Cargo.toml"; exit ;;
        --) break ;;
        -?*) usage "unknown option $option$(suggestion "${option%%=*}")" ;;
        *) add_name "$option" ;;
    esac
done
# posh takes `$@` for unset if there are no arguments.
[ $# -eq 0 ] || for name in "$@"; do add_name "$name"; done
[ -z "$services" ] || [ -n "$event" ] || usage "${services%%[="$us"]*} needs --invoke"
[ -z "$extension" ] || [ -z "$wrapper" ] || usage "--extension makes layers, and --wrapper packages of functions"
[ -z "$extension" ] || [ -z "$event" ] || usage "--invoke runs functions: for extensions use the emulator's --extensions"
trap 'exit 129' HUP && trap 'exit 130' INT && trap 'exit 143' TERM

# Prints rustc's name of the architecture $1.
cpu_of() { printf '%s' "$1" | sed 's/^amd64$/x86_64/; s/^arm64$/aarch64/'; }
host_cpu=$(cpu_of "$(uname -m)") system=$(uname -s)

[ -z "$from" ] || [ -n "$new" ] || usage "--from $from needs --new"
# Copies what a package needs of this crate to the folder $1, without what the tools of examples/deploy leave there.
copy_to() {
    for part in Cargo.toml LICENSE README.md bootstrap.sh build.sh docs examples src; do cp -R "$here/$part" "$1"; done
    find "$1/docs" "$1/examples" "$1/src" \( -name '.?*' -o -name node_modules -o -name cdk.out -o \
        -name package-lock.json -o -name '*.tfstate*' \) -prune -exec rm -rf {} +
}
# shellcheck source=/dev/null
[ -z "$new" ] || . "$here/src/bin/package/new.sh"
if [ -n "$vendor" ]; then
    case $vendor in -*) vendor=./$vendor ;; esac
    { mkdir -p "$(dirname "$vendor")" && mkdir "$vendor"; } || die "--vendor takes the path of a new folder: see the message above"
    trap 'rm -rf "$vendor"' EXIT
    copy_to "$vendor"
    say "copied tiny-lambda to $vendor; [dependencies] of Cargo.toml: tiny-lambda = { path = \"$vendor\" }"
    trap - EXIT && exit
fi

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
# shellcheck disable=SC2034 # invoke.sh uses qemu.
[ -z "$event" ] || [ "$cpu" = "$host_cpu" ] || [ "$system" != Linux ] ||
    qemu=$(command -v "qemu-$cpu" || command -v "qemu-$cpu-static") ||
    die "--invoke needs qemu-$cpu for $arch: install qemu-user, as Debian and Fedora name the package"

# ---- the toolchain ----
rustc=${RUSTC:-rustc}
for tool in cargo "$rustc"; do command -v "$tool" >/dev/null || die "needs $tool: install Rust with rustup, see https://rustup.rs"; done
sysroot=$("$rustc" --print sysroot) || die "rustc does not run: see the message above"
rustc_version=$("$rustc" -vV)
rustc_field() { printf '%s\n' "$rustc_version" | sed -n "s/^$1: //p"; }
host=$(rustc_field host) release=$(rustc_field release)
least=85
[ "$profile" != tiny ] || least=91
case $release in
    1.*.*)
        minor=${release#1.} minor=${minor%%.*}
        [ "$minor" -ge "$least" ] || die "$profile needs Rust 1.$least or newer, this is 1.$minor"
        ;;
esac
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
case $manifest in
    "$here/Cargo.toml" | "$real/Cargo.toml")
        [ -n "$names$extension" ] || names=hello
        manifest=$here/Cargo.toml
        ;;
esac
[ -f "$manifest" ] || die "no file at $manifest: --manifest-path takes the path of a Cargo.toml"
work='' tmp=${TMPDIR:-/tmp}/tiny-lambda.$$
trap 'rm -rf "$tmp" ${work:+"$work"}' EXIT
# A script that was killed may have left its folder, and had the same number in another container.
{ rm -rf "$tmp" && mkdir -m 700 "$tmp"; } || die "cannot write to ${TMPDIR:-/tmp}: set TMPDIR to a folder where that is allowed"
cargo metadata --no-deps --format-version 1 --manifest-path "$manifest" ${offline:+"$offline"} >"$tmp/metadata" ||
    die "cargo cannot read $manifest: see the message above"

# The programs in src/bin/package are compiled once: on Linux for musl, which needs no C compiler.
host_triple=$host rust_lld=''
case $system-$host_cpu in
    Linux-x86_64 | Linux-aarch64) host_triple=$host_cpu-unknown-linux-musl rust_lld=-Clinker=rust-lld ;;
esac
[ -z "$rust_lld" ] || need target "$host_triple" "lib/rustlib/$host_triple/lib"
# Debian's busybox has no cksum, which POSIX demands.
checksum=$(command -v cksum || command -v sha256sum) || die "needs cksum or sha256sum"
sums=$(find "$here/src/bin/package" "$here/src/signing/sha256.rs" -name '*.rs' -exec "$checksum" {} +)
tools_version="$rustc_version $sums"
is_compiled() { [ -x "$1" ] && [ "$tools_version" = "$(cat "$1.version" 2>/dev/null)" ]; }
run_rustc() { "$rustc" --edition 2024 --target "$host_triple" ${rust_lld:+"$rust_lld"} "$@"; }
# Compiles the source $2 to the program $1 with the options that follow, unless that is there already.
compile() {
    ! is_compiled "$1" || return 0
    program=$1 unfinished=${work:-${1%/*}}/${1##*/}.$$ source=$2
    shift 2
    # An empty "$@" is an error in posh.
    run_rustc -o "$unfinished" "$source" ${1+"$@"} &&
        mv "$unfinished" "$program" && printf '%s\n' "$tools_version" >"$program.version"
}
# This program reads cargo's JSON, which says where the program is kept. A path with escapes is not read here, so
# the program is then compiled each time. TOML has no null, so `"resolve":null` is not the user's metadata.
kept=$(sed -n 's/.*"resolve":null,"target_directory":"\([^"\]*\)".*/\1/p' "$tmp/metadata")
planner=$tmp/plan
[ -z "$kept" ] || ! mkdir -p "$kept/lambda/.build" 2>/dev/null || planner=$kept/lambda/.build/plan
compile "$planner" "$here/src/bin/package/plan.rs" || die "rustc could not compile src/bin/package/plan.rs: see above"
[ -z "$event" ] || event=$("$planner" event "$event" "$here/src/events/samples" "$tmp/event" && echo .) || exit 1
event=${event%?} target_dir='' workspace='' functions=''
# Sets target_dir, workspace, names, and functions: a line `"$step" NAME KIND MANIFEST` for each one.
plan=$("$planner" choose "$tmp/metadata" "$manifest" "$names" "$packages" "$whole_workspace" "$features") || exit 1
eval "$plan"
[ -n "$target_dir" ] || die "$planner is damaged: remove it"

# Each package has a folder in out_dir: one for each function, or one for all.
out_dir=$target_dir/lambda
package_folder() {
    [ -z "$wrapper" ] || set -- "$(printf '%s' "$names" | tr ' ' '+')"
    printf '%s' "$out_dir/$1"
}
work=$out_dir/.build/work.$$
{ rm -rf "$work" && mkdir -p "$work/replaced"; } 2>/dev/null ||
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
# LLVM 23 and newer take the limit of inlining from attributes that std's functions do not have: 9 KB of hello. These are
# the limits that older versions take from the optimization level. A limit may be given once; flags.txt has that of tiny.
llvm=$(rustc_field 'LLVM version') inline_max=''
case $profile-$opt_level-$flags in
    tiny-* | *-inline-threshold=*) ;;
    *-\"z\"-*) inline_max=5 ;;
    *-\"s\"-*) inline_max=50 ;;
esac
[ -z "$inline_max" ] || [ "${llvm%%.*}" -lt 23 ] || add_flag "-Cllvm-args=-inline-threshold=$inline_max"
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
# Cargo reads flags from the first of these places that has any, so ours go to the same place.
flags_key=build.rustflags
[ -z "$target_flags" ] || flags_key=target.$triple.rustflags
[ "$profile" != tiny ] || need component rust-src lib/rustlib/src/rust/library/std/Cargo.toml

# Chooses the compiler of C in dependencies, if there is one.
c_package=gcc-$(printf '%s' "$cpu" | tr _ -)-linux-gnu
[ "$system-$cpu" != "Linux-$host_cpu" ] || c_package=gcc
# shellcheck source=/dev/null
. "$here/src/bin/package/c_compiler.sh"

# ---- building ----
# If this build fails, no package of an earlier one is left to deploy.
for name in $names; do
    [ ! -e "$(package_folder "$name")" ] || mv "$(package_folder "$name")" "$work/replaced"
done
# The packer is compiled while cargo builds.
packer=$out_dir/.build/package
compile "$packer" "$here/src/bin/package/main.rs" -Copt-level=2 -Cpanic=abort -Cstrip=symbols >"$work/log" 2>&1 &
compiling=$!

# Sets `own` to yes if the manifest $1 is that of tiny-lambda itself.
check_own() {
    own=''
    case $1 in "$here/Cargo.toml" | "$real/Cargo.toml") own=yes ;; esac
}
# Builds the target $1 of the kind $2 and the manifest $3 in the target folder $4. Sets `executable` to its path,
# and `uses_stdout` to yes or no.
build() {
    name=$1 kind=$2 manifest=$3 folder=$4
    executable=$folder/$triple/release/$name
    [ "$kind" = bin ] || executable=$folder/$triple/release/examples/$name
    rm -f "$executable.map"
    check_own "$manifest"
    set -- cargo rustc --release --target "$triple" --manifest-path "$manifest" --target-dir "$folder" \
        "--$kind" "$name" ${offline:+"$offline"} ${features:+"--features=$features"} \
        --config "$here/src/bin/package/release.toml" --config "profile.release.opt-level=$opt_level"
    # Without the local Lambda, which is not part of a function, a build takes two thirds of the time.
    [ -z "$own" ] || set -- "$@" --no-default-features --features allocator
    if [ -n "${CARGO_ENCODED_RUSTFLAGS+set}${RUSTFLAGS+set}" ]; then
        set -- env "CARGO_ENCODED_RUSTFLAGS=$flags" "$@"
    else
        # Strings of several lines, since the name of a folder may have a line feed.
        list=$(printf '%s' "$flags" | sed 's/[\\"]/\\&/g; s/'"$us"'/""","""/g')
        set -- "$@" --config "$flags_key=[\"\"\"$list\"\"\"]"
    fi
    case $profile in
        unwind) set -- "$@" --config 'profile.release.panic="unwind"' ;;
        tiny)
            set -- env RUSTC_BOOTSTRAP=1 "$@" --config 'profile.release.panic="immediate-abort"' \
                -Z panic-immediate-abort -Z build-std=std,panic_abort -Z build-std-features=optimize_for_size
            ;;
    esac
    set -- "$@" -- "-Clink-arg=-Map=$executable.map"
    "$@" >&2 || {
        # Cargo repeats its errors, to be read here. They were not read above, so that they appear at once.
        env CARGO_TERM_COLOR=never "$@" >"$work/errors" 2>&1 </dev/null ||
            "$planner" explain "$work/errors" "$triple" "$c_package" "$sysroot" >&2
        die "cargo could not build $name: see the messages above"
    }
    [ -z "$compiling" ] || wait "$compiling" || { cat "$work/log" >&2; die "rustc could not compile src/bin/package: see above"; }
    compiling=''
    uses_stdout=$("$packer" uses-stdout "$executable") || exit 1
    [ -n "$uses_stdout" ] || die "$packer is damaged: remove it"
}
# The runtime flushes std's standard output, which is 2 KB of code. A function is built without it first, and
# again with it if the linker's map shows that something else uses that output. Where panics unwind, std does.
build_function() {
    unset TINY_LAMBDA_STDOUT_IS_UNUSED
    [ "$profile" = unwind ] || export TINY_LAMBDA_STDOUT_IS_UNUSED=1
    build "$@" "$target_dir"
    unset TINY_LAMBDA_STDOUT_IS_UNUSED
    if [ "$profile" != unwind ] && [ "$uses_stdout" = yes ]; then
        say "$1 uses standard output: building it again with the code that flushes it"
        build "$@" "$out_dir/.build/printing"
    fi
    printf '%s' "$executable$us" >>"$work/executables"
}
# shellcheck disable=SC2034 # The lines of $functions use it.
step=build_function
eval "$functions"

# Standard output has the response alone, if there is one.
case $event in '') out=1 ;; *) out=2 ;; esac
printf '%s' "$includes" >"$work/includes"
"$packer" pack --arch "$arch" --work "$work" --out "$out_dir" --executables "$work/executables" \
    --include "$work/includes" ${wrapper:+--wrapper "$here/bootstrap.sh"} ${extension:+--extension} ${max_zip:+--max-zip "$max_zip"} \
    ${report:+--report} >&"$out"

# shellcheck source=/dev/null
[ -z "$event" ] || . "$here/src/bin/package/invoke.sh"
