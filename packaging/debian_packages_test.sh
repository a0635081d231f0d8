#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the Debian packages, and compares two builds or installs them: debian_packages_test.sh build|install DIRECTORY
set -eu
what=$1
directory=$2
cd "$(dirname "$0")/.."

for command in dh dh_python3 dpkg-buildpackage chrpath lintian ; do
    command -v $command > /dev/null || { echo "SKIPPED: $command is not installed: scripts/setup package" ; exit 77 ; }
done
rm -rf "$directory"
case $what in
    build)
        scripts/package deb "$directory/first"
        scripts/package deb "$directory/second" > /dev/null
        for package in "$directory"/first/*.deb "$directory"/first/*.orig.tar.xz ; do
            cmp "$package" "$directory/second/${package##*/}"
        done
        ;;
    install)
        [ "$(id -u)" -eq 0 ] || { echo 'SKIPPED: needs root' ; exit 77 ; }
        command -v debootstrap > /dev/null || { echo 'SKIPPED: debootstrap is not installed' ; exit 77 ; }
        scripts/package install-test "$directory"
        ;;
esac
rm -rf "$directory"
