#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# DNS by systemd-resolved: every name is asked of the tunnel's servers while it is
# up. A resolved that does not run, or is of another network, is left alone.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/dns.sh"

need_root
package=/opt/dns/resolved
if [ ! -d $package ] || [ -e /run/dbus ]; then
	skip_all "needs $package, and no bus beside its own: the guest of tests/vm/run.sh"
fi
box_up
new_ns other
for ns in "$box" "$other"; do
	ip -n "$ns" -batch - <<-END
		link set lo up
		link add lan type dummy
		address add 192.0.2.2/24 dev lan
		link set lan up
	END
done
mkdir bin
ln -s $package/usr/bin/resolvectl bin/resolvectl
PATH=$tmp/bin:$PATH

bus='' resolved='' watcher=''
cleanup() {
	for _pid in $watcher $resolved $bus; do
		kill "$_pid"
	done
	rm -rf /run/dbus /run/systemd
}

start_bus() {
	mkdir -p /run/dbus /run/systemd
	cat >bus.conf <<-END
		<busconfig>
		<type>system</type>
		<listen>unix:path=/run/dbus/system_bus_socket</listen>
		<auth>EXTERNAL</auth>
		<policy context="default">
		<allow user="*"/>
		<allow own="*"/>
		<allow send_destination="*"/>
		<allow receive_sender="*"/>
		</policy>
		</busconfig>
	END
	dbus-daemon --config-file="$tmp/bus.conf" --nofork --nopidfile >bus.log 2>&1 &
	bus=$!
	wait_for 10 test -S /run/dbus/system_bus_socket
}

# start_resolved NS: without on(), whose shell would be the one to be stopped
start_resolved() {
	ip netns exec "$1" $package/lib/systemd/systemd-resolved >>resolved.log 2>&1 &
	resolved=$!
	wait_for 20 on "$1" resolvectl dns lan || diag "$(cat bus.log resolved.log)"
}

stop_resolved() {
	kill "$resolved"
	wait "$resolved" 2>/dev/null || :
	resolved=
}

# link_has dns|domain LINK
link_has() {
	on "$box" resolvectl "$1" "$2" | sed 's/^[^:]*: *//'
}

# Every query goes into the file queries. resolved asks again and again while it
# has no answer, so a name is used once.
watch_queries() {
	ip netns exec "$box" tcpdump -Z root -n -l -i any udp port 53 >queries 2>tcpdump.log &
	watcher=$!
	wait_for 20 grep -q listening tcpdump.log || diag "$(cat tcpdump.log)"
}

# asked SERVER NAME: has that server been asked for the name
asked() {
	grep -q "> $1\.53: .* $2\. " queries
}

# asks SERVER NAME: is it, now. A server that did not answer is asked less often.
asks() {
	on "$box" timeout 60 resolvectl query "$2" >/dev/null 2>&1 &
	wait_for 60 asked "$1" "$2"
}

start_bus
start_resolved "$box"
on "$box" resolvectl dns lan 192.0.2.53
watch_queries
check "without a tunnel the other link is asked" asks 192.0.2.53 one.example

