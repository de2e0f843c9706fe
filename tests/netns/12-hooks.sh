#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# PreUp, PostUp, PreDown, PostDown and SaveConfig: when they run, what they see, and
# what becomes of the tunnel when they fail.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
umask 077
cd "$tmp"

# conf [LINE...]: the client's wg0.conf with LINEs more in [Interface]
conf() {
	client_conf_with 4 "" "$@" >wg0.conf
}

up() {
	on "$client" "$wgmarkctl" up ./wg0.conf
}

down() {
	on "$client" "$wgmarkctl" down ./wg0.conf
}

snapshot_state "$client" >before

# shellcheck disable=SC2016
see='echo $(ip -br link show %i 2>/dev/null | wc -l) $(ip -br address show %i 2>/dev/null | grep -c 10.2.0.2) $(ip -4 rule | grep -c ca6c)'
conf "PreUp = echo PreUp $see >>$tmp/seen" "PostUp = echo PostUp $see >>$tmp/seen" \
	"PreDown = echo PreDown $see >>$tmp/seen" "PostDown = echo PostDown $see >>$tmp/seen" \
	"PostUp = echo 'a # b' >>$tmp/seen" "PostUp = [[ wg0 == w* ]] && cat <(echo bash) >>$tmp/seen"
check "up" up
check "down" down
is "$(cat seen)" "PreUp echo 1 0 0
PostUp echo 1 1 1
a # b
bash
PreDown echo 1 1 1
PostDown echo 0 0 0" "each command sees what is there at its time"
before "up and down"

for key in PreUp PostUp; do
	conf "$key = echo one >said" "$key = exit 3" "$key = echo two >said"
	status=0
	up >out 2>&1 || status=$?
	is "$(grep '^wgmarkctl:' out), status $status, $(cat said)" \
		"wgmarkctl: exit 3: exit status 3, status 1, one" "$key fails: up fails, and stops there"
	before "$key fails"
done
esc=$(printf '\033')
conf "PostUp = false # ${esc}[2Ktrue"
up >out 2>&1 || :
is "$(grep -c "$esc" out), $(grep '^wgmarkctl:\|# .*2K' out)" \
	"0, [#] false # \\x1b[2Ktrue
wgmarkctl: false # \\x1b[2Ktrue: exit status 1" "what a terminal would obey is shown instead"
before "a command with an escape sequence"
conf "PostUp = true | false | true"
check_fails "a pipe fails with each part of it" up
before "a pipe fails"
conf "PostUp = kill -TERM \$\$"
check_fails "a command dies of a signal" up
before "a command dies"

conf "PreDown = false" "PostDown = echo gone >said"
check "up, to be held" up
snapshot_state "$client" >held
rm -f said
check_fails "PreDown fails: down fails" down
check_state "PreDown fails: the tunnel is as it was" "$client" held
conf "PostDown = echo gone >said" "PostDown = false" "PostDown = echo after >>said"
check_fails "PostDown fails: down fails" down
is "$(cat said)" "gone
after" "PostDown fails: all of them were run"
before "PostDown fails"

# The program waits for its command, which may call the program.
conf "PostUp = $wgmarkctl up $tmp/wg1.conf" "PreDown = $wgmarkctl down $tmp/wg1.conf"
printf '%s\n' "[Interface]" "Address = 10.9.0.1/32" >wg1.conf
check "a command calls wgmarkctl" timeout 60 ip netns exec "$client" "$wgmarkctl" up ./wg0.conf
is "$(on "$client" wg show interfaces | tr ' ' '\n' | sort | tr '\n' ' ')" "wg0 wg1 " "both tunnels are up"
check "and when it goes down" timeout 60 ip netns exec "$client" "$wgmarkctl" down ./wg0.conf
before "a command calls wgmarkctl"

