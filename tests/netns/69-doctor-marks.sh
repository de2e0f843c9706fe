#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wgmarkctl doctor finds whose mark bits a tunnel shares: by routing rules, by rules of nft,
# and by the devices and chains of programs that are known for theirs.

. "$(dirname "$0")/../lib.sh"
. "$top/tests/doctor.sh"

need_module
topo_up

# --- routing rules ----------------------------------------------------------------------

client_up kmod 4
handshake
finds "silent before" ""
ip -n "$client" rule add priority 200 fwmark 0x4000/0x4000 lookup main
finds "a rule that WireGuard's own packets meet" "warning mark-rules wg0"
says "whose bits these are" mark-rules "0x4000/0x4000 (Kubernetes)"
says "and what to do" mark-rules "FwMark = 0xf and #wgmark Mask = 0xf"
ip -n "$client" rule del priority 200
ip -n "$client" -6 rule add priority 200 fwmark 0x4000/0x4000 lookup main
finds "one of IPv6" "warning mark-rules wg0"
says "is named as such" mark-rules "ip -6 rule: 200: from all fwmark 0x4000/0x4000 lookup main"
ip -n "$client" -6 rule del priority 200
ip -n "$client" rule add priority 200 not fwmark 0x4000/0x4000 lookup 4242
finds "a rule that all but they meet" "note mark-rules wg0"
is "$status" 0 "is but a note, with status 0"
ip -n "$client" rule del priority 200
ip -n "$client" rule add priority 200 fwmark 0x40000/0xff0000 lookup main
finds "so is one of other bits that are the tunnel's" "note mark-rules wg0"
ip -n "$client" rule del priority 200
ip -n "$client" rule add priority 200 fwmark 0/0x10000 lookup 4242
finds "so is one of packets without a bit" "note mark-rules wg0"
ip -n "$client" rule del priority 200
ip -n "$client" rule add priority 200 fwmark 0x100 lookup main
finds "and one of a whole mark" "note mark-rules wg0"
says "which needs a mask first" mark-rules "0x100/0x100 would do; and FwMark = 0xf and"
ip -n "$client" rule del priority 200
ip -n "$client" rule add priority 200 fwmark 0x1/0x11111111 lookup 4242
finds "one that leaves no four bits free" "note mark-rules wg0"
says "has to use fewer" mark-rules "no four bits next to one another are free: others have to use fewer,"
ip -n "$client" rule del priority 200
ip -n "$client" rule add priority 200 fwmark 0x1/0x01111111 lookup 4242
finds "one that leaves four" "note mark-rules wg0"
says "may stay" mark-rules "FwMark = 0xf0000000 and #wgmark Mask = 0xf0000000"
ip -n "$client" rule del priority 200

# --- rules of nft -----------------------------------------------------------------------

on "$client" nft -f - <<-EOF
	table inet firewall {
		chain input {
			type filter hook input priority filter
			iifname "lan" tcp dport 22 accept
			ct state established,related accept
		}
	}
EOF
finds "rules of nft that ask for no mark are none" ""
on "$client" nft delete table inet firewall

# kube-proxy's, which here hides WireGuard's own packets behind another address
masquerade="chain postrouting {
		type nat hook postrouting priority srcnat
		meta mark and 0x4000 == 0x4000 counter masquerade
	}"
on "$client" nft "add table ip nat { $masquerade; }"
client_down
client_up kmod 4
handshake
on "$client" nft list table ip nat >"$tmp/nat"
check_fails "a rule of nft meets WireGuard's own packets" grep "packets 0 " "$tmp/nat"
finds "that is found" "warning mark-nft wg0"
says "which rule" mark-nft "nft table nat, chain postrouting: meta mark & 0x00004000 == 0x00004000"
says "whose bits" mark-nft "WireGuard's own packets have a mark of somebody else's: 0x4000/0x4000 (Kubernetes)"
is "$status" 6 "with status 6"
on "$client" nft "add table ip nat { flags dormant; }"
finds "but not of a table that is dormant" ""
on "$client" nft delete table ip nat
on "$client" nft -f - <<-EOF
	table inet other {
		chain output {
			type route hook output priority mangle
			tcp dport 4 meta mark set meta mark or 0x8000
			tcp dport 5 meta mark set meta mark or 0x8000
		}
	}
EOF
finds "two rules that set a bit of WireGuard's own mark are one finding" "warning mark-nft wg0"
says "with the first" mark-nft "nft table other, chain output: tcp dport 4 meta mark set"
on "$client" nft delete table inet other
on "$client" nft -f - <<-EOF
	table inet other {
		chain prerouting {
			type filter hook prerouting priority mangle + 20
			iifname "lan" tcp dport 4 meta mark set meta mark or 0x40000
		}
		chain postrouting {
			type filter hook postrouting priority mangle + 20
			tcp dport 4 meta mark set 0xf41
		}
	}
