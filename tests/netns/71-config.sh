#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Whatever is wrong with a configuration file, a command line or the machine,
# wgmarkctl says so in one line of its own, with the exit status of the manual
# page, and changes nothing.

. "$(dirname "$0")/../lib.sh"

need_module
new_ns box
ip -n "$box" -batch - <<-EOF
	link set lo up
	link add lan type dummy
	address add 192.168.44.2/24 dev lan
	link set lan up
	route add default via 192.168.44.1
EOF
sysctl_set "$box" 1 'ipv4/conf/*/rp_filter'
# WireGuard turns this off with its first device and leaves it so
sysctl_set "$box" 0 ipv4/conf/all/send_redirects
PATH=$top/build:$PATH
cd "$tmp"
umask 077

wg genkey >key
private="PrivateKey = $(cat key)"
public="PublicKey = $(wg pubkey <key)"

# file NAME LINE...: a configuration
file() {
	_file=$1
	shift
	printf '%s\n' "$@" >"$_file"
}

# full NAME [LINE...]: a full tunnel's, with LINEs in its [Interface]
full() {
	_full=$1
	shift
	file "$_full" "[Interface]" "$private" "$@" "[Peer]" "$public" \
		"AllowedIPs = 0.0.0.0/0" "Endpoint = 192.168.44.1:51820"
}

# refused STATUS MESSAGE NAME COMMAND...: all that the command prints is MESSAGE.
# It is run by answers(), many in one go: to enter a namespace takes its time.
asked=0
refused() {
	asked=$((asked + 1))
	printf 'wgmarkctl: %s\nstatus %s\n' "$2" "$1" >expected.$asked
	eval "name_$asked=\$3"
	shift 3
	printf "'%s' " "$@" >>commands
	echo ">answer.$asked 2>&1 </dev/null; echo status \$? >>answer.$asked" >>commands
}

answers() {
	on "$box" sh ./commands
	for _n in $(seq $asked); do
		eval "_name=\$name_$_n"
		if cmp -s answer.$_n expected.$_n; then
			ok "$_name"
		else
			is "$(cat answer.$_n)" "$(cat expected.$_n)" "$_name"
		fi
	done
	: >commands
	asked=0
}

# usage MESSAGE COMMAND...: the command line is wrong
usage=$(on "$box" wgmarkctl --help)
usage() {
	_message=$1
	shift
	refused 2 "$_message
$usage" "command line: $*" "$@"
}

# unchanged WHAT: and the machine is as it was before
snapshot_state "$box" >before
unchanged() {
	answers
	check_state "$1: nothing has changed" "$box" before
}

# --- files: line | file | message -------------------------------------------

