#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wgmarkctl monitor tells of tunnels and spoofed packets as they come, of the module
# coming and going, and of what it missed; and it ends when it is told to.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
ip -n "$neighbour" route add 10.2.0.2 via 192.168.44.2
ip -n "$client" -batch - <<-EOF
	link add wg0 type wireguard
	address add 10.2.0.2/32 dev wg0
	link set wg0 up
EOF
wg0=$(on "$client" cat /sys/class/net/wg0/ifindex)
new=2 set=3 del=4
nl() {
	on "$client" wgmark-nl "$@" >/dev/null
}

# listen NAME [OPTION]: to $tmp/NAME, until end_listening; sets $monitor
listen() {
	_file=$tmp/$1
	shift
	ip netns exec "$client" "$wgmarkctl" monitor "$@" >"$_file" 2>"$tmp/errors" &
	monitor=$!
	wait_for 5 grep -q module- "$_file"
}

# end_listening [SIGNAL]: sets $status
end_listening() {
	status=0
	kill "-${1:-TERM}" $monitor
	wait $monitor || status=$?
}

# events NAME JQ: what the filter makes of each line, one a line
events() {
	jq -r "$2" "$tmp/$1"
}

# --- what happens ---------------------------------------------------------------

listen json --json
listen text
text=$monitor
nl $new "1:u32:$wg0" 3:u32:0xca6c
on "$neighbour" ping -q -i 0.2 -c 3 -W 1 10.2.0.2 >/dev/null || :
# told_of NUMBER: of spoofed packets, in all
told_of() {
	[ "$(events json 'select(.event == "spoofed").count' | jq -s add)" = "$1" ]
}
check "every spoofed packet is told of" wait_for 5 told_of 3
ip -n "$client" -batch - <<-EOF
	link set wg0 down
	link set wg0 name tun7
	link set tun7 up
EOF
nl $set "1:u32:$wg0" 6:u8:0
nl $del "1:u32:$wg0"
wait_for 5 grep -q tunnel-removed "$tmp/text"
monitor=$text
end_listening
is "$status" 0 "SIGTERM ends it, with status 0"
# shellcheck disable=SC2046
kill -INT $(ip netns pids "$client")
status=0
wait || status=$?
is "$(cat "$tmp/errors")" "" "and nothing is complained of"

is "$(events json 'del(.time, .ifindex) | select(.event != "spoofed") | tojson')" \
	'{"event":"module-present"}
{"event":"tunnel-added","interface":"wg0","fwmark":51820,"mask":4294967295,"restore":"conntrack","notrack":false,"compat":false,"guard":true,"guarded":["10.2.0.2"],"spoofed":0,"restored":0,"saved":0,"untold":0}
{"event":"tunnel-changed","interface":"tun7","fwmark":51820,"mask":4294967295,"restore":"conntrack","notrack":false,"compat":false,"guard":false,"guarded":[],"spoofed":3,"restored":0,"saved":0,"untold":0}
{"event":"tunnel-removed","interface":"tun7","fwmark":51820,"mask":4294967295,"restore":"conntrack","notrack":false,"compat":false,"guard":false,"guarded":[],"spoofed":3,"restored":0,"saved":0,"untold":0}' \
	"JSON tells of a tunnel as it was, is and was last"
is "$(events json 'select(.event == "spoofed") | [.interface, .from, .to, .by] | join(" ")' | uniq)" \
	"wg0 192.168.44.3 10.2.0.2 lan" "and of spoofed packets, the first one's addresses and device"
is "$(wc -l <"$tmp/json")" "$(events json .event | wc -l)" "each object is one line"
is "$(events json '.time | sub("\\.[0-9]*"; "") | test("^2[0-9]{3}-[0-9][0-9]-[0-9][0-9]T[0-9:]{8}[+-][0-9:]{5}$")' | uniq)" \
	true "and has a time"
is "$(sed 's/^[^ ]* //' "$tmp/text" | grep -v ^spoofed)" \
	"module-present: the module wgmark is there, and is listened to
tunnel-added wg0: fwmark 0xca6c/0xffffffff, restore conntrack, guards 10.2.0.2; packets: 0 spoofed and dropped, 0 restored, 0 saved
tunnel-changed tun7: fwmark 0xca6c/0xffffffff, restore conntrack, no guard; packets: 3 spoofed and dropped, 0 restored, 0 saved
tunnel-removed tun7: fwmark 0xca6c/0xffffffff, restore conntrack, no guard; packets: 3 spoofed and dropped, 0 restored, 0 saved" \
	"the text is one line each"
is "$(sed -n 's/^[^ ]* \(spoofed .*: \)[0-9]* packets\{0,1\}/\1N/p' "$tmp/text" | uniq)" \
	"spoofed wg0: N dropped, from 192.168.44.3 to 10.2.0.2 by lan" "and of spoofed packets likewise"

# --- events that nobody reads -----------------------------------------------------

