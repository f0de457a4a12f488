#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Explores all states of the model. See README.

set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly HERE
readonly KERNEL=$HERE/../../../kernel/liveupdate
readonly OUT=${O:-$HERE/build}

# Deeper than any path; a search that exceeds it is an error.
readonly DEPTH=400000

# The search in which mutants are looked for. Undoing in order needs two files.
readonly MUTANTS_IN=(-DSESSIONS=1 -DFILES=2)

usage()
{
	cat <<'USAGE'
usage: check.sh --list | PART...
       check.sh --mutant NAME

files            one session of two files: no error in any state
sessions         two sessions of one file
mutants          in each variant of mutants.h there is an error
--mutant NAME    one of them, with the steps that lead to it

O=DIR is where to build, instead of build/ beside this script.
USAGE
}

# Builds the verifier. Without optimization, as gcc would need more time than
# the verifier would save. Without partial order reduction, as almost every step
# accesses shared state.
build()
{
	local dir=$1
	shift

	mkdir -p "$dir"
	cd "$dir"
	rm -f pan.* pan ./*.trail
	cp "$HERE/luo.pml" .
	spin -a -P"gcc -E -x c -I$KERNEL -I$HERE" "$@" luo.pml >spin.log
	[[ -f pan.c ]] || { cat spin.log; return 1; }
	gcc -O0 -w -DSAFETY -DCOLLAPSE -DNOREDUCE pan.c -o pan
}

search()
{
	./pan -b -m"$DEPTH" >pan.log
}

# Prints the last steps of the path to the error, and the variables that are not
# 0 then. The verifier replays the path, because spin's simulator mishandles
# steps of several statements.
explain()
{
	echo "... $(grep -m 1 '^pan:1:' pan.log || tail -n 5 pan.log)"
	[[ -f luo.pml.trail ]] || return 0
	./pan -r >trail.log 2>&1 || true
	sed '/^spin: trail ends/,$d' trail.log | tail -n 60
	sed -n '/^spin: trail ends/,$p' trail.log | grep -v '\s0$'
}

# An incomplete search proves nothing.
is_clean()
{
	grep 'errors: 0$' pan.log >/dev/null &&
		! grep -e 'Search not completed' -e '^error:' pan.log >/dev/null
}

check_whole()
{
	local name=$1
	shift

	build "$OUT/$name" "$@"
	search || true
	if ! is_clean; then
		explain
		return 1
	fi
	grep -e 'states, stored$' -e 'elapsed time' pan.log
}

mutants()
{
	sed -n 's/^#define \([A-Z_]*\)\t*\([0-9]*\)$/\1 \2/p' "$HERE/mutants.h"
}

# Prints the problem with a mutant. Only an error in the model counts; a search
# that is too deep does not.
error_found()
{
	grep -E '^pan:1: (assertion violated|invalid end state)' pan.log
}

# One verifier for all mutants, as building it takes longer than running it.
build_mutants()
{
	build "$OUT/mutants" "${MUTANTS_IN[@]}" -DANY_MUTANT
}

check_mutants()
{
	local name number bad=0

	build_mutants
	while read -r name number; do
		printf '%s: ' "$name"
		MUTANT=$number search || true
		error_found || { echo 'NOT FOUND'; bad=1; }
	done < <(mutants)
	return $bad
}

show_mutant()
{
	local number

	number=$(mutants | sed -n "s/^$1 //p")
	[[ -n $number ]] || { mutants | cut -d ' ' -f 1; return 2; }
	build_mutants
	export MUTANT=$number
	search || true
	explain
}

run_part()
{
	case $1 in
	files)	check_whole files -DSESSIONS=1 -DFILES=2 ;;
	sessions)	check_whole sessions -DSESSIONS=2 -DFILES=1 ;;
	mutants)	check_mutants ;;
	*)	usage >&2; exit 2 ;;
	esac
}

main()
{
	local part

	case ${1:-} in
	--list)	printf '%s\n' files sessions mutants; return ;;
	--mutant)	show_mutant "${2:-}"; return ;;
	'')	usage >&2; exit 2 ;;
	esac
	for part in "$@"; do
		(run_part "$part")
	done
}

main "$@"
