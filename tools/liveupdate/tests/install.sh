#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Checks that "make install" installs the expected files, and no others, below
# the given prefix, and that uninstall removes them.
#
# Variables: UAPI, CC.

set -euo pipefail
unset MAKEFLAGS MFLAGS

cd "$(dirname "$0")/.."
DIR=$(mktemp -d)
readonly DIR
trap 'rm -rf "$DIR"' EXIT

fail()
{
	echo "install.sh: $*" >&2
	exit 1
}

tools_make()
{
	make -s OUTPUT="$DIR/out/" DESTDIR="$DIR/root" WERROR=1 UAPI="$UAPI" \
		CC="${CC:-gcc}" "$@"
}

# Each function of the library has a manual page, a link to libluo.3.
want()
{
	cat <<'FILES'
bin/luo-memcached
bin/luo-qemu
include/libluo.h
lib/libluo.a
lib/libluo.so
lib/libluo.so.1
lib/libluo.so.1.0.0
lib/pkgconfig/libluo.pc
lib/systemd/system/luod-update.service
lib/systemd/system/luod.service
lib/systemd/system/luod.socket
sbin/luoctl
sbin/luod
share/bash-completion/completions/luoctl
share/man/man1/luo-memcached.1
share/man/man1/luo-qemu.1
share/man/man3/libluo.3
share/man/man5/luod.conf.5
share/man/man7/luod-protocol.7
share/man/man8/luoctl.8
share/man/man8/luod.8
FILES
	sed -n 's|^\t\(luo_[a-z_]*\);|share/man/man3/\1.3|p' lib/libluo.map
}

have()
{
	(cd "$DIR/root$1" && find . ! -type d | sed 's|^\./||')
}

test_files()
{
	diff <(want | sort) <(have "$1" | sort) ||
		fail "files below $1 differ from the expected list"
	find "$DIR/root" -xtype l | grep . && fail "dangling links"
	"$DIR/root$1/sbin/luoctl" --version | grep -q '^luoctl ' ||
		fail "the installed luoctl does not run"
	grep -q "^prefix=$1\$" "$DIR/root$1/lib/pkgconfig/libluo.pc" ||
		fail "libluo.pc has a prefix other than $1"
}

main()
{
	local prefix

	mkdir "$DIR/out"
	for prefix in /usr/local /usr; do
		tools_make install PREFIX="$prefix"
		test_files "$prefix"
		tools_make uninstall PREFIX="$prefix"
		find "$DIR/root" ! -type d | grep . &&
			fail "uninstall left these files"
	done
	echo "install: all files are in place"
}

main "$@"
