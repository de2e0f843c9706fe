#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [-i] [-q ARGUMENTS] [-t SECONDS] KERNEL COMMAND [ARGUMENT...] - run a command in a
# virtual machine, as root, and exit with its status
#
# -i        one processor, whose clock counts its instructions: one is one tick
#           of the time stamp counter, and each run is the same as the last
# -q        more arguments for qemu, split at blanks
# KERNEL    6.1, 6.12 or another of kernel.sh, also of other CPUs; uml is one processor,
#           and no emulator
# COMMAND   runs in /wgmark of the guest, which holds wgmark.ko, wgbench.ko,
#           build/wgmarkctl, build/wgmarkctl-faults, build/tools (each if it
#           is built), tests/, and of user/ the completion and the unit file, laid out as
#           here. A script from elsewhere is put beside them.
#           For another CPU they are from build/KERNEL/build, with the unit tests.
#           The programs that set DNS are in /opt/dns, see kernel.sh.
#
# Standard output is the command's output. Exit status: the command's, or that of
# boot.sh, when it took more than SECONDS (600), the guest died, or its kernel
# complained.
set -euo pipefail

die() { echo "run.sh: $*" >&2; exit 2; }

limit=600
icount=
more=()
while getopts iq:t: opt; do
	case $opt in
	i) icount=yes ;;
	q) read -r -a more <<<"$OPTARG" ;;
	t) limit=$OPTARG ;;
	*) die "see the head of $0" ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || die "which kernel, which command?"
name=$1
shift

top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/vm/cpu.sh"
cpu "$name"
kernel=$("$top/tests/vm/kernel.sh" "$name")
release=$(cat "$kernel/release")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An uncompressed archive: unpacking is a copy, where gunzip would take seconds
# in an emulated machine.
pack() {
	(cd "$1" && find . -print0 | cpio --null -o -H newc --quiet -R 0:0) >"$2"
}

# Programs are this machine's, or for another CPU those that kernel.sh has of it
from=
programs=$top/build
if [ -n "$cross" ]; then
	from=$kernel/root
	programs=$top/build/$name/build
fi

# program NAME: prints its file
program() {
	local d
	for d in {,/usr}/{,s}bin; do
		[ ! -e "$from$d/$1" ] || { echo "$from$d/$1"; return; }
	done
	die "no $1 here: run tests/vm/deps.sh"
}

