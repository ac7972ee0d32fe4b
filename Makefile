# Thin: what is longer than a line stands in scripts/.
.PHONY: run test lint load setup fuzz drills

run: ## Start the server on the embedded database.
	cargo run --release

test: ## Format, lints, every test on both engines, a public WebSocket suite, a cluster, the browser tests.
	scripts/test

lint: ## Format and lints only.
	scripts/test format lints

load: ## A crowd at a server of its own, and the check that nothing was lost.
	scripts/load

drills: ## What the server costs and how fast it answers, also under attack; tables for docs/PERFORMANCE.md.
	scripts/drills

setup: ## Install what `make test` needs (Debian, as root).
	scripts/setup

fuzz: ## Every reader of strangers' bytes, FUZZ_SECONDS (30) each; needs a nightly compiler and cargo-fuzz.
	scripts/fuzz
