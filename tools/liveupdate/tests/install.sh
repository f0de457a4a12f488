#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What "make install" installs: every file that is meant to be, nothing else, in
# the directories that were asked for; and that uninstall removes it.
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

# A page for each function is a link to the library's.
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
		fail "these files differ from what is to be below $1"
	find "$DIR/root" -xtype l | grep . && fail "links to nothing"
	"$DIR/root$1/sbin/luoctl" --version | grep -q '^luoctl ' ||
		fail "luoctl does not run"
	grep -q "^prefix=$1\$" "$DIR/root$1/lib/pkgconfig/libluo.pc" ||
		fail "libluo.pc has another prefix"
}

main()
{
	local prefix

	mkdir "$DIR/out"
	for prefix in /usr/local /usr; do
		tools_make install PREFIX="$prefix"
		test_files "$prefix"
		tools_make uninstall PREFIX="$prefix"
		find "$DIR/root" ! -type d | grep . && fail "left by uninstall"
	done
	echo "everything is where it should be"
}

main "$@"
