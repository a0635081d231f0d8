#!/bin/sh
# SPDX-License-Identifier: MIT
# The demo itself, when everything is built: run.sh PROGRAMS LIBRARIES FILE [--kill]
# A C++ process puts FILE into shared memory; a C and a Python process open it by name and hash it where it lies. Then it
# streams FILE to both through a queue. Ends with 0 when each SHA-256 is that of sha256sum. The names, of which there is
# one at a time, are removed at the end, also after Ctrl-C, TERM and HUP. With --kill it streams FILE from three processes
# that are killed again and again, and does nothing else.
set -eu
programs=$1
libraries=$2
file=$3
only=${4:-}
python=${PYTHON:-/usr/bin/python3}
here=$(dirname -- "$0")
waited=
case $file in
    -*) file=./$file ;; # a name, not an option
esac

# Chosen before anything is made, so that there is no moment at which end does not know what to remove.
name=/joinmem-demo-$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
scratch=${TMPDIR:-/tmp}$name

end ()
{
    status=$?
    trap '' EXIT INT TERM HUP
    # $! and no variable of ours: the signal may have come before it was set. The wait matters, too: a process that was
    # about to make the name has ended when the name is removed.
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
    echo "demo: set TMPDIR to a folder that you may write to" >&2
    exit 1
}

# In the background, because a shell runs its traps while it waits, but not while a command runs in front.
step ()
{
    "$@" &
    code=0
    wait "$!" || code=$?
    waited=$!
    return "$code"
}

# For Python, which finds it by its soname.
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
echo "== C and Python open $name and hash it where it lies"
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

# The file has to go first: a machine may have room for it only once.
"$programs/put" --unlink "$name"
echo
echo "== C++ streams $file through a queue, $name, to C and to Python"
step with_library "$programs/stream" "$file" "$name" "$expected" "$programs/receive" "$python" "$here/receive.py"

echo
echo "== How long that much memory takes to be ready, here and now"
step "$programs/timing" "$(wc -c < "$file")" "$name"
