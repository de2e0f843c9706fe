#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# "up", "down" and "reload" are killed (SIGKILL) before each of their steps. "down"
# then leaves nothing; and so does "up" with "down" of another tunnel, if the device
# went with whatever killed the program. After a "reload", another one goes to the
# end, or says that it cannot.

. "$(dirname "$0")/../lib.sh"

need_module
topo_up
umask 077
cd "$tmp"

# conf NAME BACKEND: a full tunnel
conf() {
	client_conf_with 4 "0.0.0.0/0, ::/0, 198.51.100.0/24" "#wgmark Backend = $2" >"$1.conf"
}

# Each killed try prints its number and what was wrong. One beyond the last step
# is not killed, and ends it.
cat >every_kill <<'EOF'
	same() {
		for try in 1 2 3 4; do
			"$snapshot" >now
			! cmp -s now before || return 0
			sleep 0.5
		done
		diff -U 0 before now
	}
	step=0
	while :; do
		echo "== step $step"
		[ $verb = up ] || "$ctl" up ./wg0.conf >said 2>&1 || cat said
		status=0
		env "WGMARKCTL_KILL_AT=$step" "$ctl" $verb ./new/wg0.conf >said 2>&1 || status=$?
		[ $status -ne 0 ] || break
		[ $status -eq 137 ] || { echo "status $status"; cat said; }
		if [ $verb = reload ]; then
			"$ctl" reload ./new/wg0.conf >said 2>&1 || grep -q "was killed on the way" said ||
				cat said
			"$ctl" down wg0 >said 2>&1 || cat said
		elif [ $((step % 2)) -eq 0 ]; then
			"$ctl" down wg0 >said 2>&1 || grep -q "is not a WireGuard interface" said || cat said
		else
			ip link del wg0 2>/dev/null
			"$ctl" up ./other.conf >said 2>&1 || cat said
			"$ctl" down other >said 2>&1 || cat said
		fi
		same
		step=$((step + 1))
	done
	[ $verb = down ] || "$ctl" down wg0 >said 2>&1 || cat said
	same
	echo "$step steps" >&2
EOF

# every_kill up|down|reload BACKEND LEAST: with at least that many steps
every_kill() {
	on "$client" env verb="$1" ctl="$wgmarkctl_faults" snapshot="$top/tests/snapshot.sh" \
		sh ./every_kill >did 2>steps
	is "$(grep -v '^== step' did)" "" "$2: $1 is killed before each of its steps"
	check "$2: $1 has at least $3 steps" test "$(sed 's/ steps//' steps)" -ge "$3"
}

snapshot_state "$client" >before
mkdir new
conf other kmod
sed -i 's/^Address.*/Address = 10.3.0.2\/32/' ./other.conf
for backend in kmod nft; do
	conf wg0 $backend
	cp wg0.conf new/
	every_kill up $backend 15
	every_kill down $backend 5
done
conf wg0 kmod
sed -e 's/^#wgmark Backend.*/#wgmark Backend = nft\nFwMark = 0x77/' \
	-e 's/^Address.*/Address = 10.2.0.3\/24, fd02::3\/128/' wg0.conf >new/wg0.conf
every_kill reload kmod 20
conf wg0 nft
sed -e 's/0.0.0.0\/0, ::\/0, //' wg0.conf >new/wg0.conf
every_kill reload nft 5
check_state "at the end all is as before" "$client" before

done_testing
