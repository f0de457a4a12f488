#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Shared by the driver's shell scripts: messages, the cache, the names of
# the directories below it. Sourced, never run.

LUO_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly LUO_TOP

# Build trees and downloads live outside the checkout.
LUO_CACHE=${LUO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/luo}
readonly LUO_CACHE

# Exit status when the base kernel cannot be had, so that a caller can tell
# "no network" from "broken".
# shellcheck disable=SC2034
readonly EXIT_NO_BASE=3

say()
{
	printf '%s\n' "luo: $*" >&2
}

die()
{
	say "error: $*"
	exit 1
}

# Everything that belongs to one checkout: source tree, build directories,
# userspace programs, logs. A second checkout gets its own.
work_dir()
{
	local id

	id=$(printf '%s' "$LUO_TOP" | sha256sum)
	printf '%s\n' "$LUO_CACHE/work/${id:0:12}"
}

# Runs a command with its output in a log file, and a line on the terminal
# every few seconds, so that minutes of building do not look like a hang.
run_logged()
{
	local what=$1 log=$2
	shift 2
	local start=$SECONDS pid last

	mkdir -p "$(dirname "$log")"
	say "$what (log: ${log#"$LUO_CACHE"/} in the cache)"
	"$@" >"$log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.2
		if ((SECONDS - start >= 20)) && (((SECONDS - start) % 20 == 0)); then
			last=$(tail -n 1 "$log" | cut -c 1-60)
			say "  ... $((SECONDS - start)) s, $(wc -l <"$log") steps, now: $last"
			sleep 1
		fi
	done
	if wait "$pid"; then
		say "$what: done in $((SECONDS - start)) s"
		return 0
	fi
	say "$what: FAILED, the end of the log:"
	tail -n 30 "$log" >&2
	return 1
}
