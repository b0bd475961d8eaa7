# SPDX-License-Identifier: GPL-2.0
# `make help` lists what there is to do.

VERSION	:= 0.1
ISA	?= vmx
export ISA

B	:= build
ifdef KERNEL_SRC
ifndef KERNEL
KERNEL	:= $(shell host-patch/build-kernel series $(KERNEL_SRC))
endif
K	:= $(B)/kernel-src-$(notdir $(abspath $(KERNEL_SRC)))
else
KERNEL	?= 6.12
K	:= $(B)/kernel-$(KERNEL)
endif
stage	:= tests/lab/stage

$(shell mkdir -p $(B)/log)

CFLAGS	?= -O2 -g
WARN	:= -std=gnu11 -Wall -Wextra -Werror
CPPFLAGS := -Iinclude -I$(B) -D_GNU_SOURCE -DVERSION='"$(VERSION)"'

workload_src := $(addprefix guest-tool/,arguments.c exit-workload.c causes.c cpuid.c similar.c text.c \
	util.c)
exporter_only := $(addprefix guest-tool/,cpuid-query-exporter.c exporter_http.c exporter_scrapes.c)
tool_src  := $(filter-out guest-tool/exit-workload.c $(exporter_only),$(wildcard guest-tool/*.c))
# What other programs are linked with, too
modules	  := $(filter-out guest-tool/cpuid-query.c guest-tool/builtin-%,$(tool_src))
exporter_src := $(exporter_only) $(filter-out guest-tool/screen.c,$(modules))
tool_libs := -ljansson -lm -lncurses -ltinfo
tool_hdr  := $(wildcard guest-tool/*.h) include/leaves.h $(B)/vt100.h
patch_src := $(wildcard host-patch/*.[ch] host-patch/*.rst host-patch/$(KERNEL)/*.patch) \
	     host-patch/files include/leaves.h
lab_src   := $(addprefix tests/lab/,lab stage make-images one-cpu vm.sh l1-init l2-init)

.PHONY: all run lab bench report flame-graph check test selftest test-selftests test-debug \
	stress test-fresh test-host test-host-life test-fleet fleet-record fleet-scale fleet-pages \
	series test-series fuzz install uninstall exporter install-exporter uninstall-exporter \
	host install-host uninstall-host deb clean help packages-%
.DELETE_ON_ERROR:

all: $(B)/cpuid-query $(B)/exit-workload

help:
	@echo 'make run             boot the chain and show the tables from the inner VM'
	@echo "make lab CMD='...'   the same chain, any shell command in the inner VM"
	@echo "make bench           what an exit and a reading cost, in instructions, $(B)/bench/"
	@echo "                     KVM_UNIT_TESTS=DIR: and its vmexit, from a copy of KVM's unit tests"
	@echo "make report          what each of exit-workload's workloads costs, $(B)/report/"
	@echo "make flame-graph     which code causes the exits of a program, $(B)/flame-graph.svg"
	@echo "make test            all tests, on VMs inside an emulated PC; the last line counts them"
	@echo 'make test-debug      the scenarios on kernels with KASAN, lockdep, kmemleak, KCSAN'
	@echo 'make stress          what it survives, for STRESS_SECONDS=3600; STRESS_EXITS=100000000'
	@echo "make check           the tests that need no virtual machine"
	@echo "make test-fresh      the README's commands on new, minimal Debians, as root"
	@echo "make test-host       a Debian host made for it, with libvirt and a guest, as root"
	@echo "make test-host-life  what kernel updates and the like do to such a host, as root"
	@echo "make test-fleet      Prometheus, and a KVM host of the lab that it scrapes, 15 minutes"
	@echo "make fleet-scale     what 1,000 VMs cost a Prometheus"
	@echo "make fleet-pages     Prometheus' pages with recorded VMs, $(B)/fleet-pages/*.png"
	@echo "make fleet-record    record these VMs anew, in tests/fleet/recorded"
	@echo "make fuzz            feed rubbish to what reads files, for FUZZ_SECONDS=60 each"
	@echo "make test-selftests  KVM's own selftests, on stock modules and on patched ones"
	@echo "make selftest TEST=t one of them, on patched modules"
	@echo "make series          the patch as a series of commits, $(B)/series-$(KERNEL)/*.patch"
	@echo "make test-series     git am and build each of them, some minutes"
	@echo 'make all             build the guest tools, $(B)/cpuid-query and exit-workload'
	@echo 'make install         install them below PREFIX=/usr/local; make uninstall removes them'
	@echo 'make exporter        build cpuid-query-exporter, for Prometheus; make install-exporter'
	@echo "make host            build KVM's modules for this machine's kernel, or RELEASE=..."
	@echo "                     KERNEL_SRC=DIR: from the source of a kernel that is not Debian's"
	@echo "make install-host    install them, as root; make uninstall-host goes back"
	@echo "make deb             the tool and the modules as Debian packages, $(deb)/*.deb"
	@echo "with run, lab, selftest, test and the like:"
	@echo "ISA=svm              an AMD processor in place of an Intel one"
	@echo "KERNEL=6.1, 7.2, 7.3 another kernel than 6.12"
	@echo "KERNEL_SRC=DIR       a small kernel of your own, from its source"
	@echo "SMP=2                CPUs of the host and of the VM"
	@echo "FILES, HOST_CMD, MODULES, KVM_ARGS: see the top of tests/lab/lab"
	@echo 'make clean           remove $(B)/'

# Packages: quick when all are there.  What one command needs is asked for at once.
test-fleet fleet-record fleet-scale fleet-pages: GROUPS := tool exporter kernel lab fleet
run lab: GROUPS := tool kernel lab
selftest: GROUPS := tool kernel selftest lab
bench: GROUPS := tool kernel selftest lab test report bench
report: GROUPS := tool kernel lab report
flame-graph: GROUPS := tool kernel lab test flame
test-fresh: GROUPS := fresh
test-host: GROUPS := host
test-host-life: GROUPS := tool exporter deb host
exporter: GROUPS := tool exporter
check: GROUPS := tool exporter kernel tree check report deb
test-series: GROUPS := tool kernel check
test: GROUPS := tool exporter kernel tree selftest lab check report test deb
test-selftests test-debug stress: GROUPS := tool kernel tree selftest lab check
host series: GROUPS := kernel
deb: GROUPS := tool exporter deb
packages-%:
	@tests/lab/install-packages $(B)/log/packages.log $(GROUPS) $*

# What ncurses knows of a VT100, for machines without a terminfo database
$(B)/vt100.h: Makefile | packages-tool
	@entry=$$(infocmp -0 -q -Q 2 vt100) && echo "#define VT100 \"$$entry\"" >$@

# The guest tools
$(B)/cpuid-query: $(tool_src) $(tool_hdr) Makefile | packages-tool
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -static -o $@ $(tool_src) $(tool_libs)

$(B)/exit-workload: $(workload_src) $(tool_hdr) Makefile | packages-tool
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -static -o $@ $(workload_src)

# Linked dynamically: the library gets its fixes from Debian; without what it does not call
$(B)/cpuid-query-exporter: $(exporter_src) $(tool_hdr) Makefile | packages-tool packages-exporter
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -pthread -ffunction-sections -Wl,--gc-sections \
		-o $@ $(exporter_src) $(LDFLAGS) -lmicrohttpd -ljansson -lm

PREFIX	?= /usr/local
bin_dir	:= $(DESTDIR)$(PREFIX)/bin
man_dir := $(DESTDIR)$(PREFIX)/share/man
unit_dir := $(DESTDIR)$(PREFIX)/lib/systemd/system
completion_dir := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
guest_tools := cpuid-query exit-workload
guest_manuals := cpuid-query.1 cpuid-query-metrics.1 exit-workload.1
guest_units := cpuid-query-metrics.service cpuid-query-metrics.timer
exporter_units := cpuid-query-exporter.service cpuid-query-exporter-host.service
# Rules, alerts, a dashboard and pages for Prometheus and Grafana
fleet_files := $(patsubst guest-tool/metrics/%,%,$(wildcard guest-tool/metrics/*.yml \
	guest-tool/metrics/*.json guest-tool/metrics/consoles/*))
fleet_dir := $(DESTDIR)$(PREFIX)/share/cpuid-query-exporter

install: all
	install -D -t $(bin_dir) $(addprefix $(B)/,$(guest_tools))
	install -D -m 644 -t $(man_dir)/man1 $(guest_manuals:%=guest-tool/%)
	install -D -m 644 guest-tool/cpuid-query.bash $(completion_dir)/cpuid-query
	ln -sf cpuid-query $(completion_dir)/exit-workload
	install -D -m 644 -t $(unit_dir) $(guest_units:%=guest-tool/systemd/%)
	sed -i 's|/usr/bin/|$(PREFIX)/bin/|' $(guest_units:%=$(unit_dir)/%)

uninstall:
	rm -f $(addprefix $(bin_dir)/,$(guest_tools)) $(guest_manuals:%=$(man_dir)/man1/%) \
		$(addprefix $(completion_dir)/,$(guest_tools)) $(guest_units:%=$(unit_dir)/%)

exporter: $(B)/cpuid-query-exporter

# A package of its own has it: it needs a library more.
install-exporter: exporter
	install -D -t $(bin_dir) $(B)/cpuid-query-exporter
	install -D -m 644 -t $(man_dir)/man8 guest-tool/cpuid-query-exporter.8
	install -D -m 644 guest-tool/cpuid-query.bash $(completion_dir)/cpuid-query-exporter
	install -D -m 644 -t $(unit_dir) $(exporter_units:%=guest-tool/systemd/%)
	sed -i 's|/usr/bin/|$(PREFIX)/bin/|' $(exporter_units:%=$(unit_dir)/%)
	for file in $(fleet_files); do \
		install -D -m 644 guest-tool/metrics/$$file $(fleet_dir)/$$file || exit; \
	done

uninstall-exporter:
	rm -f $(bin_dir)/cpuid-query-exporter $(man_dir)/man8/cpuid-query-exporter.8 \
		$(completion_dir)/cpuid-query-exporter $(exporter_units:%=$(unit_dir)/%)
	rm -rf $(fleet_dir)

# A copy of the source of a kernel that is not Debian's
tree	:= $(or $(KERNEL_SRC),$(HOST_SRC))

$(K)/source: FORCE | packages-kernel packages-tree $(if $(HOST),,packages-lab)
	@[ -n "$(KERNEL)" ]
	@host-patch/build-kernel unchanged $(K) $(tree) $(KERNEL) 2>/dev/null || \
		$(stage) 900 $(B)/log/source.log "Copying the kernel's source" \
		host-patch/build-kernel source $(K) $(tree) $(KERNEL)

FORCE:

ifdef HOST
# The kernel of a host, for which only the modules are built
ifdef HOST_SRC
$(K)/release: $(K)/source host-patch/take-headers
	@host-patch/take-headers $(K) $(HOST) $(HEADERS)
else
$(K)/release: host-patch/fetch-host | packages-kernel
	@LAST_LINES=1 $(stage) 900 $(B)/log/fetch.log "Fetching linux $(HOST)" \
		host-patch/fetch-host $(K) $(HOST) $(HEADERS)
endif
else ifndef KERNEL_SRC
# The lab's: one of Debian's, for which only the modules are built
$(K)/release: host-patch/fetch-kernel | packages-kernel
	@$(stage) 900 $(B)/log/fetch.log "Fetching linux $(KERNEL)" \
		host-patch/fetch-kernel $(K) $(KERNEL)
else
# or a whole one, small, from the tree KERNEL_SRC
CONFIGS	?= tests/lab/kernel.config

$(K)/release: $(K)/source $(CONFIGS) host-patch/build-kernel
	@$(stage) 3600 $(B)/log/kernel.log "Building the kernel" \
		host-patch/build-kernel build $(K) $(CONFIGS)
endif

$(K)/src/.prepared: $(K)/release
ifndef KERNEL_SRC
	@$(stage) 600 $(B)/log/prepare.log "Preparing the kernel's source" \
		host-patch/build-modules prepare $(K)
endif
	@touch $@

$(K)/patched/kvm.ko: $(patch_src) host-patch/apply host-patch/build-modules $(K)/src/.prepared
	@host-patch/apply $(K)/src $(KERNEL)
	@$(stage) 1200 $(B)/log/modules.log "Building KVM's modules" \
		env KCFLAGS=$(MODULE_CFLAGS) host-patch/build-modules build $(K) $(K)/patched
	@touch $@

# The same without the patch, by the same compiler: what its cost is held against
$(K)/unpatched/kvm.ko: host-patch/build-modules $(K)/src/.prepared | $(K)/patched/kvm.ko
	@host-patch/apply -R $(K)/src
	@$(stage) 1200 $(B)/log/unpatched.log "Building KVM's modules without the patch" \
		env KCFLAGS=$(MODULE_CFLAGS) host-patch/build-modules build $(K) $(K)/unpatched
	@host-patch/apply $(K)/src $(KERNEL)
	@touch $@

# What else `make bench` compares: the patch with its option off, and global counters that are
# not ours.  apply takes the one patch for another.
$(K)/compiled-out/kvm.ko: $(patch_src) host-patch/build-modules | $(K)/unpatched/kvm.ko
	@$(stage) 1200 $(B)/log/compiled-out.log "Building KVM's modules with the patch compiled out" \
		env EXIT_STATS=n KCFLAGS=$(MODULE_CFLAGS) host-patch/build-modules build $(K) $(@D)
	@touch $@

$(K)/atomics/kvm.ko: tests/bench/atomics.patch host-patch/build-modules | $(K)/compiled-out/kvm.ko
	@host-patch/apply $(K)/src ../tests/bench
	@$(stage) 1200 $(B)/log/atomics.log "Building KVM's modules with global counters" \
		env EXIT_STATS=n KCFLAGS=$(MODULE_CFLAGS) host-patch/build-modules build $(K) $(@D)
	@host-patch/apply $(K)/src $(KERNEL)
	@touch $@

# For the kernel that runs here, or RELEASE
RELEASE	?= $(shell uname -r)
export SIGN_KEY SIGN_CERT
host_dir := $(B)/host-$(RELEASE)
module_dir := $(DESTDIR)/lib/modules/$(RELEASE)/updates/kvm-exit-stats

# By the source's version, or by what uname -r says of Debian's kernels
host_kernel := $(if $(KERNEL_SRC),$(KERNEL),$(shell echo $(RELEASE) | cut -d. -f1,2))

host:
	@[ -n "$(host_kernel)" ]
	@$(MAKE) --no-print-directory KERNEL=$(host_kernel) K=$(host_dir) HOST=$(RELEASE) \
		HOST_SRC=$(KERNEL_SRC) KERNEL_SRC= $(host_dir)/patched/kvm.ko
	@echo "Built:"; ls $(host_dir)/patched/*.ko

# Modules that this kernel would refuse must not take the place of its own.
install-host:
	@host-patch/sign $(host_dir) $(host_dir)/signed
	@[ -n "$(DESTDIR)" ] || host-patch/kvm-exit-stats check $(host_dir)/signed/kvm.ko
	install -D -m 644 -t $(module_dir) $(host_dir)/signed/*.ko
	depmod -b "$(DESTDIR)/" $(RELEASE)

uninstall-host:
	rm -r $(module_dir)
	depmod -b "$(DESTDIR)/" $(RELEASE)

# Debian packages, each built in a copy of what it takes
deb	:= $(B)/deb
deb_cpuid-query := guest-tool Makefile include $(addprefix tests/lab/,packages install-packages stage)
deb_kvm-exit-stats := host-patch include tests/lab/packages

debs	:= $(deb)/cpuid-query_$(VERSION)_amd64.deb \
	   $(deb)/cpuid-query-exporter_$(VERSION)_amd64.deb \
	   $(deb)/kvm-exit-stats-dkms_$(VERSION)_amd64.deb

deb: $(debs)
	@ls $^

$(deb)/cpuid-query_%.deb $(deb)/cpuid-query-exporter_%.deb: \
		$(wildcard guest-tool/* guest-tool/*/* guest-tool/*/*/*) include/leaves.h Makefile \
		| packages-tool packages-exporter packages-deb
	$(call build_deb,cpuid-query)

$(deb)/kvm-exit-stats-dkms_%.deb: $(patch_src) $(wildcard host-patch/*/*) \
		$(filter-out host-patch/debian,$(wildcard host-patch/*)) tests/lab/packages \
		| packages-deb
	$(call build_deb,kvm-exit-stats)

# Whose work they are.  Git distrusts a clone that belongs to another user than root.
last_commit := git -c safe.directory='*' log -1 --date=rfc

define build_deb
@rm -rf $(deb)/$1 && mkdir -p $(deb)/$1
@cp -r --parents $(deb_$1) $(deb)/$1
@cp -r $(firstword $(deb_$1))/debian $(deb)/$1
@names=$$($(last_commit) --format='s|@MAINTAINER@|%an <%ae>|; s|@DATE@|%cd|; s|@VERSION@|$(VERSION)|') && \
	sed -i "$$names" $(deb)/$1/debian/control $(deb)/$1/debian/changelog
@$(stage) 900 $(B)/log/deb-$1.log "Packing $1" \
	env -C $(deb)/$1 -u MAKEFLAGS -u MAKELEVEL DEB_BUILD_OPTIONS=noautodbgsym dpkg-buildpackage -b -us -uc
endef

# For upstream
series: $(K)/src/.prepared
	@host-patch/apply $(K)/src $(KERNEL)
	@host-patch/make-series $(K)/src $(KERNEL) $(B)/series-$(KERNEL)
	@ls $(B)/series-$(KERNEL)/*.patch

# KVM's own selftests, this project's among them
selftests := $(K)/selftests/names
$(selftests): host-patch/build-selftests $(K)/patched/kvm.ko | packages-kernel packages-tool packages-selftest
	@$(stage) 600 $(B)/log/build-selftests.log "Building KVM's selftests" \
		host-patch/build-selftests $(K) $(@D)
	@grep "^not built" $(B)/log/build-selftests.log >&2 || :

# One of them alone
exit_stats_tests := $(addprefix $(K)/selftests/,exit_stats_test exit_stats_pmu_test)
$(K)/selftests/%: host-patch/build-selftests $(K)/patched/kvm.ko | packages-kernel packages-tool packages-selftest
	@$(stage) 300 $(B)/log/selftest.log "Building the selftest $*" \
		host-patch/build-selftests $(K) $(@D) $*

lab_deps := $(K)/lab/l1-base.cpio.lz4 $(K)/patched/kvm.ko $(B)/cpuid-query $(lab_src)

# What each workload costs, as a page
page_src := tests/report/page.c $(filter-out guest-tool/cpuid-query.c,$(tool_src))
report_src := tests/report/exit-report.c $(page_src)
$(B)/exit-report: $(report_src) tests/report/page.h $(tool_hdr) Makefile | packages-tool
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -Iguest-tool -o $@ $(report_src) $(tool_libs)

# What `make bench` and `make stress` have found, as pages
proof_src := $(wildcard tests/report/proof*.c) $(page_src)
$(B)/proof-report: $(proof_src) $(wildcard tests/report/*.h) $(tool_hdr) Makefile | packages-tool
	@$(CC) $(SANITIZE) $(WARN) $(CPPFLAGS) -Iguest-tool -o $@ $(proof_src) $(tool_libs)

report: SMP := $(or $(SMP),2)
report: $(lab_deps) $(B)/exit-workload $(B)/exit-report $(wildcard tests/report/*) | packages-report
	@rm -rf $(B)/report && mkdir -p $(B)/report
	@SCENARIO=tests/report/report.sh SMP='$(SMP)' LIMIT=1800 \
	HOST_FILES='tests/report/report-guest $(B)/cpuid-query' \
	FILES='$(B)/cpuid-query $(B)/exit-workload' tests/lab/lab $(K) >$(B)/log/report.log
	@sed -n '/^report: begins/,/^report: ends/{ /^report:/!p }' $(B)/log/report.log | \
		base64 -d | tar -x -z -C $(B)/report
	@$(B)/exit-report $(B)/report
	@cd $(B)/report && for picture in workloads boot bench; do \
		gnuplot $(CURDIR)/tests/report/$$picture.gp || exit; done
	@echo "The page is $(B)/report/index.html"

# Which code causes the exits of a program, as a flame graph
flame_graph := perl /usr/share/perl5/Devel/NYTProf/flamegraph.pl
flame-graph: $(lab_deps) $(K)/lab/perf.cpio.lz4 tests/report/flame-graph.sh | packages-flame
	@SCENARIO=tests/report/flame-graph.sh PERF=yes FILES='$(B)/cpuid-query' \
		tests/lab/lab $(K) >$(B)/log/flame-graph.stacks
	@$(flame_graph) --title 'VM exits of dmesg' --countname exits --width 1000 --hash \
		<$(B)/log/flame-graph.stacks >$(B)/flame-graph.svg
	@rsvg-convert -o $(B)/flame-graph.png $(B)/flame-graph.svg
	@echo "The picture is $(B)/flame-graph.svg, and .png"

# The lab
$(K)/lab/l1-base.cpio.lz4: tests/lab/make-images tests/lab/packages $(K)/release | packages-lab
	@$(stage) 120 $(B)/log/base.log "Packing the KVM host" \
		env INNER=$(INNER) tests/lab/make-images base $(K)/lab $(K)

$(K)/lab/perf.cpio.lz4: $(K)/lab/l1-base.cpio.lz4 | packages-test
	@$(stage) 60 $(B)/log/perf.log "Packing perf" tests/lab/make-images perf $(K)/lab $(K)

$(K)/lab/kvm_stat.cpio.lz4: $(K)/lab/l1-base.cpio.lz4 | packages-bench
	@$(stage) 60 $(B)/log/kvm_stat.log "Packing kvm_stat" tests/lab/make-images kvm_stat $(K)/lab $(K)

run: CMD = ./cpuid-query
run lab: $(lab_deps)
	@CMD='$(subst ','\'',$(value CMD))' HOST_CMD='$(subst ','\'',$(value HOST_CMD))' \
	FILES='$(B)/cpuid-query $(FILES)' SMP='$(SMP)' MODULES='$(MODULES)' \
	KVM_ARGS='$(KVM_ARGS)' tests/lab/lab $(K)

selftest: $(lab_deps) $(K)/selftests/$(firstword $(TEST))
	@SCENARIO=tests/e2e/selftest.sh CMD='./$(subst ','\'',$(value TEST))' \
	HOST_FILES='$(K)/selftests/$(firstword $(TEST))' SMP='$(SMP)' MODULES='$(MODULES)' \
	KVM_ARGS='$(KVM_ARGS)' tests/lab/lab $(K)

# A fleet: Prometheus on this machine, and a KVM host in the lab or many that are replayed
$(B)/prometheus/usr/bin/prometheus: tests/fleet/fetch tests/lab/packages
	@$(stage) 300 $(B)/log/prometheus.log "Fetching Prometheus" tests/fleet/fetch $(B)/prometheus
	@touch $@

replay_src := tests/fleet/replay.c $(filter-out guest-tool/cpuid-query.c,$(tool_src))
$(B)/replay: $(replay_src) $(tool_hdr) Makefile | packages-tool
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -Iguest-tool -o $@ $(replay_src) $(tool_libs)

fleet_deps := $(B)/prometheus/usr/bin/prometheus $(B)/replay $(B)/cpuid-query \
	$(B)/cpuid-query-exporter

test-fleet: $(fleet_deps) $(lab_deps) $(B)/exit-workload | packages-fleet
	@tests/run $(K) $(KERNEL) fleet

fleet-record: $(fleet_deps) $(lab_deps) $(B)/exit-workload
	@tests/fleet/record $(B) $(K)

fleet-scale: $(fleet_deps) | packages-fleet
	@tests/fleet/scale $(B)

fleet-pages: $(fleet_deps) | packages-fleet packages-pages
	@tests/fleet/check-pages $(B) $(B)/fleet-pages

# Tests
e2e_tools := $(addprefix $(B)/,guest-check host-check vm-check vm-bench vm-growth exit-bench \
	callers perf-storm)
e2e_programs := $(B)/exit-workload $(e2e_tools)
# For call graphs by frame pointers
$(B)/callers: CFLAGS += -fno-omit-frame-pointer
$(e2e_tools): $(B)/%: tests/e2e/%.c $(wildcard tests/e2e/*.h) include/leaves.h Makefile | packages-tool
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -static -o $@ $<

# And those of make stress
stress_programs := $(addprefix $(B)/,vm-exits vm-cpuids vm-lifetimes vm-failures tenants clocks \
	levels leaf-watch)
$(stress_programs): $(B)/%: tests/stress/%.c $(wildcard tests/e2e/*.h tests/stress/*.h) include/leaves.h Makefile | packages-tool
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -Itests/e2e -static -pthread -o $@ $<

# What `make bench` compares with: BPF programs, and what loads them
$(B)/exits.bpf.o: tests/bench/exits.bpf.c tests/bench/exits.h Makefile | packages-bench
	@clang -O2 -g -Wall -Wextra -Werror -target bpf -I/usr/include/x86_64-linux-gnu -c -o $@ $<

$(B)/bpf-exits: tests/bench/bpf-exits.c tests/bench/exits.h Makefile | packages-bench
	@$(CC) $(CFLAGS) $(WARN) $(CPPFLAGS) -static -o $@ $< $$(pkg-config --static --libs libbpf)

# gcc's and clang's "undefined" leave the conversions out
SANITIZE := -O1 -g -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all

unit_src := $(wildcard tests/unit/*.c) $(filter-out guest-tool/cpuid-query.c,$(tool_src))
$(B)/unit-tests: $(unit_src) $(tool_hdr) $(wildcard tests/unit/*.h) Makefile | packages-tool packages-check
	@$(CC) $(SANITIZE) $(WARN) $(CPPFLAGS) -Iguest-tool -o $@ $(unit_src) -lcmocka $(tool_libs)

check_deps := $(B)/unit-tests $(B)/cpuid-query $(B)/cpuid-query-exporter $(B)/exit-workload \
	$(B)/exit-report $(B)/proof-report $(K)/patched/kvm.ko $(B)/prometheus/usr/bin/prometheus

check: $(check_deps) $(debs) | packages-check packages-report packages-tree
	@tests/run $(K) $(KERNEL) check

peers := $(K)/compiled-out/kvm.ko $(K)/atomics/kvm.ko $(K)/lab/perf.cpio.lz4 \
	$(K)/lab/kvm_stat.cpio.lz4 $(B)/exits.bpf.o $(B)/bpf-exits
# A copy of KVM's unit tests, of which one measures exits
$(B)/kvm-unit-tests/x86/vmexit.flat: $(KVM_UNIT_TESTS)/x86/vmexit.c
	@rm -rf $(B)/kvm-unit-tests && cp -r $(KVM_UNIT_TESTS) $(B)/kvm-unit-tests
	@$(stage) 600 $(B)/log/kvm-unit-tests.log "Building vmexit of KVM's unit tests" \
		env -C $(B)/kvm-unit-tests -u MAKEFLAGS -u MAKELEVEL -u CFLAGS -u CPPFLAGS sh -c './configure && make x86/vmexit.flat'

vmexit := $(if $(KVM_UNIT_TESTS),$(B)/kvm-unit-tests/x86/vmexit.flat)
bench: $(K)/unpatched/kvm.ko $(peers) $(vmexit) $(lab_deps) $(exit_stats_tests) $(e2e_programs) $(B)/proof-report | packages-report
	@VMEXIT='$(vmexit)' tests/proof $(K) $(KERNEL) bench

test-fresh: | packages-fresh
	@tests/run $(K) $(KERNEL) fresh

# Whole hosts: packages, systemd, libvirt
test-host: | packages-host
	@tests/run $(K) $(KERNEL) host

test-host-life: deb $(B)/vm-check | packages-host
	@tests/run $(K) $(KERNEL) life

test-series: $(K)/patched/kvm.ko | packages-check
	@tests/run $(K) $(KERNEL) series

test: $(check_deps) $(debs) $(K)/unpatched/kvm.ko $(lab_deps) $(exit_stats_tests) $(K)/lab/perf.cpio.lz4 $(e2e_programs) | packages-check packages-report packages-tree
	@tests/run $(K) $(KERNEL) check lab

# Fuzzing, of what reads files; clang dislikes one of our ways to write a string
FUZZ_SECONDS ?= 60
fuzzers	 := recording json perf
$(B)/fuzz-%: tests/fuzz/fuzz-%.c tests/fuzz/fuzz.h $(modules) $(tool_hdr) Makefile | packages-tool packages-fuzz
	@clang -fsanitize=fuzzer $(SANITIZE) $(WARN) -Wno-string-plus-int $(CPPFLAGS) \
		-Iguest-tool -o $@ $< $(modules) $(tool_libs)

fuzz: $(addprefix $(B)/fuzz-,$(fuzzers))
	@tests/fuzz/run $(B) $(FUZZ_SECONDS) $(fuzzers)

tests/e2e/selftests-%.list:
	@echo "There is no list yet of what KVM's selftests of linux $* come to" >&2; exit 1

test-selftests: tests/e2e/selftests-$(KERNEL).list $(lab_deps) $(selftests) | packages-check
	@tests/run $(K) $(KERNEL) selftests

# The scenarios on kernels that look for faults: the same source, with more of
# tests/lab/*.config.  The inner VM keeps the kernel that does not.
debug-kernel-%: $(K)/release
	@echo "A kernel with $*" >&2
	@$(MAKE) --no-print-directory MODULE_CFLAGS=-g KERNEL=$(KERNEL) KERNEL_SRC=$(K)/src \
		K=$(K)-$* INNER=$(K) CONFIGS="tests/lab/kernel.config tests/lab/$*.config" \
		$(K)-$*/lab/l1-base.cpio.lz4 $(K)-$*/faults/faults.ko
	@cp tests/lab/$*.config $(K)-$*/debug.config

$(K)/faults/faults.ko: tests/faults/faults.c tests/faults/Kbuild $(K)/patched/kvm.ko
	@mkdir -p $(@D) && cp tests/faults/faults.c tests/faults/Kbuild $(@D)
	@$(stage) 300 $(B)/log/faults.log "Building deliberate faults" \
		$(MAKE) -C $(K)/src M=$(abspath $(@D)) modules

test-debug: $(K)/release $(B)/cpuid-query $(exit_stats_tests) $(e2e_programs) $(stress_programs) \
		$(lab_src) | packages-lab
	@for debug in kasan kcsan; do \
		$(MAKE) --no-print-directory debug-kernel-$$debug || exit; \
	done
	@tests/run $(K) $(KERNEL) debug

# What it survives, on the stock kernel and on the one with KASAN, lockdep and kmemleak
STRESS_SECONDS ?= 3600
stress: $(lab_deps) $(exit_stats_tests) $(e2e_programs) $(stress_programs) $(B)/proof-report | packages-lab
	@$(MAKE) --no-print-directory debug-kernel-kasan
	@STRESS_SECONDS='$(STRESS_SECONDS)' STRESS_EXITS='$(STRESS_EXITS)' \
		tests/proof $(K) $(KERNEL) stress

clean:
	@rm -rf $(B)
