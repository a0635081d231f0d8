#!/bin/sh
# SPDX-License-Identifier: MIT
# Follows the documents of one language from a bare Debian to its example of two processes, and back:
#
#     packaging/languages_test.sh Rust|Go|Node.js|wheel
#
# Each line that is run is one that a document prints. The lines have to succeed within 5 minutes, downloads apart, and
# what they install has to leave no file, no segment and no process. It needs root, debootstrap and the network.
set -eu
cd "$(dirname "$0")/.."
language=${1:-}
case $language in
    Rust | Go | Node.js | wheel) ;;
    *) sed -n 's/^# \{0,1\}//; 3,8p' "$0" ; exit 2 ;;
esac

if [ "${2:-}" != in-bare-root ] ; then
    [ "$(id -u)" -eq 0 ] || { echo 'SKIPPED: needs root' ; exit 77 ; }
    command -v debootstrap > /dev/null || { echo 'SKIPPED: debootstrap is not installed' ; exit 77 ; }
    exec scripts/bare-root packaging/languages_test.sh "$language" in-bare-root
fi

tree=$PWD
program=/root/program
log=/opt/test/log
seconds=/opt/test/downloads  # a line for each download
export DEBIAN_FRONTEND=noninteractive

fail ()
{
    echo "languages_test.sh: $*" >&2
    exit 1
}

# Installs without a question, and downloads before: PATH has this before apt and apt-get.
separate_downloads ()
{
    mkdir -p /opt/test/bin
    echo 'APT::Get::Assume-Yes "true"; Binary::apt::APT::Keep-Downloaded-Packages "true";' > /etc/apt/apt.conf.d/99test
    for command in apt apt-get ; do
        cat > /opt/test/bin/$command << EOF
#!/bin/sh
began=\$(date +%s)
/usr/bin/$command --download-only "\$@" || exit
echo \$((\$(date +%s) - began)) >> $seconds
exec /usr/bin/$command "\$@"
EOF
        chmod +x /opt/test/bin/$command
    done
    PATH=/opt/test/bin:$PATH
    : > $seconds
}

# What programs may leave: processes, files in shared memory, in folders for all and in the home, anything with the
# library's name, and what is not of a package in the prefix of a build from source. Packages of the tools stay.
remains ()
{
    for process in /proc/[0-9]* ; do
        if [ "$(stat -L -c %d:%i "$process/root/." 2> /dev/null)" = "$(stat -c %d:%i /)" ] && [ "${process#/proc/}" != $$ ] ; then
            tr '\0' ' ' < "$process/cmdline" 2> /dev/null || true
        fi
    done
    find /dev/shm /tmp /var/tmp /opt /srv -mindepth 1 ! -path '/opt/test*'
    find /usr/local -mindepth 1 \( ! -type d -o -iname '*join*' \)
    find /root -mindepth 1 -maxdepth 1 ! -name .cache ! -name .npm ! -name .cargo ! -name .config ! -name go
    find / -xdev \( -path /src -o -path /proc -o -path /opt/test \) -prune -o -iname '*joinmem*' -print
    find "$tree" -mindepth 1 -type f ! -path "$tree/build-packages/*" ! -path "$tree/release/*" \
        ! -path "$tree/bindings/rust/target/*"
}

