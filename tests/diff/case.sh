#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# case.sh PROGRAM FILE DIR - run a case of corpus/ with wg-quick or wgmarkctl in
# this network and mount namespace, which is fresh; what is seen after each verb
# goes to DIR/1-up, DIR/2-down, ..., for lines.jq and lines.awk
#
# The case is the configuration itself. Comments that begin without a blank say
# how it is run:
#
#	#name: wg1            the interface; wg0 if not said
#	#arg: NAME            the argument of the verb; the file's path if not said
#	#file: PATH TEXT      a line of the file PATH below /etc, which is empty else
#	#env: NAME=VALUE      of the program's environment
#	#pre: COMMAND         done before, by sh
#	#do: up               a verb, and what is there after it is observed
#	#do: sh COMMAND       something that happens in between
#	#expect: 0 1          the statuses of the real wg-quick; 0 0 if not said
#
# Without #do, it is "up", and "down" unless that failed. Commands, also those of
# the hooks, may write to $LOG, and find the file in the folder $DIR.
set -eu

program=$1
case=$2
out=$3
tool=${program##*/}
cr=$(printf '\r')
name=wg0
arg=
verbs=
expect="0 0"
statuses=
n=0

export DIR="$out/etc" LOG="$out/log" HOME=/ PATH="${program%/*}:/usr/sbin:/usr/bin:/sbin:/bin"
export WG_COLOR_MODE=never
unset DIFF_KEEP
umask 077

# The machine: an uplink by which all can be reached, and nothing at random.
# A device of type dummy takes every packet and answers none.
prepare() {
	mount -t tmpfs tmpfs /etc
	[ "$tool" = wg-quick ] || mount -t tmpfs tmpfs /run
	echo 'root:x:0:0:root:/:/bin/sh' >/etc/passwd
	cd /proc/sys/net
	for _file in ipv6/conf/*/accept_dad ipv6/conf/*/router_solicitations; do
		echo 0 >"$_file"
	done
	for _file in ipv4/conf/*/rp_filter; do
		echo 1 >"$_file"
	done
	# WireGuard turns this off with its first device and leaves it so
	echo 0 >ipv4/conf/all/send_redirects
	# where the kernel takes a ListenPort from
	echo 40000 40000 >ipv4/ip_local_port_range
	cd /
	ip -batch - <<-END
		link set lo up
		link add eth0 address 02:00:00:00:00:01 type dummy
		address add 192.0.2.2/24 dev eth0
		address add 2001:db8::2/64 dev eth0 nodad
		link set eth0 up
		route add default via 192.0.2.1
		route add default via 2001:db8::1
	END
}

# observe: all that a tunnel could change, to files in this folder
observe() {
	for _family in 4 6; do
		ip -$_family -d -j -batch - >ip-$_family.json <<-END
			link
			address
			rule
			route show table all
		END
	done
	for _if in "$name" wg9; do
		[ ! -e "/proc/sys/net/ipv4/conf/$_if" ] ||
			wg showconf "$_if" >"showconf-$_if.text" 2>&1 || :
	done
	cd /proc/sys/net
	grep -s . ipv4/ip_forward ipv4/conf/*/src_valid_mark ipv4/conf/*/rp_filter \
		ipv4/conf/*/arp_ignore ipv6/conf/*/disable_ipv6 ipv6/conf/*/mtu \
		>"$OLDPWD/sysctl.text"
	cd "$OLDPWD"
	nft -j -s list ruleset >nft.json
	[ "$tool" = wg-quick ] || wgmarkctl show --json >show.json
	[ ! -e "$LOG" ] || cp "$LOG" log.numbered.text
	# "save" puts another file there; dash and busybox have -ef
	# shellcheck disable=SC3013
	# wg-quick writes the file anew, wgmarkctl keeps comments and order: what it says is compared
	[ "$DIR/$name.conf" -ef "$out/before" ] ||
		awk '/^\[/ { n++ }
		     /^ *(#|$)/ { next }
		     /^Address/ { split($0, part, /[=,] */); $0 = ""
				  for (i = 2; i in part; i++) print n, "Address = " part[i] }
		     $0 { print n, $0 }' "$DIR/$name.conf" >file.text
}

# do_verb VERB
do_verb() {
	n=$((n + 1))
	mkdir "$out/$n-$1"
	cd "$DIR"
	status=0
	"$tool" "$1" "$arg" >"$out/$n-$1/stdout.numbered.text" 2>"$out/$n-$1/stderr" \
		</dev/null || status=$?
	cd "$out/$n-$1"
	echo "$status" >status.text
	statuses="${statuses:+$statuses }$status"
	observe
	cd /
}

# each FUNCTION: for each line of the case that says how it is run
each() {
	while IFS= read -r _line || [ -n "$_line" ]; do
		case $_line in
		"#"[a-z]*": "*) "$1" "${_line%"$cr"}" ;;
		esac
	done <"$case"
}

setting() {
	_text=${1#*: }
	case $1 in
	"#name: "*) name=$_text ;;
	"#arg: "*) arg=$_text ;;
	"#env: "*) export "${_text?}" ;;
	"#expect: "*) expect=$_text ;;
	"#pre: "*) sh -ec "$_text" ;;
	"#do: "*) verbs=1 ;;
	"#file: "*)
		_path=${_text%% *}
		mkdir -p "${_path%/*}"
		echo "${_text#* }" >>"$_path"
		;;
	esac
}

step() {
	case $1 in
	"#do: sh "*) sh -ec "${1#"#do: sh "}" ;;
	"#do: "*) do_verb "${1#"#do: "}" ;;
	esac
}

prepare
each setting
mkdir "$DIR"
cp "$case" "$DIR/$name.conf"
ln "$DIR/$name.conf" "$out/before"
case $arg in
"") arg=$DIR/$name.conf ;;
*/*) ;;
*)
	mkdir /etc/wireguard
	mount --bind "$DIR" /etc/wireguard
	;;
esac

if [ -n "$verbs" ]; then
	each step
else
	do_verb up
	[ "$status" -ne 0 ] || do_verb down
fi
if [ "$statuses" != "$expect" ]; then
	echo "wg-quick's status is $statuses, not $expect" >"$out/unexpected"
fi
: >"$out/done"
