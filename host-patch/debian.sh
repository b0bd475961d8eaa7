# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2154
# Debian's packages of a kernel, for the scripts that fetch them.  $here is this folder,
# $kernel a series such as 6.12, and $dir the folder to fetch into.

# Options for apt: none means the machine's own lists
options=
package_list=$here/../tests/lab/packages

# package KIND [RELEASE]: the names of the packages of a kind
package() {
	awk -v kind="$1" '$1 == kind { print $2 }' "$package_list" |
		sed "s/@KERNEL@/$kernel/; s/@RELEASE@/${2:-}/"
}

# The suites that have, or had, kernels of this series
suites() { awk -v kernel="$kernel" '$1 == "suite" && $2 == kernel { print $3 }' "$package_list"; }

# shellcheck disable=SC2086 # words
update() { apt-get $options update; }

# use_suite SUITE: from here on apt has lists of that suite alone, in $dir.apt, which
# leave the machine's apt alone.  It fails if the machine has no such archive.
use_suite() {
	label=Debian
	[ "${1%-security}" = "$1" ] || label=Debian-Security
	mirror=$("$here/mirror" $label) || return
	lists=$dir.apt
	rm -rf "$lists/sources"
	mkdir -p "$lists/sources" "$lists/lists/partial" "$lists/cache/archives/partial"
	lists=$(cd "$lists" && pwd)
	cat >"$lists/sources/$1.sources" <<-SOURCES
	Types: deb
	URIs: $mirror
	Suites: $1
	Components: main
	Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	SOURCES
	options="-oDir::Etc::SourceList=/dev/null -oDir::Etc::SourceParts=$lists/sources
		-oDir::State::Lists=$lists/lists -oDir::Cache=$lists/cache"
	update
}

# versions PACKAGE: those that apt knows, the newest first
# shellcheck disable=SC2086 # words
versions() { apt-cache $options madison "$1" | awk '{ print $3 }' | sort -Vru; }

# unpack_source [OPTION...]: the source, a .tar.xz on standard input, into $dir/src, with these
# options of tar
unpack_source() {
	xz -dc -T0 | tar -x -C "$dir/src" --strip-components=1 "$@"
	(cd "$dir/src" && find . ! -type d -print0) >"$dir/files"
}

# What is read of the source's and of the headers' package, to be unpacked
source_of() { dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/linux-source-$kernel.tar.xz"; }
unpack_headers() {
	dpkg-deb --fsys-tarfile "$1" | tar -x -C "$dir/headers" --strip-components=4 \
		"./usr/src/linux-headers-$release/.config" \
		"./usr/src/linux-headers-$release/Module.symvers"
}
