#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "up" fails at each of its steps, on request of the test build and for reasons
# that a machine has. Each time all is as it was before, and a tunnel that was
# there already works on.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
umask 077
cd "$tmp"

# conf BACKEND 4|6 ALLOWED-IPS [LINE...]: the client's wg0.conf
conf() {
	_backend=$1 _outer=$2 _allowed=$3
	shift 3
	client_conf_with "$_outer" "$_allowed" "#wgmark Backend = $_backend" "$@" >wg0.conf
}

# --- on request --------------------------------------------------------------

# read_plan NAME: what "up" would do, one command a line, to steps, and
# their number to $count. The types of the steps are added to types.
read_plan() {
	on "$client" "$wgmarkctl" plan "./$1.conf" >plan
	on "$client" "$wgmarkctl" plan --json "./$1.conf" >json
	sed -n 's/^\[#\] \([^ ].*\)/\1/p' plan >steps
	grep -o '"type": *"[^"]*"' json | cut -d '"' -f 4 >now
	cat now >>types
	count=$(wc -l <now)
	is "$(wc -l <steps)" "$count" "$1: the plan has as many commands as steps"
}

# every_step AT|AFTER NAME STATE WHAT: "up" of the build for tests fails at each
# step in turn and nowhere else, having done what comes before. After each of
# AFTER the client is in the STATE; now or shortly, as with check_state.
cat >every_step <<'EOF'
	for step in $(seq 0 $((count - 1))); do
		echo "== step $step"
		status=0
		env "WGMARKCTL_FAIL_$where=$step" "$ctl" up "$conf" >said 2>&1 || status=$?
		awk '/^\[#\]   / { next }
		     /^wgmarkctl:/ { errors++ }
		     !errors || (/^wgmarkctl:/ && errors == 1)
		     END { print errors + 0, "error" }' said
		echo "status $status"
		[ "$where" = AFTER ] || continue
		for try in 1 2 3 4; do
			"$snapshot" >now
			if cmp -s now "$state"; then
				echo "all is as before"
				continue 2
			fi
			sleep 0.5
		done
		diff -U 0 "$state" now || :
	done
EOF
every_step() {
	awk -v where="$1" '{ commands[NR - 1] = $0 }
		END {
			for (step = 0; step < NR; step++) {
				print "== step " step
				for (i = 0; i < step + (where == "AFTER"); i++)
					print "[#] " commands[i]
				print "wgmarkctl: " commands[step] ": Input/output error"
				print "1 error"
				print "status 1"
				if (where == "AFTER")
					print "all is as before"
			}
		}' steps >should
	on "$client" env where="$1" count="$count" ctl="$wgmarkctl_faults" conf="./$2.conf" \
		snapshot="$top/tests/snapshot.sh" state="$3" sh ./every_step >did 2>&1
	is "$(cat did)" "$(cat should)" "$4: up fails $1 each of its $count steps"
	[ "$1" = AFTER ] || check_state "$4: all is as before" "$client" "$3"
}

# no_more NAME WHAT: there are no more steps than the plan has
no_more() {
	check "$2: up works if no step fails" \
		on "$client" env WGMARKCTL_FAIL_AT="$count" WGMARKCTL_FAIL_AFTER="$count" \
		"$wgmarkctl_faults" up "./$1.conf"
	check "$2: down" client_down "$1"
}

snapshot_state "$client" >before
all="0.0.0.0/0, ::/0, 198.51.100.0/24"
for backend in kmod nft; do
	conf $backend 4 "$all"
	read_plan wg0
	every_step AFTER wg0 before "$backend, outer IPv4"
	conf $backend 6 "$all"
	read_plan wg0
	every_step AT wg0 before "$backend, outer IPv6"
	no_more wg0 "$backend"
	check_state "$backend, up and down: all is as before" "$client" before
done

# A second tunnel fails, and the first one works on
cat >second.conf <<-EOF
	[Interface]
	PrivateKey = $(wg genkey)
	Address = 10.3.0.2/32, fd03::2/128

	[Peer]
	PublicKey = $(cat server.pub)
	AllowedIPs = 0.0.0.0/0, ::/0
	Endpoint = 203.0.113.1:51821
EOF

first_works() {
	check "the first tunnel, $first, carries IPv4 $1" ping_through "$client" 198.51.100.1
	check "the first tunnel, $first, carries IPv6 $1" ping_through "$client" 2001:db8:100::1
}

for how in "kmod nft AFTER" "nft kmod AT"; do
	# shellcheck disable=SC2086
	set -- $how
	first=$1
	with="the second tunnel, $2"
	check "the first tunnel, $first, is up" client_up "$first" 4
	first_works "alone"
	snapshot_state "$client" >first
	sed "s/^Address/#wgmark Backend = $2\n&/" second.conf >wg1.conf
	read_plan wg1
	every_step "$3" wg1 first "$with"
	first_works "when the second has failed"
	no_more wg1 "$with"
	check_state "$with, up and down: all is as before" "$client" first
	check "the first tunnel comes down" client_down
	check_state "both tunnels, $first and $2: all is as before" "$client" before
