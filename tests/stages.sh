# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# stages.sh - what check.sh, check-kernels.sh and check-debug.sh share: stages, of which each
# has its output in build/logs. What failed is shown, and finish() prints the sums of
# all TAP.

logs=build/logs
mkdir -p "$logs"
passed=0
failed=0
skipped=0
export WERROR=-Werror

# run NAME COMMAND...: sets $log, $status and $seconds
run() {
	local start=$SECONDS
	log=$logs/$1.log
	printf '%-16s' "$1"
	"${@:2}" >"$log" 2>&1 </dev/null
	status=$?
	seconds=$((SECONDS - start))
}

# step NAME COMMAND...: has to succeed; without it there is nothing to test
step() {
	run "$@"
	if [ $status -eq 0 ]; then
		printf '%4d s\n' $seconds
		return
	fi
	printf '%4d s   FAILED, status %d, see %s\n' $seconds $status "$log"
	tail -n 30 "$log" | sed 's/^/    /'
	failed=$((failed + 1))
	finish
}

# tap NAME COMMAND...: counts the results, also in $ok, $bad and $skip; a command
# that fails without saying so in TAP, or has no results, is a failure too
tap() {
	run "$@"
	bad=$(grep -c '^not ok ' "$log")
	skip=$(grep -c '^ok .* # SKIP' "$log")
	ok=$(($(grep -c '^ok ' "$log") - skip))
	if [ "$bad" -eq 0 ] && { [ $status -ne 0 ] || [ $ok -eq 0 ]; }; then
		bad=1
		echo "not ok - $1: status $status with $ok results" >>"$log"
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
	printf '%4d s   %3d passed' $seconds "$ok"
	[ "$skip" -eq 0 ] || printf ', %d skipped' "$skip"
	[ "$bad" -eq 0 ] || printf ', %d FAILED, see %s' "$bad" "$log"
	echo
	# what failed, with the remarks that follow it, and what the runner says
	awk '/^not ok/ { show = 1 } /^ok|^1\.\./ { show = 0 }
	     show || /^# the (guest|kernel)|^#   / { print "    " $0 }' "$log" | head -n 80
}

declare -A vm
proofs=()

# start KERNEL COMMAND...: a virtual machine, beside others
start() {
	"${@:2}" >"$logs/vm-$1.out" 2>&1 </dev/null &
	vm[$1]=$!
}

# collect KERNEL: its output, when it is done
collect() {
	local status=0
	wait "${vm[$1]}" || status=$?
	cat "$logs/vm-$1.out"
	return $status
}

# proof KERNEL WHAT HOW-MANY: a row for PROOF.md, of the stage before
proof() {
	local result=passed on
	[ "$bad" -eq 0 ] || result="$bad FAILED"
	on="Linux $(cat "$(tail -n 1 "$logs/kernel-$1.log")/release")"
	# which has the release of the source alone
	[[ $1 != uml-no-* ]] || on="$on, $1"
	proofs+=("proof $2 | $on | $3 | - | $result")
}

# tap_vm KERNEL WHAT: what start() began, with its row, and those that the tests printed: one of
# these may say that all is well where another test has failed, or the kernel's log is bad
tap_vm() {
	tap "vm-$1" collect "$1"
	proof "$1" "$2" "$ok passed, $skip skipped"
	[ "$bad" -gt 0 ] || mapfile -t -O ${#proofs[@]} proofs < <(grep '^proof ' "$log")
}

finish() {
	[ ${#proofs[@]} -eq 0 ] || printf '%s\n' "${proofs[@]}"
	[ $skipped -eq 0 ] || echo "$skipped skipped: grep '# SKIP' $logs/*.log"
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
	exit
}
