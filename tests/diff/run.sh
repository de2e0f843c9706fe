#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# run.sh [CASE...] - wgmarkctl against the real wg-quick, as TAP
#
# CASE   a name of corpus/ (full-v4); without one, all of them
#
# Both are run on the same file, each on a machine of its own that case.sh
# prepares: a network namespace with an uplink. What they leave after each verb
# has to be the same, but for what the file differences lists with its reason.
# Needs root and the program wg-quick; nothing of the machine itself is changed.
# DIFF_KEEP=DIR keeps the observations there.

. "$(dirname "$0")/../lib.sh"
here=$top/tests/diff
out=${DIFF_KEEP:-$tmp/out}

# To start jq takes as long as to look at a case, so that many are read at once.
batch=20

need_module
for tool in wg-quick jq bash unshare; do
	command -v $tool >/dev/null || skip_all "needs $tool"
done
modprobe wireguard

# wg-quick puts its own folder before PATH: there it finds our resolvconf.
mkdir "$tmp/bin"
cp "$(command -v wg-quick)" "$here/resolvconf" "$tmp/bin/"
ln -s "$wgmarkctl" "$tmp/bin/wgmarkctl"
touch "$tmp/used"

# run_case NAME: with both, and leave what is seen in $out/NAME
run_case() {
	mkdir -p "$out/$1/wg-quick" "$out/$1/wgmarkctl"
	for _tool in wg-quick wgmarkctl; do
		unshare -n -m "$here/case.sh" "$tmp/bin/$_tool" "$here/corpus/$1.conf" \
			"$out/$1/$_tool" >"$out/$1/$_tool.log" 2>&1 &
	done
	wait
}

# explain NAME: what led to a failure
explain() {
	for _tool in wg-quick wgmarkctl; do
		diag "--- $_tool said:"
		diag "$(cat "$out/$1/$_tool.log" "$out/$1/$_tool"/*/stderr 2>&1)"
	done
}

# result NAME: when all that differs is in $out/NAME/rest
result() {
	if [ ! -e "$out/$1/wg-quick/done" ] || [ ! -e "$out/$1/wgmarkctl/done" ]; then
		not_ok "$1: the case itself failed"
	elif [ -s "$out/$1/wg-quick/unexpected" ]; then
		not_ok "$1: $(cat "$out/$1/wg-quick/unexpected")"
	elif [ -s "$out/$1/rest" ]; then
		not_ok "$1"
		diag "$(cut -c 1-300 "$out/$1/rest" | head -n 40)"
	else
		ok "$1"
		return
	fi
	explain "$1"
}

# run_batch NAME...
run_batch() {
	for _name; do
		run_case "$_name"
	done
	cd "$out"
	jq -nr -f "$here/lines.jq" ./*/*/*/*.json >"$tmp/lines"
	awk -f "$here/lines.awk" ./*/*/*/*.text >>"$tmp/lines"
	awk -v used="$tmp/used" -f "$here/compare.awk" "$here/differences" "$tmp/lines"
	for _name; do
		result "$_name"
		[ -n "${DIFF_KEEP:-}" ] || rm -r "${out:?}/$_name"
	done
	cd - >/dev/null
}

cases=$*
if [ -z "$cases" ]; then
	for file in "$here"/corpus/*.conf; do
		name=${file##*/}
		cases="$cases ${name%.conf}"
	done
fi
n=0
now=
for name in $cases; do
	now="$now $name"
	n=$((n + 1))
	if [ $n -eq $batch ]; then
		# shellcheck disable=SC2086
		run_batch $now
		n=0
		now=
	fi
done
# shellcheck disable=SC2086
[ -z "$now" ] || run_batch $now

if [ $# -eq 0 ]; then
	for entry in $(sed -n 's/^\[\(.*\)\]$/\1/p' "$here/differences"); do
		check "the difference $entry is met" grep -qxF "$entry" "$tmp/used"
	done
fi
done_testing
