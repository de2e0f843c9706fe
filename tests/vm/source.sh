# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: GPL-2.0
# source.sh - what kernel.sh takes from Debian's source of a kernel: $tmp/tree, as for what it
# fetches

# unpack_source VERSION PATTERN...: into $tmp/tree, what tar's wildcards name
unpack_source() {
	local version=$1
	shift
	download "linux-source-$version"
	mkdir "$tmp/tree"
	dpkg-deb --fsys-tarfile "$tmp"/*.deb | tar -xO "./usr/src/linux-source-$version.tar.xz" |
		tar -xJ -C "$tmp/tree" --strip-components=1 --wildcards "$@"
	rm "$tmp"/*.deb
}

fetch_source() {
	unpack_source 6.12 \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
		'*/scripts/const_structs.checkpatch' \
		'*/tools/net/ynl' '*/Documentation/netlink'
}

# options: those of the files that $options names, of each what the last of them says
options() {
	(cd "$(dirname "$0")" && awk '
		/^CONFIG_|^# CONFIG_.* is not set$/ {
			name = $0
			sub(/^# /, "", name)
			sub(/[ =].*/, "", name)
			last[name] = $0
		}
		END {
			for (name in last)
				print last[name]
		}' "${options[@]/%/.config}" | LC_ALL=C sort)
}

# only_options: these, and no others, for what ${make[@]} builds in $1
only_options() {
	options >"$tmp/options"
	"${make[@]}" KCONFIG_ALLCONFIG="$tmp/options" allnoconfig >&2
	# what the source does not know, or does not allow, it leaves out without a word
	! grep '^CONFIG_' "$tmp/options" | grep -vxF -f "$1/.config" >&2 ||
		die "${options[*]/%/.config}: there is what this source does not have"
}

# build_uml [WITHOUT]: an option that is off. What is left of the source is what modules are
# built with.
build_uml() {
	local make=(make -s -C "$tmp/source" ARCH=um) d=$tmp/tree
	unpack_source 6.1 '*'
	mv "$d" "$tmp/source"
	mkdir "$d"
	# where a program's registers go, which ptrace(2) takes all or none of: with AMX there are
	# 11008 bytes of them, not 2696
	sed -i 's/HOST_FP_SIZE, 2696/HOST_FP_SIZE, 12288/' "$tmp/source/arch/x86/um/user-offsets.c"
	if [ "$name" = uml-kasan ]; then
		only_options "$tmp/source"
	else
		"${make[@]}" defconfig >&2
		# the last word counts
		options >>"$tmp/source/.config"
		[ $# -eq 0 ] || echo "# CONFIG_$1 is not set" >>"$tmp/source/.config"
		"${make[@]}" olddefconfig >/dev/null 2>&1
	fi
	"${make[@]}" -j"$(nproc)" linux modules >&2
	"${make[@]}" INSTALL_MOD_PATH="$d" modules_install >&2
	"${make[@]}" kernelrelease >"$d/release"
	mv "$tmp/source/linux" "$d/linux"
	ln -s "lib/modules/$(cat "$d/release")" "$d/modules"
	rm -f "$d/modules/"{build,source}
	# W=1 misses the latter, which has no file in it
	mkdir -p "$d/build/arch/um/include/generated/uapi"
	(cd "$tmp/source" && find Makefile .config Module.symvers include scripts arch/um arch/x86 \
		\( -type f -o -type l \) ! -name '*.[cSo]' ! -name '*.cmd' -print0 |
		cpio --null -p -d --quiet "$d/build")
}

# Nothing in it is a module. Of the source stays what building a module needs.
build_debug() {
	local b=$tmp/tree/build make
	make=(make -s -C "$b")
	unpack_source 6.1 '*'
	mv "$tmp/tree" "$tmp/source"
	mkdir "$tmp/tree"
	mv "$tmp/source" "$b"
	only_options "$b"
	# what is on this list fail_function may have fail
	printf '%s\n' '#include <linux/error-injection.h>' \
		'ALLOW_ERROR_INJECTION(__alloc_percpu_gfp, NULL);' >>"$b/mm/percpu.c"
	# What these look at they slow down, and KCSAN looks seldom: only the module is built for
	# it. What the rest of the kernel does with the module's memory uml-kasan looks at, on one
	# processor.
	"${make[@]}" -j "$(nproc)" KASAN_SANITIZE=n KCSAN_SANITIZE=n bzImage modules >&2
	"${make[@]}" INSTALL_MOD_PATH="$tmp/tree" modules_install >&2
	"${make[@]}" kernelrelease >"$tmp/tree/release"
	ln -s "lib/modules/$(cat "$tmp/tree/release")" "$tmp/tree/modules"
	mv "$b/arch/x86/boot/bzImage" "$tmp/tree/vmlinuz"
	find "$b" -mindepth 1 -maxdepth 1 -type d ! -name arch ! -name include ! -name scripts \
		! -name tools -exec rm -rf {} +
	find "$b/arch" -mindepth 1 -maxdepth 1 -type d ! -name x86 -exec rm -rf {} +
	find "$b/arch" "$b/tools" -name '*.[cSo]' -delete
	rm -f "$b"/vmlinux* "$b"/System.map "$b"/.vmlinux*
}
