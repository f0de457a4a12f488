#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of the installed libluo: exported symbols, the header in C and C++,
# pkg-config, manual pages.
#
# Variables: UAPI, CC, CXX.

set -euo pipefail
unset MAKEFLAGS MFLAGS

cd "$(dirname "$0")/.."
readonly CC=${CC:-gcc} CXX=${CXX:-g++}
DIR=$(mktemp -d)
readonly DIR
trap 'rm -rf "$DIR"' EXIT

fail()
{
	echo "libluo.sh: $*" >&2
	exit 1
}

tools_make()
{
	make -s OUTPUT="$DIR/out/" DESTDIR="$DIR/root" PREFIX=/usr WERROR=1 \
		UAPI="$UAPI" CC="$CC" "$@"
}

# Function names in the version script and in the header.
in_map()
{
	sed -n 's/^\t\(luo_[a-z_]*\);/\1/p' lib/libluo.map | sort
}

in_header()
{
	$CC -E -P lib/libluo.h | grep -o '\bluo_[a-z_]*(' | tr -d '(' | sort
}

# Every global symbol has the prefix, and the library exports exactly the
# functions that the header declares, with a version.
test_names()
{
	diff <(in_map) <(in_header) || fail "map and header differ"
	diff <(in_map) <(nm -D --defined-only "$DIR/out/libluo.so" |
		sed -n 's/.* T \(.*\)@@LIBLUO_1$/\1/p' | sort) ||
		fail "the exported symbols differ from libluo.map"
	if nm -D --defined-only "$DIR/out/libluo.so" |
		grep -v -e '@@LIBLUO_1$' -e ' A LIBLUO_1$'; then
		fail "exported symbols without a version"
	fi
	if nm -g --defined-only "$DIR/out/libluo.a" | grep ' [A-Z] ' |
		grep -v ' luo_'; then
		fail "global symbols without the prefix in the static library"
	fi
}

program()
{
	cat <<'PROGRAM'
#include <libluo.h>
#include <stdio.h>
int main(void)
{
	struct luo_device *device;

	(void)luo_device_open(&device, LUO_OPEN_QUERY);
	puts(luo_state_name(LUO_STATE_NORMAL));
	return 0;
}
PROGRAM
}

# A program builds with the flags from pkg-config, and runs.
test_program()
{
	local -a flags
	local language=$1 out
	shift

	read -ra flags < <(PKG_CONFIG_SYSROOT_DIR=$DIR/root \
		PKG_CONFIG_PATH=$DIR/root/usr/lib/pkgconfig \
		PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
		pkg-config --cflags --libs libluo)
	program | "$@" -Wall -Wextra -Werror -pedantic -o "$DIR/program" \
		-x "$language" - -x none "${flags[@]}" ||
		fail "$*: a program that uses the header does not build"
	out=$(LD_LIBRARY_PATH=$DIR/root/usr/lib "$DIR/program")
	[[ $out == normal ]] || fail "$*: wrong output of the program: $out"
}

# Every function is documented, and has a manual page of its name.
test_manual()
{
	local name

	for name in $(in_map); do
		grep -q "\\b$name\\b" man/libluo.3 ||
			fail "libluo(3) does not document $name"
		[[ -e $DIR/root/usr/share/man/man3/$name.3 ]] ||
			fail "no manual page $name(3)"
	done
	man --warnings -l man/libluo.3 2>&1 >/dev/null | grep . &&
		fail "libluo.3: man prints warnings"
	return 0
}

main()
{
	mkdir "$DIR/out"
	tools_make install-lib
	test_names
	test_program c "$CC" -std=c99
	test_program c++ "$CXX"
	test_program c++ "$CXX" -std=c++98 -Wno-long-long
	test_manual
	echo "libluo: the installed library is complete"
}

main "$@"
