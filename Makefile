# SPDX-License-Identifier: GPL-2.0
#
# make             the module and wgmarkctl, for the running kernel
# make check       all tests; fetches what it needs (Debian 12, as root)
# make check-fuzz  random input for the parsers, some minutes; fetches clang
# make check-diff  beside the real wg-quick, about ten minutes
# make check-kernels  on all of Debian's kernels, from 5.10 to sid's, and on two that lack
#                  IPv6 and nf_tables; hours
# make check-arch  built for arm64, mipsel and s390x, and tested on these, emulated
# make check-debug  on three kernels that look for bugs, built first; some hours
# make check-stress  all is changed while packets come in; some minutes
# make check-attacks  packets that somebody sends to the tunnel's address; some minutes
# make check-netlink  a million messages to the module, right and wrong; half an hour
# make check-packets  random packets through the module and through wg-quick's rules;
#                  100000 on each kernel, half an hour
# make check-host  on a whole Debian 12 with systemd, in a virtual machine; half an hour
# make demo        see a full tunnel work, in a virtual machine
# make bench       what the hooks cost a packet, beside nft and iptables; half an hour
# make bench-native  the same in nanoseconds, after building User Mode Linux
# make bench-up-6.1  what up and down cost, beside wg-quick; three quarters of an hour
# make V=1 ...     show the commands
#
# KDIR=DIR         build against this kernel's headers

PREFIX	?= /usr/local
SBINDIR	?= $(PREFIX)/sbin
MANDIR	?= $(PREFIX)/share/man
BASHDIR	?= $(PREFIX)/share/bash-completion/completions
UNITDIR	?= $(PREFIX)/lib/systemd/system
KDIR	?= $(or $(wildcard /lib/modules/$(shell uname -r)/build),$(shell \
	     ls -d /usr/src/linux-headers-*-amd64 2>/dev/null | sort -V | tail -n1))

# small, for routers; nothing here is waited for
CFLAGS	?= -Os -g -fno-asynchronous-unwind-tables
comma	:= ,
# make check sets WERROR=-Werror
USER_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Iinclude/uapi -Iuser
USER_LIBS := -lmnl -lnftnl -pthread
# Programs for the tests: with places to fail on request, on this machine with
# sanitizers, which an emulated one takes too long for
FAULTS	:= -DWGMARKCTL_FAULTS
TEST_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	       -fno-omit-frame-pointer $(FAULTS)
# The fuzz targets, by clang's libFuzzer; tests/fuzz/answers.c has what is wrapped
FUZZ_CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	       -fno-omit-frame-pointer
FUZZ_WRAP := $(patsubst %,-Wl$(comma)--wrap=%,recv recvfrom mnl_socket_open2 \
	     mnl_socket_bind mnl_socket_setsockopt)

