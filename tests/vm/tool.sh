#!/bin/sh
# SPDX-License-Identifier: MIT
# In a guest of four nodes: the tool shows the nodes and the node of each segment. tool.sh JOINMEM MAKER
joinmem=$1
maker=$2
failed=0
fail ()
{
    echo "FAILED: $1"
    failed=1
}

mkfifo /tmp/end
JOINMEM_NODE=2 "$maker" mpmc on-two 65536 1 0 < /tmp/end > /tmp/ready &
exec 3> /tmp/end
until grep -q ready /tmp/ready ; do sleep 0.1 ; done

row=$("$joinmem" ls --no-header)
echo "$row"
case $row in
    "on-two  mpmc  "*"  1  65536  24  1  0  "*"  2") ;;
    *) fail "ls does not show that the queue is on node 2" ;;
esac
"$joinmem" stat on-two | grep -q '^NUMA nodes: .* on node 2$' || fail "stat does not show it: $("$joinmem" stat on-two)"

"$joinmem" doctor --json > /tmp/doctor
status=$?
[ $status -le 1 ] || fail "the doctor misses something: $(cat /tmp/doctor)"
grep -q '0-3' /tmp/doctor || fail "the doctor does not see four nodes: $(grep -A 4 '"nodes"' /tmp/doctor)"

"$joinmem" bench --between nodes --quick --no-memory > /tmp/bench 2>&1 || fail "bench between nodes: $(cat /tmp/bench)"
grep -qi mpmc /tmp/bench || fail "bench between nodes measured nothing: $(cat /tmp/bench)"

exec 3>&-
wait
"$joinmem" gc --with-elements
[ -z "$(ls /dev/shm)" ] || fail "left behind: $(ls /dev/shm)"
exit $failed
