#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Whatever is wrong with a message of the family, it is refused with a sentence
# that says so, and nothing changes.

. "$(dirname "$0")/../lib.sh"

need_module
new_ns box
ip -n "$box" link set lo up
ip -n "$box" link add wg0 type wireguard
ip -n "$box" link add wg1 type wireguard
ip -n "$box" address add 10.2.0.2/32 dev wg0
ip -n "$box" link set wg0 up
wg0=$(on "$box" cat /sys/class/net/wg0/ifindex)
wg1=$(on "$box" cat /sys/class/net/wg1/ifindex)

# commands and attributes of <linux/wgmark.h>
get=1 new=2 set=3 del=4
ifindex=1 fwmark=3 mask=4 restore=5 guard=6 compat=7 families=8 notrack=14
dump=0x300

nl() {
	on "$box" wgmark-nl "$@"
}

# The tunnels, and how many hold the module
state() {
	nl -f $dump $get
	cat /sys/module/wgmark/refcnt
}

# refused ANSWER NAME ARGUMENT...: with exactly that answer, changing nothing
refused() {
	_answer=$1 _what=$2
	shift 2
	_before=$_state
	_got=$(nl "$@" || :)
	_state=$(state)
	is "$_got
$_state" "$_answer
$_before" "$_what"
}

bad_range="integer out of range"
bad_length="invalid attribute length"
unknown="Unknown attribute type"
unsupported="Unsupported attribute"

# misses ATTRIBUTE: as an answer tells of one, which 6.1 learned
misses() {
	older_than 6.1 || echo " [misses $1]"
}

# Each rule is checked with no tunnel (new) and with one (set).
for round in new set; do
	case $round in
	new) cmd=$new on=$wg1 ;;
	set) cmd=$set on=$wg0
		nl $new "$ifindex:u32:$wg0" "$fwmark:u32:0xca6c" >/dev/null ;;
	esac
	_state=$(state)
	refused "error EINVAL: the tunnel's ifindex is missing$(misses 1)" \
		"$round: no ifindex" $cmd "$fwmark:u32:1"
	refused "error ERANGE: $bad_range [at 20]" "$round: ifindex 0" $cmd "$ifindex:u32:0" "$fwmark:u32:1"
	refused "error ERANGE: $bad_range [at 28]" "$round: fwmark 0" $cmd "$ifindex:u32:$on" "$fwmark:u32:0"
	refused "error ERANGE: $bad_range [at 28]" "$round: mask 0" $cmd "$ifindex:u32:$on" "$mask:u32:0" "$fwmark:u32:1"
	refused "error ERANGE: $bad_range [at 28]" "$round: no such restore" \
		$cmd "$ifindex:u32:$on" "$restore:u32:3" "$fwmark:u32:1"
	refused "error ERANGE: $bad_range [at 28]" "$round: guard 2" $cmd "$ifindex:u32:$on" "$guard:u8:2" "$fwmark:u32:1"
	refused "error ERANGE: $bad_range [at 28]" "$round: compat 2" $cmd "$ifindex:u32:$on" "$compat:u8:2" "$fwmark:u32:1"
	refused "error ERANGE: $bad_range [at 28]" "$round: notrack 2" $cmd "$ifindex:u32:$on" "$notrack:u8:2" "$fwmark:u32:1"
	refused "error EINVAL: reserved bit set [at 28]" "$round: no such family" \
		$cmd "$ifindex:u32:$on" "$families:u32:4" "$fwmark:u32:1"
	refused "error EINVAL: families must name ipv4, ipv6 or both [at 28]" "$round: no family at all" \
		$cmd "$ifindex:u32:$on" "$families:u32:0" "$fwmark:u32:1"
	refused "error EINVAL: fwmark has bits outside mask [at 36]" "$round: fwmark outside mask" \
		$cmd "$ifindex:u32:$on" "$fwmark:u32:0x1ff" "$mask:u32:0xff"
	refused "error EINVAL: compat is wg-quick's rule, which knows no mask; leave one of them out [at 44]" \
		"$round: compat with mask" \
		$cmd "$ifindex:u32:$on" "$fwmark:u32:1" "$mask:u32:0xff" "$compat:u8:1"
	refused "error EINVAL: compat restores from conntrack; leave restore or compat out [at 44]" \
		"$round: compat without restore" \
		$cmd "$ifindex:u32:$on" "$fwmark:u32:1" "$restore:u32:0" "$compat:u8:1"
	refused "error EINVAL: compat restores from conntrack; leave restore or compat out [at 44]" \
		"$round: compat with restore learn" \
		$cmd "$ifindex:u32:$on" "$fwmark:u32:1" "$restore:u32:2" "$compat:u8:1"
	refused "error EINVAL: notrack hides the packets that restore conntrack needs; it goes with restore learn [at 36]" \
		"$round: notrack with restore conntrack" \
		$cmd "$ifindex:u32:$on" "$fwmark:u32:1" "$notrack:u8:1"
	for a in $ifindex $fwmark $mask $restore $families; do
		refused "error EINVAL: $bad_length [at 20]" "$round: attribute $a of 2 bytes" $cmd "$a:hex:0100"
		refused "error EINVAL: $bad_length [at 20]" "$round: attribute $a of 0 bytes" $cmd "$a:hex:"
		refused "error EINVAL: $bad_length [at 20]" "$round: attribute $a of 8 bytes" \
			$cmd "$a:hex:0100000001000000"
	done
	for a in $guard $compat $notrack; do
		refused "error EINVAL: $bad_length [at 20]" "$round: attribute $a of 4 bytes" $cmd "$a:u32:1"
	done
	for a in 2:str:wg0 9:hex:0a000001; do
		refused "error EINVAL: $unsupported [at 28]" "$round: an attribute of replies only, $a" \
			$cmd "$ifindex:u32:$on" $a
	done
	refused "error EINVAL: $unknown [at 28]" "$round: learned sources, in replies only" \
		$cmd "$ifindex:u32:$on" 15:hex:0a000001
	refused "error EINVAL: $unknown [at 28]" "$round: an unknown attribute" $cmd "$ifindex:u32:$on" 77:u32:1