# Runs a line that a document prints, with the folders of this test in place of those of its reader: line DOCUMENT LINE
line ()
{
    grep -qF -e "$2" "$1" || fail "$1 does not print: $2"
    command=$(printf '%s\n' "$2" | sed "s,/path/to/joinmem-VERSION.tgz,$tree/build-packages/joinmem-*.tgz,
        s,/path/to/joinmem,$tree,g ; s,/your/program,$program,g ; s, build-packages/, $tree/build-packages/,")
    printf '%4d s: %s\n' $(($(date +%s) - began)) "$command"
    eval "$command" > $log 2>&1 < /dev/null || { tail -n 60 $log ; fail "$1: this line failed: $2" ; }
}

# Prints the program of a document that is marked by a name: printed DOCUMENT NAME
printed ()
{
    sed -n "\,^<!-- $2 -->\$,,/^\`\`\`\$/p" "$1" | sed '1,2d ; $d' > /opt/test/printed
    [ -s /opt/test/printed ] || fail "$1 has no program $2"
    cat /opt/test/printed
}

# Starts the consumer, runs the producer, and compares what the consumer prints: two_processes CONSUMER PRODUCER WORDS
two_processes ()
{
    printf '%4d s: %s, %s\n' $(($(date +%s) - began)) "$1" "$2"
    $1 > /opt/test/got 2> $log < /dev/null &
    consumer=$!
    $2 > /opt/test/producer.log 2>&1 < /dev/null || { cat /opt/test/producer.log ; kill $consumer ; fail 'the producer failed' ; }
    wait $consumer || { cat $log ; fail "the consumer ended with $?" ; }
    printf '%s 100.5\n%s 101.25\n%s 99.75\n' "$3" "$3" "$3" > /opt/test/wanted
    diff /opt/test/wanted /opt/test/got || fail 'the consumer printed something else'
}

library_from_packages ()
{
    line README.md 'scripts/package deb'
    line README.md 'apt install ./build-packages/*.deb'
}

library_from_source ()
{
    line README.md 'scripts/setup build tool'
    line README.md 'meson setup release --buildtype=release -Dtests=disabled -Dexamples=disabled -Dtools=enabled'
    line README.md 'meson install -C release --strip'
    line README.md 'ldconfig'
}

with_rust ()
{
    document=$tree/bindings/rust/README.md
    line docs/guide/languages.md 'scripts/package crate'  # without the library
    library_from_packages
    line "$document" 'apt-get install cargo gcc pkg-config'
    mkdir -p $program/src/bin
    cd $program
    printf '[package]\nname = "prices"\nversion = "1.0.0"\nedition = "2021"\n\n[dependencies]\n' > Cargo.toml
    dependency='joinmem = { path = "/path/to/joinmem/bindings/rust/joinmem" }'
    for place in "$tree/README.md" "$document" ; do
        grep -qF -e "$dependency" "$place" || fail "$place does not print: $dependency"
    done
    printf '%s\n' "$dependency" | sed "s,/path/to/joinmem,$tree," >> Cargo.toml
    for name in push pop ; do
        printed "$document" joinmem/examples/$name.rs > src/bin/$name.rs
    done
    cargo build --quiet > $log 2>&1 || { cat $log ; fail 'the programs of the README do not compile' ; }
    two_processes target/debug/pop target/debug/push 'Rust got'
    cd "$tree"
    line "$document" 'cargo run --example push --manifest-path bindings/rust/joinmem/Cargo.toml'
    line "$document" 'cargo run --example pop --manifest-path bindings/rust/joinmem/Cargo.toml'
}

with_go ()
{
    document=$tree/bindings/go/README.md
    library_from_source
    line "$document" 'apt-get install golang-go gcc pkg-config'
    for name in producer consumer ; do
        mkdir -p $program/$name
        cd $program/$name
        cp "$tree/bindings/go/examples/$name/main.go" .  # the document leaves out the imports
        printed "$document" examples/$name/main.go > /opt/test/quoted
        tail -n "$(wc -l < /opt/test/quoted)" main.go | cmp - /opt/test/quoted || fail "$document has another program"
        printf 'module %s\n\ngo 1.19\n' $name > go.mod
        line "$document" 'go mod edit -require github.com/joinmem/joinmem/bindings/go@v0.0.0'
        line "$document" 'go mod edit -replace github.com/joinmem/joinmem/bindings/go=/path/to/joinmem/bindings/go'
        line "$document" 'go build'
    done
    cd $program
    two_processes consumer/consumer producer/producer 'Go got'
    cd "$tree"
}

with_node ()
{
    document=$tree/bindings/node/README.md
    library_from_packages
    line "$document" 'apt-get install nodejs npm libnode-dev gcc pkg-config'
    line README.md 'scripts/package npm'
    mkdir -p $program
    cd $program
    line "$tree/README.md" 'npm install build-packages/joinmem-*.tgz'
    for name in producer consumer ; do
        printed "$document" examples/$name.mjs > $name.mjs
    done
    two_processes 'node consumer.mjs' 'node producer.mjs' 'Node.js got'
    cd "$tree"
}

with_wheel ()
{
    document=$tree/bindings/python/README.md
    line README.md 'scripts/package wheel'
    mkdir -p $program
    cd $program
    line "$document" 'python3 -m venv --system-site-packages env'
    line "$tree/README.md" 'env/bin/pip install build-packages/joinmem-*.whl'
    for name in producer consumer ; do
        printed "$document" $name.py > $name.py
    done
    two_processes 'env/bin/python consumer.py' 'env/bin/python producer.py' got
    cd "$tree"
}

separate_downloads
echo 'the state before' && remains > /opt/test/before
began=$(date +%s)
case $language in
    Rust) with_rust ;;
    Go) with_go ;;
    Node.js) with_node ;;
    wheel) with_wheel ;;
esac
whole=$(($(date +%s) - began))
downloads=$(($(paste -s -d + $seconds)))
took=$((whole - downloads))
echo "$language: $took s, and $downloads s for downloads"

rm -r $program
case $language in
    Rust | Node.js) line README.md "apt purge '*joinmem*'" ;;
    Go) line README.md 'ninja -C release uninstall' ;;
esac
remains > /opt/test/after
diff /opt/test/before /opt/test/after || fail 'this is left behind'
[ $took -lt 300 ] || fail "$took s are more than 5 minutes"
