#!/bin/sh
# A part of build.sh: creates a package in the new folder $new, whose function is the example $from.
# shellcheck disable=SC2154 # build.sh sets the variables.

[ -z "$names" ] || usage "--new takes one folder, and --from names the example: found also $names"
folder=${new%/} name=${new%/} name=${name##*/}
case $folder in -*) folder=./$folder ;; esac
case $name in
    '' | [!A-Za-z_]* | *[!A-Za-z0-9_-]*)
        usage "\"$name\" cannot be the name of a package: expected letters, digits, - and _, first a letter"
        ;;
    tiny[-_]lambda) usage "\"$name\" cannot be the name of a package: its dependency has that name" ;;
esac

# Each example that can be the start: its name, and the arguments of --invoke or a variable that it needs, which
# --invoke does not pass on. The others need a feature, or are for our tests.
example='' variable='' invoke='' examples=''
while IFS=: read -r known needs arguments; do
    examples="$examples $known"
    # `sqs` stands for `sqs_batch`, but `http` is an example itself.
    case $known in
        "${from:=hello}") ;;
        "$from"_*) [ -z "$example" ] || continue ;;
        *) continue ;;
    esac
    example=$known variable=$needs invoke=$arguments
done <<'end'
authorizer:TOKEN_SECRET=0123456789abcdef0123456789abcdef:
cloudwatch_logs::cloudwatch_logs
cognito::cognito_pre_signup
configuration::'{"cents":1000,"items":12}' --configuration 'shop/prod/discount={"percent":10}' --configuration 'shop/prod/features={"bulk-discount":{"enabled":true}}'
dynamodb_stream::dynamodb
echo::'{"name":"Ada"}'
error::'{"id":"a1","quantity":"2"}'
eventbridge::eventbridge
github_webhook:WEBHOOK_SECRET=secret:
hello::'{"name":"Ada"}'
http::'{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}'
http_cors::http_api
http_router::'{"version":"2.0","rawPath":"/notes","requestContext":{"http":{"method":"GET"}}}'
metrics::'{"id":"a1","cents":500,"items":[{"name":"tea","grams":250}]}'
s3_event::s3
secrets::'{"path":"/a.pdf"}' --parameter /links/base=https://files.example.com --secret 'links/signing-key={"key":"a"}'
shared::'{"country":"fr"}'
shutdown::'"Ada"'
sqs_batch::sqs
streaming::http_api
testing::3
tracing::'{"id":"a1","cents":[100,50,200]}' --xray
websocket::websocket_message
end
[ -n "$example" ] || usage "unknown example $from: expected one of$examples"
[ ! -e "$folder" ] || die "--new takes the path of a new folder: $folder exists"
command -v cargo >/dev/null || die "needs cargo: install Rust with rustup, see https://rustup.rs"

trap 'rm -rf "$folder"' EXIT
# Cargo refuses keywords and other names, and makes the package a member of the workspace around it.
error=$(CARGO_TERM_COLOR=never cargo new --quiet --vcs none --edition 2024 "$folder" 2>&1) || {
    printf '%s\n' "$error" | sed '/^note: /d; /^help: /,$d' >&2
    die "cargo cannot create $folder: see the message above"
}
manifest=$folder/Cargo.toml
root=$(cargo locate-project --workspace --message-format plain --manifest-path "$manifest") ||
    die "cargo cannot read $manifest: see the message above"
root=$(CDPATH='' cd -- "${root%/*}/" && pwd -P)
full=$(CDPATH='' cd -- "$folder/" && pwd -P)
# All members of a workspace use the same copy of tiny-lambda: that with this script, if it is in the workspace.
copy=$root/vendor/tiny-lambda up=''
case $real in "$root"/*) copy=$real ;; esac
[ "$full" = "$root" ] || up=$(printf '%s/' "${full#"$root"/}" | sed 's|[^/][^/]*|..|g')
if [ ! -e "$copy" ]; then
    trap 'rm -rf "$folder" "$copy"' EXIT
    mkdir -p "$copy"
    copy_to "$copy"
fi
path=$up${copy#"$root"/}

{
    sed '/^\[dependencies\]/q' "$manifest"
    printf 'tiny-lambda = { path = "%s" }\n' "$(printf '%s' "$path" | sed 's/[\\"]/\\&/g')"
    sed '1,/^\[dependencies\]/d' "$manifest"
} >"$folder/manifest"
mv "$folder/manifest" "$manifest"
printf '/target\n' >"$folder/.gitignore"
# shellcheck disable=SC2016 # The backtick is a part of the text.
# Cargo knows no feature `emulator` of the new package, which has the local Lambda by default.
sed 's/all(test, feature = "emulator")/test/; s/cargo run --example [a-z_]* /cargo run /
    s|`docs/|`tiny-lambda/docs/|' "$here/examples/$example.rs" >"$folder/src/main.rs"
# The README shows this example, which is why it has no test.
[ "$example" != hello ] || cat >>"$folder/src/main.rs" <<'end'

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caller_is_greeted() -> Result<()> {
        let name = "Ada".into();
        let response = hello(Request { name }, &Context::default())?;
        assert_eq!(response.message, "Hello, Ada!");
        Ok(())
    }
}
end
# Prints $1 as one word of a shell command.
word() {
    case $1 in
        *[!A-Za-z0-9_./-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
        *) printf '%s' "$1" ;;
    esac
}
# Programs for this machine are linked by a C compiler, and those for musl by the linker of the toolchain.
target=''
if [ "$system" = Linux ] && ! command -v cc >/dev/null; then
    target=" --target $host_cpu-unknown-linux-musl"
    mkdir "$folder/.cargo"
    cat >"$folder/.cargo/config.toml" <<'end'
# These targets need no C compiler.
[target.x86_64-unknown-linux-musl]
linker = "rust-lld"

[target.aarch64-unknown-linux-musl]
linker = "rust-lld"
end
    say "this machine has no cc, so cargo needs$target; after you install it (Debian: gcc and libc6-dev), leave that out"
fi
run="$variable${variable:+ }cargo run$target" build="$(word "$path/build.sh")${invoke:+ --invoke $invoke}"
link=$path/README.md
case $link in *[!A-Za-z0-9_./-]*) link="<$link>" ;; esac
cat >"$folder/README.md" <<end
# $name

A function for AWS Lambda. It began as the example \`$example\` of [tiny-lambda]($link).

Run the tests:

\`\`\`sh
cargo test$target
\`\`\`

Run the function on this machine. It serves http://127.0.0.1:9000 until Ctrl-C:

\`\`\`sh
$run
\`\`\`

Build \`target/lambda/$name/function.zip\` for Lambda${invoke:+, and invoke the function once}:

\`\`\`sh
$build
\`\`\`
end
trap - EXIT
say "created the package $name from examples/$example.rs; next:"
printf '%s\n' "cd $(word "$folder")" "cargo test$target" "$run" "$build"
exit
