#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# boot.sh [-i] NAME SECONDS APPEND QEMU-ARGUMENT... - run a virtual machine until it
# powers itself off, and exit with the status that it told
# boot.sh -u NAME SECONDS APPEND LINUX ARGUMENT... - the same of User Mode Linux
#
# -i     one processor, whose clock counts its instructions: one is one tick of the
#        time stamp counter, and each run is the same as the last
# APPEND goes to the end of the kernel's command line, the rest to qemu: kernel,
# initrd, memory, disks. The console (ttyS0, see cpu.sh) carries the kernel log, which
# is kept in build/logs/console-NAME.log; the port (ttyS1) what is printed here, and
# two lines that are not: guest-runs before the command starts, and at the end
# guest-exit STATUS.
#
# Exit status: what guest-exit says; 124 it took more than SECONDS; 125 the guest
# died; 126 the command succeeded, but the kernel complained.
set -euo pipefail

icount='' uml=''
case $1 in
-i) icount=yes && shift ;;
-u) uml=yes && shift ;;
esac
name=$1 limit=$2 append=$3
shift 3
top=$(cd "$(dirname "$0")/../.." && pwd)
console=$top/build/logs/console-$name.log
mkdir -p "${console%/*}"
output=$(mktemp)
trap 'rm -f "$output"' EXIT

. "$top/tests/vm/cpu.sh"
cpu "$name"

# Where the emulator finds programs at the same place each time, it has translated them already
emulated="norandmaps $append"
if [ -n "$cross" ]; then
	# a tmpfs takes half of the memory, of which the mips machine has 256 MB
	append="random.trust_cpu=on rootfstype=ramfs $emulated"
elif [ -n "$icount" ]; then
	machine+=(-accel "tcg,thread=single" -icount "shift=0,sleep=off" -cpu "max,-rdrand,-rdseed" -smp 1
		-rtc "base=2024-01-01T00:00:00,clock=vm" -seed 42)
	# an LSM has hooks of its own; mitigations are a part of what a hook costs
	append="nokaslr lsm= clocksource=tsc tsc=reliable random.trust_cpu=off $emulated"
elif [ -w /dev/kvm ] && grep -q -w -E '^flags.* (vmx|svm)' /proc/cpuinfo; then
	# without these KVM is of a kind that runs only kernels made for it
	machine+=(-accel kvm -cpu max -smp 2)
	append="random.trust_cpu=on mitigations=off $append"
else
	# One thread for both processors: with a thread each, qemu can miss that the
	# other one has patched the code that it runs (jump labels), and the kernel
	# dies of int3; and one waits in vain for a lock whose holder is not running.
	threads=single
	# debug.config has no jump labels, probes are few there, and what both do at a time is
	# what it is there for.
	# Where a packet takes so long, RCU's callbacks get a turn some 20 times in a second, and
	# of ten each time: who waits for a grace period would wait for minutes under a flood.
	if [[ $name == debug-* ]]; then
		threads=multi
		emulated+=" rcutree.blimit=1000"
	fi
	# of the module's accesses KCSAN looks at one in 20 at the least, for up to 300 us
	if [ "$name" = debug-kcsan ]; then
		emulated+=" kcsan.skip_watch=20 kcsan.udelay_task=300 kcsan.udelay_interrupt=300"
	fi
	machine+=(-accel "tcg,thread=$threads" -cpu max -smp 2)
	append="random.trust_cpu=on mitigations=off $emulated"
fi
append="console=$tty quiet loglevel=5 panic=-1 oops=panic $append"
if [ -n "$uml" ]; then
	# shellcheck disable=SC2206
	run=("$@" con=null ssl=null "ssl0=null,fd:3" "ssl1=null,fd:1" $append)
else
	run=("${machine[@]}" -nodefaults -no-user-config -display none -monitor none -no-reboot "$@"
		-serial "file:$console" "${ports[@]}" -append "$append")
fi
boot() {
	set +e
	timeout -k 5 "$limit" "${run[@]}" 3>"$console" </dev/null |
		sed -u 's/\r$//' | tee "$output" | grep --line-buffered -v '^guest-'
	ended=${PIPESTATUS[0]}
	set -e
}
boot
# On a busy machine an emulated one may lose its way while it starts. Nothing of
# ours has run until the guest says so: once more, and say so too.
if ! grep -q '^guest-runs' "$output"; then
	echo "# the guest did not start ($console.1), once more"
	cp "$console" "$console.1"
	boot
fi

status=$(sed -n 's/^guest-exit //p' "$output" | tail -n1)
if [ -z "$status" ]; then
	status=125
	what=died
	case $ended in 124 | 137) status=124 what="was stopped after $limit s" ;; esac
	echo "# the guest $what; the end of its kernel log ($console):"
	tail -n 40 "$console" | tr -d '\r' | sed 's/^/#   /'
	exit $status
fi

. "$top/tests/vm/complaints.sh"
awk -v "complaints=$complaints" -f "$top/tests/vm/known.awk" "$console" >"$output"
if grep -E -q "$complaints" "$output"; then
	echo "# the kernel complained ($console):"
	grep -E -A 30 "$complaints" "$output" | tr -d '\r' | head -n 60 | sed 's/^/#   /'
	[ "$status" -ne 0 ] || status=126
fi
exit "$status"
