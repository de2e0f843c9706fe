#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh NAME - fetch, once, and print the folder that holds it
#
# 6.1, 6.12   one of Debian 12's cloud kernels, not installed:
#             vmlinuz, modules/ (with modules.dep), build/ (headers), release
# 6.1-generic, 6.12-generic, 6.12-rt   the same, for all hardware, or PREEMPT_RT
# 5.10, 5.10-generic   the same of Debian 11
# arm64, mipsel, s390x   the same of Debian 12's 6.1 for another CPU, and root/:
#             programs and libraries for it, nothing of which has been run
# debug-kasan, debug-kcsan   the same of one built from linux-source-6.1 as debug.config
#             and the one of its name say, the first also probes.config; takes a quarter of an
#             hour, 3 GB, and deps.sh debug
# uml         User Mode Linux, built from 6.1's source: linux, modules/, build/, release.
#             Takes a quarter of an hour, and deps.sh native
# uml-no-ipv6, uml-no-nf-tables   the same without that
# uml-kasan   the same, as debug.config, debug-kasan.config and uml-kasan.config say
# sid, sid-generic   the newest of Debian's; chroot/ has its compiler and sparse. Takes
#             root, and deps.sh kernels
# source      from 6.12's source: scripts/checkpatch.pl with its word lists,
#             tools/net/ynl and Documentation/netlink
# dns         openresolv/, resolvconf/ and resolved/, not installed: the three
#             that set DNS, two of which Debian does not let stand together
# host        a whole Debian 12 to boot, with what building and testing need: disk,
#             vmlinuz, initrd. Takes some minutes, root, and deps.sh host
#
# All comes by apt's own lists. It stays in $WGMARK_CACHE, by default
# ~/.cache/wgmark; remove a folder there to have it fetched again. What is built from options has
# a number in the folder's name, of these and of how, so that it does not stand for another.
set -euo pipefail

. "$(dirname "$0")/cpu.sh"
. "$(dirname "$0")/source.sh"
cache=${WGMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wgmark}
name=${1:-}
dir=$cache/$name

die() { echo "kernel.sh: $*" >&2; exit 1; }

# depends PACKAGE... PATTERN: those of their dependencies that match
depends() { apt-cache depends "${@:1:$#-1}" | sed -En 's/^ *\|?Depends: //p' | grep -E "${*: -1}"; }

# from SUITE...: from now on apt looks in these, by lists in $tmp; for the CPU $cpu
from() {
	local suite codename apt=$tmp/apt
	mkdir -p "$apt/lists" "$apt/cache"
	: >"$apt/status"
	for suite; do
		codename=bookworm
		[[ $suite != *-security ]] || codename=bookworm-security
		apt-get indextargets --format "deb \$(REPO_URI) $suite main" \
			'Created-By: Packages' 'Origin: Debian' "Codename: $codename"
	done | sort -u >"$apt/sources.list"
	# sid's lists are not signed anew every day
	cat >"$apt/conf" <<-END
		${cpu:+APT::Architecture "$cpu"; APT::Architectures { "$cpu"; "amd64"; };}
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::State "$apt";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
		Acquire::Check-Valid-Until "false";
		APT::Sandbox::User "root";
	END
	export APT_CONFIG=$apt/conf
	apt-get -qq update
}

# Download packages into $tmp; the lists may be older than the mirror.
download() {
	local get=(apt-get -qq -o APT::Sandbox::User=root download "$@")
	(cd "$tmp" && { "${get[@]}" 2>/dev/null || { apt-get -qq update && "${get[@]}"; }; }) ||
		die "cannot download $*"
}

