# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0
# complaints.sh - what a kernel's log does not have if all is well, but for what known.awk knows

complaints='WARNING: |BUG: |BUG at |Oops|Call Trace:|INFO: task |rcu: INFO: |suspicious RCU'
complaints=$complaints'|KASAN|UBSAN|ODEBUG|refcount_t: |general protection|protection fault'
complaints=$complaints'|unregister_netdevice: waiting|leaked|still has objects|memory leak'
