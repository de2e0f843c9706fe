# SPDX-License-Identifier: GPL-2.0
# listing.pl SENT EXECUTED CODE - what listing.sh prints: of each kind of packet of which a
# target is missed, what the module executes, and how much is the kernel's
#
# SENT      what the guest said: places, and a line "sent FAMILY WHAT KIND COST ..." for each kind
# EXECUTED  qemu's, "Trace 0: ... [.../PC/...]" for each instruction
# CODE      objdump -d -r of the module's .text
use strict;
use warnings;
no warnings 'portable';	# 64 bits

my @wanted = (
	["ipv4 rules outer-in", "The tunnel's outer UDP, coming in"],
	["ipv4 rules outer-out", "The tunnel's outer UDP, going out"],
	["ipv4 rules spoofed", "A spoofed packet"],
	["ipv4 bare outer-in", "Without conntrack: the tunnel's outer UDP, coming in"],
	["ipv4 bare outer-out", "Without conntrack: the tunnel's outer UDP, going out"],
	["ipv6 rules inner-udp", "IPv6: inner UDP"],
	["ipv6 rules spoofed", "IPv6: a spoofed packet"],
);

my ($sent_file, $executed_file, $code_file) = @ARGV;
my ($text, $least, $send, @sent);
open(my $f, '<', $sent_file) or die "$sent_file: $!";
while (<$f>) {
	$text = hex $1 if /^text (\S+)/;
	$least = hex $1 if /^least (\S+)/;
	$send = hex $1 if /^send (\S+)/;
	push @sent, [$1, $2] if /^sent (\S+ \S+ \S+) (\d+)/;
}

# Each kind is sent twice some dozens of times: with no hooks, and with them. Of the latter
# the last one is kept, when caches and conntrack have all that they want.
my ($round, @kept, $packet) = (0);
open($f, '<', $executed_file) or die "$executed_file: $!";
while (<$f>) {
	my ($pc) = m{\[[0-9a-f]+/([0-9a-f]+)/} or next;
	$pc = hex $pc;
	if ($pc == $least) {
		$round++;
		undef $packet;
	} elsif ($pc == $send && $round && $round % 2 == 0) {
		$kept[$round / 2 - 1] = $packet = [];
	}
	push @$packet, $pc if $packet;
}
die "sent " . @sent . " kinds of packets, saw $round rounds\n" if $round != 2 * @sent;

my (%insn, %function, $at, $name);
open($f, '<', $code_file) or die "$code_file: $!";
while (<$f>) {
	if (/^[0-9a-f]+ <(.*)>:/) {
		$name = $1;
	} elsif (/^\s+([0-9a-f]+):\s+R_\S+\s+([^-+\s]+)/) {
		my $target = $2;
		# in place of where the linker's blank would lead
		$insn{$at} =~ s/^(call|jmp)(\s+).*/$1$2$target/;
	} elsif (/^\s+([0-9a-f]+):\t(.*?)\s*$/) {
		$at = hex $1;
		$insn{$at} = $2;
		$function{$at} = $name;
	}
}

for (@wanted) {
	my ($key, $title) = @$_;
	my ($last) = grep { $sent[$_][0] eq $key } reverse 0 .. $#sent;
	die "nothing was sent as $key\n" if !defined $last;
	my ($cost, @code) = ($sent[$last][1]);
	my ($own, $before) = (0, "");
	for my $pc (@{$kept[$last]}) {
		my $place = $pc - $text;
		next if !exists $insn{$place};
		push @code, "$function{$place}:" if $function{$place} ne $before;
		$before = $function{$place};
		push @code, "\t$insn{$place}";
		$own++;
	}
	printf "### %s: %d\n\n", $title, $cost;
	printf "%d in the module, %d in the kernel.\n\n", $own, $cost - $own;
	print "    $_\n" for @code;
	print "\n";
}
