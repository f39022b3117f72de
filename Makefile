# llmgw. `make` lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0
BIN      := $(CURDIR)/.bin
GOLANGCI := 2.15.0
VULN     := 1.8.0
FUZZTIME ?= 10s

# The version is stamped at build time; a tree without git says "dev".
NUMBER  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || true)
DATE    := $(shell git log -1 --format=%cs 2>/dev/null || true)
STAMP   := github.com/llmgw/llmgw/pkg/cli/version
LDFLAGS := -s -w -X $(STAMP).number=$(NUMBER) -X $(STAMP).commit=$(COMMIT) -X $(STAMP).date=$(DATE)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: build
build: ## Build dist/llmgw
	go build -trimpath -ldflags '$(LDFLAGS)' -o dist/llmgw ./cmd/llmgw

.PHONY: run
run: build ## Start the gateway on its embedded defaults and make a first call
	go run ./tools/firstcall -gateway dist/llmgw

.PHONY: test
test: deps ## Run all tests (installs what they need where it can)
	go vet ./...
	go test -shuffle=on ./...
	$(MAKE) clients

.PHONY: deps
deps: ## Install what the tests need (root on Debian), or say how to get it
	@tools/deps.sh test

.PHONY: race
race: ## Run all tests with the race detector (needs gcc)
	@command -v gcc >/dev/null || { echo 'make race needs gcc: the race detector is built with cgo (apt-get install gcc)'; exit 1; }
	CGO_ENABLED=1 go test -race -shuffle=on ./...

.PHONY: e2e
e2e: ## Run the end-to-end tests alone
	go test -count=1 ./test/...

.PHONY: clients
clients: ## Test with the official SDKs and the real Claude Code
	cd test/clients && go test -count=1 ./...

.PHONY: lint
lint: $(BIN)/golangci-lint-$(GOLANGCI) ## Check style, floors and known bugs
	$(BIN)/golangci-lint-$(GOLANGCI) run ./...

$(BIN)/golangci-lint-$(GOLANGCI):
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI)
	mv $(BIN)/golangci-lint $@

.PHONY: fmt
fmt: $(BIN)/golangci-lint-$(GOLANGCI) ## Format the code
	$(BIN)/golangci-lint-$(GOLANGCI) fmt ./...

.PHONY: generate
generate: ## Generate docs/configuration.md, docs/cli.md and completions/
	go generate ./...

.PHONY: vuln
vuln: $(BIN)/govulncheck-$(VULN) ## Look for known vulnerabilities
	@tools/vuln.sh $<

$(BIN)/govulncheck-$(VULN):
	GOBIN=$(BIN) go install golang.org/x/vuln/cmd/govulncheck@v$(VULN)
	mv $(BIN)/govulncheck $@

.PHONY: bench
bench: build ## Compare with nginx on this machine (installs nginx and wrk where it can)
	@tools/deps.sh bench
	go run ./test/bench -gateway dist/llmgw

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME
	@tools/fuzz.sh $(FUZZTIME)

.PHONY: cross
cross: ## Build for every platform that is shipped
	@for p in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do \
		echo "build $$p"; GOOS=$${p%/*} GOARCH=$${p#*/} go build -o /dev/null ./cmd/llmgw; done

.PHONY: ci
ci: ## What CI runs
	bash .ci/run

.PHONY: install
install: ## Install llmgw into GOBIN
	go install -trimpath -ldflags '$(LDFLAGS)' ./cmd/llmgw

.PHONY: clean
clean: ## Remove what was built
	rm -rf dist coverage