# A full tunnel that a command brings up: what both share is not lost
{
	echo "[Interface]"
	echo "Address = 10.3.0.2/32"
	echo "[Peer]"
	echo "PublicKey = $(wg genkey | wg pubkey)"
	echo "AllowedIPs = 0.0.0.0/0"
} >wg1.conf
conf "PostUp = $wgmarkctl up $tmp/wg1.conf" "PostUp = false"
check_fails "the first tunnel fails when the second is up" up
is "$(on "$client" cat /proc/sys/net/ipv4/conf/all/src_valid_mark)" 1 "src_valid_mark stays for the second"
check "the second comes down" on "$client" "$wgmarkctl" down ./wg1.conf
before "the first tunnel failed"
conf "PostUp = $wgmarkctl up $tmp/wg1.conf" "PreDown = $wgmarkctl down $tmp/wg1.conf"
check "two full tunnels, one within the other" up
check "down of both" down
is "$(on "$client" ip rule | wc -l)" 3 "down of both: no rule is left"

# What a command leaves running has neither the lock nor signals held back.
conf "PostUp = sleep 30 & echo \$! >$tmp/pid" "PostUp = grep SigBlk /proc/self/status >$tmp/signals"
check "a command leaves a process" up
is "$(cut -f 2 signals)" 0000000000000000 "signals are not held back from commands"
check "which has not got the lock" timeout 20 ip netns exec "$client" "$wgmarkctl" down ./wg0.conf
kill "$(cat pid)"

# --- without a file, and with a bad one --------------------------------------

conf "PostDown = echo never >said"
check "up" up
rm -f said
mv wg0.conf away.conf
check_fails "down of a path that is not there" down
check "down of the name alone" on "$client" "$wgmarkctl" down wg0
check "no command of it is run" test ! -e said
before "without the file"
mv away.conf wg0.conf
check "up" up
snapshot_state "$client" >held
echo "Nonsense = 1" >>wg0.conf
status=0
down >out 2>&1 || status=$?
is "$(tail -n 1 out), status $status" \
	"wgmarkctl: ./wg0.conf is not taken down; mend its file, or move it away to do without its commands, status 3" \
	"down with a bad file is refused"
check_state "the tunnel is as it was" "$client" held
sed -i '$d' wg0.conf
check "down" down

# --- SaveConfig --------------------------------------------------------------

conf "# of mine" "SaveConfig = true" "PostDown = echo 'a&b' >said"
check "up with SaveConfig" up
on "$client" wg set wg0 listen-port 7777
peer=$(wg genkey | wg pubkey)
on "$client" wg set wg0 peer "$peer" allowed-ips 10.77.0.0/16
check "down with SaveConfig" down
is "$(grep -c "ListenPort = 7777\|AllowedIPs = 10.77.0.0/16\|^# of mine\|^PostDown = echo 'a&b'" wg0.conf)" 4 \
	"the file has what the tunnel had, and what it had itself"
check "and it is good" up
is "$(on "$client" wg show wg0 listen-port)" 7777 "as it was saved"
cp wg0.conf saved
ip -n "$client" link set wg0 down
check "a device that is down" down
check "SaveConfig leaves the file, as addresses may be gone" cmp wg0.conf saved
_status=0
on "$client" env WGMARKCTL_KILL_AT=3 "$wgmarkctl_faults" up ./wg0.conf >/dev/null 2>&1 || _status=$?
is $_status 137 "up is killed half way"
check "down" down
check "SaveConfig leaves the file of a tunnel that was never complete" cmp wg0.conf saved
check "up" up
status=0
on "$client" sh -c 'mount --bind . . && mount -o remount,bind,ro . && cd "$PWD" && exec "$@"' sh \
	"$wgmarkctl" down ./wg0.conf >out 2>&1 || status=$?
is "$status, $(on "$client" wg show interfaces)" "1, wg0" "a file that cannot be written: the tunnel stays"
is "$(cat out)" "[#] wg showconf wg0
wgmarkctl: cannot write \`./wg0.conf': Read-only file system" "and down says why, once"
check "down" down
before "SaveConfig"

done_testing
