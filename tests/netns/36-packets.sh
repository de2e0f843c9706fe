#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Random packets through the module and through nft's rules, in short: make
# check-packets has more.

exec "$(dirname "$0")/../packets/run.sh" 3000
