# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# doctor.sh - what the tests of "wgmarkctl doctor" share, read after lib.sh
#
# The doctor sees empty folders /etc and /run, so that nothing of this machine
# matters, and a name server inside of the tunnel.

# doctor [SETUP [ARGUMENT...]]: for the client, after a shell command that adds to
# /etc and /run; its output is in $tmp/doctor. Sets $status.
# shellcheck disable=SC2034
doctor() {
	_setup=${1:-:}
	[ $# -eq 0 ] || shift
	status=0
	on "$client" sh -c 'mount -t tmpfs etc /etc && mount -t tmpfs run /run || exit 9
		echo nameserver 10.2.0.1 >/etc/resolv.conf
		eval "$1" || exit 9
		shift
		exec "$0" doctor "$@"' "$wgmarkctl" "$_setup" "$@" >"$tmp/doctor" 2>&1 || status=$?
}

# findings [SETUP]: "SEVERITY CHECK INTERFACE" of each, one a line
findings() {
	doctor "${1:-:}" --json
	# no JSON at all is no silence
	if jq -es 'map(type) == ["array"]' "$tmp/doctor" >/dev/null 2>&1; then
		jq -r '.[] | [.severity, .check, .interface] | join(" ")' "$tmp/doctor"
	else
		echo "status $status: $(cat "$tmp/doctor")"
	fi
}

# finds NAME EXPECTED [SETUP]: just these; $tmp/doctor has the rest of them
finds() {
	findings "${3:-:}" >"$tmp/findings"
	is "$(cat "$tmp/findings")" "$2" "$1"
}

# finds_also NAME EXPECTED [SETUP]: these lines, whatever else there is
finds_also() {
	findings "${3:-:}" >"$tmp/findings"
	is "$(grep -Fx -e "$2" "$tmp/findings" | sort -u)" "$2" "$1"
	diag "$(cat "$tmp/findings")"
}

# says NAME CHECK TEXT: problem, evidence or remedy of that check has it
says() {
	if jq -r --arg check "$2" '.[] | select(.check == $check) | .problem, .evidence, .remedy' \
		"$tmp/doctor" | grep -Fq -e "$3"; then
		ok "$1"
	else
		not_ok "$1"
		diag "$(cat "$tmp/doctor")"
	fi
}

# handshake: one packet through the tunnel and back
handshake() {
	wait_for 20 ping_through "$client" 198.51.100.1 2
}
