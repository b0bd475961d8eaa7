# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# CMD on the KVM host itself, not in an inner VM: for a single selftest.
load_kvm "$MODULES" "$KVM_ARGS" || exit
cd /lab || exit
sh ./cmd 2>&1
