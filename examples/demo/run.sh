#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the demo after the build: run.sh PROGRAMS LIBRARIES FILE [--kill]
# A C++ process puts FILE into shared memory; a C and a Python process open it by name and hash it in place. Then C++
# streams FILE to both through a queue. The exit status is 0 if each SHA-256 equals that of sha256sum. The demo uses one
# name at a time and removes it at the end, also after Ctrl-C, TERM and HUP. With --kill it only streams FILE from three
# processes that are killed again and again.
set -eu
programs=$1
libraries=$2
file=$3
only=${4:-}
python=${PYTHON:-/usr/bin/python3}
here=$(dirname -- "$0")
waited=
case $file in
    -*) file=./$file ;; # a file name, not an option
esac

# Chosen before anything is created, so that end () always knows what to remove.
name=/joinmem-demo-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
scratch=${TMPDIR:-/tmp}$name

end ()
{
    status=$?
    trap '' EXIT INT TERM HUP
    # Uses $! instead of a variable: the signal may arrive before a variable is set. The wait makes sure that a process
    # that creates the name has ended before the name is removed.
    if [ "${!:-}" != "$waited" ]; then
        kill -TERM "$!" 2> /dev/null || :
        wait "$!" 2> /dev/null || :
    fi
    "$programs/put" --unlink "$name" || status=1
    [ ! -d "$scratch" ] || rm -rf -- "$scratch"
    exit "$status"
}
trap end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -m 700 -- "$scratch" || {
    echo "demo: set TMPDIR to a directory that you may write to" >&2
    exit 1
}

# Runs a command in the background: a shell runs its traps during a wait, but not during a foreground command.
step ()
{
    "$@" &
    code=0
    wait "$!" || code=$?
    waited=$!
    return "$code"
}

# For Python, which finds the library by its soname.
with_library ()
{
    exec env LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$@"
}

if [ "$only" = --kill ]; then
    step sh -c 'exec sha256sum < "$1"' sh "$file" > "$scratch/sha256sum"
    read -r expected rest < "$scratch/sha256sum"
    echo "== Three processes push $file into a queue, $name, and are killed; one pops it"
    echo "  sha256sum  $expected"
    step "$programs/survive" "$file" "$name" "$expected"
    exit 0
fi

echo "== C++ puts $file into shared memory"
step "$programs/put" "$file" "$name"

echo
echo "== C and Python open $name and hash it in place"
step sh -c 'exec sha256sum < "$1"' sh "$file" > "$scratch/sha256sum"
step "$programs/sha256" "$name" > "$scratch/c"
step with_library "$python" "$here/sha256.py" "$name" > "$scratch/python"
read -r expected rest < "$scratch/sha256sum"
read -r c < "$scratch/c"
read -r from_python < "$scratch/python"
echo "  sha256sum  $expected"
echo "  C          $c"
echo "  Python     $from_python"
if [ "$c" != "$expected" ] || [ "$from_python" != "$expected" ]; then
    echo "demo: the hashes are not the same" >&2
    exit 1
fi
echo "  the same"

# Removes the file first: the machine may have room for only one copy.
"$programs/put" --unlink "$name"
echo
echo "== C++ streams $file through a queue, $name, to C and to Python"
step with_library "$programs/stream" "$file" "$name" "$expected" "$programs/receive" "$python" "$here/receive.py"

echo
echo "== How long it takes until memory is ready"
step "$programs/timing" "$(wc -c < "$file")" "$name"
