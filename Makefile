# lamd: make help

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

LISTEN ?= 127.0.0.1:8808
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
PYTHON ?= python3
BENCH ?= all
SPEED ?=
FUZZ_S ?= 600

# What the build needs, and what the tests and the benchmarks need besides, by Debian's names; a|b: either will do.
PACKAGES := libmicrohttpd-dev libgnutls28-dev libjansson-dev libopenblas-dev libhnswlib-dev libcairo2-dev \
	libsqlite3-dev zlib1g-dev pkg-config libcurl4-gnutls-dev|libcurl4-openssl-dev
UNIT_TEST_PACKAGES := curl openssl
TEST_PACKAGES := $(UNIT_TEST_PACKAGES) gcc libc6-dev python3-venv lua5.4 lua-socket nodejs libegl1 libegl-mesa0 libgl1-mesa-dri
DEMO_PACKAGES := python3
SOAK_PACKAGES := valgrind libc6-dbg binutils
BENCH_PACKAGES := wrk binutils valgrind
SYSTEMD_PACKAGES := debootstrap systemd-container
DEB_PACKAGES := dpkg-dev binutils chrpath lintian
# PyTorch compiles with g++.
SPEED_PACKAGES := wrk g++ python3-venv

RELEASE := swift build -c release --static-swift-stdlib
LAMD := .build/release/lamd
LAMD_BENCH := .build/release/lamd-bench
FUZZ := .build/fuzz
FIGURES := .build/figures
VENV := .venv
PEERS_VENV := .build/venv-peers
SPEED_VENV := .build/venv-speed
BRIDGE_VENV := .build/venv-bridge
RECIPES_VENV := .build/venv-recipes
CONTRACT_VENV := .build/venv-contract
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# $(call install,PACKAGES): installs those that are missing, and says so.
define install
	missing=$$(for choice in $(subst |,/,$(1)); do \
	    for package in $${choice//\// }; do \
	        if dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed'; then continue 2; fi; done; \
	    echo $${choice%%/*}; done); \
	if [ -n "$$missing" ]; then \
	    command -v apt-get >/dev/null || { echo "install these first, by your system's names:" $$missing >&2; exit 1; }; \
	    echo "installing:" $$missing; \
	    $(SUDO) apt-get update -qq; \
	    $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

.PHONY: help run demo build release release-bench test test-unit test-end-to-end test-fuzz test-sanitizers \
	test-short-contract test-contract test-clients build-fuzz fuzz lint format bench bench-size bench-learning \
	bench-actions bench-peers bench-learning-peers bench-speed-peers bench-bridge bench-docs recipes soak deb \
	test-systemd install uninstall clean swift packages

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

swift:
	@command -v swift >/dev/null || { \
	    echo "lamd is built with Swift 6.2 or newer, and there is no 'swift' on the PATH." >&2; \
	    echo "Install the toolchain for Debian 12 (see \"Install Swift\" at swift.org), then run make again." >&2; exit 1; }

packages:
	@$(call install,$(PACKAGES))

run: release ## build and serve: LISTEN=127.0.0.1:8808
	@exec $(LAMD) serve --listen $(LISTEN) --hints

demo: release ## train CartPole through the REST API and watch it act
	@$(call install,$(DEMO_PACKAGES))
	@exec $(PYTHON) docs/demo.py $(LAMD)

release: swift packages ## build the program: .build/release/lamd, the Swift runtime inside
	@$(RELEASE) --product lamd

release-bench: release
	@$(RELEASE) --product lamd-bench
	@$(RELEASE) --product lamd-bench-limit

build: swift packages ## build everything for debugging
	@swift build --build-tests --explicit-target-dependency-import-check error

lint: build ## check the format and the imports
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests

format: swift ## format the Swift sources in place
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

test: lint test-unit test-end-to-end test-short-contract test-fuzz ## install, build, and pass every test

test-unit: build ## the tests of the modules
	@$(call install,$(UNIT_TEST_PACKAGES))
	@swift test --skip-build --explicit-target-dependency-import-check error

$(VENV)/stamp: Tests/EndToEnd/requirements.txt protocol/python/pyproject.toml
	@$(call install,$(TEST_PACKAGES))
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/EndToEnd/requirements.txt -e protocol/python
	@touch $@

test-end-to-end: release $(VENV)/stamp ## the tests of the program and the Python client
	@LAMD=$(LAMD) $(VENV)/bin/python -m pytest -q Tests/EndToEnd --ignore Tests/EndToEnd/clients_sb3 protocol/python/tests \
	    protocol/workers

$(CONTRACT_VENV)/stamp: Tests/Contract/requirements.txt protocol/python/pyproject.toml
	@$(call install,python3-venv)
	@$(PYTHON) -m venv $(CONTRACT_VENV)
	@$(CONTRACT_VENV)/bin/pip install --quiet --disable-pip-version-check -r $< -e protocol/python
	@touch $@

CONTRACT := LAMD=$(LAMD) $(CONTRACT_VENV)/bin/python -m pytest -q Tests/Contract

test-short-contract: release $(CONTRACT_VENV)/stamp
	@$(CONTRACT)

test-contract: release $(CONTRACT_VENV)/stamp ## what the contract says, asked 50,000 times: some twenty minutes
	@$(CONTRACT) --seeds 5 --examples 20 --cases 50000

# libFuzzer is a part of the Swift toolchain. Of several -sanitize the last one counts. gold, the linker otherwise used, warns of
# each of its symbols.
build-fuzz: swift packages
	@LAMD_FUZZ=1 swift build --scratch-path $(FUZZ) --sanitize fuzzer -Xswiftc -sanitize=address,fuzzer \
	    -Xcc -fsanitize=address -Xswiftc -O -Xswiftc -use-ld=lld --product lamd-fuzz

test-fuzz: build-fuzz ## the decoders read their corpus and a minute of what libFuzzer makes of it
	@Tests/Fuzz/fuzz.sh $(FUZZ)/debug/lamd-fuzz 60 $(FUZZ)

fuzz: build-fuzz ## look for bytes that a decoder cannot stand: FUZZ_S=600
	@Tests/Fuzz/fuzz.sh $(FUZZ)/debug/lamd-fuzz $(FUZZ_S) $(FUZZ)

# The search for leaks does not see behind the marks in pointers of Swift's enumerations.
WATCHED = swift test --scratch-path .build/$(1) --sanitize $(1) -Xswiftc -use-ld=lld

test-sanitizers: swift packages ## the tests of the modules under the sanitizers of addresses, undefined C, and threads
	@$(call install,$(UNIT_TEST_PACKAGES))
	@ASAN_OPTIONS=detect_leaks=0 $(call WATCHED,address) -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined
	@mkdir -p .build/thread
	@clang -std=gnu17 -O1 -shared -fPIC Tests/Sanitizers/mutex.c -o .build/thread/mutex.so
	@TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/Sanitizers/thread.supp LD_PRELOAD=$(CURDIR)/.build/thread/mutex.so \
	    $(call WATCHED,thread)

soak: release $(VENV)/stamp ## what takes long: four million requests, valgrind, slow and abandoned clients, overload, kills, reloads, stops
	@$(call install,$(SOAK_PACKAGES))
	@LAMD=$(LAMD) $(VENV)/bin/python -m pytest -q --durations=0 --durations-min=1 Tests/Soak

$(VENV)/stamp-clients: $(VENV)/stamp Tests/EndToEnd/clients_sb3/requirements.txt
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check \
	    -r Tests/EndToEnd/clients_sb3/requirements.txt
	@touch $@

test-clients: release $(VENV)/stamp-clients ## the tests that need torch: stable-baselines3 as a client
	@LAMD=$(LAMD) $(VENV)/bin/python -m pytest -q Tests/EndToEnd/clients_sb3

bench: release-bench ## measure speed: BENCH=http, worlds, learner, process, all; or growth, allocations, trust, experts, search
	@$(call install,$(BENCH_PACKAGES))
	@$(LAMD_BENCH) $(BENCH) --json $(FIGURES)/$(BENCH).json

bench-size: release ## what each library adds to the program
	@$(call install,$(BENCH_PACKAGES))
	@$(RELEASE) --product lamd -Xlinker -Map=$(CURDIR)/.build/lamd.map
	@$(PYTHON) docs/benchmarks/sizes.py --lamd $(LAMD) --map .build/lamd.map --json $(FIGURES)/sizes.json

bench-learning: release-bench ## learning and imitation on five seeds a row, beside others and the naive way
	@$(LAMD_BENCH) learning --json $(FIGURES)/learning.json
	@$(LAMD_BENCH) imitation --json $(FIGURES)/imitation.json

bench-actions: release-bench $(VENV)/stamp ## very many actions: learned, acted among, served
	@$(call install,$(BENCH_PACKAGES))
	@$(LAMD_BENCH) actions --json $(FIGURES)/actions.json
	@$(VENV)/bin/python docs/benchmarks/outside.py --lamd $(LAMD) --json $(FIGURES)/outside.json
	@$(LAMD_BENCH) scale --json $(FIGURES)/scale.json

$(PEERS_VENV)/stamp: docs/benchmarks/requirements-peers.txt
	@$(call install,python3-venv)
	@$(PYTHON) -m venv $(PEERS_VENV)
	@$(PEERS_VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-peers: bench-learning-peers bench-speed-peers ## beside others from PyPI, installed apart: both of the following

bench-learning-peers: release $(VENV)/stamp $(PEERS_VENV)/stamp ## what is learned, beside imitation and stable-baselines3
	@$(VENV)/bin/python docs/benchmarks/peers.py --lamd $(LAMD) --peers $(PEERS_VENV)/bin/python \
	    --json $(FIGURES)/peers.json

# Where not all can be installed, those are that can: the benchmark names what it could not run.
$(SPEED_VENV)/stamp: docs/benchmarks/requirements-speed.txt protocol/python/pyproject.toml
	@$(call install,$(SPEED_PACKAGES))
	@$(PYTHON) -m venv $(SPEED_VENV)
	@pip="$(SPEED_VENV)/bin/pip install --quiet --disable-pip-version-check"; \
	$$pip -r $< || for package in $$(grep -v '^#' $<); do $$pip "$$package" || echo "not installed: $$package" >&2; done; \
	$$pip -e protocol/python
	@touch $@

bench-speed-peers: release-bench $(SPEED_VENV)/stamp ## how fast it is, beside others: SPEED=step,batches,act,solve,updates
	@PYTHONPATH=docs/benchmarks $(SPEED_VENV)/bin/python -m speed --lamd $(LAMD) --lamd-bench $(LAMD_BENCH) \
	    --json $(FIGURES)/speed.json $(if $(SPEED),--parts $(SPEED))

$(BRIDGE_VENV)/stamp: docs/benchmarks/requirements-bridge.txt protocol/python/pyproject.toml
	@$(call install,python3-venv)
	@$(PYTHON) -m venv $(BRIDGE_VENV)
	@$(BRIDGE_VENV)/bin/pip install --quiet --disable-pip-version-check -r $< -e protocol/python
	@touch $@

bench-bridge: release $(BRIDGE_VENV)/stamp ## Gymnasium's environments through lamd, beside FastAPI and in process
	@$(BRIDGE_VENV)/bin/python docs/benchmarks/bridge.py --lamd $(LAMD) --json $(FIGURES)/bridge.json
	@$(BRIDGE_VENV)/bin/python docs/benchmarks/lander.py --lamd $(LAMD) --json $(FIGURES)/lander.json

$(RECIPES_VENV)/stamp: docs/recipes/requirements.txt protocol/python/pyproject.toml
	@$(call install,python3-venv)
	@$(PYTHON) -m venv $(RECIPES_VENV)
	@$(RECIPES_VENV)/bin/pip install --quiet --disable-pip-version-check -r $< -e protocol/python
	@touch $@

recipes: release $(RECIPES_VENV)/stamp ## train every recipe on three seeds and draw their curves: RECIPES=driving
	@$(RECIPES_VENV)/bin/python docs/recipes/run.py --lamd $(LAMD) $(RECIPES)

$(VENV)/stamp-benchmarks: docs/benchmarks/requirements.txt
	@$(call install,python3-venv)
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

bench-docs: $(VENV)/stamp-benchmarks ## write docs/benchmarks.md and its picture from what the benchmarks found
	@for name in all allocations trust sizes growth speed learning imitation actions outside scale peers bridge lander; do \
	    if [ -e $(FIGURES)/$$name.json ]; then cp $(FIGURES)/$$name.json docs/benchmarks/; fi; done
	@$(VENV)/bin/python docs/benchmarks/draw.py

# What the program's commands say of themselves, then what only a manual says.
.build/lamd.1: $(LAMD) packaging/lamd.1
	@swift build --product generate-manual >/dev/null
	@.build/debug/generate-manual $(LAMD) --date $$(date -u -r CHANGELOG.md +%F) --output-directory .build
	@sed -i 's/^$$/.Pp/' $@
	@cat packaging/lamd.1 >> $@

deb: release .build/lamd.1 ## build the Debian package: .build/lamd_VERSION_ARCHITECTURE.deb
	@$(call install,$(DEB_PACKAGES))
	@package=$$(packaging/deb.sh $(LAMD) .build/lamd.1 .build); echo $$package; \
	lintian --fail-on error --allow-root $$package

test-systemd: deb ## live the package's life under a systemd in a container; as root, some minutes
	@$(call install,$(SYSTEMD_PACKAGES))
	@packaging/try-in-systemd.sh .build/lamd_$$($(LAMD) --version)_$$(dpkg --print-architecture).deb

install: $(LAMD) ## put the program and the systemd units in place: PREFIX, DESTDIR
	@install -D -m 755 -s $(LAMD) $(DESTDIR)$(PREFIX)/bin/lamd
	@install -D -m 644 docs/operations.md $(DESTDIR)$(PREFIX)/share/doc/lamd/operations.md
	@install -d $(DESTDIR)$(UNITDIR)
	@for unit in lamd.service lamd.socket; do \
	    sed 's|/usr/local|$(PREFIX)|; s|/etc/lamd|$(SYSCONFDIR)/lamd|' packaging/$$unit > $(DESTDIR)$(UNITDIR)/$$unit; \
	    chmod 644 $(DESTDIR)$(UNITDIR)/$$unit; done
	@test -e $(DESTDIR)$(SYSCONFDIR)/lamd/lamd.yaml || \
	    install -D -m 644 packaging/lamd.yaml $(DESTDIR)$(SYSCONFDIR)/lamd/lamd.yaml
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; \
	    echo "to start it now and at every boot: systemctl enable --now lamd"; fi

uninstall: ## remove what install put in place; settings and state stay
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
	    systemctl disable --now lamd.service lamd.socket 2>/dev/null || true; fi
	@rm -f $(DESTDIR)$(PREFIX)/bin/lamd $(DESTDIR)$(PREFIX)/share/doc/lamd/operations.md \
	    $(DESTDIR)$(UNITDIR)/lamd.service $(DESTDIR)$(UNITDIR)/lamd.socket
	@if [ -d $(DESTDIR)$(PREFIX)/share/doc/lamd ]; then rmdir --ignore-fail-on-non-empty $(DESTDIR)$(PREFIX)/share/doc/lamd; fi
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
	@echo "kept: $(DESTDIR)$(SYSCONFDIR)/lamd and the state folder"

$(LAMD):
	@$(MAKE) release

clean: ## remove what was built
	@rm -rf .build $(VENV)
