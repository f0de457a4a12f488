#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs tests of this directory in a virtual machine of QEMU, those that start
# other kernels by kexec, too. See README.

set -euo pipefail

test_dir=$(realpath "$(dirname "$0")")
kernel_dir=$(realpath "$test_dir/../../../..")
tmp_dir=$(mktemp -d "${TMPDIR:-/tmp}/liveupdate-test.XXXXXXXX")
initrd="$tmp_dir/initrd.cpio"
console="$tmp_dir/console"
report="$tmp_dir/report"
trap 'rm -rf "$tmp_dir"' EXIT

# What luo_init begins its own lines with.
mark="luo-vm: "

# shellcheck source=/dev/null
source "$test_dir/../kselftest/ktap_helpers.sh"

usage() {
	cat <<EOF
usage: $0 [OPTIONS] BZIMAGE [TEST...]

Boots BZIMAGE, in its build directory, and runs each TEST, for example
luo_uapi or "luo_kexec_memfd folios"; luo_kexec_sessions if there is none.

	-a PARAMETERS	further parameters for the kernel
	-m MEMORY	size of the machine's memory, 1G
	-p DIRECTORY	programs that were built with USERLDFLAGS=-static
	-t SECONDS	time limit, 600
	-x ACCEL	accelerator of QEMU; kvm if there is one, or else tcg
	-v		show the console of the kernels
	-h		display this help
EOF
}

skip() {
	ktap_skip_all "$1"
	exit "$KSFT_SKIP"
}

# The programs of tests, without their arguments.
names_of() {
	printf '%s\n' "$@" | cut -d ' ' -f 1 | sort -u
}

# Builds programs without libraries, with the headers of this kernel.
build_programs() {
	local build_dir=$1 programs=$2
	local -a goals
	shift 2

	mapfile -t goals < <(names_of luo_init "$@")
	mkdir -p "$programs"
	make -s -C "$kernel_dir" O="$build_dir" headers_install \
		INSTALL_HDR_PATH="$tmp_dir/usr"
	make -s -j "$(nproc)" -C "$test_dir" OUTPUT="$programs" \
		KHDR_INCLUDES="-isystem $tmp_dir/usr/include" \
		USERLDFLAGS=-static "${goals[@]/#/$programs/}"
}

# The contents of the initramfs, for gen_init_cpio.
list_files() {
	local bzimage=$1 module=$2 programs=$3
	local dir name
	shift 3

	for dir in bin boot dev lib lib/modules proc root run sys tmp; do
		echo "dir /$dir 0755 0 0"
	done
	echo "nod /dev/console 0600 0 0 c 5 1"
	echo "file /init $programs/luo_init 0755 0 0"
	echo "file /boot/kernel $bzimage 0644 0 0"
	echo "file /tests $tmp_dir/tests 0644 0 0"
	if [[ -f "$module" ]]; then
		echo "file /lib/modules/luo_test.ko $module 0644 0 0"
	fi
	names_of "$@" | while read -r name; do
		echo "file /bin/$name $programs/$name 0755 0 0"
	done
}

make_initrd() {
	local bzimage=$1 build_dir=$2 programs=$3
	shift 3

	printf '/bin/%s\n' "$@" > "$tmp_dir/tests"
	list_files "$bzimage" \
		"$build_dir/kernel/liveupdate/tests/luo_test.ko" \
		"$programs" "$@" > "$tmp_dir/list"
	cc -o "$tmp_dir/gen_init_cpio" "$kernel_dir/usr/gen_init_cpio.c"
	"$tmp_dir/gen_init_cpio" "$tmp_dir/list" > "$initrd"
}