ip -n "$client" link set tun7 down
ip -n "$client" link set tun7 name wg0
ip -n "$client" link set wg0 up
ip -n "$client" link add wg1 type wireguard
wg1=$(on "$client" cat /sys/class/net/wg1/ifindex)
nl $new "1:u32:$wg0" 3:u32:0xca6c
nl $new "1:u32:$wg1" 3:u32:0xca6d
listen lost --json
is "$(events lost 'select(.event == "tunnel-present").interface')" "wg0
wg1" "tunnels that were there before are told of"
json=$monitor
listen lost-text
text=$monitor
kill -STOP "$json" "$text"
# 2 MiB of them are kept
awk -v change="$set 1:u32:$wg0 6:u8:" 'BEGIN { while (i++ < 8001) print change i % 2 }' |
	on "$client" wgmark-nl -c
nl $del "1:u32:$wg1"
on "$neighbour" ping -q -i 0.2 -c 4 -W 1 10.2.0.2 >/dev/null || :
sleep 2
nl $set "1:u32:$wg0" 3:u32:0xca6e
kill -CONT "$json" "$text"
wait_for 10 grep -q '"lost"' "$tmp/lost"
wait_for 10 grep -q 51822 "$tmp/lost"
wait_for 10 grep -q 0xca6e "$tmp/lost-text"
nl $set "1:u32:$wg0" 3:u32:0xca6f
check "it goes on after events were lost" wait_for 5 grep -q 51823 "$tmp/lost"
# what stands from the loss on
sed -n '/"event": "lost"/,$p' "$tmp/lost" >"$tmp/after"
is "$(events lost 'select(.event == "lost").event')" lost "it says once that events were lost"
check "after those that were not" test "$(events lost 'select(.event == "tunnel-changed").event' | wc -l)" -gt 100
is "$(events after 'select(.event != "module-present") | [.event, .interface, .fwmark, .untold | tostring] | join(" ")')" \
	"lost null null null
tunnel-present wg0 51822 4
tunnel-removed wg1 null null
tunnel-changed wg0 51823 0" "then what is there now, with the packets that no event told of, and what went"
wait_for 5 grep -q 0xca6f "$tmp/lost-text"
is "$(sed -n '/^[^ ]* lost: /,$s/^[^ ]* \([^:]*\): .*fwmark \([^/]*\).*\|^[^ ]* \([^:]*\).*/\1\3 \2/p' "$tmp/lost-text")" \
	"lost 
module-present 
tunnel-present wg0 0xca6e
tunnel-removed wg1 (its last counters were lost) 
tunnel-changed wg0 0xca6f" "the text says the same"
is "$(sed -E '/^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2} /d' "$tmp/lost-text")" "" \
	"and each of its lines begins with a time"
end_listening
monitor=$json
end_listening

# --- a reader that goes -------------------------------------------------------------

mkfifo "$tmp/pipe"
on "$client" "$wgmarkctl" monitor >"$tmp/pipe" 2>"$tmp/errors" &
monitor=$!
head -n 1 "$tmp/pipe" >"$tmp/first"
gone() {
	! kill -0 $monitor
}
check "it ends when nobody reads any more, without an event" wait_for 5 gone
status=0
wait $monitor || status=$?
is "$status $(cat "$tmp/errors")" "0 " "with status 0 and without a word"
status=0
on "$client" "$wgmarkctl" monitor >/dev/full 2>"$tmp/errors" || status=$?
is "$status $(cat "$tmp/errors")" "1 wgmarkctl: cannot write to stdout" "a full disk is a failure"

# --- the module comes and goes --------------------------------------------------------

nl $del "1:u32:$wg0"
no_modprobe
if wait_for 10 unload_module; then
	listen module
	is "$(sed 's/^[^ ]* //' "$tmp/module")" \
		"module-absent: the module wgmark is not loaded; waiting for it" \
		"without the module it waits"
	insmod "$module"
	wait_for 5 grep -q module-present "$tmp/module"
	nl $new "1:u32:$wg0" 3:u32:0xca6c
	check "and listens as soon as it is there" wait_for 5 grep -q "tunnel-added wg0" "$tmp/module"
	nl $del "1:u32:$wg0"
	wait_for 10 unload_module
	wait_for 5 grep -q "tunnel-removed" "$tmp/module"
	check "that the module went is told" wait_for 5 sh -c \
		"tail -n 1 '$tmp/module' | grep -q module-absent"
	insmod "$module"
	nl $new "1:u32:$wg0" 3:u32:0xca6c
	check "and that it is there again" wait_for 5 sh -c \
		"tail -n 1 '$tmp/module' | grep -q 'tunnel-.* wg0'"
	end_listening INT
	is "$status" 0 "SIGINT ends it, with status 0"
	nl $del "1:u32:$wg0"
	modprobe_again
else
	skip "the module comes and goes" "others use it"
fi

# --- what it refuses ------------------------------------------------------------------

status=0
on "$client" "$wgmarkctl" monitor wg0 2>"$tmp/errors" || status=$?
is "$status $(cat "$tmp/errors")" "2 wgmarkctl: monitor takes no argument" "an argument is refused"
status=0
on "$client" setpriv --bounding-set -net_admin --inh-caps -net_admin \
	"$wgmarkctl" monitor >/dev/null 2>"$tmp/errors" || status=$?
is "$status" 5 "without CAP_NET_ADMIN there is nothing to hear"
done_testing