# fetch_kernel FLAVOUR [SUITE...]
fetch_kernel() {
	local flavour=$1 d=$tmp/tree image rel pkgs
	[ $# -eq 1 ] || from "${@:2}"
	image=$(depends "linux-image-$flavour" ^linux-image-) || die "no linux-image-$flavour in apt's lists"
	rel=${image#linux-image-}
	[[ $name == sid* || $rel == "${name%-*}".* ]] ||
		die "linux-image-$flavour is '$rel' here, not $name: is this Debian 12 with its security updates?"
	mapfile -t pkgs < <(depends "$image" "linux-headers-$rel" '^linux-(base|binary|modules|headers|kbuild)-' |
		sort -u)
	download "$image" "linux-headers-$rel" "${pkgs[@]}"

	mkdir "$d"
	for deb in "$tmp"/*.deb; do
		dpkg-deb -x "$deb" "$d"
		rm "$deb"
	done
	rm -rf "${d:?}/usr/share"
	echo "$rel" >"$d/release"
	# since 7.x all is in /usr/lib/modules
	[ -e "$d/lib" ] || ln -s usr/lib "$d/lib"
	ln -s "lib/modules/$rel" "$d/modules"
	ln -s "boot/vmlinuz-$rel" "$d/vmlinuz"
	[ -e "$d/vmlinuz" ] || ln -sf modules/vmlinuz "$d/vmlinuz"
	ln -s "usr/src/linux-headers-$rel" "$d/build"
	# the headers name their other half by its place when installed
	sed -i "s|/usr/src/|$dir/usr/src/|" "$d/build/Makefile"
	# Debian 11's compiler is not to be had in 12, whose own does as well
	sed -i 's/gcc-10$/gcc-12/' "$d/build/.kernelvariables"
	depmod -b "$d" "$rel"
}

# extract DIRECTORY PACKAGE,...: sid's packages with all that they need, unpacked only
extract() {
	mmdebstrap --quiet --variant=extract --mode=root --aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt='APT::Install-Recommends "false"' --include="$2" \
		sid "$1" "$tmp/apt/sources.list" >&2
}

# fetch_sid FLAVOUR
fetch_sid() {
	local tree=$tmp/tree tools rel
	tools=make,dash,bash,coreutils,sed,grep,findutils,gawk,libc-bin,perl-base,sparse
	fetch_kernel "$1" sid
	rel=$(cat "$tree/release")
	# kbuild for the libraries that its programs use
	tools+=$(depends "linux-headers-$rel" '^(gcc|linux-kbuild)-' | sort -u | sed 's/^/,/' | tr -d '\n')
	extract "$tree/chroot" "$tools"
	# unpacked only, so the links of alternatives are not there
	ln -s gawk "$tree/chroot/usr/bin/awk"
	# Debian's headers leave out what asks whether sparse is there
	printf '#!/bin/sh\necho 1\n' >"$tmp/checker-valid.sh"
	install -t "$tree/usr/src"/linux-headers-*-common/scripts "$tmp/checker-valid.sh"
}

# The tools of the headers run here, so they are this machine's.
fetch_cpu() {
	local cpu=$1 d=$tmp/tree rel deb f
	local programs=(busybox dash bash sed coreutils util-linux debianutils nftables iptables
		iproute2 wireguard-tools iputils-ping conntrack tcpdump socat netcat-openbsd kmod jq
		procps dbus-daemon systemd-resolved libmnl-dev libnftnl-dev)
	cpu "$cpu"
	from bookworm
	rel=$(apt-cache show "linux-image-$flavour" | sed -n 's/^Depends: linux-image-\([^ ,]*\).*/\1/p')
	mkdir -p "$d/root"
	download "linux-image-$rel" "linux-headers-$rel" "linux-headers-${rel%"-$flavour"}-common" \
		"linux-kbuild-${rel%.*}:amd64"
	for deb in "$tmp"/*.deb; do
		dpkg-deb -x "$deb" "$d"
	done
	apt-get -qq -y --no-install-recommends --download-only install "${programs[@]}" >&2
	for deb in "$tmp"/apt/cache/archives/*.deb; do
		dpkg-deb -x "$deb" "$d/root"
	done
	rm -rf "${d:?}"/{,root/}usr/share
	# as netcat-openbsd's installation does
	ln -s nc.openbsd "$d/root/bin/nc"
	echo "$rel" >"$d/release"
	for f in "$d"/boot/vmlinu?-"$rel"; do
		ln -s "boot/${f##*/}" "$d/vmlinuz"
	done
	ln -s "lib/modules/$rel" "$d/modules"
	ln -s "usr/src/linux-headers-$rel" "$d/build"
	sed -i "s|/usr/src/|$dir/usr/src/|" "$d/build/Makefile"
	depmod -b "$d" "$rel"
}

fetch_dns() {
	local p
	download openresolv resolvconf systemd-resolved libsystemd-shared
	for p in openresolv resolvconf systemd-resolved libsystemd-shared; do
		dpkg-deb -x "$tmp/$p"_*.deb "$tmp/$p"
		rm -rf "${tmp:?}/$p/usr/share"
	done
	mkdir "$tmp/tree"
	mv "$tmp/openresolv" "$tmp/resolvconf" "$tmp/tree"
	cp -r "$tmp/libsystemd-shared/usr" "$tmp/systemd-resolved"
	mv "$tmp/systemd-resolved" "$tmp/tree/resolved"
}

# fetch_networkmanager DIRECTORY: sid's, to be run with chroot and a bus of its own. Debian 12's
# has no rules of nftables, which came with 1.54.
fetch_networkmanager() {
	local d=$1 link
	from sid
	extract "$d" network-manager,dbus,nftables,coreutils,dash
	for link in bin sbin lib lib64; do
		[ -e "$d/$link" ] || ln -s "usr/$link" "$d/$link"
	done
	rm -rf "$d/usr/share/doc" "$d/usr/share/locale" "$d/usr/share/man"
	mkdir -p "$d/proc" "$d/sys" "$d/run"
	# what the installation of base-passwd and dbus leaves
	echo root:x:0:0:root:/root:/bin/sh >"$d/etc/passwd"
	echo messagebus:x:100:100::/nonexistent:/usr/sbin/nologin >>"$d/etc/passwd"
	printf '%s\n' root:x:0: messagebus:x:100: netdev:x:101: >"$d/etc/group"
}

# Ours in it: the network by DHCP, and a unit that runs what is on the second disk.
fetch_host() {
	local packages=systemd-sysv,systemd-resolved,udev,dbus,procps,kmod,netbase d=$tmp/root
	packages+=,linux-image-cloud-amd64,linux-headers-cloud-amd64,make,gcc,libc6-dev
	packages+=,libmnl-dev,libnftnl-dev,pahole,iproute2,nftables,wireguard-tools
	packages+=,iputils-ping,conntrack,tcpdump,socat,netcat-openbsd,jq,network-manager
	apt-get indextargets --format "deb \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
		'Created-By: Packages' 'Origin: Debian' | sort -u |
		mmdebstrap --quiet --variant=minbase --include="$packages" bookworm "$d" - >&2
	echo debian >"$d/etc/hostname"
	# Debian's installer writes this one, no package does
	printf '%s\n' '127.0.0.1 localhost' '127.0.1.1 debian' '::1 localhost' >"$d/etc/hosts"
	echo '/dev/vda / ext4 defaults 0 1' >"$d/etc/fstab"
	cat >"$d/etc/systemd/network/en.network" <<-END
		[Match]
		Name=en*
		[Network]
		DHCP=yes
	END
	cat >"$d/etc/systemd/system/guest.service" <<-END
		[Unit]
		After=multi-user.target
		[Service]
		WorkingDirectory=/usr/local/src
		ExecStart=/bin/sh -c 'tar -xf /dev/vdb && exec ./guest'
		StandardOutput=file:/dev/ttyS1
		StandardError=inherit
		[Install]
		WantedBy=multi-user.target
	END
	# for wg0 alone, and started where a test asks for it
	printf '%s\n' '[keyfile]' 'unmanaged-devices=*,except:interface-name:wg0' \
		>"$d/etc/NetworkManager/conf.d/wg0.conf"
	chroot "$d" systemctl -q disable NetworkManager NetworkManager-wait-online \
		NetworkManager-dispatcher
	chroot "$d" systemctl -q enable systemd-networkd systemd-resolved guest
	ln -sf ../run/systemd/resolve/stub-resolv.conf "$d/etc/resolv.conf"
	fetch_networkmanager "$d/srv/networkmanager"
	mkdir "$tmp/tree"
	cp -L "$d/vmlinuz" "$tmp/tree/vmlinuz"
	cp -L "$d/initrd.img" "$tmp/tree/initrd"
	mke2fs -q -t ext4 -d "$d" "$tmp/tree/disk" 2G
}

options=()
case $name in
debug-kasan)	options=(debug debug-kasan probes) ;;
debug-kcsan)	options=(debug debug-kcsan) ;;
uml-kasan)	options=(debug debug-kasan uml-kasan) ;;
uml*)	options=(uml) ;;
esac
case $name in
5.10)	fetch=(fetch_kernel cloud-amd64 bullseye bullseye-security) ;;
5.10-generic)	fetch=(fetch_kernel amd64 bullseye bullseye-security) ;;
6.1)	fetch=(fetch_kernel cloud-amd64) ;;
6.1-generic)	fetch=(fetch_kernel amd64) ;;
6.12)	fetch=(fetch_kernel 6.12-cloud-amd64) ;;
6.12-generic)	fetch=(fetch_kernel 6.12-amd64) ;;
6.12-rt)	fetch=(fetch_kernel 6.12-rt-amd64) ;;
sid)	fetch=(fetch_sid cloud-amd64) ;;
sid-generic)	fetch=(fetch_sid amd64) ;;
arm64 | mipsel | s390x)	fetch=(fetch_cpu "$name") ;;
debug-kasan | debug-kcsan)	fetch=(build_debug) ;;
uml | uml-kasan)	fetch=(build_uml) ;;
uml-no-ipv6)	fetch=(build_uml IPV6) ;;
uml-no-nf-tables)	fetch=(build_uml NF_TABLES) ;;
source)	fetch=(fetch_source) ;;
dns)	fetch=(fetch_dns) ;;
host)	fetch=(fetch_host) ;;
*)	die "which? the head of $0 has the names" ;;
esac

[ ${#options[@]} -eq 0 ] || dir+=-$({ options && declare -f build_debug build_uml; } | cksum | cut -d ' ' -f 1)

if [ ! -d "$dir" ]; then
	[ "$(dpkg --print-architecture)" = amd64 ] || die "only amd64's kernels are known here"
	mkdir -p "$cache"
	# two virtual machines may want it at a time
	exec {lock}>"$cache/.lock-$name"
	flock "$lock"
fi
if [ ! -d "$dir" ]; then
	tmp=$(mktemp -d -p "$cache")
	trap 'rm -rf "$tmp"' EXIT
	apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || apt-get -qq update
	"${fetch[@]}"
	mv -T "$tmp/tree" "$dir"
fi
echo "$dir"
