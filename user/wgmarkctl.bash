# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# wgmarkctl.bash - completion of wgmarkctl's command line, read by bash
#
# It needs nothing but bash. Verbs and options are those that wgmarkctl --help
# prints, so that there is no second list of them here.

# Of the usage, the rest of the lines that begin with the program's name; a line that
# begins with [ goes on with the one before
_wgmarkctl_usage() {
	"$1" --help 2>/dev/null | sed -e ':a' -e '$!N;s/\n *\[/ [/;ta' -e 'P;D' |
		sed -n 's/^\(Usage:\)\{0,1\} *wgmarkctl //p'
}

# Names in /etc/wireguard, which often only root can list
_wgmarkctl_configured() {
	local file

	for file in /etc/wireguard/*.conf; do
		file=${file##*/}
		[[ $file == '*.conf' ]] || echo "${file%.conf}"
	done
}

# WireGuard interfaces of this network namespace
_wgmarkctl_live() {
	local file

	for file in /sys/class/net/*/uevent; do
		file=${file%/uevent}
		! grep -qs '^DEVTYPE=wireguard$' "$file/uevent" || echo "${file##*/}"
	done
}

# _wgmarkctl_files CURRENT: a word without a slash is no file, but a name
_wgmarkctl_files() {
	local begin=$1

	[[ $begin != . ]] || begin=./
	[[ $begin == */* ]] || return
	compgen -f -X '!*.conf' -- "$begin"
	compgen -d -- "$begin"
}

# _wgmarkctl_words PROGRAM VERB PREVIOUS CURRENT: what can stand here
_wgmarkctl_words() {
	local usage

	usage=$(_wgmarkctl_usage "$1")
	if [[ -z $2 ]]; then
		sed 's/ .*//; /^-/d' <<<"$usage" | sort -u
		[[ $4 != -* ]] || grep '^-' <<<"$usage" | grep -o -e '--[a-z-]*'
		return
	fi
	usage=$(grep "^$2 " <<<"$usage") || return
	if [[ $3 == --backend ]]; then
		sed -n 's/.*--backend \([a-z|]*\).*/\1/p' <<<"$usage" | tr '|' '\n'
	elif [[ $3 == --proto ]]; then
		printf '%s\n' udp tcp icmp
	elif [[ $3 == --iif ]]; then
		compgen -G '/sys/class/net/*' | sed 's|.*/||'
	elif [[ $3 =~ ^--(to|from|[sd]port|mark|uid)$ ]]; then
		return
	elif [[ $4 == -* ]]; then
		grep -o -e '--[a-z-]*' <<<"$usage" | sort -u
	elif [[ $usage == *INTERFACE* ]]; then
		case $2 in
		doctor | down | explain | reload | rules | save | show) _wgmarkctl_live ;;
		*) _wgmarkctl_configured ;;
		esac
		[[ $usage != *CONFIG* ]] || _wgmarkctl_files "$4"
	fi
}

_wgmarkctl() {
	local verb='' word i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--backend | --to | --from | --iif | --proto | --[sd]port | --mark | --uid) ((i++)) ;;
		-*) ;;
		*)
			# one argument, and it is there
			[[ -z $verb ]] || return
			verb=${COMP_WORDS[i]}
			;;
		esac
	done
	# not compgen -W, which would run what a file's name has in $()
	COMPREPLY=()
	while read -r word; do
		[[ $word != "$2"* ]] || COMPREPLY+=("$word")
	done < <(_wgmarkctl_words "$1" "$verb" "$3" "$2")
	# quoted, and with a slash after a folder's
	[[ $2 != .* && $2 != */* ]] || compopt -o filenames
}
complete -F _wgmarkctl wgmarkctl
