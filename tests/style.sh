#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# style.sh [KERNEL...] - what can be said of the code without running it, as TAP
# style.sh -m KERNEL   - of wgmark.ko alone
set -uo pipefail

cd "$(dirname "$0")/.." || exit
module_only=
if [ "${1:-}" = -m ]; then
	module_only=yes
	shift
fi
[ $# -gt 0 ] || set -- 6.1 6.12
export LC_ALL=C
work=build/style
rm -rf "$work"
mkdir -p "$work"
source=$(tests/vm/kernel.sh source)
# the newest has the kernel-doc that knows most
headers=$(realpath "$(tests/vm/kernel.sh 6.12)/usr/src"/*-common)

mapfile -t kernel_c < <(find kmod include tests/bench -name '*.[ch]' ! -name '*.mod.c' | sort)
# not the unit tests, which are tables of long lines
mapfile -t user_c < <(find user tests/tools tests/packets tests/fuzz -name '*.[ch]' | sort)
mapfile -t shell < <(grep -rlE '^#!/bin/(ba)?sh|^# shellcheck shell' .ci tests user | sort)
mapfile -t text < <(find .ci include kmod user tests Kbuild Makefile ./*.md -type f \
	! -name '*.o' ! -name '.*' ! -name '*.mod*' ! -path 'tests/fuzz/corpus/*' \
	! -path 'tests/golden/*.txt' ! -path 'tests/golden/explain-*' 2>/dev/null | sort)

n=0
failed=0
# silent NAME COMMAND...: passes when the command succeeds and says nothing
silent() {
	local name=$1 status word=ok
	shift
	"$@" >"$work/output" 2>&1
	status=$?
	n=$((n + 1))
	[ $status -eq 0 ] && [ ! -s "$work/output" ] || word="not ok" failed=1
	echo "$word $n - $name"
	[ "$word" = ok ] || head -n 60 "$work/output" | sed 's/^/# /'
	[ $status -eq 0 ] || [ -s "$work/output" ] || echo "# status $status"
}

# What checkpatch asks for that only a kernel has, or that would break a message
# for the user in two
user_ignore=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,BIT_MACRO,ARRAY_SIZE
user_ignore+=,STRCPY,STRLCPY,STRNCPY,NAKED_SSCANF,SSCANF_TO_KSTRTO,PREFER_FALLTHROUGH
user_ignore+=,CAMELCASE,LONG_LINE_STRING,REPEATED_WORD

# checkpatch IGNORE FILE...: it looks names up in a kernel's include/ and keeps
# what it found there in a file where it runs
checkpatch() {
	(cd "$work" && perl "$source/scripts/checkpatch.pl" --no-tree --root="$headers" --strict \
		--terse --quiet --no-summary --show-types --ignore "$1" -f "${@:2}" | sed "s|^$OLDPWD/||")
}

# The form of the comments; what needs no line of its own has none.
kernel_doc() {
	perl "$headers/scripts/kernel-doc" -none "$@" 2>&1 |
		grep -v -e ' not described in ' -e ': warning: no structured comments found' || :
}

# A module build that says nothing is clean. Two remarks are about the machine.
module() {
	local strict=(-s W=1 C=2 CF=-D__CHECK_ENDIAN__)
	{
		tests/vm/module.sh "$1" "$work/$1" "${strict[@]}"
		[ -n "$module_only" ] || tests/vm/module.sh -b "$1" "$work/$1/bench" "${strict[@]}"
	} 2>&1 |
		grep -v -e '^Skipping BTF generation' \
			-e '^warning: the compiler differs' -e '^  The kernel was built by' \
			-e '^  You are using' || :
	[ -e "$work/$1/wgmark.ko" ] || echo "no wgmark.ko was built"
}

user_warnings() {
	local f
	for f in user/*.c tests/{tools,packets,fuzz}/*.c; do
		gcc -std=gnu11 -D_GNU_SOURCE -Iinclude/uapi -Iuser -O2 -c -o "$work/user.o" "$@" "$f"
	done
}

generated() {
	local f
	tests/ynl.sh "$source/tools/net/ynl" "$work/ynl" || return
	for f in include/uapi/linux/wgmark.h kmod/generated/netlink.h kmod/generated/netlink.c; do
		cmp "$f" "$work/ynl/$f"
	done
}
mkdir -p "$work/ynl"

# An installed one's program is there
unit_file() {
	sed "s|@SBINDIR@|$PWD/build|" user/wgmark@.service >"$work/wgmark@.service"
	systemd-analyze verify --man=no "$work/wgmark@.service"
}

licence_line() {
	local f
	for f in "${text[@]}"; do
		head -n 2 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f: no SPDX line"
	done
}

echo "TAP version 13"
for kernel; do
	silent "module, kernel $kernel: W=1 and sparse" module "$kernel"
done
if [ -n "$module_only" ]; then
	echo "1..$n"
	exit $failed
fi
silent "kmod, include, tests/bench: checkpatch --strict" checkpatch LINUX_VERSION_CODE "${kernel_c[@]/#/$PWD/}"
silent "user, tests/tools, tests/packets, tests/fuzz: checkpatch --strict" checkpatch $user_ignore "${user_c[@]/#/$PWD/}"
silent "kernel-doc" kernel_doc "${kernel_c[@]}" "${user_c[@]}"
silent "user: gcc -Wall -Wextra" user_warnings -Wall -Wextra
silent "user: gcc -fanalyzer" user_warnings -fanalyzer -fdiagnostics-path-format=none
silent "generated files are what include/wgmark.yaml says" generated
# new_ns sets variables by name, which shellcheck does not see
silent "shell: shellcheck" shellcheck -x -P SCRIPTDIR -S warning -e SC2154 "${shell[@]}"
silent "spelling" codespell -L iif,nd,gaurd "${text[@]}"
silent "manual page: mandoc" mandoc -Tlint -Wwarning user/wgmarkctl.8
silent "unit file: systemd-analyze verify" unit_file
silent "each file has its licence line" licence_line
echo "1..$n"
exit $failed
