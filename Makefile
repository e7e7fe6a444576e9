# lamd: make help

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

LISTEN ?= 127.0.0.1:8808
PREFIX ?= /usr/local
PYTHON ?= python3

# What the build needs, and what the tests need besides, by Debian's names.
PACKAGES := libmicrohttpd-dev libjansson-dev libopenblas-dev libcairo2-dev libsqlite3-dev pkg-config
TEST_PACKAGES := python3-venv curl lua5.4 lua-socket
BENCH_PACKAGES := wrk gcc

RELEASE := swift build -c release --static-swift-stdlib
LAMD := .build/release/lamd
VENV := .venv
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

# $(call install,PACKAGES): installs those that are missing, and says so.
define install
	missing=$$(for package in $(1); do \
	    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
	if [ -n "$$missing" ]; then \
	    echo "installing:" $$missing; \
	    $(SUDO) apt-get update -qq; \
	    DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

.PHONY: help run demo build release test test-unit test-end-to-end test-clients lint format bench bench-learning \
	bench-peers install uninstall clean swift packages

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

swift:
	@command -v swift >/dev/null || { \
	    echo "lamd is built with Swift 6.2 or newer, and there is no 'swift' on the PATH." >&2; \
	    echo "Install the toolchain for Debian 12 (see \"Install Swift\" at swift.org), then run make again." >&2; exit 1; }

packages:
	@$(call install,$(PACKAGES))

run: release ## build and serve on $(LISTEN)
	@exec $(LAMD) serve --listen $(LISTEN)

release: swift packages ## build the program: .build/release/lamd, the Swift runtime inside
	@$(RELEASE) --product lamd

build: swift packages ## build everything for debugging
	@swift build --build-tests

lint: swift ## check the format and the imports
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests
	@swift build --explicit-target-dependency-import-check error

format: swift ## format the Swift sources in place
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

test: build lint test-unit test-end-to-end ## install, build, and pass every test

test-unit: build
	@swift test --skip-build

$(VENV)/stamp: Tests/EndToEnd/requirements.txt protocol/python/pyproject.toml
	@$(call install,$(TEST_PACKAGES))
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r Tests/EndToEnd/requirements.txt -e protocol/python
	@touch $@

test-end-to-end: release $(VENV)/stamp
	@LAMD=$(LAMD) $(VENV)/bin/python -m pytest -q Tests/EndToEnd --ignore Tests/EndToEnd/clients_sb3 protocol/python/tests

clean: swift ## remove what was built
	@rm -rf .build $(VENV)