EOF
finds "rules that set other bits that are the tunnel's" "note mark-nft wg0
note mark-nft wg0"
says "one that sets a whole mark" mark-nft "nft table other, chain postrouting: tcp dport 4 meta mark set 0x00000f41"
on "$client" nft delete table inet other
on "$client" nft "add table ip other {
	chain prerouting {
		type filter hook prerouting priority mangle
		tcp dport 4 ct mark set ct mark or 0x4
	}
}"
finds "a rule that marks connections" "note mark-nft wg0"
says "whose bits" mark-nft "somebody else uses mark bits that the tunnel takes for its own: 0x4/0x4 (unknown)"
client_down
client_up kmod 4 "#wgmark Restore = learn"
handshake
finds "but not with learn, which leaves connections alone" ""
client_down
on "$client" nft delete table ip other
client_up kmod 4
handshake

if on "$client" iptables-nft-restore -n <<-EOF
	*mangle
	-A OUTPUT -p udp --dport 4789 -j MARK --set-mark 0xd0c4e3
	-A PREROUTING -i lan -j MARK --set-xmark 0x10000/0x10000
	COMMIT
EOF
then
	# one has the answers at the priority of the module, before or after it
	finds "rules of iptables-nft that set such bits" "note rp_filter wg0
note mark-nft wg0
note mark-nft wg0"
	says "whether the module comes first" rp_filter "nft rules that cannot be judged, or whose order cannot be seen"
	says "Docker's mark" mark-nft "0xd0c4e3/0xffffffff (Docker)"
	says "a bit of Tailscale's" mark-nft "0x10000/0x10000 (Tailscale)"
	on "$client" nft delete table ip mangle
	on "$client" iptables-nft-restore -n <<-EOF
		*mangle
		-A OUTPUT -p udp --dport 4 -j MARK --set-xmark 0x4000/0x4000
		COMMIT
	EOF
	finds "and one that sets a bit of WireGuard's own mark" "warning mark-nft wg0"
	says "named as nft has it" mark-nft "nft table mangle, chain OUTPUT:"
	on "$client" nft delete table ip mangle
else
	skip "rules of iptables-nft" "it does not work here"
fi

# --- programs that are known ------------------------------------------------------------

# owners MARK: for each line "none|note|warning device|chain NAME [WHOSE]", what is found
# where that is there and the tunnel has this mark
owners() {
	while read -r _severity _kind _name _whose; do
		case $_kind in
		device) ip -n "$client" link add "$_name" type dummy ;;
		chain) on "$client" nft "add table ip mangle { chain $_name { }; }" ;;
		esac
		if [ "$_severity" = none ]; then
			finds "$1: the $_kind $_name is none" ""
		else
			finds "$1: the $_kind $_name is a $_severity" "$_severity mark-owners wg0"
			says "$1: its owner is named, $_whose" mark-owners "($_whose)"
			says "$1: by the $_kind $_name" mark-owners "$_kind $_name is there"
		fi
		case $_kind in
		device) ip -n "$client" link del "$_name" ;;
		chain) on "$client" nft delete table ip mangle ;;
		esac
	done
}

owners 0xca6c <<-EOF
	warning device cni0 Kubernetes
	warning chain KUBE-MARK-MASQ Kubernetes
	warning device cilium_host Cilium
	warning chain CILIUM_PRE_mangle Cilium
	warning chain mwan3_hook mwan3
	note device tailscale0 Tailscale
	note chain ts-input Tailscale
	note device cali0123456789a Calico
	note chain cali-PREROUTING Calico
	none device docker0
	none chain DOCKER-USER
EOF
ip -n "$client" -batch - <<-EOF
	link add cni0 type dummy
	link add cilium_host type dummy
	link add cali0123456789a type dummy
	rule add priority 200 fwmark 0x1/0x11 lookup 4242
EOF
finds "programs and a rule that use all bits" "note mark-rules wg0
warning mark-owners wg0
warning mark-owners wg0
note mark-owners wg0"
says "none is offered" mark-owners "no four bits next to one another are free"
ip -n "$client" -batch - <<-EOF
	rule del priority 200
	link del cni0
	link del cilium_host
	link del cali0123456789a
EOF
client_down

client_up kmod 4 "FwMark = 0x110000"
owners 0x110000 <<-EOF
	warning device tailscale0 Tailscale
	warning chain ts-input Tailscale
	warning device cali0123456789a Calico
	warning chain cali-PREROUTING Calico
	note device cni0 Kubernetes
	note chain CILIUM_PRE_mangle Cilium
EOF
client_down

client_up kmod 4 "FwMark = 0xf" "#wgmark Mask = 0xf"
owners 0xf/0xf <<-EOF
	none device cni0
	none chain KUBE-MARK-MASQ
	none device cilium_host
	none chain CILIUM_PRE_mangle
	none chain mwan3_hook
	none device tailscale0
	none chain ts-input
	none device cali0123456789a
	none chain cali-PREROUTING
EOF
ip -n "$client" rule add priority 200 fwmark 0x4000/0x4000 lookup main
on "$client" nft "add table ip nat { $masquerade; }"
finds "no rule of others matters to a tunnel with bits of its own" ""
client_down

client_conf_with 4 198.51.100.0/24 "#wgmark Backend = kmod" >"$tmp/wg0.conf"
chmod 600 "$tmp/wg0.conf"
on "$client" "$wgmarkctl" up "$tmp/wg0.conf" 2>/dev/null
finds "nor to one without a mark" ""
owners "no mark" <<-EOF
	none device cni0
	none chain KUBE-MARK-MASQ
EOF
done_testing
