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

# build_uml [WITHOUT]: an option that is off. What is left of the source is what modules are
# built with.
build_uml() {
	local make=(make -s -C "$tmp/source" ARCH=um) config d=$tmp/tree
	config=$(realpath "$(dirname "$0")/uml.config")
	unpack_source 6.1 '*'
	mv "$d" "$tmp/source"
	mkdir "$d"
	"${make[@]}" defconfig >&2
	# the last word counts
	cat "$config" >>"$tmp/source/.config"
	[ $# -eq 0 ] || echo "# CONFIG_$1 is not set" >>"$tmp/source/.config"
	"${make[@]}" olddefconfig >/dev/null 2>&1
	"${make[@]}" -j"$(nproc)" linux modules >&2
	"${make[@]}" INSTALL_MOD_PATH="$d" modules_install >&2
	"${make[@]}" kernelrelease >"$d/release"
	mv "$tmp/source/linux" "$d/linux"
	ln -s "lib/modules/$(cat "$d/release")" "$d/modules"
	rm -f "$d/modules/"{build,source}
	mkdir "$d/build"
	(cd "$tmp/source" && find Makefile .config Module.symvers include scripts arch/um arch/x86 \
		\( -type f -o -type l \) ! -name '*.[cSo]' ! -name '*.cmd' -print0 |
		cpio --null -p -d --quiet "$d/build")
}

# Nothing in it is a module. Of the source stays what building a module needs.
build_debug() {
	local b=$tmp/tree/build config=$tmp/config more=()
	cat "$(dirname "$0")"/{debug,"$name"}.config >"$config"
	unpack_source 6.1 '*'
	mv "$tmp/tree" "$tmp/source"
	mkdir "$tmp/tree"
	mv "$tmp/source" "$b"
	make -s -C "$b" KCONFIG_ALLCONFIG="$config" allnoconfig >&2
	# what the source does not know, or does not allow, it leaves out without a word
	! grep -E '^CONFIG_.*=y$' "$config" | grep -vxF -f "$b/.config" >&2 ||
		die "debug.config or $name.config has what this source does not"
	# What KCSAN looks at it slows down, and it looks seldom: only the module is built for it
	[ "$name" != debug-kcsan ] || more=(KCSAN_SANITIZE=n)
	make -s -C "$b" -j "$(nproc)" "${more[@]}" bzImage modules >&2
	make -s -C "$b" INSTALL_MOD_PATH="$tmp/tree" modules_install >&2
	make -s -C "$b" kernelrelease >"$tmp/tree/release"
	ln -s "lib/modules/$(cat "$tmp/tree/release")" "$tmp/tree/modules"
	mv "$b/arch/x86/boot/bzImage" "$tmp/tree/vmlinuz"
	find "$b" -mindepth 1 -maxdepth 1 -type d ! -name arch ! -name include ! -name scripts \
		! -name tools -exec rm -rf {} +
	find "$b/arch" -mindepth 1 -maxdepth 1 -type d ! -name x86 -exec rm -rf {} +
	find "$b/arch" "$b/tools" -name '*.[cSo]' -delete
	rm -f "$b"/vmlinux* "$b"/System.map "$b"/.vmlinux*
}
