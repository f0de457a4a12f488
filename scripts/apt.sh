#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Shared by the scripts that fetch Debian packages: apt with a state of its
# own, in APT_DIR. Nothing on the machine changes, and it works without root.
# Sourced, never run.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring

# Proxies and the like come from the machine's configuration.
private_apt()
{
	APT_CONFIG=$APT_DIR/apt.conf "$@"
}

# The mirrors of the machine's own configuration, security archives aside:
# those have no backports.
mirrors()
{
	apt-get indextargets --format "\$(REPO_URI)" 2>/dev/null |
		grep -v security | sort -u
}

# Makes private_apt see one suite of one mirror: its packages (deb) or its
# sources (deb-src).
setup_apt()
{
	local type=$1 uri=$2 suite=$3 signed=""

	mkdir -p "$APT_DIR/lists/partial" "$APT_DIR/cache/archives/partial"
	for key in "$KEYRING.pgp" "$KEYRING.gpg"; do
		[[ ! -e $key ]] || signed="[signed-by=$key]"
	done
	cat >"$APT_DIR/apt.conf" <<-CONF
	Dir::State "$APT_DIR";
	Dir::State::Lists "$APT_DIR/lists";
	Dir::State::status "/dev/null";
	Dir::Cache "$APT_DIR/cache";
	Dir::Etc::sourcelist "$APT_DIR/sources.list";
	Dir::Etc::sourceparts "/dev/null";
	APT::Sandbox::User "";
	CONF
	printf '%s %s %s %s main\n' "$type" "$signed" "$uri" "$suite" \
		>"$APT_DIR/sources.list"
}

# Prints the newest version of a package in the first of the suites that has it,
# and leaves private_apt there.
find_package()
{
	local package=$1 uri suite version
	shift

	for uri in $(mirrors); do
		for suite in "$@"; do
			setup_apt deb "$uri" "$suite"
			private_apt apt-get update -qq \
				>"$APT_DIR/update.log" 2>&1 || continue
			version=$(private_apt apt-cache show "$package" 2>/dev/null |
				sed -n 's/^Version: //p' | sort -rV | sed -n 1p)
			[[ -n $version ]] || continue
			echo "$version"
			return 0
		done
	done
	return 1
}
