#!/bin/sh
# The `bootstrap` of the two-file package: starts the executable that the handler setting names,
# else `binary`. Lambda gives the setting as $_HANDLER; of `file.function` either the whole or
# `file` may name the executable.
set -eu

cd -- "${LAMBDA_TASK_ROOT:-$(dirname -- "$0")}"
handler=${_HANDLER-}

# Only a name in this folder: nothing with a slash, which could lead out of the package, and not
# this script again.
for name in "$handler" "${handler%%.*}" binary; do
    case $name in
        '' | */* | bootstrap) continue ;;
    esac
    # `exec`, so that Lambda's SIGTERM reaches the function itself.
    if [ -f "./$name" ] && [ -x "./$name" ]; then
        exec "./$name"
    fi
done

printf 'bootstrap: %s holds no executable named "%s" and none named "binary": correct the handler setting\n' \
    "$PWD" "$handler" >&2
exit 127
