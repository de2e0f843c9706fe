# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0
# cpu.sh - what differs with the processor of a kernel of kernel.sh, for bash
#
# cpu NAME sets
#   arch      the kernel's name of it: ARCH of its Makefile
#   cross     what its compiler's name begins with; empty where that is this machine's own
#   flavour   of Debian's kernel
#   machine   qemu and the arguments that say which machine
#   tty       where the kernel logs
#   port      the guest's device for what is printed, which may be a pattern
#   ports     qemu's arguments for it, after those for tty
cpu() {
	cross=
	arch=x86
	flavour=cloud-amd64
	machine=(qemu-system-x86_64 -M q35)
	tty=ttyS0
	port=/dev/ttyS1
	ports=(-serial file:/dev/stdout)
	local virtio=(-chardev "file,id=port,path=/dev/stdout" -device virtio-serial
		-device "virtserialport,chardev=port")

	# One thread for all processors: boot.sh says why
	case $1 in
	arm64)
		cross=aarch64-linux-gnu-
		arch=arm64
		flavour=cloud-arm64
		machine=(qemu-system-aarch64 -M virt -cpu cortex-a57 -smp 2 -accel "tcg,thread=single")
		tty=ttyAMA0
		port="/dev/vport*p1"
		ports=("${virtio[@]}")
		;;
	mipsel)	# a router's: 32 bits, one processor
		cross=mipsel-linux-gnu-
		arch=mips
		flavour=4kc-malta
		machine=(qemu-system-mipsel -M malta -cpu 24Kf -accel tcg)
		;;
	s390x)	# big endian
		cross=s390x-linux-gnu-
		arch=s390
		flavour=s390x
		machine=(qemu-system-s390x -M s390-ccw-virtio -cpu max -smp 2 -accel "tcg,thread=single")
		tty=ttysclp0
		port="/dev/vport*p1"
		ports=("${virtio[@]}")
		;;
	esac
}
