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
