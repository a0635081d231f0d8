#!/bin/sh
# SPDX-License-Identifier: MIT
# An installation works in every directory to which it is moved: installed_test.sh MESON BUILD
set -eu
meson=$1
build=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
DESTDIR=$folder/first "$meson" install --no-rebuild --quiet -C "$build"
mv "$folder/first" "$folder/moved"
tool=$(find "$folder/moved" -path '*/bin/joinmem')

unset LD_LIBRARY_PATH
"$tool" --version
"$tool" ls > /dev/null
lines=$(ldd "$tool")
case $lines in
    *"$folder/moved/"*libjoinmem.so*) ;;
    *) echo "the tool does not find the library beside it: $lines" ; exit 1 ;;
esac
for subcommand in $("$tool" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\{1,\}\).*/\1/p') ; do
    page=$(find "$folder/moved" -name "joinmem-$subcommand.1")
    [ -n "$page" ] || { echo "joinmem-$subcommand(1) is not installed" ; exit 1 ; }
    grep -q "joinmem-$subcommand 1" "$(find "$folder/moved" -name joinmem.1)" || { echo "joinmem(1) lacks $subcommand" ; exit 1 ; }
done
[ -n "$(find "$folder/moved" -path '*/bash-completion/completions/joinmem')" ]
[ -n "$(find "$folder/moved" -path '*/zsh/site-functions/_joinmem')" ]
echo "installed, moved, and whole"
