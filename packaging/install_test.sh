#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the packages of a folder, which is a repository of apt, in this minimal Debian, and uses them as the README
# says; then runs the tests of debian/tests: install_test.sh FOLDER. For scripts/package install-test.
set -eu
repository=$(cd "$1" && pwd)
export DEBIAN_FRONTEND=noninteractive

step ()
{
    printf '\n== %s (%d s)\n' "$1" "$(($(date +%s) - began))"
}

install ()
{
    apt-get install -y --no-install-recommends "$@" > /tmp/apt.log 2>&1 < /dev/null || { cat /tmp/apt.log ; exit 1 ; }
}

began=$(date +%s)
step 'the local repository'
echo "deb [trusted=yes] file:$repository ./" > /etc/apt/sources.list.d/joinmem.list
apt-get update > /tmp/apt.log 2>&1 || { cat /tmp/apt.log ; exit 1 ; }

# Each package alone brings what it needs.
step 'joinmem'
install joinmem
joinmem --version
joinmem ls
if [ -n "$(ls "$repository"/python3-joinmem_*.deb 2> /dev/null)" ] ; then
    step 'python3-joinmem'
    install python3-joinmem
    python3 -c 'import joinmem; print (joinmem.__version__, joinmem.__file__)'
fi
step 'libjoinmem-dev'
install libjoinmem-dev
install g++ gcc libc6-dev pkgconf python3

step 'the programs of the documents'
packaging/readme_programs.py .

step 'autopkgtests'
install autopkgtest
# 2: a test was skipped, as it is of a package that is not built.
status=0
autopkgtest --no-built-binaries "$repository"/joinmem_*.dsc -- null > /tmp/autopkgtest.log 2>&1 || status=$?
case $status in
    0 | 2) sed -n '/@@@* summary/,$p' /tmp/autopkgtest.log ;;
    *) tail -n 60 /tmp/autopkgtest.log ; exit 1 ;;
esac

step 'removal'
apt-get purge -y '*joinmem*' > /tmp/apt.log 2>&1 || { cat /tmp/apt.log ; exit 1 ; }
left=$(find / -xdev \( -path /src -o -path /proc -o -path /tmp -o -path /var/cache -o -path /var/lib/apt \
    -o -path /var/log -o -path /etc/apt/sources.list.d \) -prune -o -iname '*joinmem*' -print)
[ -z "$left" ] || { echo "left after the removal: $left" ; exit 1 ; }
step 'the packages install, work and can be removed'
