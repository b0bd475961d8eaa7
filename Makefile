# SPDX-License-Identifier: GPL-2.0
# `make help` lists what there is to do.

VERSION	:= 0.1
KERNEL	?= 6.12
ISA	?= vmx
export ISA

B	:= build
K	:= $(B)/kernel-$(KERNEL)
stage	:= tests/lab/stage

$(shell mkdir -p $(B)/log)

CFLAGS	?= -O2 -g
WARN	:= -std=gnu11 -Wall -Wextra -Werror
CPPFLAGS := -Iinclude -D_GNU_SOURCE -DVERSION='"$(VERSION)"'

tool_src  := $(wildcard guest-tool/*.c)
tool_hdr  := $(wildcard guest-tool/*.h) include/leaves.h
patch_src := $(wildcard host-patch/*.[ch]) host-patch/$(KERNEL)/hooks.patch include/leaves.h
lab_src   := $(addprefix tests/lab/,lab stage make-images vm.sh l1-init l2-init)

.PHONY: all run lab clean help packages-%
.DELETE_ON_ERROR:

all: $(B)/cpuid-query

help:
	@echo 'make run             boot the chain and show the tables from the inner VM'
	@echo "make lab CMD='...'   the same chain, any shell command in the inner VM"
	@echo 'make all             build the guest tool, $(B)/cpuid-query'
	@echo 'make clean           remove $(B)/'

# Packages: quick when all are there
packages-%:
	@tests/lab/install-packages $* >$(B)/log/packages-$*.log 2>&1 || \
		{ cat $(B)/log/packages-$*.log >&2; exit 1; }

# The guest tool
$(B)/cpuid-query: $(tool_src) $(tool_hdr) Makefile | packages-tool
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -static -o $@ $(tool_src)

# The kernel
$(K)/release: | packages-kernel
	@$(stage) 900 $(B)/log/fetch.log "Fetching linux $(KERNEL)" \
		host-patch/fetch-kernel $(K) $(KERNEL)

$(K)/src/.prepared: $(K)/release
	@$(stage) 600 $(B)/log/prepare.log "Preparing the kernel's source" \
		host-patch/build-modules prepare $(K)
	@touch $@

$(K)/patched/kvm.ko: $(patch_src) host-patch/apply host-patch/build-modules $(K)/src/.prepared
	@host-patch/apply $(K)/src $(KERNEL)
	@$(stage) 1200 $(B)/log/modules.log "Building KVM's modules" \
		host-patch/build-modules build $(K) $(K)/patched
	@touch $@

# The lab
$(K)/lab/l1-base.cpio.lz4: tests/lab/make-images tests/lab/packages $(K)/release | packages-lab
	@$(stage) 120 $(B)/log/base.log "Packing the KVM host" \
		tests/lab/make-images base $(K)/lab $(K)

lab_deps := $(K)/lab/l1-base.cpio.lz4 $(K)/patched/kvm.ko $(B)/cpuid-query $(lab_src)

run: CMD = ./cpuid-query
run lab: $(lab_deps)
	@CMD='$(subst ','\'',$(CMD))' HOST_CMD='$(subst ','\'',$(HOST_CMD))' \
	FILES='$(B)/cpuid-query $(FILES)' SMP='$(SMP)' MODULES='$(MODULES)' \
	KVM_ARGS='$(KVM_ARGS)' tests/lab/lab $(K)

clean:
	@rm -rf $(B)
