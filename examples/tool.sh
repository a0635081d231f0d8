#!/bin/sh
# SPDX-License-Identifier: MIT
# A minute with joinmem(1), and a folder that goes from one process to another as it is: tool.sh FOLDER-OF-JOINMEM
set -eu
PATH=$1:$PATH
here=$(mktemp -d)
there=$(mktemp -d)
trap 'rm -rf "$here" "$there"' EXIT
head -c 300000 /dev/urandom > "$here/data"
cd "$here"

# [readme]
joinmem doctor --brief || :                  # what this machine gives, what it lacks, and how that is mended
seq 3 | joinmem push --create --kind mpmc --capacity 64 --element-size 16 example-lines
joinmem ls                                   # all that there is: queues, memories, files of others
joinmem stat example-lines                   # all about one; --watch: as it goes on. joinmem top: all queues, live
joinmem pop example-lines                    # a line for each element

tar c . | joinmem push --bytes example-tar &                # in one container,
joinmem pop --bytes example-tar | tar x -C "$there"         # and in another that has the same /dev/shm
diff -r . "$there" && echo "what went in is what came out"

joinmem rm --unused example-lines            # joinmem gc: everything that nobody has open, by proof
# [/readme]
wait