# The first serial port is for the kernels, the second one for the tests.
run_qemu() {
	local bzimage=$1 memory=$2 accel=$3 seconds=$4 append=$5

	timeout "$seconds" qemu-system-x86_64 -cpu max,la57=off -smp 2 \
		-m "$memory" -accel "$accel" -display none -nodefaults \
		-no-reboot -kernel "$bzimage" -initrd "$initrd" \
		-serial "file:$console" -serial "file:$report" \
		-append "console=ttyS0 kho=on liveupdate=on retain_initrd \
luo.test=0 oops=panic panic=-1 no_timer_check kho_scratch=16M,128M,16M $append"
}

# What a test said, without the lines of luo_init: the test with that number.
said_by() {
	awk -v number="$1" -v mark="$mark" '
		index($0, mark "begin ") == 1 { seen++ }
		seen == number && index($0, mark) != 1' "$report"
}

# How a test ended; nothing if it did not.
status_of() {
	awk -v number="$1" -v mark="$mark" '
		index($0, mark "begin ") == 1 { seen++ }
		index($0, mark "end status=") == 1 && seen == number {
			sub(/.*=/, "")
			print
		}' "$report"
}

judge() {
	local test=$1 number=$2
	local status

	status=$(status_of "$number")
	said_by "$number" | sed 's/^/# /'
	if [[ "$status" != 0 && "$status" != "$KSFT_SKIP" ]]; then
		ktap_test_fail "$test"
	elif said_by "$number" | grep "# SKIP" > /dev/null; then
		ktap_test_skip "$test"
	elif [[ "$status" != 0 ]]; then
		ktap_test_skip "$test"
	else
		ktap_test_pass "$test"
	fi
}

judge_console() {
	local splat='BUG:|WARNING:|Call Trace:|Oops|Kernel panic|KASAN:|UBSAN:'

	if grep -E "$splat" "$console" | sed 's/^/# /' | grep .; then
		ktap_test_fail "console"
	else
		ktap_test_pass "console"
	fi
}

# Skipped is not passed.
finish() {
	ktap_print_totals
	if ((KTAP_CNT_FAIL)); then
		exit "$KSFT_FAIL"
	elif ((KTAP_CNT_SKIP)); then
		exit "$KSFT_SKIP"
	fi
	exit "$KSFT_PASS"
}

main() {
	local append="" memory="1G" programs="" seconds=600 accel="tcg" verbose=0
	local bzimage build_dir opt test number=0

	if [[ -w /dev/kvm ]]; then
		accel="kvm"
	fi
	while getopts 'a:m:p:t:x:vh' opt; do
		case $opt in
		a) append="$OPTARG" ;;
		m) memory="$OPTARG" ;;
		p) programs=$(realpath "$OPTARG") ;;
		t) seconds="$OPTARG" ;;
		x) accel="$OPTARG" ;;
		v) verbose=1 ;;
		h) usage; exit 0 ;;
		*) usage >&2; exit "$KSFT_FAIL" ;;
		esac
	done
	shift $((OPTIND - 1))
	if (($# == 0)); then
		usage >&2
		exit "$KSFT_FAIL"
	fi
	bzimage=$(realpath "$1")
	build_dir=${bzimage%/arch/x86/boot/bzImage}
	shift
	if (($# == 0)); then
		set -- luo_kexec_sessions
	fi

	ktap_print_header
	command -v qemu-system-x86_64 > /dev/null || skip "no qemu-system-x86_64"
	if [[ -z "$programs" ]]; then
		programs="$tmp_dir/programs"
		build_programs "$build_dir" "$programs" "$@" >&2
	fi
	make_initrd "$bzimage" "$build_dir" "$programs" "$@"
	touch "$console" "$report"
	ktap_set_plan $(($# + 1))
	run_qemu "$bzimage" "$memory" "$accel" "$seconds" "$append" >&2 ||
		ktap_print_msg "QEMU ended with $?"
	if ((verbose)); then
		sed 's/^/# console: /' "$console"
	fi
	for test in "$@"; do
		number=$((number + 1))
		judge "$test" "$number"
	done
	judge_console
	finish
}

main "$@"
