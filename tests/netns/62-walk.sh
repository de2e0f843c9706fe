#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# 62-walk.sh [SETUPS [SEED]] - where random packets go over random rules and routes is what
# the walk says. Without SEED, a new one each time.

. "$(dirname "$0")/../lib.sh"

seed=${2:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
modprobe -a veth vrf

name="the walk is what the kernel does, seed $seed"
if walk-any -n "${1:-1000}" -s "$seed" >"$tmp/out" 2>&1; then
	ok "$name"
else
	not_ok "$name"
fi
cat "$tmp/out"

done_testing
