# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# resolvconf.sh - openresolv's or Debian's resolvconf for a while, read after lib.sh; a script
# that reads it ends with resolvconf_remove in its cleanup()

resolvconf_packages=/opt/dns
resolvconf_folders=

# resolvconf_possible: is this the guest of tests/vm/run.sh, with no /etc/resolv.conf to spoil?
resolvconf_possible() {
	[ -d $resolvconf_packages ] && [ ! -e /etc/resolv.conf ]
}

# resolvconf_install PACKAGE FOLDER...: the FOLDERs of it, and its /sbin/resolvconf
resolvconf_install() {
	_package=$1
	shift
	cp $resolvconf_packages/"$_package"/sbin/resolvconf /sbin/resolvconf
	for _folder; do
		mkdir -p "$tmp/$_package" "$_folder"
		cp -r $resolvconf_packages/"$_package$_folder" "$tmp/$_package/"
		mount -o bind "$tmp/$_package/${_folder##*/}" "$_folder"
		resolvconf_folders="$_folder $resolvconf_folders"
	done
}

resolvconf_remove() {
	[ -n "$resolvconf_folders" ] || return 0
	for _folder in $resolvconf_folders; do
		umount "$_folder"
	done
	resolvconf_folders=
	rm -rf /run/resolvconf /etc/resolv.conf /sbin/resolvconf
}
