# SPDX-License-Identifier: Apache-2.0
# lib.sh - what the scripts of this directory share; to be read with "."
#
# Debian 12 and Ubuntu 24.04 (or newer) know all of these names.

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libisal-dev libarchive-dev libjansson-dev libxxhash-dev libpcre2-dev libsystemd-dev libmaxminddb-dev tzdata"
TEST_PACKAGES="$BUILD_PACKAGES clang git jq libcmocka-dev python3-pytest python3-pytest-xdist xz-utils zstd lz4 ncompress perl gettext nftables iptables ipset strace shellcheck man-db groff-base mandoc zsh fish"
PACKAGE_PACKAGES="$BUILD_PACKAGES build-essential dpkg-dev debhelper gettext lintian python3-pytest git debootstrap xz-utils"

say() {
	printf '==> %s\n' "$*"
}

# as_root COMMAND...: straight for root, through sudo for others
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "neither root nor sudo: please have these commands run: $*" >&2
		return 1
	fi
}

# need_packages NAME...: install with apt what is missing; says so in one line, and nothing when all is there
need_packages() {
	missing=
	for package in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		*" installed") ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -z "$missing" ] && return 0
	say "installing with apt:$missing"
	log=$(mktemp) || return 1
	if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null >"$log" 2>&1 &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			$missing </dev/null >>"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	cat "$log" >&2
	rm -f "$log"
	return 1
}

# build_in DIR OPTION...: set up (or bring up to date) and compile; says nothing unless it fails
build_in() {
	dir=$1
	shift
	setup=
	[ -f "$dir/build.ninja" ] && setup=--reconfigure
	log=$(mktemp) || return 1
	if meson setup $setup "$dir" "$@" >"$log" 2>&1 && meson compile -C "$dir" >"$log" 2>&1; then
		rm -f "$log"
		return 0
	fi
	cat "$log"
	rm -f "$log"
	return 1
}
