# SPDX-License-Identifier: GPL-2.0
#
# Targets for all tasks of this project; "make help" lists them.
#
# Variables:
#   BASE_TARBALL=FILE   use this linux-6.18.y.tar.xz as the base kernel
#   FRAGMENT=FILE       add config lines to the kernel, in a build of its own
#   KIND=plain|debug    the kernel for "kernel" and "shell"
#   GUEST=kernel        "demo" runs a Linux guest
#   TESTS="PATTERN..."  run only matching tests
#   MINUTES=N           time limit for "test-rest"
#   KEXECS=N            number of kexecs of "soak" and "soak-memfd"
#   SEED=N              "soak-memfd" repeats the run with this seed
#   SLOW=1              "series" also builds every commit; "bench" also runs
#                       cases that take many minutes
#   MAINLINE=1          "bench" also measures a mainline kernel
#   CASES="PATTERN..."  "bench" measures only matching cases
#   FUZZ_SECONDS=N      time for each fuzzer of "fuzz", instead of 600
#   FUZZERS="NAME..."   "fuzz" runs only these
#   LUO_CACHE=DIR       directory for downloads and builds, instead of
#                       $XDG_CACHE_HOME/luo

KIND ?= plain
export BASE_TARBALL FUZZ_SECONDS LUO_CACHE

# Start time, for the report of the tests.
export LUO_BEGIN := $(shell date +%s)

.PHONY: help
help:
	@echo 'Targets:'
	@echo '  demo          demonstrate a live update with a QEMU guest and memcached (GUEST=)'
	@echo '  test          run the tests; the last line is the number of passed and failed ones (TESTS=)'
	@echo '  test-all      all tests: more kernels, fuzzers, the model, packages, soaks'
	@echo '  test-rest     tests of test-all that are not in test, as many as fit into MINUTES='
	@echo '  test-mainline live updates to a mainline kernel and back (TESTS=)'
	@echo '  fuzz          fuzz the code that decodes data of the previous kernel (FUZZ_SECONDS=)'
	@echo '  model         explore all states of a model of sessions and events'
	@echo '  bench         measure the cost of an update, in instructions (MAINLINE=1, CASES=)'
	@echo '  soak          200 kexecs in a row with 64 MiB preserved (KEXECS=)'
	@echo '  soak-memfd    50 live updates of a memfd that changes all the time (KEXECS=, SEED=)'
	@echo '  kernel        build the kernel (FRAGMENT=, KIND=)'
	@echo '  print-kernel  print the path of its bzImage (FRAGMENT=, KIND=)'
	@echo '  shell         a shell in a virtual machine with that kernel (KIND=)'
	@echo '  check         static checks of the code'
	@echo '  deb           Debian packages of the library and the programs'
	@echo '  series        create the patch series, apply it to a pristine base (SLOW=1)'
	@echo '  edit DIR=...  create a git repository of the series, to edit base files'
	@echo '  take DIR=...  import the commits of that repository'
	@echo '  update-base   pin the newest 6.18.y kernel as the base'
	@echo '  deps          install missing programs'
	@echo '  clean         remove the builds of this checkout'
	@echo
	@echo 'See README.md, and the head of the Makefile for variables.'

.PHONY: deps
deps:
	@scripts/deps build vm test all

.PHONY: deps-build deps-vm deps-test
deps-build:
	@scripts/deps build
deps-vm:
	@scripts/deps build vm
deps-test:
	@scripts/deps build vm test

.PHONY: kernel
kernel: deps-build
	@scripts/kernel $(KIND) $(FRAGMENT)

.PHONY: print-kernel
print-kernel:
	@scripts/kernel --print $(KIND) $(FRAGMENT)

.PHONY: demo
demo: deps-vm
	@scripts/demo $(GUEST)

.PHONY: shell
shell: deps-vm
	@scripts/vm shell --kind $(KIND) $(addprefix --fragment ,$(FRAGMENT))

# Patterns may select tests with additional dependencies.
.PHONY: test
test: $(if $(TESTS),deps,deps-test)
	@scripts/test $(TESTS)

.PHONY: test-all
test-all: deps
	@scripts/test --all

.PHONY: test-rest
test-rest: deps
	@scripts/test --rest --minutes $(or $(MINUTES),15)

.PHONY: test-mainline
test-mainline: deps-test
	@scripts/test --mainline $(TESTS)

.PHONY: fuzz
fuzz: deps
	@scripts/fuzz $(FUZZERS)

.PHONY: model
model: deps
	@scripts/test model/

.PHONY: bench
bench: deps-vm
	@scripts/bench $(if $(MAINLINE),--mainline) $(if $(SLOW),--slow) $(CASES)

.PHONY: soak
soak: deps-vm
	@scripts/vm run --kind $(KIND) --seconds 7200 \
		--append 'kho_scratch=16M,128M,16M nokaslr initcall_blacklist=kho_test_init' \
		"luo_kexec_soak $(or $(KEXECS),200)"

.PHONY: soak-memfd
soak-memfd: deps-vm
	@scripts/vm run --kind $(KIND) --seconds 7200 --memory 2G \
		--append 'kho_scratch=16M,512M,16M' \
		"luo_kexec_random $(or $(SEED),$(shell date +%s)) $(or $(KEXECS),50)"

.PHONY: check
check: deps-test
	@scripts/test check/

.PHONY: series
series: deps-test
	@scripts/series check $(if $(SLOW),--slow)

.PHONY: deb
deb: deps
	@scripts/deb

.PHONY: edit take
edit take: deps-build
	@test -n '$(DIR)' || { echo 'missing DIR=' >&2; exit 2; }
	@scripts/series $@ '$(DIR)'

.PHONY: update-base
update-base:
	@scripts/base --update

.PHONY: clean
clean:
	@scripts/clean