# libraries FILE: prints the shared libraries that it needs; ldd would run it
libraries() {
	local lib f
	if [ -z "$cross" ]; then
		ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || :
		return
	fi
	readelf -d "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r lib; do
		for f in "$from"{,/usr}/lib/*/"$lib"; do
			[ ! -e "$f" ] || echo "${f#"$from"}"
		done
	done || :
}

# install_program FILE PATH: with the shared libraries that it needs
install_program() {
	local lib
	install -D "$1" "$root$2"
	libraries "$1" | while read -r lib; do
		[ -e "$root$lib" ] || install_program "$from$lib" "$lib"
	done
}

# The kernel loads what is asked for by itself (link kinds, nft expressions):
# all of its network modules are there. Made once for each kernel.
pack_modules() {
	local from to=$work/modules/lib/modules/$release dir
	from=$(realpath "$kernel/modules")
	mkdir -p "$to/kernel/drivers/net"
	for dir in net lib crypto "arch/$arch/crypto" drivers/char drivers/virtio; do
		[ -d "$from/kernel/$dir" ] || continue
		mkdir -p "$to/kernel/${dir%/*}"
		cp -r "$from/kernel/$dir" "$to/kernel/$dir"
	done
	for dir in "$from"/kernel/drivers/net/{wireguard,veth,dummy,vrf,ifb,tun}*; do
		[ ! -e "$dir" ] || cp -r "$dir" "$to/kernel/drivers/net/"
	done
	cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
	depmod -b "$work/modules" "$release"
	pack "$work/modules" "$kernel/modules.cpio.$$"
	mv "$kernel/modules.cpio.$$" "$kernel/modules.cpio"
}
[ "$kernel/modules.cpio" -nt "$0" ] || pack_modules

root=$work/root
mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,run,root,etc,usr/sbin,wgmark/build,wgmark/tests}
for p in busybox dash bash nft ip bridge tc ss wg wg-quick ping conntrack tcpdump socat nc kmod \
	setpriv jq stat sort readlink sysctl sync; do
	f=$(program "$p")
	install_program "$f" "/bin/$p"
done
# what Debian's resolvconf asks of them is more than busybox's know
for p in bash sed readlink flock run-parts dbus-daemon; do
	f=$(program "$p")
	install_program "$f" "/bin/$p"
done
# For the benchmark and for foreign rules. Not by the names that wg-quick looks for.
for p in {ip,ip6}tables-{legacy,nft}-restore; do
	f=$(program "$p")
	install_program "$f" "/bin/$p"
done
for f in "$from"/usr/lib/*/xtables/lib{xt_{addrtype,comment,CONNMARK,connmark,conntrack,CT,DNAT,LOG,MARK,MASQUERADE,mark,multiport,NAT,owner,REDIRECT,standard,state,tcp,udp},ip{,6}t_REJECT,ipt_icmp,ip6t_{hl,icmp6,rt}}.so; do
	install_program "$f" "${f#"$from"}"
done
# The loader's names are not among the libraries' where it is another CPU's
[ -z "$from" ] || cp -P "$from"/lib/ld*.so.* "$root/lib/"
# dash, because busybox's shell takes its own small ip for ip
ln -s dash "$root/bin/sh"
for p in modprobe insmod rmmod lsmod modinfo; do
	ln -s ../bin/kmod "$root/sbin/$p"
done
for p in $(busybox --list); do
	[ -e "$root/bin/$p" ] || [ -e "$root/sbin/$p" ] || ln -s busybox "$root/bin/$p"
done
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'systemd-resolve:x:101:101::/:/bin/false' >>"$root/etc/passwd"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
ln -s ../proc/self/mounts "$root/etc/mtab"

cp -r "$top/tests" "$root/wgmark/"
install -D -m 644 -t "$root/wgmark/user" "$top/user/wgmarkctl.bash" "$top/user/wgmark@.service"
for f in wgmark.ko bench/wgbench.ko; do
	[ ! -e "$top/build/$name/$f" ] || cp "$top/build/$name/$f" "$root/wgmark/"
done
for p in wgmarkctl wgmarkctl-faults tools/* ${from:+asan/test-*}; do
	for f in "$programs"/$p; do
		[[ ! -x $f || $f == *.[od] ]] || install_program "$f" "/wgmark/build${f#"$programs"}"
	done
done
# the mips machine has 256 MB for all this, twice while it is unpacked
for f in "$root"/wgmark/build/asan/test-*; do
	[ ! -e "$f" ] || "${cross}strip" "$f"
done
# The programs that set DNS, each in a folder of its own; resolved's library is
# where its loader looks
dns=$("$top/tests/vm/kernel.sh" dns)
resolved=${from:-$dns/resolved}
mkdir "$root/opt"
cp -r "$dns" "$root/opt/dns"
for f in "$resolved"/usr/lib/*/systemd/libsystemd-shared-*.so; do
	install_program "$f" "${f#"$resolved"}"
done
for f in /lib/systemd/systemd-resolved /usr/bin/resolvectl; do
	install_program "$resolved$f" "/opt/dns/resolved$f"
done

if [[ $1 != tests/* ]] && [ -f "$1" ]; then
	install -D -m 755 "$1" "$root/wgmark/${1##*/}"
	set -- "/wgmark/${1##*/}" "${@:2}"
fi

printf '%q ' "$@" >"$root/etc/command"
echo "$port" >"$root/etc/port"
cat >"$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin:/sbin HOME=/root TERM=dumb WG_COLOR_MODE=never
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug
mkdir /run/netns /run/lock
ln -s /proc/self/fd /dev/fd 2>/dev/null
ip link set lo up
port=$(cat /etc/port)
case $port in
/dev/vport*)
	modprobe -a virtio_pci virtio_console
	until [ -e $port ]; do sleep 0.1; done
	port=$(echo $port)
	;;
*) stty -F $port raw -echo ;;
esac
cd /wgmark
echo guest-runs >$port
sh -c "$(cat /etc/command)" </dev/null >$port 2>&1
echo "guest-exit $?" >$port
poweroff -f
INIT
chmod 755 "$root/init"
pack "$root" "$work/root.cpio"
cat "$work/root.cpio" "$kernel/modules.cpio" >"$work/initrd"

if [ -e "$kernel/linux" ]; then
	# those that no-memory.sh has fail alone
	caches=
	[ "$name" != uml-kasan ] ||
		caches=slub_debug=A,kmalloc-512,kmalloc-1k,kmalloc-2k,kmalloc-4k,skbuff_head_cache
	TMPDIR=$work "$top/tests/vm/boot.sh" -u "$name" "$limit" "$caches" "$kernel/linux" mem=2048M "initrd=$work/initrd"
else
	# what waits for a grace period, which is long under packets where all is slow
	memory=1024
	[[ $name != debug-* ]] || memory=3072
	"$top/tests/vm/boot.sh" ${icount:+-i} "$name" "$limit" "" -m "$memory" -nic none \
		-kernel "$kernel/vmlinuz" -initrd "$work/initrd" "${more[@]}"
fi
