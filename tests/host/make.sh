#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What README.md says under "Use it": make, and insmod. Keeps the machine's state
# as it is from then on, for as-before.sh.

. "$(dirname "$0")/../lib.sh"

need_root
[ -d /run/systemd/system ] || skip_all "needs a machine that systemd started"
wait_for 120 systemctl is-active -q network-online.target || :
check "make" make -C "$top"
check "wgmarkctl runs" "$wgmarkctl" --version
is "$(modinfo -F vermagic "$module" | cut -d ' ' -f 1)" "$(uname -r)" "the module is for this kernel"
check "modprobe" modprobe nf_conntrack
check "insmod" insmod "$module"
check "rmmod" unload_module

# With all that the kernel loads by itself when the tests ask for it, and keeps,
# and what "ip netns" does at its first use
new_ns box
del_ns "$box"
for name in bridge dummy ifb nf_log_syslog nf_tables sch_netem veth vrf wireguard; do
	modprobe "$name"
done
"$top/tests/host/state.sh" >/run/wgmark-before
done_testing