config "DNS = 10.2.0.1, corp.example" "DNS = fd02::1"
check "up" wgmarkctl up ./wg0.conf
is "$(grep "^\[#\] resolv" output)" \
	"[#] resolvectl dns wg0 10.2.0.1 fd02::1 && resolvectl domain wg0 corp.example ~." \
	"up says how"
is "$(link_has dns wg0)" "10.2.0.1 fd02::1" "the servers"
is "$(link_has domain wg0)" "corp.example ~." "the domains"
is "$(link_has dns lan)" 192.0.2.53 "the other link keeps its own"
check "the tunnel's server is asked" asks 10.2.0.1 two.example
check_fails "and no other" asked 192.0.2.53 two.example
check "reload" wgmarkctl reload ./wg0.conf
is "$(cat output)" "" "reload: nothing to do"
config "DNS = 10.2.0.9, lab.example"
check "reload: another server and domain" wgmarkctl reload ./wg0.conf
is "$(cat output)" "[#] resolvectl dns wg0 10.2.0.9 && resolvectl domain wg0 lab.example ~." \
	"reload says how, and does no more"
is "$(link_has dns wg0)/$(link_has domain wg0)" "10.2.0.9/lab.example ~." "reload: it is set"
check "reload: that server is asked" asks 10.2.0.9 four.example
config "DNS = lab.example"
check "reload: no server any more" wgmarkctl reload ./wg0.conf
is "$(link_has dns wg0)/$(link_has domain wg0)" "/lab.example" "reload: the domain alone"
config
check "reload: no DNS any more" wgmarkctl reload ./wg0.conf
is "$(link_has dns wg0)/$(link_has domain wg0)" "/" "reload: nothing is set"
config "DNS = 10.2.0.1, Corp.example." "DNS = FD02:0::1"
check "reload: all of it again" wgmarkctl reload ./wg0.conf
is "$(link_has dns wg0)/$(link_has domain wg0 | tr C c)" "10.2.0.1 fd02::1/corp.example ~." \
	"reload: as after up"
check "reload: written in another way" wgmarkctl reload ./wg0.conf
is "$(cat output)" "" "reload: written in another way: nothing to do"
config "DNS = 10.2.0.9"
check_fails "reload that fails after it" on "$box" \
	env WGMARKCTL_FAIL_AFTER=0 "$wgmarkctl_faults" reload ./wg0.conf
is "$(link_has dns wg0)/$(link_has domain wg0 | tr C c)" "10.2.0.1 fd02::1/corp.example ~." \
	"reload that fails after it: all is as before"
check "down" wgmarkctl down ./wg0.conf
check_fails "down: the link is gone" on "$box" resolvectl dns wg0
check "down: the other link is asked again" asks 192.0.2.53 three.example

config "DNS = corp.example"
check "domains alone: up" wgmarkctl up ./wg0.conf
is "$(link_has dns wg0)/$(link_has domain wg0)" "/corp.example" "domains alone: no server, not all names"
check "domains alone: they are in resolv.conf" \
	grep -x 'search corp.example' /run/systemd/resolve/resolv.conf
check "domains alone: and the server of the other link" \
	grep -x 'nameserver 192.0.2.53' /run/systemd/resolve/resolv.conf
check "domains alone: down" wgmarkctl down ./wg0.conf

# systemd's own resolvconf, which is resolvectl by another name
config "DNS = 10.2.0.1"
ln -s resolvectl bin/resolvconf
check "systemd's resolvconf: up" wgmarkctl up ./wg0.conf
is "$(link_has dns wg0)/$(link_has domain wg0)" "10.2.0.1/~." "systemd's resolvconf: it is set"
check "systemd's resolvconf: down" wgmarkctl down ./wg0.conf
rm bin/resolvconf

# A link with the index that wg0 gets in another network: its servers are not ours
config "DNS = 10.2.0.1"
ip -n "$other" link add probe type dummy
index=$(($(on "$other" cat /sys/class/net/probe/ifindex) + 1))
ip -n "$box" link add neighbour index $index type dummy
on "$other" "$top/build/wgmarkctl" up ./wg0.conf >said 2>&1 || :
check_fails "another network: resolvectl is not run" grep -F "resolvectl dns" said
is "$(link_has dns neighbour)" "" "another network: the link of the same index has no server"
on "$other" "$top/build/wgmarkctl" down ./wg0.conf >said 2>&1 || :

stop_resolved
check "resolved is gone, its folder is there" test -d /run/systemd/resolve
config "DNS = 10.2.0.1"
wgmarkctl up ./wg0.conf >said 2>&1 || :
check_fails "no resolved: resolvectl is not run" grep -F "resolvectl dns" said
wgmarkctl down ./wg0.conf >said 2>&1 || :

done_testing
