# Everything here needs Go, git and make alone. -race needs a C compiler as well: without one, it is left out, and said so.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Every module of the repository. The goldens are packages of the root module, but `./...` does not enter testdata.
MODULES := $(sort $(patsubst %/go.mod,%,$(shell find . -name go.mod -not -path '*/.*/*')))
GOLDENS := testdata/golden

# Further flags of every `go test`: make test TESTFLAGS='-count=1 -shuffle=on'.
TESTFLAGS ?=
# A package has ten minutes by default, which a machine with other work needs for those that start compilers.
TEST := go test -timeout=30m
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# -race works where cgo is on and its compiler is there.
RACE := $(shell test "$$(go env CGO_ENABLED)" = 1 && command -v $$(go env CC | cut -d' ' -f1) >/dev/null && echo -race)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## a chat service whose upstream hangs, with and without breakers, then three ways to degrade: two minutes
	@cd cmd/cbdemo && go generate ./... && go run . $(DEMOFLAGS)

.PHONY: test
test: fmt tidy vet check unit goldens simulations ## everything: formatting, tidiness, vet, cbgen check, tests of all modules and goldens
ifeq ($(RACE),)
	@echo "skipped: -race, and the tests of files that import \"C\": they need cgo and a C compiler"
	@test "$(CBGEN_REQUIRE)" != all
endif

.PHONY: fmt
fmt: ## what gofmt would change (the misspelt directives of testdata/errors/nearmiss must stay as they are)
	@out=$$(gofmt -l $$(find . -name '*.go' -not -path './testdata/errors/nearmiss/*' -not -path '*/.*/*')) || exit 1; \
	if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi

.PHONY: tidy
tidy: ## whether go mod tidy would change a module
	@set -e; for m in $(MODULES); do (cd $$m && go mod tidy -diff) || { echo "go mod tidy would change $$m"; exit 1; }; done

.PHONY: vet
vet: ## go vet in every module, the goldens included
	@set -e; for m in $(MODULES) $(GOLDENS); do echo "go vet $$m"; (cd $$m && go vet ./...); done
	@cd $(GOLDENS) && go vet -tags special ./buildtag

.PHONY: unit
unit: ## the tests of every module
	@set -e; for m in $(MODULES); do echo "go test $(RACE) $$m"; (cd $$m && $(TEST) $(RACE) $(TESTFLAGS) ./...); done

.PHONY: goldens
goldens: ## the tests that the goldens' outputs do what they say
	@echo "go test $(RACE) $(GOLDENS)"
	@cd $(GOLDENS) && $(TEST) $(RACE) $(TESTFLAGS) ./...

.PHONY: simulations
simulations: ## what -race is too slow for: the incidents' figures and ranking, and a fleet of 10,000
	@echo "go test testdata/peers/incident"
	@cd testdata/peers && $(TEST) $(TESTFLAGS) ./incident
	@echo "go test runtime/cbredis, the simulation"
	@cd runtime/cbredis && $(TEST) $(TESTFLAGS) -run '^TestSimulation$$' .

.PHONY: incidents
incidents: ## nine incidents in virtual time, behind what people use today and behind cbgen
	@cd testdata/peers && out=$$(go test ./incident -count=1 -v -run '^(TestIncidents|TestRanking)$$' 2>&1) && status=0 || status=$$?; \
	printf '%s\n' "$$out" | grep -v -e '^=== ' -e '^ *--- PASS'; exit $$status

.PHONY: check
check: ## whether the generated files of every module are as cbgen would write them
	@mkdir -p .bin && go build -buildvcs=false -o .bin/cbgen ./cmd/cbgen
	@set -e; for m in $(MODULES); do .bin/cbgen check -C $$m ./... || { echo "stale in $$m: run make generate"; exit 1; }; done

.PHONY: lint
lint: fmt vet check ## gofmt, go vet, staticcheck, cbgen check
	@set -e; for m in $(MODULES); do echo "staticcheck $$m"; (cd $$m && go run $(STATICCHECK) ./...); done

.PHONY: generate
generate: ## every generated file anew: of all modules, and of the goldens
	@mkdir -p .bin && go build -buildvcs=false -o .bin/cbgen ./cmd/cbgen
	@set -e; for m in $(MODULES); do .bin/cbgen -v -C $$m ./...; done
	@cd cmd/cbdemo && go generate ./...
	@go test ./gen -run '^(TestGoldens|TestMonitors)$$' -update

.PHONY: bench
bench: ## the benchmarks of every module
	@set -e; for m in $(MODULES) $(GOLDENS)/cost; do echo "go test -bench $$m"; (cd $$m && go test -run '^$$' -bench . -benchmem $(BENCHFLAGS) ./...); done

.PHONY: bench-peers
bench-peers: ## a call, and a generation, beside the peers, into testdata/bench; wants a quiet machine
	@cd testdata/peers && go run ./benchtable > ../bench/peers.txt && go run ./genbench > ../bench/generation.txt

.PHONY: bench-fleet
bench-fleet: ## a fleet on a real Redis, also beside gobreaker's DistributedCircuitBreaker, into testdata/bench; wants redis-server and a quiet machine
	@out=$$(go version && echo "$$(getconf _NPROCESSORS_ONLN) processors" && redis-server --version && \
		echo "load average before: $$(cat /proc/loadavg 2>/dev/null)" && \
		(cd runtime/cbredis && CBGEN_REQUIRE=all go test -count=1 -parallel=1 -v \
			-run '^(TestOneFindsOut_AllKnow|TestOutage|TestFaults|TestSentinel|TestCluster_ItsNodeIsGone|TestSimulation)$$' .) && \
		(cd testdata/peers && CBGEN_REQUIRE=all go test -count=1 -v ./fleet)) || { printf '%s\n' "$$out"; exit 1; }; \
	printf '%s\n' "$$out" | awk 'NR <= 4; /^=== (RUN|CONT|NAME) / { test = $$3 } \
		sub(/^ *[a-z]+_test.go:[0-9]+: /, "  ") { if (test != told) print "\n" test; told = test; print }' > testdata/bench/fleet.txt

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	@set -e; grep -rl --include='*_test.go' '^func Fuzz' gen runtime | xargs -n1 dirname | sort -u | while read -r dir; do \
		for target in $$(grep -ho '^func Fuzz[A-Za-z0-9]*' $$dir/*_test.go | cut -d' ' -f2); do \
			(cd $$dir && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(or $(FUZZTIME),10s) -fuzzminimizetime 1x .); done; done