OBJ	  := $(patsubst user/%.c,build/obj/%.o,$(wildcard user/*.c))
TEST_OBJ  := $(OBJ:build/obj/%=build/asan/%)
TESTS	  := $(patsubst tests/unit/%.c,build/asan/%,$(wildcard tests/unit/test-*.c))
FUZZ	  := $(patsubst tests/fuzz/fuzz-%.c,%,$(wildcard tests/fuzz/fuzz-*.c))
REPLAYS	  := $(FUZZ:%=build/asan/fuzz-%)
TOOLS	  := $(patsubst tests/tools/%.c,build/tools/%,$(wildcard tests/tools/*.c)) \
	     $(patsubst %,build/tools/%,send-packets compare-packets hold-packet)
KERNELS	  := 6.1 6.12
ALL_KERNELS := 5.10 5.10-generic 6.1 6.1-generic 6.12 6.12-generic 6.12-rt sid sid-generic \
	       uml-no-ipv6 uml-no-nf-tables
BENCH	  := $(patsubst %,bench-packets-%,$(KERNELS)) $(patsubst %,bench-forward-%,$(KERNELS)) \
	     $(patsubst %,bench-memory-%,$(KERNELS)) bench-listing-6.1

MAKEFLAGS += --no-print-directory
Q	= $(if $(V),,@)
say	= @printf '  %-7s %s\n' $(1) $(2)

all: modules user

modules:
	$(if $(KDIR),,$(error no kernel headers here: install linux-headers or say KDIR=DIR))
	$(Q)$(MAKE) -C $(KDIR) M=$(CURDIR) modules

user: build/wgmarkctl

build/wgmarkctl: $(OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(USER_LIBS)

# apply.c alone has places to fail
build/wgmarkctl-faults: build/faults/apply.o $(filter-out %/apply.o,$(OBJ))
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(USER_LIBS)

build/asan/test-%: build/asan/test-%.o $(filter-out %/main.o,$(TEST_OBJ))
	$(call say,LD,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(MORE_LDFLAGS) -o $@ $^ $(USER_LIBS)
build/asan/test-journey-memory: MORE_LDFLAGS := $(patsubst %,-Wl$(comma)--wrap=%, \
				calloc strdup asprintf vasprintf open_memstream)

build/asan/fuzz-%: build/asan/fuzz-%.o build/asan/replay.o build/asan/answers.o \
		   $(filter-out %/main.o,$(TEST_OBJ))
	$(call say,LD,$@)
	$(Q)$(CC) $(TEST_CFLAGS) $(FUZZ_WRAP) -o $@ $^ $(USER_LIBS)

build/fuzz/fuzz-%: build/fuzz/fuzz-%.o build/fuzz/answers.o \
		   $(filter-out %/main.o,$(OBJ:build/obj/%=build/fuzz/%))
	$(call say,LD,$@)
	$(Q)clang $(FUZZ_CFLAGS) -fsanitize=fuzzer $(FUZZ_WRAP) -o $@ $^ $(USER_LIBS)

# Has the real kernel answer: tests/fuzz/record.sh
build/tools/record-%: build/obj/fuzz-%.o build/obj/record.o $(filter-out %/main.o,$(OBJ))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=recvfrom -o $@ $^ $(USER_LIBS)

define compile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(USER_CFLAGS) $(WERROR) $(1) -MMD -MP -c -o $@ $<
endef

build/obj/%.o: user/%.c Makefile
	$(call compile,$(CPPFLAGS) $(CFLAGS))
build/faults/%.o: user/%.c Makefile
	$(call compile,$(CPPFLAGS) $(CFLAGS) $(FAULTS))
build/asan/%.o: user/%.c Makefile
	$(call compile,$(TEST_CFLAGS))
# with a part of the module, and as much of the kernel as that needs
build/asan/test-hash.o: MORE_CFLAGS := -Itests/unit/kernel
build/asan/%.o: tests/unit/%.c Makefile
	$(call compile,$(TEST_CFLAGS) $(MORE_CFLAGS))
build/asan/%.o: tests/fuzz/%.c Makefile
	$(call compile,$(TEST_CFLAGS))
build/obj/%.o: tests/fuzz/%.c Makefile
	$(call compile,$(CPPFLAGS) $(CFLAGS))
build/fuzz/%.o: CC = clang
build/fuzz/%.o: user/%.c Makefile
	$(call compile,$(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link)
build/fuzz/%.o: tests/fuzz/%.c Makefile
	$(call compile,$(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link)

build/tools/%: tests/tools/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(USER_CFLAGS) $(WERROR) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(USER_LIBS)

build/obj/%.o: tests/packets/%.c Makefile
	$(call compile,$(CPPFLAGS) $(CFLAGS))
build/tools/send-packets: $(patsubst %,build/obj/%.o,send-packets packet)
build/tools/compare-packets: $(patsubst %,build/obj/%.o,\
			     compare-packets host nfnetlink random_config random_packet \
			     random_address packet)
build/tools/hold-packet: $(patsubst %,build/obj/%.o,hold-packet nfnetlink)
build/tools/send-packets build/tools/compare-packets build/tools/hold-packet:
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(USER_LIBS)

# With the parts of wgmarkctl that it is about
build/obj/%.o: tests/tools/%.c Makefile
	$(call compile,$(CPPFLAGS) $(CFLAGS))
build/tools/walk-any build/tools/match-any: build/tools/%: build/obj/%.o $(filter-out %/main.o,$(OBJ))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(USER_LIBS)

build/tools/nl-fuzz: tests/tools/nl-sender.h tests/tools/nl-model.h tests/tools/nl-coverage.h
build/tools/nl-faults: tests/tools/fail-nth.h tests/tools/own-faults.h tests/tools/nl-family.h tests/tools/nl-model.h
build/tools/load-faults: tests/tools/fail-nth.h tests/tools/own-faults.h
build/tools/own-faults: tests/tools/own-faults.h
build/tools/wgmark-nl build/tools/l2tp-socket: tests/tools/nl-family.h

-include $(wildcard build/obj/*.d build/faults/*.d build/asan/*.d build/fuzz/*.d)

install: all
	install -D -m 755 build/wgmarkctl $(DESTDIR)$(SBINDIR)/wgmarkctl
	install -D -m 644 user/wgmarkctl.8 $(DESTDIR)$(MANDIR)/man8/wgmarkctl.8
	install -D -m 644 user/wgmarkctl.bash $(DESTDIR)$(BASHDIR)/wgmarkctl
	install -D -m 644 user/wgmark@.service $(DESTDIR)$(UNITDIR)/wgmark@.service
	sed -i 's|@SBINDIR@|$(SBINDIR)|' $(DESTDIR)$(UNITDIR)/wgmark@.service
	install -D -m 644 include/uapi/linux/wgmark.h \
		$(DESTDIR)$(PREFIX)/include/linux/wgmark.h
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(DESTDIR) \
		INSTALL_MOD_DIR=updates modules_install

# The tests, from the quickest; make check runs them all.
unit: $(TESTS) $(REPLAYS)
	tests/run $(TESTS) $(REPLAYS) tests/unit/kernel-log.sh

style:
	tests/style.sh

# Look for new inputs that break a parser, FUZZ_TIME=60 seconds each;
# T="config ..." for some of them
fuzz-programs: $(FUZZ:%=build/fuzz/fuzz-%) $(REPLAYS)

check-fuzz:
	tests/fuzz/run.sh $(T)

# Have a real kernel answer, and write down what it says: tests/fuzz/corpus
fuzz-seeds: module-6.12 user $(patsubst %,build/tools/record-%,$(filter-out config,$(FUZZ)))
	tests/vm/run.sh 6.12 tests/fuzz/record.sh | \
	perl -ne 'if (!m{^(\w+/\S+) ([0-9a-f]+)$$}) { print; next }' \
		-e 'open F, ">tests/fuzz/corpus/$$1" or die "$$1: $$!"; print F pack "H*", $$2'

# make vm-6.1, vm-6.12: the tests of tests/netns in a virtual machine;
# T="00-smoke ..." for some of them
module-%:
	$(Q)tests/vm/module.sh $* build/$*

test-programs: user build/wgmarkctl-faults $(TESTS) $(REPLAYS) $(TOOLS)

vm-%: module-% test-programs
	tests/vm/run.sh -t 3600 $* tests/run -a $(T)

# A kernel that lacks something, by the test that is about that
vm-uml-no-%: module-uml-no-% test-programs
	tests/vm/run.sh -t 1800 uml-no-$* tests/run -a tests/lean/no-$*.sh

# wgmarkctl against the real wg-quick; T="full-v4 ..." for some of the cases
check-diff: module-6.12 test-programs
	tests/vm/run.sh -t 1800 6.12 tests/diff/run.sh $(T)

# The module beside wg-quick's rules, PACKETS=100000 random packets on each kernel;
# SEED=NUMBER for those of another time
PACKETS	?= 100000
check-packets:
	tests/proof.sh check-packets $(MAKE) $(patsubst %,packets-%,$(KERNELS))
packets-%: module-% build/tools/compare-packets build/tools/wgmark-nl
	tests/vm/run.sh -t 3600 $* tests/packets/run.sh $(PACKETS) $(SEED)

# Any message, by anybody, to the module; MESSAGES=n SEED=n to do the same again;
# K=debug-kasan for messages that are made of those which reached something new
MESSAGES ?= 1000000
check-netlink: K ?= 6.12
check-netlink: build/tools/nl-fuzz build/tools/wgmark-nl
	$(Q)$(MAKE) module-$(K)
	tests/proof.sh check-netlink tests/vm/run.sh -t 10800 $(K) tests/netns/77-netlink-any.sh $(MESSAGES) $(SEED)

# On kernels that look for bugs: all tests, and those that take changes and memory to their
# limits, with KASAN, lockdep and kmemleak, on one processor; of these what changes things from
# many sides again on two; and all with KCSAN.
# K=debug-kcsan for one of them, T="70-netlink tests/stress/no-memory.sh ..." for some tests
check-debug:
	T="$(T)" tests/proof.sh check-debug tests/check-debug.sh $(or $(K),uml-kasan debug-kasan debug-kcsan)

# The stress tests on an ordinary kernel
check-stress: module-6.12 test-programs
	tests/proof.sh check-stress tests/vm/run.sh -t 3600 6.12 tests/run -a tests/stress/churn.sh

# Each attack, and what came of it without a guard, with the module's and with nft's
check-attacks: K ?= 6.12
check-attacks: test-programs
	$(Q)$(MAKE) module-$(K)
	tests/proof.sh check-attacks bash -o pipefail -c "tests/vm/run.sh -t 3600 $(K) \
		tests/run -a 22-attacks 23-probing 24-attack-ways 25-attack-detours | \
		sed '/^proof /d; s/^attack /proof /'"

# A user's way on a whole Debian 12; T="71-config tests/host/unit.sh ..." for some
check-host:
	$(Q)tests/vm/deps.sh host
	$(Q)$(MAKE) build/wgmarkctl-faults $(TOOLS)
	tests/vm/host.sh $(T)

# On other CPUs; A="s390x ..." for some of them, T="71-config ..." for some tests
check-arch:
	$(Q)tests/vm/deps.sh arch
	T="$(T)" tests/proof.sh check-arch tests/arch.sh $(or $(A),s390x mipsel arm64)

check:
	tests/check.sh $(KERNELS)

# K="5.10 sid" for some of them
check-kernels:
	tests/proof.sh check-kernels tests/check-kernels.sh $(or $(K),$(ALL_KERNELS))

# 6.12: nft can list the hooks there
demo:
	$(Q)tests/vm/deps.sh
	$(Q)echo "Building for Debian's kernel 6.12, which is fetched if it is not here yet"
	$(Q)$(MAKE) $(if $(V),,-s) module-6.12 user build/tools/wgmark-nl
	$(Q)echo "Starting a virtual machine"
	$(Q)color=; [ ! -t 1 ] || [ -n "$$NO_COLOR" ] || color=--color; \
		tests/vm/run.sh 6.12 tests/vm/demo.sh $$color

# What is measured stays in build/bench; make bench-packets-6.12 ... for a part of it.
# results.sh makes of all that is there the tables in tests/bench/RESULTS.md.
bench: $(BENCH)
	tests/bench/results.sh $(KERNELS) uml

# figures NAME,COMMAND: what it prints to build/bench/NAME
define figures
	$(Q)mkdir -p build/bench
	$(Q)$(2) >build/bench/$(1) || { status=$$?; tail -n 40 build/bench/$(1); exit $$status; }
endef

# The build of wgmarkctl is the default one.
bench-up-%: module-% user build/tools/measure
	$(Q)strip -o build/wgmarkctl.stripped build/wgmarkctl
	$(Q)echo "wgmarkctl: $$(stat -c %s build/wgmarkctl.stripped) bytes, stripped"
	$(call figures,up-$*,tests/vm/run.sh -t 3600 $* tests/bench/up.sh)
	$(Q)grep -v '^figure ' build/bench/up-$*

bench-module-%:
	$(Q)tests/vm/module.sh -b $* build/$*/bench

bench-packets-%: module-% bench-module-% build/tools/wgmark-nl
	$(call figures,packets-$*,tests/vm/run.sh -i -t 3600 $* tests/bench/packets.sh)
	$(Q)for table in packets bare full shapes control; do \
		awk -v table=$$table -f tests/bench/table.awk build/bench/packets-$*; \
	done

# where the instructions are
bench-listing-%: module-% bench-module-% build/tools/wgmark-nl
	$(call figures,listing-$*,tests/bench/listing.sh $*)

# The same in nanoseconds, under User Mode Linux, which is built first: a kernel as a program,
# with one processor, without thunks for indirect calls, and with the caches of this machine,
# which others use too.
bench-native:
	$(Q)tests/vm/deps.sh native
	$(Q)$(MAKE) module-uml bench-module-uml build/tools/wgmark-nl
	$(call figures,packets-uml,tests/vm/run.sh -t 7200 uml tests/bench/packets.sh native)
	$(Q)for table in packets bare full shapes; do \
		awk -v table=$$table -v picoseconds=1 -f tests/bench/table.awk build/bench/packets-uml; \
	done

# packets on their whole way, through a router and a tunnel
bench-forward-%: module-% bench-module-% build/tools/wgmark-nl build/tools/udp-burst
	$(call figures,forward-$*,tests/vm/run.sh -i -t 3600 $* tests/bench/forward.sh)
	$(Q)awk -v table=forward -f tests/bench/table.awk build/bench/forward-$*

# what the module takes, and a tunnel
bench-memory-%: module-% build/tools/wgmark-nl
	$(Q)mkdir -p build/bench
	$(Q)size -A build/$*/wgmark.ko | awk '\
		/^\.(text|exit\.text|rodata)/ { text += $$2 } \
		/^\.(data|bss)/ { data += $$2 } \
		END { print "module", text, data }' >build/bench/module-$*
	$(call figures,memory-$*,tests/vm/run.sh -t 3600 $* tests/bench/memory.sh)
	$(Q)awk -v table=memory -f tests/bench/table.awk build/bench/module-$* build/bench/memory-$*

# what a packet costs must not grow; tests/bench/limits.sh --write after a gain
bench-limits: module-6.1 bench-module-6.1 build/tools/wgmark-nl
	tests/bench/limits.sh

# Write the files made from include/wgmark.yaml anew
ynl:
	tests/ynl.sh $(if $(YNL),$(YNL),$(error YNL=<kernel source>/tools/net/ynl, of 6.12)) .

clean:
	$(if $(KDIR),$(Q)$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	rm -rf build

.PHONY: all modules user install test-programs fuzz-programs fuzz-seeds unit style check check-arch \
	check-attacks check-debug check-diff check-fuzz check-host check-kernels check-netlink \
	check-packets check-stress demo bench bench-native bench-limits ynl clean
.SECONDARY:
