#!/bin/sh
# SPDX-License-Identifier: MIT
# A short tour of joinmem(1), which also copies a directory from one process to another: tool.sh DIRECTORY-OF-JOINMEM
set -eu
PATH=$1:$PATH
here=$(mktemp -d)
there=$(mktemp -d)
trap 'rm -rf "$here" "$there"' EXIT
head -c 300000 /dev/urandom > "$here/data"
cd "$here"

# [readme]
joinmem doctor || :                          # reports what this machine lacks, and the command that fixes it
seq 3 | joinmem push --create --kind mpmc --capacity 64 --element-size 16 example-lines
joinmem ls                                   # lists queues, memory segments and files of other programs
joinmem stat example-lines                   # shows one segment; --watch and joinmem top show queues live
joinmem pop example-lines                    # prints a line for each element

tar c . | joinmem push --bytes example-tar &                # in one container
joinmem pop --bytes example-tar | tar x -C "$there"         # in another one with the same /dev/shm
diff -r . "$there" && echo "what went in is what came out"

joinmem rm --unused example-lines            # if no process has it open; joinmem gc: all such except queues with elements
# [/readme]
wait
