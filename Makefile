# SPDX-License-Identifier: GPL-2.0
#
# The driver: everything that one does with this project is a target here.
#
# Variables:
#   BASE_TARBALL=FILE   use this linux-6.18.y.tar.xz as the base kernel
#   FRAGMENT=FILE       add config lines to the kernel, in a build of its own
#   KIND=plain|debug    which kernel "kernel" and "shell" are about
#   GUEST=kernel        "demo" shows a guest that runs a Linux
#   TESTS="PATTERN..."  run only those tests
#   MINUTES=N           how long "test-rest" takes
#   KEXECS=N            how many kexecs "soak" and "soak-memfd" do
#   SEED=N              "soak-memfd" does the same as it did with that one
#   SLOW=1              "series" builds every commit, too; "bench" runs what
#                       takes many minutes, too
#   MAINLINE=1          "bench" measures a mainline kernel, too
#   CASES="PATTERN..."  measure only those cases
#   FUZZ_SECONDS=N      "fuzz" runs each fuzzer for so long, instead of 600
#   FUZZERS="NAME..."   "fuzz" runs only those
#   LUO_CACHE=DIR       where downloads and builds go, instead of
#                       $XDG_CACHE_HOME/luo

KIND ?= plain
export BASE_TARBALL FUZZ_SECONDS LUO_CACHE

# The report of the tests says how long all of it took.
export LUO_BEGIN := $(shell date +%s)

.PHONY: help
help:
	@echo 'Targets:'
	@echo '  demo          a live update under a QEMU guest and memcached, shown and checked'
	@echo '  test          the tests; the last line says how many passed and failed (TESTS=)'
	@echo '  test-all      all tests: more kernels, fuzzers, the model, packages, soaks'
	@echo '  test-rest     what test-all has and test has not, as far as it goes in MINUTES='
	@echo '  test-mainline live updates to a mainline kernel and back (TESTS=)'
	@echo '  fuzz          fuzz the code that reads the bytes of the previous kernel (FUZZ_SECONDS=)'
	@echo '  model         go through all states of a model of sessions and events'
	@echo '  bench         what an update costs, in instructions (MAINLINE=1, CASES=)'
	@echo '  soak          200 kexecs in a row with 64 MiB preserved (KEXECS=)'
	@echo '  soak-memfd    50 live updates of a memfd that changes all the time (KEXECS=, SEED=)'
	@echo '  kernel        build the kernel (FRAGMENT=, KIND=)'
	@echo '  print-kernel  print the path of its bzImage (FRAGMENT=, KIND=)'
	@echo '  shell         a prompt in a virtual machine with that kernel'
	@echo '  check         static checks of the code'
	@echo '  deb           Debian packages of the library and the programs'
	@echo '  series        make the patch series, apply it to a pristine base (SLOW=1)'
	@echo '  edit DIR=...  make a git repository of the series, to edit base files'
	@echo '  take DIR=...  take the commits of that repository back'
	@echo '  update-base   pin the newest 6.18.y kernel as the base'
	@echo '  deps          install what the above need'
	@echo '  clean         remove what was built for this checkout'
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

# Patterns may ask for tests that need more.
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
	@test -n '$(DIR)' || { echo 'DIR= is missing' >&2; exit 2; }
	@scripts/series $@ '$(DIR)'

.PHONY: update-base
update-base:
	@scripts/base --update

.PHONY: clean
clean:
	@scripts/clean