done

refused "error EINVAL: fwmark is missing; only restore none does without$(misses 3)" \
	"new: no fwmark" $new "$ifindex:u32:$wg1"
refused "error ENODEV: no device has this ifindex in this network namespace [at 20]" \
	"new: no such device" $new "$ifindex:u32:9999" "$fwmark:u32:1"
refused "error EINVAL: the loopback device cannot be a tunnel [at 20]" \
	"new: loopback" $new "$ifindex:u32:1" "$fwmark:u32:1"
refused "error EEXIST: a tunnel is configured on this device; tunnel-set changes it [at 20]" \
	"new: it is there already" $new "$ifindex:u32:$wg0" "$fwmark:u32:1"
for cmd in $get $set $del; do
	refused "error ENOENT: no tunnel is configured on this device; tunnel-new does that [at 20]" \
		"command $cmd: it is not there" $cmd "$ifindex:u32:$wg1"
	refused "error EINVAL: the tunnel's ifindex is missing$(misses 1)" "command $cmd: no ifindex" $cmd
done
refused "error EINVAL: $unknown [at 28]" "get: too much said" $get "$ifindex:u32:$wg0" "$fwmark:u32:1"
refused "error EINVAL: $unknown [at 28]" "del: too much said" $del "$ifindex:u32:$wg0" "$fwmark:u32:1"
refused "error EINVAL: a dump takes no attributes; for one tunnel leave NLM_F_DUMP out" \
	"dump of one" -f $dump $get "$ifindex:u32:$wg0"
_state=$(state)
if older_than 6.1; then
	skip "new: flags of old families" "before 6.1 the kernel does not look at them"
else
	refused "error EINVAL: ambiguous or reserved bits set in nlmsg_flags" \
		"new: flags of old families" -f 0x500 $new "$ifindex:u32:$wg1" "$fwmark:u32:1"
fi
for cmd in 0 5 8 99; do
	refused "error EOPNOTSUPP:" "command $cmd is not an operation" $cmd "$ifindex:u32:$wg0"
