#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# DNS by resolvconf, both openresolv's and Debian's: up adds the tunnel's servers
# and domains, reload changes them, and down leaves what was there before.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/dns.sh"
. "$top/tests/resolvconf.sh"

need_root
resolvconf_possible ||
	skip_all "needs $resolvconf_packages, and no /etc/resolv.conf to spoil: the guest of tests/vm/run.sh"
box_up

cleanup() {
	resolvconf_remove
}

printf '%s\n' "[Interface]" "Address = 10.9.0.1/32" >wg1.conf

servers() {
	sed -n 's/^nameserver //p' /etc/resolv.conf | tr '\n' ' '
}

domains() {
	sed -n 's/^search //p' /etc/resolv.conf
}

# same NAME: as before the tunnel
same() {
	is "$(cat /etc/resolv.conf)" "$(cat before)" "$1: resolv.conf is as before"
	is "$(ls "$records")" eth0.dhcp "$1: and there is no other record"
}

# reload TOOL RECORD OTHER-SERVERS FAILING-SCRIPT: from and to the servers of up
reload() {
	check "$1: reload" wgmarkctl reload ./wg0.conf
	is "$(cat output)" "" "$1: reload: nothing to do"
	cp /etc/resolv.conf up

	config "DNS = 10.2.0.9, lab.example"
	check "$1: reload: another server and domain" wgmarkctl reload ./wg0.conf
	is "$(grep "^\[#\]" output)" "[#] resolvconf -a $2 -m 0 -x" "$1: reload says how, and does no more"
	is "$(servers)/ $(domains | cut -d ' ' -f 1)" "10.2.0.9 $3/ lab.example" "$1: reload: it is set"
	config "DNS = lab.example"
	check "$1: reload: no server any more" wgmarkctl reload ./wg0.conf
	is "$(servers)/ $(domains | tr ' ' '\n' | sort | tr '\n' ' ')" \
		"192.0.2.53 / home.example lab.example " "$1: reload: the other servers are asked"
	config
	check "$1: reload: no DNS any more" wgmarkctl reload ./wg0.conf
	same "$1: reload"
	config "DNS = 10.2.0.1, corp.example" "DNS = fd02::1"
	check "$1: reload: all of it again" wgmarkctl reload ./wg0.conf
	is "$(cat /etc/resolv.conf)" "$(cat up)" "$1: reload: all is as after up"

	config "DNS = 10.2.0.9"
	check_fails "$1: reload that fails after it" on "$box" \
		env WGMARKCTL_FAIL_AFTER=0 "$wgmarkctl_faults" reload ./wg0.conf
	is "$(cat /etc/resolv.conf)" "$(cat up)" "$1: reload that fails after it: all is as before"
	printf '#!/bin/sh\nrm "$0"\nexit 1\n' >"$4"
	chmod 755 "$4"
	check_fails "$1: reload where resolvconf fails" wgmarkctl reload ./wg0.conf
	is "$(cat /etc/resolv.conf)" "$(cat up)" "$1: reload where resolvconf fails: all is as before"
	config "DNS = 10.2.0.1, corp.example" "DNS = fd02::1"
}

# try TOOL RECORD SERVERS DOMAINS FAILING-SCRIPT: with -x openresolv has the
# tunnel's servers alone; Debian's does not know it, and has them first.
try() {
	printf 'nameserver 192.0.2.53\nsearch home.example\n' | on "$box" resolvconf -a eth0.dhcp 2>/dev/null
	is "$(servers)/ $(domains)" "192.0.2.53 / home.example" "$1: it works"
	cp /etc/resolv.conf before

	config "DNS = 10.2.0.1, corp.example" "DNS = fd02::1"
	check "$1: up" wgmarkctl up ./wg0.conf
	is "$(grep "^\[#\] resolv" output)" "[#] resolvconf -a $2 -m 0 -x" "$1: up says how"
	is "$(servers)/ $(domains)" "$3/ $4" "$1: servers and domains"
	is "$(ls "$records" | tr '\n' ' ')" "eth0.dhcp $2 " "$1: the record's name"
	reload "$1" "$2" "${3#10.2.0.1 fd02::1 }" "$5"
	check "$1: down" wgmarkctl down ./wg0.conf
	is "$(grep "^\[#\] resolv" output)" "[#] resolvconf -d $2 -f" "$1: down says how"
	same "$1: down"

	config "DNS = corp.example, lab.example"
	check "$1: domains alone: up" wgmarkctl up ./wg0.conf
	is "$(servers)/ $(domains | tr ' ' '\n' | sort | tr '\n' ' ')" \
		"192.0.2.53 / corp.example home.example lab.example " \
		"$1: domains alone: are added, and no server is lost"
	check "$1: domains alone: down" wgmarkctl down ./wg0.conf
	same "$1: domains alone"

	config "DNS = 10.2.0.1"
	check "$1: an interface that is deleted: up" wgmarkctl up ./wg0.conf
	ip -n "$box" link delete wg0
	is "$(servers | cut -d ' ' -f 1)" 10.2.0.1 "$1: an interface that is deleted leaves its servers"
	check "$1: an interface that is deleted: down" wgmarkctl down ./wg0.conf
	same "$1: an interface that is deleted"

	check "$1: an interface that is renamed: up" wgmarkctl up ./wg0.conf
	ip -n "$box" link set wg0 down
	ip -n "$box" link set wg0 name tun7
	ip -n "$box" link set tun7 up
	check "$1: up of another beside it" wgmarkctl up ./wg1.conf
	check "$1: down of that" wgmarkctl down ./wg1.conf
	is "$(servers | cut -d ' ' -f 1)" 10.2.0.1 "$1: an interface that is renamed keeps its servers"
	check "$1: an interface that is renamed: down" wgmarkctl down tun7
	same "$1: an interface that is renamed"

	for verb in up down; do
		check "$1: an interface that is deleted again: up" wgmarkctl up ./wg0.conf
		[ $verb = up ] || check "$1: another is there already" wgmarkctl up ./wg1.conf
		ip -n "$box" link delete wg0
		check "$1: $verb of another tunnel" wgmarkctl $verb ./wg1.conf
		same "$1: $verb of another tunnel"
		[ $verb = down ] || check "$1: down of that, too" wgmarkctl down ./wg1.conf
	done

	check "$1: a record that cannot go: up" wgmarkctl up ./wg0.conf
	ip -n "$box" link delete wg0
	printf '#!/bin/sh\nexit 1\n' >"$5"
	chmod 755 "$5"
	check "$1: a record that cannot go: another tunnel comes up" wgmarkctl up ./wg1.conf
	is "$(grep -c "^wgmarkctl: resolvconf -d .*: exit status" output)" 1 \
		"$1: a record that cannot go: it says so"
	rm "$5"
	check "$1: a record that cannot go: it goes with the next down" wgmarkctl down ./wg1.conf
	same "$1: a record that cannot go"

	printf '#!/bin/sh\nexit 1\n' >"$5"
	chmod 755 "$5"
	check_fails "$1: up fails where resolvconf does" wgmarkctl up ./wg0.conf
	check_fails "$1: and there is no interface" ip -n "$box" link show wg0
	same "$1: a failure"
	rm "$5"

	# openresolv's shell evaluates this where it gets to see it
	config "DNS = 10.2.0.1, ';touch\${IFS}$tmp/ran;'"
	check_fails "$1: a command for a domain: refused" wgmarkctl up ./wg0.conf
	check "$1: a command for a domain: was not run" test ! -e ran
	same "$1: a command for a domain"
}

resolvconf_install openresolv /lib/resolvconf
records=/run/resolvconf/interfaces
try openresolv wg0 "10.2.0.1 fd02::1 " corp.example /lib/resolvconf/zzfails
resolvconf_remove

resolvconf_install resolvconf /lib/resolvconf /etc/resolvconf
records=/run/resolvconf/interface
mkdir -p $records
touch /run/resolvconf/enable-updates
ln -s /run/resolvconf/resolv.conf /etc/resolv.conf
try Debian tun.wg0 "10.2.0.1 fd02::1 192.0.2.53 " "corp.example home.example" \
	/etc/resolvconf/update.d/zzfails

# As a symbolic link it could be anything: the interface's name alone
mv /sbin/resolvconf moved
ln -s "$tmp/moved" /sbin/resolvconf
config "DNS = 10.2.0.1"
check "Debian, symbolic link: up" wgmarkctl up ./wg0.conf
check "Debian, symbolic link: the record's name" test -e $records/wg0
check "Debian, symbolic link: down" wgmarkctl down ./wg0.conf
same "Debian, symbolic link"

done_testing
