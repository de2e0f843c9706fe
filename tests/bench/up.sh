#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# up.sh [ROUNDS [NETWORKS [TUNNELS]]] - what "up" and "down" cost, beside wg-quick
#
# Prints figures, and passes or fails nothing; a tunnel that does not come up ends
# it with status 1. At the end the medians again, for results.sh. Those compared take turns within a run, so that they have the
# same machine: wgmarkctl with the module, wgmarkctl with nftables, and wg-quick.
#
# ROUNDS     of a full tunnel, 11
# NETWORKS   in AllowedIPs, 2000; wg-quick once, as it is the slow one
# TUNNELS    small ones, all there at the same time, 1000

. "$(dirname "$0")/../lib.sh"

ended=1		# what lib.sh prints of a test is not wanted here
rounds=${1:-11}
networks=${2:-2000}
tunnels=${3:-1000}

cd "$tmp"
umask 077

# config FILE BACKEND ADDRESS ALLOWED-IPS: as wg-quick and wgmarkctl both read it
config() {
	cat >"$1" <<-END
		[Interface]
		#wgmark Backend = $2
		PrivateKey = $private
		Address = $3

		[Peer]
		PublicKey = $public
		AllowedIPs = $4
		Endpoint = 192.168.44.1:51820
	END
}

# networks_list: as many small networks as asked for
networks_list() {
	seq 0 $((networks - 1)) | awk '{
		printf "%s10.%d.%d.0/24", NR == 1 ? "" : ", ", 64 + $1 / 256, $1 % 256
	}'
}

# take WHAT CONTENDER VERB CONFIG: one line more in the file figures
take() {
	program=$wgmarkctl
	[ "$2" != wg-quick ] || program=wg-quick
	if ! line=$(measure "$program" "$3" "$4" 2>output); then
		cat output
		exit 1
	fi
	echo "$1 $2 $3 $line" >>figures
}

# round WHAT CONTENDER...: each one comes up and goes down
round() {
	what=$1
	shift
	for contender; do
		take "$what" "$contender" up "$tmp/$what-$contender/wg0.conf"
		take "$what" "$contender" down "$tmp/$what-$contender/wg0.conf"
	done
}

# median WHAT CONTENDER VERB FIELD: 1 wall, 2 processor, 3 peak memory
median() {
	awk -v key="$1 $2 $3" -v field=$((3 + $4)) \
		'$1 " " $2 " " $3 == key { print $field }' figures | sort -n |
		awk '{ v[NR] = $1 } END {
			print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
		}'
}

# medians WHAT CONTENDER...: for results.sh
medians() {
	what=$1
	shift
	for contender; do
		for verb in up down; do
			echo "figure $what $contender $verb $(median "$what" "$contender" $verb 1)" \
				"$(median "$what" "$contender" $verb 2)" \
				"$(median "$what" "$contender" $verb 3)"
		done
	done
}

# milliseconds MICROSECONDS
milliseconds() {
	awk -v us="$1" 'BEGIN { printf "%.1f", us / 1000 }'
}

# table WHAT CONTENDER...: medians, and how many times as much wg-quick took, which
# is the last
table() {
	what=$1
	shift
	printf '%-16s %10s %10s %10s %10s %12s\n' "" "up: wall" processor \
		"down: wall" processor "peak, KiB"
	for contender; do
		printf '%-16s' "$contender"
		for verb in up down; do
			for field in 1 2; do
				printf ' %7s ms' \
					"$(milliseconds "$(median "$what" "$contender" $verb $field)")"
			done
		done
		printf ' %12s\n' "$(median "$what" "$contender" up 3)"
	done
	for contender; do
		[ "$contender" != wg-quick ] || break
		printf '%-16s' "ratio, ${contender#wgmarkctl-}"
		for verb in up down; do
			for field in 1 2; do
				awk -v slow="$(median "$what" wg-quick $verb $field)" \
					-v fast="$(median "$what" "$contender" $verb $field)" \
					'BEGIN { printf " %9.1fx", slow / (fast ? fast : 1) }'
			done
		done
		echo
	done
	echo
}

# part VERB FROM TO FIELD: the mean of tunnels FROM to TO, in milliseconds
part() {
	awk -v verb="$1" -v from="$2" -v to="$3" -v field=$((3 + $4)) '
		$1 == "many" && $3 == verb && ++n >= from && n <= to { sum += $field }
		END { printf " %7.1f ms", sum / (to - from + 1) / 1000 }' figures
}

# many VERB: all of the small tunnels, each line a tenth of them
many() {
	from=1
	for i in $(seq "$tunnels"); do
		take many wgmarkctl "$1" "$tmp/many/t$i.conf"
		[ $((i * 10 % tunnels)) -lt 10 ] || continue
		printf '%-16s' "$1 $from to $i"
		part "$1" $from "$i" 1
		part "$1" $from "$i" 2
		echo
		from=$((i + 1))
	done
}

machine() {
	date -u '+%Y-%m-%d %H:%M UTC'
	echo "Linux $(uname -r) $(uname -m), $(nproc) processors:" \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
	"$wgmarkctl" --version
	echo "wg-quick of $(wg --version | sed 's/ - .*//')," \
		"bash $(bash -c 'echo $BASH_VERSION'), $(ip -V | sed 's/, libbpf.*//')," \
		"$(nft --version | sed 's/ (.*//')"
	echo
}

need_module
# the script once more, in a namespace of its own
if [ -z "${WGMARK_BENCH_NS:-}" ]; then
	new_ns box
	WGMARK_BENCH_NS=$box ip netns exec "$box" "$top/tests/bench/up.sh" "$@"
	exit
fi

ip -batch - <<EOF2
link set lo up
link add lan type dummy
address add 192.168.44.2/24 dev lan
link set lan up
route add default via 192.168.44.1
EOF2
private=$(wg genkey)
public=$(wg genkey | wg pubkey)
machine

# wg-quick does not look at Backend
for contender in wgmarkctl-kmod wgmarkctl-nft wg-quick; do
	mkdir "full-$contender"
	config "full-$contender/wg0.conf" "${contender#*-}" \
		"10.2.0.2/32, fd02::2/128" "0.0.0.0/0, ::/0"
done
# the first time loads modules
round full wgmarkctl-kmod wgmarkctl-nft wg-quick
rm figures
for i in $(seq "$rounds"); do
	round full wgmarkctl-kmod wgmarkctl-nft wg-quick
done
echo "A full tunnel (AllowedIPs = 0.0.0.0/0, ::/0), medians of $rounds rounds"
table full wgmarkctl-kmod wgmarkctl-nft wg-quick

# no full tunnel: there is no backend in it
for contender in wgmarkctl wg-quick; do
	mkdir "list-$contender"
	config "list-$contender/wg0.conf" auto 10.2.0.2/32 "$(networks_list)"
done
for i in $(seq 5); do
	round list wgmarkctl
done
round list wg-quick
echo "AllowedIPs = $networks networks, medians of 5 rounds, wg-quick once"
table list wgmarkctl wg-quick

mkdir many
for i in $(seq "$tunnels"); do
	config many/t"$i".conf auto 10.128.$((i / 256)).$((i % 256))/32 \
		10.$((64 + i / 256)).$((i % 256)).0/24
done
echo "$tunnels small tunnels up, one after another, then down in the same order: means"
printf '%-16s %10s %10s\n' "" wall processor
many up
many down
medians full wgmarkctl-kmod wgmarkctl-nft wg-quick
medians list wgmarkctl wg-quick
medians many wgmarkctl
