#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs luoctl on fake machines, which are made of files, and compares its output
# with transcripts. A transcript has the name of its machine, and consists of
#
#	$ luoctl WORDS		the command
#	TEXT			its standard output
#	! TEXT			its standard error
#	> TEXT			what it does to the machine
#	= NUMBER		its exit status, if that is not 0
#
# usage: luoctl.sh LUOCTL [--update]
#
# LUOCTL is linked with fake_machine.c. --update rewrites the transcripts from
# the actual output; review the result with git diff.

set -euo pipefail

LUOCTL=$(realpath "$1")
UPDATE=${2:+yes}
readonly LUOCTL UPDATE
cd "$(dirname "$0")"
DIR=$(mktemp -d)
readonly DIR
# SIGKILL: the processes of a failed test may ignore other signals.
trap 'jobs -p | xargs -r kill -KILL || true; rm -rf "$DIR"' EXIT

fail()
{
	echo "luoctl.sh: $*" >&2
	exit 1
}

# put FILE TEXT...: create a file of the machine, with one line for each text.
put()
{
	local file=$LUO_FAKE/$1
	shift

	mkdir -p "$(dirname "$file")"
	[[ $# -eq 0 ]] && : >"$file" || printf '%s\n' "$@" >"$file"
}

# sysfs STATE COUNT ERROR OUTGOING INCOMING WAITING PAGES LOADED
sysfs()
{
	local dir=sys/kernel/liveupdate

	put $dir/state "$1"
	put $dir/count "$2"
	put $dir/error "$3"
	put $dir/sessions/outgoing "$4"
	put $dir/sessions/incoming "$5"
	put $dir/sessions/waiting "$6"
	put $dir/incoming/pages "$7"
	put $dir/incoming/subsystems
	put $dir/incoming/flbs
	put $dir/timeline
	put sys/kernel/kexec_loaded "$8"
	put proc/cmdline "kho=on liveupdate=on"
}

# process PID COMM FD SESSION DIRECTION
process()
{
	put "proc/$1/comm" "$2"
	put "proc/$1/fdinfo/$3" $'pos:\t0' $'name:\t'"$4" $'direction:\t'"$5" \
		$'files:\t0'
	mkdir -p "$LUO_FAKE/proc/$1/fd"
	ln -s "anon_inode:[luo_session] $4" "$LUO_FAKE/proc/$1/fd/$3"
}

format()
{
	local dir=sys/kernel/liveupdate/formats/$1

	put "$dir/read" "$2"
	put "$dir/write" "$3"
	[[ -z ${4:-} ]] || put "$dir/enable_write" "$4"
	[[ -z ${5:-} ]] || put "$dir/in_use" "$5"
}

# The machines. Function machine_NAME creates the one for transcript NAME.

machine_absent()
{
	put proc/cmdline "quiet"
}

# The mainline interface: no sysfs, no states, no lists.
machine_mainline()
{
	put device "error state 25" "error list 25" "error prepare 25" \
		"session old in updated 1 0 0 -"
	mkdir -p "$LUO_FAKE/proc"
}

machine_off()
{
	sysfs undefined 1 -22 0 0 0 25600 0
	put device "state undefined 1" "error open 22" "error query 22"
}

machine_idle()
{
	sysfs normal 0 0 0 0 0 0 0
	put device "state normal 0" "error cancel 2" "error finish 22"
	format file/memfd-v2 1 1 1 0
	format file/memfd-v1 1 0
	format kho/kho-v4 1 1 1 1
}

machine_outgoing()
{
	sysfs normal 2 0 3 0 0 0 1
	put device "state normal 2" \
		"session vm-a out normal 2 1073745920 2 -" \
		"session vm-b out prepared 1 1536 1 -" \
		"session empty out normal 0 0 0 -" \
		"file vm-a out 0 memfd-v2 1073741824 open" \
		"file vm-a out 18446744073709551615 memfd-v2 4096 open" \
		"error jump 12"
	process 100 qemu 0 vm-a outgoing
	process 200 luod 3 vm-a outgoing
	process 200 luod 4 vm-ab outgoing
	process 200 luod 5 vm-a incoming
	put kernel "a kernel"
	put initrd "an initramfs"
}

machine_updated()
{
	sysfs updated 3 0 1 4 3 300000 1
	put sys/kernel/liveupdate/incoming/subsystems kvm iommu
	put sys/kernel/liveupdate/incoming/flbs "hugetlb-v1 4"
	put device "state updated 3" \
		"session vm-a out normal 0 0 0 -" \
		"session vm-a in updated 2 8192 1 held" \
		"session vm-b in updated 3 0 0 -" \
		"session broken in updated 0 0 0 damaged" \
		"session done in normal 1 4096 1 held" \
		"file vm-a in 0 memfd-v2 8192 open" \
		"file vm-a in 1 memfd-v2 0 closed" \
		"file vm-b in 7 memfd-v2 0 closed" \
		"error prepare 16"
	process 100 qemu 1 vm-a incoming
	process 100 qemu 2 vm-b outgoing
	put sys/kernel/liveupdate/timeline "prepare-begin 0" \
		"prepare-end 152003" "freeze-begin 160000" "freeze-end 161999" \
		"jump 400000" "kho-boot 650500" "init 1800000" \
		"first-retrieve 2000000" "last-retrieve 2000700" \
		"finish 2100000"
}

# After an update, before the first retrieve.
machine_waiting()
{
	sysfs updated 1 0 0 1 1 1 1
	put device "state updated 1" "session vm in updated 1 0 0 -" \
		"session dup in updated 0 0 0 -"
	put sys/kernel/liveupdate/timeline "freeze-begin 0" "freeze-end 10" \
		"jump 30" "kho-boot 60" "init 1000000"
}

machine_prepared()
{
	sysfs prepared 0 0 1 0 0 0 1
	put device "state prepared 0" "session vm out prepared 1 4096 1 -" \
		"error create 11" "error prepare 22" "error jump 16"
}

machine_busy()
{
	sysfs normal 0 0 1 0 0 0 1
	put device "state normal 0" "error open 16" \
		"session vm out normal 1 4096 1 -"
}

# A newer kernel with an unknown state, and with malformed files in sysfs.
machine_odd()
{
	sysfs thawing 0 0 1 0 0 0 1
	put device "state thawing 0" "session vm out thawing 1 4096 1 -" \
		"error prepare 12" "error load 8" "error list 5"
	put sys/kernel/liveupdate/timeline "prepare-begin" "x"
	put sys/kernel/liveupdate/formats/file/memfd-v9/note "new"
	put kernel "a kernel"
}

# The loaded kernel does not read a format that is in use.
machine_unread()
{
	sysfs normal 0 0 1 0 0 0 1
	put device "state normal 0" "session vm out normal 1 4096 1 -" \
		"error jump 93"
	put old "luo-format:1 core luo luo-v5 rw 1 -" \
		"luo-format:1 file memfd memfd-v3 rw 1 -" "luo-format:1 end"
	put new "luo-format:1 core luo luo-v5 rw 1 -" "luo-format:1 end"
}

# The loaded kernel would not retrieve anything.
machine_blind()
{
	sysfs normal 0 0 1 0 0 0 1
	put device "state normal 0" "session vm out normal 1 4096 1 -" \
		"error jump 8"
}

# Names and reasons with escape sequences and newlines; one is in UTF-8.
machine_rude()
{
	sysfs normal 0 0 1 0 0 0 1
	put sys/kernel/liveupdate/incoming/subsystems $'kvm\e[2J'
	put device "state normal 0" \
		$'session v\e[1mm out normal 1 4096 1 held' \
		$'file v\e[1mm out 0 memfd\x9b1m 4096 open'
	process 100 $'q\rro\u00f6t\u009b' 0 $'v\e[1mm' outgoing
	luod idle $'a\\u001b[1m'
	luod_error '"id":"b\u009b","error":"VETO","detail":"no\r\nluoctl: done\u007f"'
}

# luod_status PHASE CLIENT...
luod_status()
{
	local phase=$1 clients="" id
	shift

	for id in "$@"; do
		clients+="${clients:+,}{\"id\":\"$id\",\"state\":\"subscribed\"}"
	done
	printf '{"type":"STATUS","version":1,"phase":"%s","clients":[%s]}' \
		"$phase" "$clients"
}

# luod PHASE CLIENT...: a fake luod with its answers to all commands.
luod()
{
	put luod/STATUS "$(luod_status "$@")"
	put luod/UPDATE '{"type":"COMPLETE"}'
	luod_jump '"error":"KERNEL","detail":"Cannot allocate memory","errno":12'
	put luod/ABORT '{"type":"OK","command":"ABORT"}'
}

# luod_jump FIELDS: luod answers KEXEC with this error.
luod_jump()
{
	put luod/KEXEC "{\"type\":\"ERROR\",\"command\":\"KEXEC\",$1}"
}

# luod_error FIELDS: luod answers UPDATE with this error.
luod_error()
{
	put luod/UPDATE "{\"type\":\"ERROR\",\"command\":\"UPDATE\",$1}"
}

# Nothing is preserved yet, but luod has clients; the kexec fails.
machine_luod()
{
	sysfs normal 0 0 0 0 0 0 1
	put device "state normal 0" "error jump 12"
	luod idle cache vm-a
}

machine_luod_veto()
{
	machine_luod
	luod_error '"id":"vm-a","error":"VETO","detail":"I am migrating"'
}

machine_luod_late()
{
	machine_luod
	luod_error '"id":"cache","error":"TIMEOUT"'
}

machine_luod_kernel()
{
	machine_luod
	luod_error '"error":"KERNEL","detail":"Cannot allocate memory"'
}

# A client withdraws after its READY, before luoctl asks for the kexec.
machine_luod_changes()
{
	machine_luod
	luod_jump '"error":"WRONG_STATE"'
}

# luod answers UPDATE with an unknown type.
machine_luod_mumbles()
{
	machine_luod
	put luod/UPDATE '{"type":"MAYBE"}'
}

# A client vetoes after luoctl has asked for the kexec.
machine_luod_objects()
{
	machine_luod
	luod_jump '"id":"vm-a","error":"VETO","detail":"I am migrating"'
}

# The loaded kernel does not read the formats that the clients use.
machine_luod_unread()
{
	machine_luod
	luod_jump '"error":"KERNEL","detail":"Protocol not supported","errno":93'
}

# luod is killed when it is asked for the kexec.
machine_luod_stumbles()
{
	machine_luod
	put luod/KEXEC
}

# luod answers KEXEC with an errno that does not exist.
machine_luod_babbles()
{
	machine_luod
	luod_jump '"error":"KERNEL","detail":"Who knows","errno":-7'
}

# luod does not answer UPDATE in time.
machine_luod_slow()
{
	machine_luod
	put luod/UPDATE hang
}

# luod is killed during UPDATE, and restarted.
machine_luod_dies()
{
	machine_luod
	put luod/UPDATE
}

machine_luod_dead()
{
	machine_luod
	rm "$LUO_FAKE/luod/STATUS"
}

machine_luod_mad()
{
	machine_luod
	put luod/STATUS '{"type":"STATUS","phase":7,"clients":{}}'
}

# An update that another process has begun.
machine_luod_ready()
{
	machine_luod
	luod complete vm-a
}

machine_luod_busy()
{
	machine_luod
	luod preserving vm-a
	luod_error '"error":"ABORTED","detail":"not now"'
}

machine_luod_alone()
{
	machine_luod
	luod idle
}

# The set of sessions is closed, and luod has no clients.
machine_luod_calm()
{
	machine_prepared
	luod idle
}

machine_luod_late_for_it()
{
	machine_prepared
	luod idle vm-a
}

make_machine()
{
	export LUO_FAKE=$DIR/machine

	rm -rf "$LUO_FAKE"
	mkdir -p "$LUO_FAKE"
	"machine_$1"
}

# Kills the processes that hold sessions, and hides their pids in the output.
end_keepers()
{
	local pid

	while read -r pid; do
		kill "$pid"
	done < <(sed -n 's/.*while process \([0-9]*\) runs$/\1/p' \
		"$DIR/out")
	sed -i 's/process [0-9]* runs/process PID runs/' "$DIR/out"
}

# Runs one command of a transcript, and prints what it did.
run_line()
{
	local line=$1 status=0
	local -a words

	eval "words=(${line#* })"
	rm -f "$LUO_FAKE/actions"
	(cd "$LUO_FAKE" && "$LUOCTL" "${words[@]}") >"$DIR/out" 2>"$DIR/err" ||
		status=$?
	end_keepers
	printf '$ %s\n' "$line"
	cat "$DIR/out"
	sed 's/^/! /; s/ $//' "$DIR/err"
	[[ ! -e $LUO_FAKE/actions ]] || sed 's/^/> /' "$LUO_FAKE/actions"
	[[ $status -eq 0 ]] || echo "= $status"
}

# Each command runs on a fresh machine.
run_transcript()
{
	local name=$1 line

	while read -r line; do
		make_machine "$name"
		run_line "$line"
	done < <(sed -n 's/^\$ //p' "transcripts/$name")
}

test_transcript()
{
	local name=$1

	run_transcript "$name" >"$DIR/transcript"
	if [[ $UPDATE ]]; then
		cp "$DIR/transcript" "transcripts/$name"
		return
	fi
	diff -u "transcripts/$name" "$DIR/transcript" ||
		fail "the transcript of the machine $name has changed"
}

# The output of --json is valid JSON in every transcript.
test_json()
{
	local file

	for file in transcripts/*; do
		python3 - "$file" <<'PYTHON' || fail "not JSON, in $file"
import json, re, sys
for part in re.split(r"^\$ ", open(sys.argv[1]).read(), flags=re.M):
    command, _, text = part.partition("\n")
    text = re.split(r"^[!>=] ", text, flags=re.M)[0]
    if "--json" in command and text:
        json.loads(text)
PYTHON
	done
}

# On a terminal there are colours, and progress messages.
on_terminal()
{
	script -qec "'$LUOCTL' $*" /dev/null | tr -d '\r'
}

test_terminal()
{
	make_machine idle
	on_terminal status | grep -q $'\033\[32mnormal' ||
		fail "no colour in a terminal"
	NO_COLOR=1 on_terminal status | grep -q $'\033' &&
		fail "colour although NO_COLOR is set"
	echo slow >>"$LUO_FAKE/device"
	on_terminal prepare | grep -q 'prepare: 1 s' ||
		fail "no progress message for a slow prepare"
}

# wait_for_action TEXT: wait until luoctl has done that to the machine.
wait_for_action()
{
	local tries=600

	until grep -qsx "$1" "$LUO_FAKE/actions"; do
		((tries--)) || fail "no \"$1\" for a minute"
		sleep 0.1
	done
}

# interrupt VERB COMMAND: send a signal while luod handles the command.
interrupt()
{
	local verb=$1 command=$2 pid status=0

	make_machine luod
	put "luod/$command" hang
	"$LUOCTL" "$verb" >/dev/null 2>"$DIR/err" &
	pid=$!
	wait_for_action "luod $command"
	kill "$pid"
	wait "$pid" || status=$?
	[[ $status -eq 1 && $(<"$DIR/err") == "luoctl: $verb: interrupted" ]] ||
		fail "interrupted $verb: exit status $status"
	[[ $(tail -n 1 "$LUO_FAKE/actions") == "luod ABORT" ]] ||
		fail "interrupted $verb: luod is not told to abort"
}

# A signal aborts the update, so that clients of luod resume.
test_interrupted()
{
	interrupt ready UPDATE
	interrupt kexec UPDATE
	interrupt kexec KEXEC
	[[ $(tail -n 2 "$LUO_FAKE/actions" | head -n 1) == "cancel" ]] ||
		fail "interrupted kexec: prepare is not undone"
}

# Signals that were ignored at start, as by nohup(1), do not interrupt.
test_ignored()
{
	local pid status=0 name

	make_machine luod_slow
	(trap '' HUP INT QUIT
	 exec "$LUOCTL" kexec --timeout 2) >/dev/null 2>"$DIR/err" &
	pid=$!
	wait_for_action "luod UPDATE"
	for name in HUP INT QUIT; do
		kill -s "$name" "$pid"
	done
	wait "$pid" || status=$?
	[[ $status -eq 6 ]] ||
		fail "kexec with ignored signals: exit status $status"
}

# A full pipe at stderr must not delay the ABORT to luod, not even by a progress
# message.
test_blocked()
{
	local pid machine pipe=$DIR/pipe

	mkfifo "$pipe"
	for machine in luod luod_slow; do
		make_machine "$machine"
		exec 3<>"$pipe"
		dd if=/dev/zero bs=64K count=1 status=none >&3
		"$LUOCTL" kexec --timeout 11 >/dev/null 2>&3 3>&- &
		pid=$!
		wait_for_action "luod ABORT"
		kill -0 "$pid" ||
			fail "luoctl has exited before its message was read"
		dd bs=64K count=1 iflag=fullblock status=none <&3 >/dev/null
		wait "$pid" || true
		read -r -u 3
		exec 3>&-
		[[ $REPLY == "luoctl: kexec: "* ]] ||
			fail "the message is lost"
	done
}

# A failure to write the output is an error.
test_full()
{
	make_machine idle
	! "$LUOCTL" status >/dev/full 2>"$DIR/err" ||
		fail "status succeeds although its output cannot be written"
}

# complete_words WORD...: print the completions of the last word.
complete_words()
{
	COMP_WORDS=(luoctl "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_luoctl
	printf '%s\n' "${COMPREPLY[@]}"
}

test_completion()
{
	mkdir -p "$DIR/bin"
	ln -sf "$LUOCTL" "$DIR/bin/luoctl"
	PATH=$DIR/bin:$PATH
	make_machine updated
	# shellcheck source=/dev/null
	source ../../completions/luoctl
	diff <(complete_words "") <(luoctl --complete) ||
		fail "completion: verbs"
	[[ $(complete_words ready --a) == --abort ]] ||
		fail "completion: --abort"
	[[ $(complete_words time) == timeline ]] || fail "completion: timeline"
	[[ $(complete_words kexec --d) == --dry-run ]] ||
		fail "completion: --dry-run"
	[[ $(complete_words show vm-b) == vm-b ]] ||
		fail "completion: sessions"
	[[ $(complete_words wait up) == updated ]] || fail "completion: states"
	put device "state normal 0" \
		"session \$(>bad) out normal 0 0 0 -"
	[[ $(cd "$LUO_FAKE" && complete_words show "") == "\$(>bad)" ]] ||
		fail "completion: a session name is not quoted"
	[[ ! -e $LUO_FAKE/bad ]] ||
		fail "completion: a session name is executed"
}

# luoctl(8) documents every verb and every option.
test_manual()
{
	local verb option

	man --warnings -l ../../man/luoctl.8 2>&1 >/dev/null | grep . &&
		fail "luoctl.8: man prints warnings"
	man -l ../../man/luoctl.8 | col -b >"$DIR/manual"
	for verb in $("$LUOCTL" --complete); do
		grep -q "^ *$verb\\b" "$DIR/manual" ||
			fail "luoctl(8) does not document $verb"
		for option in $("$LUOCTL" --complete "$verb"); do
			grep -q -e "$option\\b" "$DIR/manual" ||
				fail "luoctl(8) does not document $option"
		done
	done
}

main()
{
	local machine

	export LUO_FAKE="" LC_ALL=C.UTF-8
	for machine in $(declare -F | sed -n 's/^declare -f machine_//p'); do
		[[ -f transcripts/$machine ]] ||
			fail "no transcript of $machine"
		test_transcript "$machine"
	done
	test_json
	test_terminal
	test_interrupted
	test_ignored
	test_blocked
	test_full
	test_completion
	test_manual
	echo "luoctl: all transcripts match"
}

main "$@"
