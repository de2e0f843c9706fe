#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What bash completes on wgmarkctl's command line: verbs and options as the usage
# has them, configured tunnels, those that are up, and files.

. "$(dirname "$0")/../lib.sh"

need_root
command -v bash >/dev/null || skip_all "needs bash"
new_ns box
made=
cleanup() {
	[ -z "$made" ] || rmdir /etc/wireguard
}
if [ ! -d /etc/wireguard ]; then
	mkdir /etc/wireguard
	made=1
fi
ip -n "$box" link add wg-live type wireguard
ip -n "$box" link add lan type dummy
cd "$tmp"
mkdir home "home/sub folder"
# shellcheck disable=SC2016
touch home/wg1.conf home/notes 'home/$(touch ran).conf'

# As bash does it at TAB for the last word of each line; compopt works then only
cat >complete.bash <<'END'
mount -t tmpfs tmpfs /etc/wireguard
touch /etc/wireguard/{home,office}.conf /etc/wireguard/key
PATH=$1:$PATH
source "$2"
compopt() { options=" ($*)"; }
read -r _ _ function _ < <(complete -p wgmarkctl)
cd home || exit
while IFS= read -r line; do
	IFS=' ' read -r -a COMP_WORDS <<<"${line}x"
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]%x}
	COMPREPLY=() options=
	"$function" wgmarkctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	mapfile -t COMPREPLY < <(printf '%s\n' "${COMPREPLY[@]}" | sort)
	echo "${COMPREPLY[*]}$options"
done
END

# line by line: what stands there, and what it becomes
cat >cases <<'END'
wgmarkctl s|save show strip
wgmarkctl -|--help --version
wgmarkctl r|reload rules
wgmarkctl no-verb |
wgmarkctl up |home office
wgmarkctl up o|office
wgmarkctl up -|--backend --dry-run --json
wgmarkctl up --backend |auto kmod nft
wgmarkctl up --backend k|kmod
wgmarkctl up --backend nft h|home
wgmarkctl --json plan |home office
wgmarkctl strip -|
wgmarkctl strip h|home
wgmarkctl down |wg-live
wgmarkctl reload |wg-live
wgmarkctl reload -|--backend --dry-run --json
wgmarkctl reload --backend n|nft
wgmarkctl save w|wg-live
wgmarkctl show |wg-live
wgmarkctl rules |wg-live
wgmarkctl show -|--json
wgmarkctl show wg-live |
wgmarkctl doctor |wg-live
wgmarkctl doctor -|--json
wgmarkctl m|monitor
wgmarkctl monitor |
wgmarkctl monitor -|--json
wgmarkctl e|explain
wgmarkctl explain |wg-live
wgmarkctl explain -|--dport --from --iif --json --mark --proto --ruleset --sport --svg --to --uid
wgmarkctl explain --proto |icmp tcp udp
wgmarkctl explain --to 1.1.1.1 --proto u|udp
wgmarkctl explain --to |
wgmarkctl explain --to 1.1.1.1 --iif l|lan lo
wgmarkctl explain --to 1.1.1.1 w|wg-live
wgmarkctl show ./| (-o filenames)
wgmarkctl up .|./$(touch ran).conf ./sub folder ./wg1.conf (-o filenames)
wgmarkctl up ./w|./wg1.conf (-o filenames)
wgmarkctl down ../home/w|../home/wg1.conf (-o filenames)
END
cut -d '|' -f 1 cases | on "$box" bash complete.bash "$top/build" \
	"$top/user/wgmarkctl.bash" >words 2>errors
exec 3<words
while IFS='|' read -r line expected; do
	got=
	IFS= read -r got <&3 || :
	is "$got" "$expected" "\"$line\""
done <cases
is "$(cat errors)" "" "nothing is printed"
check_fails "no file's name is run as a command" test -e home/ran
verbs=$(on "$box" "$wgmarkctl" --help | sed 's/^Usage: //; s/^ *//' |
	grep -o '^wgmarkctl [a-z][a-z]*' | sort -u | wc -l)
is "$(printf 'wgmarkctl \n' | on "$box" bash complete.bash "$top/build" \
	"$top/user/wgmarkctl.bash" | wc -w)" "$verbs" "all verbs are completed"
done_testing
