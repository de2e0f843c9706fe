# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# dns.sh - what the tests of DNS share, read after lib.sh: a namespace with a
# tunnel that leads nowhere

# box_up: sets $box to the namespace, and leaves keys in $tmp, where it goes
box_up() {
	new_ns box
	ip -n "$box" link set lo up
	cd "$tmp" || return
	(umask 077 && wg genkey >key)
	wg genkey | wg pubkey >peer
}

# config LINE...: wg0.conf with LINEs in its [Interface]
config() {
	{
		printf '%s\n' "[Interface]" "PrivateKey = $(cat key)" "Address = 10.2.0.2/32" "$@"
		printf '%s\n' "[Peer]" "PublicKey = $(cat peer)" "AllowedIPs = 10.2.0.0/24"
	} >wg0.conf
	chmod 600 wg0.conf
}

# wgmarkctl ARGUMENT...: in the namespace
wgmarkctl() {
	on "$box" "$top/build/wgmarkctl" "$@"
}