done

# Nine distinct masks are one too many.
for n in 1 2 3 4 5 6 7; do
	ip -n "$box" link add "m$n" type wireguard
	is "$(nl $new "$ifindex:u32:$(on "$box" cat "/sys/class/net/m$n/ifindex")" "$fwmark:u32:$((1 << n))" \
		"$mask:u32:$((1 << n))")" ok "mask number $((n + 1))"
done
_state=$(state)
refused "error ENOSPC: 8 different masks are in use in this namespace, the most there can be; use one of them" \
	"new: a ninth mask" $new "$ifindex:u32:$wg1" "$fwmark:u32:256" "$mask:u32:256"
is "$(nl $new "$ifindex:u32:$wg1" "$fwmark:u32:256")" ok "two tunnels may share a mask"
_state=$(state)
refused "error ENOSPC: 8 different masks are in use in this namespace, the most there can be; use one of them" \
	"set: a ninth mask" $set "$ifindex:u32:$wg1" "$mask:u32:256"
is "$(nl $del "$ifindex:u32:$wg1")" ok "del of one of them"
is "$(nl $set "$ifindex:u32:$wg0" "$fwmark:u32:256" "$mask:u32:256")" ok \
	"set: another mask for the only one that used it"
nl $set "$ifindex:u32:$wg0" "$fwmark:u32:0xca6c" "$mask:u32:0xffffffff" >/dev/null

# In place: what is not named stays.
params() {
	nl $get "$ifindex:u32:$wg0" | sed -n 's/.* \(3=.*\) 10=.*/\1/p'
}
nl $set "$ifindex:u32:$wg0" "$guard:u8:0" >/dev/null
is "$(params)" "3=$(hex32 0xca6c) 4=ffffffff 5=$(hex32 1) 6=00 7=00 8=$(hex32 3)" "set changes what it names"
nl $set "$ifindex:u32:$wg0" "$families:u32:1" >/dev/null
is "$(params)" "3=$(hex32 0xca6c) 4=ffffffff 5=$(hex32 1) 6=00 7=00 8=$(hex32 1)" "and leaves the rest"
nl $set "$ifindex:u32:$wg0" "$fwmark:u32:7" "$mask:u32:0xffff" >/dev/null
is "$(params)" "3=$(hex32 7) 4=$(hex32 0xffff) 5=$(hex32 1) 6=00 7=00 8=$(hex32 1)" "fwmark and mask together"
nl $set "$ifindex:u32:$wg0" "$restore:u32:2" "$notrack:u8:1" >/dev/null
is "$(nl $get "$ifindex:u32:$wg0" | grep -o '14=[0-9a-f]*')" 14=01 "restore learn and notrack together"
_state=$(state)
refused "error EINVAL: notrack hides the packets that restore conntrack needs; it goes with restore learn [at 28]" \
	"set: restore conntrack, with the notrack that there is" $set "$ifindex:u32:$wg0" "$restore:u32:1"
is "$(nl $set "$ifindex:u32:$wg0" "$restore:u32:1" "$notrack:u8:0")" ok "set: both at once"
is "$(nl $del "$ifindex:u32:$wg0")" ok "del"

# No privilege: not without CAP_NET_ADMIN, but in a namespace of one's own.
unpriv() {
	on "$box" setpriv --reuid 65534 --clear-groups --bounding-set -all wgmark-nl "$@" || :
}
for cmd in "$get $ifindex:u32:$wg0" "-f $dump $get" "$new $ifindex:u32:$wg0 $fwmark:u32:1" \
	"$set $ifindex:u32:$wg0" "$del $ifindex:u32:$wg0"; do
	# shellcheck disable=SC2086
	is "$(unpriv $cmd)" "error EPERM:" "without CAP_NET_ADMIN: $cmd"
done

on "$box" setpriv --reuid 65534 --clear-groups --bounding-set -all wgmark-nl -m 1 >"$tmp/events" 2>&1 || :
is "$(cat "$tmp/events")" "join: Operation not permitted" "without CAP_NET_ADMIN no events either"

done_testing