done

is "$(sort -u types | tr '\n' ' ')" \
	"addr-add kmod-add link-add link-up nft-add route-add rule-add sysctl-set wg-fwmark wg-set " \
	"each type of step had its turn"

# --- by the machine ----------------------------------------------------------

# up_fails MESSAGE [COMMAND...]: "up", run by COMMAND, ends with that message.
# What the kernel adds in brackets is its own matter.
up_fails() {
	_message=$1 _status=0
	shift
	on "$client" "$@" "$wgmarkctl" up ./wg0.conf >said 2>&1 || _status=$?
	is "$(sed -n '/^wgmarkctl:/{ s/ ([^()]*)$//; p; }' said
	echo "status $_status")" "wgmarkctl: $_message
status 1" "$what: ${_message##*wgmarkctl: }"
}

ip_client() {
	ip -n "$client" "$@"
}

both="0.0.0.0/0, ::/0"
for backend in kmod nft; do
	what="$backend, a route is in the way"
	ip_client route add 198.51.100.0/24 via 192.168.44.1
	conf $backend 4 "$all"
	up_fails "ip -4 route add 198.51.100.0/24 dev wg0: File exists"
	ip_client route del 198.51.100.0/24
	ip_client -6 route add 2001:db8:100::/64 dev lan
	conf $backend 6 "$both, 2001:db8:100::/64"
	up_fails "ip -6 route add 2001:db8:100::/64 dev wg0: File exists"
	ip_client -6 route del 2001:db8:100::/64
	before "$what"

	what="$backend, the table is in use"
	ip_client route add default via 192.168.44.1 table 4242
	conf $backend 4 "$both" "FwMark = 4242"
	up_fails "ip -4 route add 0.0.0.0/0 dev wg0 table 4242: File exists"
	ip_client route del default table 4242
	ip_client -6 route add default via fd44::1 table 4242
	up_fails "ip -6 route add ::/0 dev wg0 table 4242: File exists"
	ip_client -6 route del default table 4242
	before "$what"

	what="$backend, new devices have no IPv6"
	conf $backend 4 "$both"
	sysctl_set "$client" 1 ipv6/conf/default/disable_ipv6
	up_fails "ip -6 address add fd02::2/128 dev wg0: Permission denied"
	sysctl_set "$client" 0 ipv6/conf/default/disable_ipv6
	before "$what"

	what="$backend, the device has lost its IPv6 address before"
	ip_client route add 198.51.100.0/24 via 192.168.44.1
	conf $backend 4 "0.0.0.0/0, 198.51.100.0/24" "MTU = 1200"
	up_fails "note: the MTU is 1200, and IPv6 needs 1280: the tunnel does not have its IPv6 addresses
wgmarkctl: ip -4 route add 198.51.100.0/24 dev wg0: File exists"
	ip_client route del 198.51.100.0/24
	before "$what"
done

conf auto 4 "$both"
what="/run is full"
up_fails "sysctl -q net.ipv4.conf.all.src_valid_mark=1: No space left on device" \
	sh -c 'mount -t tmpfs -o nr_inodes=2 none /run/wgmark && exec "$@"' sh
what="/run is read-only"
up_fails "cannot use the folder /run/wgmark: Read-only file system" \
	sh -c 'mount --bind /run/wgmark /run/wgmark &&
	       mount -o remount,bind,ro /run/wgmark && exec "$@"' sh
before "/run"

what="the port is in use"
ip_client link add wg9 type wireguard
on "$client" wg set wg9 listen-port 51999
ip_client link set wg9 up
conf auto 4 "$both" "ListenPort = 51999"
up_fails "ip link set mtu 1420 up dev wg0: Address already in use"
ip_client link del wg9
what="the address is for many"
conf auto 4 "$both" "Address = ff02::5/128"
up_fails "ip -6 address add ff02::5/128 dev wg0: Cannot assign requested address"
before "the port and the address"

what="the name does not resolve"
conf auto 4 "$both"
sed -i 's/^Endpoint.*/Endpoint = nowhere.invalid:51820/' ./wg0.conf
line=$(grep -n '^\[Peer\]' ./wg0.conf | cut -d : -f 1)
_status=0
on "$client" env WG_ENDPOINT_RESOLUTION_RETRIES=0 "$wgmarkctl" up ./wg0.conf \
	>said 2>&1 || _status=$?
is "$(sed 's/: [^:]*$//' said), status $_status" \
	"wgmarkctl: ./wg0.conf:$line: the Endpoint of this [Peer], \`nowhere.invalid:51820', cannot be resolved, status 1" \
	"$what"
before "$what"

what="nf_tables refuses"
conf nft 4 "$both"
no_modprobe
if rmmod nft_ct 2>rmmod.err; then
	up_fails "nft -f -: No such file or directory"
else
	skip "$what" "$(cat rmmod.err)"
fi
modprobe_again
before "$what"

done_testing