# In the file, \n and \0 are as in printf(1); %key is a key.
cat >cases <<'EOF'
1|nonsense|this line is neither KEY = VALUE nor a section
2|[Interface]\nnonsense|this line is neither KEY = VALUE nor a section
2|[Interface]\n= 5|this line has no key before the `='
1|[Interfaces]|unknown section `[Interfaces]'; there are [Interface] and [Peer]
1|[Interface|unknown section `[Interface'; there are [Interface] and [Peer]
2|[Interface]\nMtuu = 1400|unknown key `Mtuu' in [Interface]
3|[Peer]\nPublicKey = %key\nAddress6 = ::1|unknown key `Address6' in [Peer]
1|Nothing = 1|unknown key `Nothing' before [Interface]
1|MTU = 1400\n[Interface]|MTU belongs below [Interface]
2|[Interface]\nPublicKey = %key|PublicKey belongs below [Peer]
3|[Peer]\nPublicKey = %key\nAddress = 10.0.0.1|Address belongs below [Interface]
2|[Interface]\nMask = 0xff|Mask is wgmark's own: write #wgmark Mask = VALUE, below [Interface]
2|[Interface]\n[Peer]\nAllowedIPs = 0.0.0.0/0\n[Peer]\nPublicKey = %key|this [Peer] has no PublicKey
3|[Peer]\nPublicKey = %key\n[Peer]|this [Peer] has no PublicKey
1|\0|this line has a NUL byte; a configuration is plain text
3|[Interface]\nMTU = 1400\nMTU = 1\0400|this line has a NUL byte; a configuration is plain text
2|[Interface]\nPrivateKey =|PrivateKey has no value
2|[Interface]\nPrivateKey = %key%key|PrivateKey is not a key: write the 44 base64 characters that wg(8) prints
2|[Interface]\nListenPort =|ListenPort has no value
2|[Interface]\nListenPort = 65536|ListenPort = 65536: write a port from 0 to 65535, or the name of a service
2|[Interface]\nListenPort = -1|ListenPort = -1: write a port from 0 to 65535, or the name of a service
2|[Interface]\nListenPort = wire guard|ListenPort = wire guard: write a port from 0 to 65535, or the name of a service
2|[Interface]\nListenPort = no-such-service|ListenPort = no-such-service is no service that services(5) knows for UDP; write a port from 0 to 65535
2|[Interface]\nFwMark =|FwMark has no value
2|[Interface]\nFwMark = 0x|FwMark = 0x: write off, or a mark up to 0xffffffff
2|[Interface]\nFwMark = 0x100000000|FwMark = 0x100000000: write off, or a mark up to 0xffffffff
2|[Interface]\nFwMark = on|FwMark = on: write off, or a mark up to 0xffffffff
2|[Interface]\nAddress = 10.0.0.256|Address = 10.0.0.256: write an address, such as 10.2.0.2/32 or fd00::2/128
2|[Interface]\nAddress = 10.0.0.1/33|Address = 10.0.0.1/33: write an address, such as 10.2.0.2/32 or fd00::2/128
2|[Interface]\nAddress = fd00::1/129|Address = fd00::1/129: write an address, such as 10.2.0.2/32 or fd00::2/128
2|[Interface]\nAddress = 10.0.0.1, home|Address = home: write an address, such as 10.2.0.2/32 or fd00::2/128
3|[Interface]\nAddress = 10.0.0.1/24\nAddress = 10.0.0.1/24|Address = 10.0.0.1/24 is there twice; take one of them out
2|[Interface]\nAddress = fd00::1/64, FD00::0:1/128|Address = fd00::1/128 is there twice; take one of them out
2|[Interface]\nMTU = 67|MTU = 67: write a size from 68 to 65535
2|[Interface]\nMTU = 65536|MTU = 65536: write a size from 68 to 65535
2|[Interface]\nMTU = auto|MTU = auto: write a size from 68 to 65535
2|[Interface]\nTable = 010|Table = 010: write auto, off, a number up to 4294967295, or a name of rt_tables
2|[Interface]\nTable = 4294967296|Table = 4294967296: write auto, off, a number up to 4294967295, or a name of rt_tables
2|[Interface]\nTable = \033[2Kno|Table = \x1b[2Kno is not known: it is neither in rt_tables nor in rt_tables.d/*.conf of /etc/iproute2, /usr/share/iproute2 or /usr/lib/iproute2; write a number
2|[Interface]\nTable = no-such|Table = no-such is not known: it is neither in rt_tables nor in rt_tables.d/*.conf of /etc/iproute2, /usr/share/iproute2 or /usr/lib/iproute2; write a number
2|[Interface]\nSaveConfig =|SaveConfig has no value
2|[Interface]\nSaveConfig = 0|SaveConfig = 0: write true or false
2|[Interface]\nPostUp # = touch ran|this line is neither KEY = VALUE nor a section
4|[Interface]\nPreUp = touch ran\nPostUp = touch ran\nMTU = 1|MTU = 1: write a size from 68 to 65535
2|[Interface]\nDNS = 10.0.0.300|DNS = 10.0.0.300: write a name server's address, or a search domain
2|[Interface]\nJc = 4|Jc is a key of AmneziaWG, not of wg-quick(8): take the line out, or use that program
2|[Interface]\n# wgmark Mask = 1|write #wgmark without the blank; # wgmark is a comment
2|[Peer]\nPublicKey =|PublicKey has no value
2|[Peer]\nPublicKey = %key=|PublicKey is not a key: write the 44 base64 characters that wg(8) prints
3|[Peer]\nPublicKey = %key\nPresharedKey =|PresharedKey has no value
3|[Peer]\nPublicKey = %key\nPresharedKey = secret|PresharedKey is not a key: write the 44 base64 characters that wg(8) prints
3|[Peer]\nPublicKey = %key\nAllowedIPs = all|AllowedIPs = all: write a network, such as 10.0.0.0/8 or fd00::/8
3|[Peer]\nPublicKey = %key\nAllowedIPs = 10.0.0.0/8, 10.0.0.0/40|AllowedIPs = 10.0.0.0/40: write a network, such as 10.0.0.0/8 or fd00::/8
3|[Peer]\nPublicKey = %key\nAllowedIPs = ::/129|AllowedIPs = ::/129: write a network, such as 10.0.0.0/8 or fd00::/8
3|[Peer]\nPublicKey = %key\nEndpoint =|Endpoint has no value
3|[Peer]\nPublicKey = %key\nEndpoint = 192.0.2.1|Endpoint = 192.0.2.1: write HOST:PORT, or [ADDRESS]:PORT for IPv6
3|[Peer]\nPublicKey = %key\nEndpoint = :51820|Endpoint = :51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6
3|[Peer]\nPublicKey = %key\nEndpoint = [2001:db8::1:51820|Endpoint = [2001:db8::1:51820: write HOST:PORT, or [ADDRESS]:PORT for IPv6
3|[Peer]\nPublicKey = %key\nEndpoint = 192.0.2.1:0|Endpoint = 192.0.2.1:0: write a port from 1 to 65535 after the colon
3|[Peer]\nPublicKey = %key\nEndpoint = 192.0.2.1:65536|Endpoint = 192.0.2.1:65536: write a port from 1 to 65535 after the colon
3|[Peer]\nPublicKey = %key\nPersistentKeepalive =|PersistentKeepalive has no value
3|[Peer]\nPublicKey = %key\nPersistentKeepalive = 65536|PersistentKeepalive = 65536: write off, or seconds from 0 to 65535
3|[Peer]\nPublicKey = %key\nPersistentKeepalive = 25s|PersistentKeepalive = 25s: write off, or seconds from 0 to 65535
1|#wgmark Mask = 1\n[Interface]|#wgmark lines belong below [Interface]
3|[Peer]\nPublicKey = %key\n#wgmark Guard = no|#wgmark lines belong below [Interface]
2|[Interface]\n#wgmark|write #wgmark KEY = VALUE
2|[Interface]\n#wgmark Guardd = no|unknown key `Guardd' after #wgmark; there are Mask, Backend, Restore, NoTrack, Compat, Guard, LeakGuard and RequireDNS
2|[Interface]\n#wgmark MTU = 1400|unknown key `MTU' after #wgmark; there are Mask, Backend, Restore, NoTrack, Compat, Guard, LeakGuard and RequireDNS
2|[Interface]\n#wgmark Mask =|Mask has no value
2|[Interface]\n#wgmark Mask = 0|Mask = 0: write the mark's bits, from 1 to 0xffffffff
2|[Interface]\n#wgmark Backend = iptables|Backend = iptables: write auto, kmod or nft
2|[Interface]\n#wgmark Restore = port|Restore = port: write none, conntrack or learn
3|[Interface]\n\n#wgmark NoTrack = yes|NoTrack = yes hides the tunnel's packets from conntrack; it needs Restore = learn
2|[Interface]\n#wgmark Compat = 1|Compat = 1: write yes or no
2|[Interface]\n#wgmark Guard = maybe|Guard = maybe: write yes or no
2|[Interface]\nFwMark = 0xca6c\n#wgmark Mask = 0xff00|FwMark = 0xca6c has bits outside of Mask = 0xff00; change one of them
2|[Interface]\n#wgmark Compat = yes\n#wgmark Mask = 0xff00|Compat = yes takes whole marks; take out Mask = 0xff00
3|[Interface]\n#wgmark Restore = none\n#wgmark Compat = yes|Compat = yes restores; it needs Restore = conntrack
EOF
# the name of each is the file on one line
awk -F'|' -v OFS='|' -v key="$(cat key)" '{
	name = $2
	gsub(/\\n/, "; ", name)
	gsub(/\\0/, "NUL", name)
	gsub(/%key/, key, $2)
	print name, $0
}' cases >cases.named
n=0
while IFS='|' read -r name line text message; do
	n=$((n + 1))
	printf '%b\n' "$text" >bad$n.conf
	refused 3 "./bad$n.conf:$line: $message" "file: $name" wgmarkctl up ./bad$n.conf
done <cases.named
unchanged "bad files"
check "no command of a file was run" test ! -e ran

# --- files that cannot be read, or are not what they should be ---------------

refused 3 "\`./none.conf' does not exist" "no such file" wgmarkctl up ./none.conf
refused 3 "\`/etc/wireguard/wg-absent.conf' does not exist" "no such interface's file" \
	wgmarkctl up wg-absent
full wg-here
refused 3 "\`/etc/wireguard/wg-here.conf' does not exist; for the file in this folder write ./wg-here" \
	"a file that is here, but elsewhere" wgmarkctl up wg-here
mkdir folder.conf
refused 3 "cannot read \`./folder.conf': Is a directory" "a folder" wgmarkctl up ./folder.conf
ln -s /dev/zero endless.conf
refused 3 "cannot read \`./endless.conf': File too large" "a file without end" \
	wgmarkctl up ./endless.conf
full private.conf
chown 65534 private.conf
refused 5 "cannot read \`./private.conf': Permission denied" "a file of someone else's" \
	setpriv --bounding-set -dac_override,-dac_read_search wgmarkctl up ./private.conf
mkdir -m 755 open
full open/wg0.conf
chmod 604 open/wg0.conf
refused 0 "warning: \`open/wg0.conf' is world accessible" "a file that all can read" \
	sh -c 'wgmarkctl plan open/wg0.conf >/dev/null'
answers
chmod 750 open
is "$(on "$box" wgmarkctl plan open/wg0.conf 2>&1 >/dev/null)" "" \
	"no warning if they cannot enter the folder"
unchanged "unreadable files"

# --- the command line --------------------------------------------------------

full wg0.conf
check_fails "command line: wgmarkctl" on "$box" wgmarkctl
is "$(cat output)" "$usage" "without an argument there is the usage"
usage "\`start' is not a command" wgmarkctl start ./wg0.conf
usage "unrecognized option '--force'" wgmarkctl --force up ./wg0.conf
usage "invalid option -- 'f'" wgmarkctl up -f ./wg0.conf
usage "option '--backend' requires an argument" wgmarkctl up ./wg0.conf --backend
usage "option '--dry-run' doesn't allow an argument" wgmarkctl up --dry-run=no ./wg0.conf
usage "the backend \`iptables' is not known; there are auto, kmod and nft" \
	wgmarkctl up --backend iptables ./wg0.conf
for verb in up down save strip plan; do
	usage "$verb needs a configuration file or an interface" wgmarkctl $verb
done
for verb in up down save strip show plan; do
	usage "$verb takes one argument, not 2" wgmarkctl $verb ./wg0.conf ./wg1.conf
done
usage "up --json works with --dry-run only" wgmarkctl up --json ./wg0.conf
usage "down --json works with --dry-run only" wgmarkctl down --json wg0
usage "down does not take --backend" wgmarkctl down --dry-run --backend nft wg0
usage "show does not take --backend" wgmarkctl show --json --backend nft
usage "show does not take --dry-run" wgmarkctl show --dry-run wg0
for name in "" . .. all default "wg 0" ./wg0.txt ./wg0 ./.conf ./sixteen-letters0.conf \
	sixteen-letters0 "./wg*.conf" ./all.conf ./..conf; do
	for verb in up down; do
		refused 2 "\`$name' is neither an interface name nor the path of a file named like wg0.conf" \
			"command line: wgmarkctl $verb '$name'" wgmarkctl $verb "$name"
	done
done
refused 1 "cannot write to stdout" "nobody takes the output" \
	sh -c 'wgmarkctl plan ./wg0.conf >/dev/full'
unchanged "bad command lines"

# --- no privilege ------------------------------------------------------------

for command in "up ./wg0.conf" "down wg0" "plan ./wg0.conf" "down --dry-run wg0" show; do
	# shellcheck disable=SC2086
	refused 5 "needs CAP_NET_ADMIN over this network namespace; run it as root" \
		"no privilege: $command" setpriv --bounding-set -all wgmarkctl $command
done
unchanged "no privilege"

# --- what is there already, or is not ----------------------------------------

full mark.conf "FwMark = 254"
refused 3 "FwMark = 254 is also the number of the routing table main; choose another one" \
	"FwMark is a table of the system" wgmarkctl up ./mark.conf
full mask.conf "#wgmark Mask = 0xff00"
refused 3 "Mask = 0xff00 does not hold the mark 0xca6c that a full tunnel would get; write a FwMark within the mask" \
	"Mask has no room for the mark" wgmarkctl up ./mask.conf
unchanged "marks that cannot be"

full wg0.conf "FwMark = 0xca6c" "Address = 10.2.0.2/32"
ip -n "$box" link add wg3 type wireguard
on "$box" nft add table ip wg-quick-wg3
mv before before-up
check "a tunnel is up" on "$box" wgmarkctl up --backend nft ./wg0.conf
snapshot_state "$box" >before

refused 4 "\`wg0' already exists; take it down first with wgmarkctl down wg0" \
	"up of what is up" wgmarkctl up ./wg0.conf
refused 4 "\`wg1' is not a WireGuard interface; wgmarkctl show lists those there are" \
	"down of what is not up" wgmarkctl down wg1
refused 4 "\`wg1' is not a WireGuard interface" "show of what is not up" wgmarkctl show wg1
full lan.conf
refused 4 "\`lan' already exists and is not a WireGuard interface; give the file another name" \
	"up where another device has the name" wgmarkctl up ./lan.conf
refused 4 "\`lan' is a device, but not a WireGuard interface; it is left alone" \
	"down of another device" wgmarkctl down lan
refused 4 "\`wg3' was brought up by another tool, whose nft table \`wg-quick-wg3' is there; take it down with that one" \
	"down of another tool's tunnel" wgmarkctl down wg3
refused 4 "\`lan' is not a WireGuard interface" "show of another device" wgmarkctl show lan
full wg1.conf "FwMark = 51820"
refused 4 "another tunnel's rule \`not fwmark 51820 lookup 51820' is there: choose another FwMark, or take that tunnel down (if it is gone, ip -4 rule delete priority 32765)" \
	"FwMark is another tunnel's" wgmarkctl up ./wg1.conf
full wg2.conf "Address = 10.2.0.2/24"
refused 4 "the nft table \`wgmark-wg0' guards the address 10.2.0.2 for another tunnel and would drop what comes in through this one: give this tunnel another address, or use the backend kmod for both" \
	"Address is another tunnel's" wgmarkctl up --backend nft ./wg2.conf
unchanged "what is there or is not"
check "the tunnel comes down" on "$box" wgmarkctl down wg0
ip -n "$box" link del wg3
on "$box" nft delete table ip wg-quick-wg3
mv before-up before
unchanged "up and down"

# --- no backend --------------------------------------------------------------

no_kmod="the backend kmod needs the module wgmark: load it with modprobe or insmod, or choose the backend auto or nft"
no_nft="the backend nft needs nf_tables, which is not there: load it with modprobe, or choose the backend auto or kmod"
neither="neither the module wgmark nor nf_tables is there, and strict rp_filter would drop the peer's replies: load one of them, or set rp_filter to 2, or write #wgmark Restore = none"
nf_tables=
if ! without nf_tables; then
	nf_tables=there
	skip "the backend nft is not there" "nf_tables is in use, or part of the kernel"
else
	refused 4 "$no_nft" "the backend nft is not there" wgmarkctl up --backend nft ./wg0.conf
	answers
fi
if [ -z "$loaded" ] || ! unload_module; then
	skip "the backend kmod is not there" "the module was loaded before, or is in use"
else
	refused 4 "$no_kmod" "the backend kmod is not there" wgmarkctl up --backend kmod ./wg0.conf
	answers
	if [ "$nf_tables" ]; then
		skip "no backend is there" "nf_tables is in use, or part of the kernel"
	else
		refused 4 "$neither" "no backend is there" wgmarkctl up ./wg0.conf
		answers
	fi
fi
modprobe_again
need_module
unchanged "without a backend"

done_testing
