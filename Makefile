# Every command of the project; CI runs these and nothing else. A bare machine needs make, and python3 with pip, or curl.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup uv nats nats-current rtsp-camera models demo init up test evaluate evaluate-tracks bench-demo bench-inference bench-pipeline bench-search bench-import bench-ready bench-tracking bench-tracking-mixed bench-auth bench-gateway bench-notify bench-observability soak faults fuzz fuzz-rest lint types suite protos protos-released proto-lint k8s-validate images sign verify-images pin-images sbom audit licences demo-images image-sizes clean

# What is fetched for this checkout alone lies in bin/ and .venv/.
export PATH := $(CURDIR)/bin:$(CURDIR)/.venv/bin:$(PATH)

VERSION ?= dev
TESTS ?= tests/e2e tests/integration tests/contract tests/unit
BUF := npx --yes @bufbuild/buf@1.75.0
# For every `docker build`, as --build-arg BASE=… of your own.
BUILD_FLAGS ?=
BUILD = docker build $(BUILD_FLAGS) -f deploy/Dockerfile -t "sightline-$$service:$(VERSION)" --build-arg SERVICE=$$service

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  \033[36m%-20s\033[0m %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: uv ## Install the Python packages of uv.lock into .venv, and uv where there is none
	@uv sync --all-packages --extra cpu --extra demo --extra apprise --extra s3 --extra parquet

# `--target` needs neither root nor the venv module, and leaves the system's Python as it is.
uv:
	@command -v uv >/dev/null || { \
		mkdir -p bin; \
		if python3 -m pip --version >/dev/null 2>&1; \
		then python3 -m pip install --quiet --upgrade --target bin/.uv uv && ln -sf .uv/bin/uv bin/uv; \
		else curl -fsSL https://astral.sh/uv/install.sh | UV_UNMANAGED_INSTALL="$(CURDIR)/bin" sh; fi; }

# Debian keeps it in a folder that is not on everybody's PATH: then bin/ gets a link.
nats: ## Get a nats-server into bin/ where there is none
	@found=$$(deploy/get-nats-server.sh bin) \
		&& { command -v nats-server >/dev/null || ln -sf "$$found" bin/nats-server; }

# `strict` durability is tested against a current server, also where the system's own is an old one.
nats-current: ## Get a current nats-server into bin/current, where Go is there to build it
	@test -x bin/current/nats-server || ! command -v go >/dev/null || GOBIN="$(CURDIR)/bin/current" \
		go install "github.com/nats-io/nats-server/v2@v$$(sed -n 's/^VERSION=//p' deploy/get-nats-server.sh)"

# Tests of RTSP cameras need it; without Go they say that they were skipped.
rtsp-camera: ## Get the RTSP camera of the tests into bin/, where Go is there to build it
	@! command -v go >/dev/null || go build -C tests/rtsp_camera -o "$(CURDIR)/bin/rtsp-camera" .

# Where it is there and whole, there is nothing to say.
models: setup ## Make the starter model pack from its published packages
	@sightline models verify starter >/dev/null 2>&1 || sightline models pull starter

demo: setup nats models ## Find a person in a video; VIDEO=path PHOTO=path for your own
	@sightline demo $(if $(VIDEO),--video "$(VIDEO)") $(if $(PHOTO),--photo "$(PHOTO)")

init: setup ## Make the secrets of an installation (once); shows the administrator's key
	@sightline init

up: setup nats models ## Run broker and services on this machine until Ctrl-C (`make init` comes first); PORT_BASE=0: on ports that are free
	@sightline up $(if $(PORT_BASE),--port-base "$(PORT_BASE)")

# Style and types are checked beside the tests, which wait more than they compute. Whatever fails, the others end first.
test: setup nats nats-current rtsp-camera ## Check everything: style, imports, types, and all tests
	@$(MAKE) --no-print-directory --jobs 3 --keep-going lint types suite

# What takes longest goes first, so that no worker is left with a long file at the end while the others idle. As many
# processes as processors calculate already: threads of their libraries would only stand in each other's way.
# What fails beside others is run once more, alone: a machine that stalls fails what is right. What passes then was seen to
# fail all the same, and each one so far was a race, of a test or of the product.
suite: setup
	@OPENBLAS_NUM_THREADS=1 pytest --numprocesses $(or $(WORKERS),4) --dist loadfile --no-loadscope-reorder $(TESTS) \
		|| { status=$$?; test $$status -eq 1 || exit $$status; \
			printf '\nOnce more, alone, what failed:\n'; \
			pytest --last-failed --last-failed-no-failures none --exitfirst $(TESTS) || exit; \
			printf 'PASSED ONLY ALONE: look for the race in what failed above.\n'; }

evaluate: setup nats models ## Measure each pack's error rates beside the figures that are kept (ONLY=starter; UPDATE=1 keeps; needs ../shared)
	@PYTHONPATH=tests/evaluation python tests/evaluation/gate.py $(if $(ONLY),--only $(ONLY)) $(if $(UPDATE),--update)

evaluate-tracks: setup nats models ## Measure tracks with fusion and without, on clips made of portraits (ONLY=starter; KIND=pictures; needs ../shared)
	@PYTHONPATH=tests:tests/evaluation python tests/evaluation/tracks.py $(if $(ONLY),--only $(ONLY)) $(if $(KIND),--kind $(KIND))

bench-demo: setup nats models ## Measure the demonstration beside a plain loop of the same models
	@PYTHONPATH=tests python tests/bench/plain_loop.py

bench-inference: setup nats ## Measure what the services cost around the networks (needs ../shared)
	@PYTHONPATH=tests python tests/bench/inference.py $(if $(ROUNDS),--rounds $(ROUNDS))

bench-pipeline: setup nats rtsp-camera ## Measure the whole pipeline (15 minutes; ONLY=ratios|latency|cores|ladder; needs ../shared)
	@PYTHONPATH=tests python tests/bench/pipeline.py $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS))

bench-auth: setup nats models ## Measure what it costs DetectFaces to know who calls
	@PYTHONPATH=tests python tests/bench/authentication.py .sightline/models/starter

bench-gateway: setup nats models ## Measure HTTP beside gRPC, and what slow clients cost
	@PYTHONPATH=tests python tests/bench/gateway.py .sightline/models/starter $(if $(ROUNDS),--rounds $(ROUNDS))

bench-import: setup nats models ## Measure imports of templates (COUNT=30000), the way back from the ledger, a deletion, and imports of pictures
	@PYTHONPATH=tests python tests/bench/import_templates.py $(if $(COUNT),--count $(COUNT))
	@PYTHONPATH=tests python tests/bench/import_pictures.py .sightline/models/starter

bench-ready: setup nats ## Measure how long a file of 300,000 templates takes to become a gallery that is searched fast (15 minutes; COUNT=20000)
	@PYTHONPATH=tests python tests/bench/ready.py $(if $(COUNT),--count $(COUNT))

bench-tracking: setup ## Measure the tracker on clips of which is known who is where (needs ../shared)
	@PYTHONPATH=tests python tests/bench/tracking.py $(if $(SCENES),--scenes $(SCENES))

bench-tracking-mixed: setup ## Measure who is missed where one takes another's place in a track (SCENES=5 of each of three kinds; needs ../shared)
	@PYTHONPATH=tests python tests/bench/tracking_mixed.py $(if $(SCENES),--scenes $(SCENES))

bench-notify: setup nats nats-current ## Measure alerts: latency, a burst, watchers, lists of a million (ALERTS=1000000; a quarter of an hour)
	@PYTHONPATH=tests python tests/bench/notify.py $(if $(ONLY),--only $(ONLY)) $(if $(ALERTS),--alerts $(ALERTS))

bench-observability: setup nats models rtsp-camera ## Ask every dashboard and rule of a real Prometheus that reads a real system (needs Debian's prometheus on PATH)
	@PYTHONPATH=tests python tests/bench/observability.py $(if $(MINUTES),--minutes $(MINUTES))

bench-search: setup ## Measure the gallery's index by its size (an hour; SIZES=10000,100000 for less)
	@PYTHONPATH=tests python tests/bench/search.py $(if $(SIZES),--sizes $(SIZES)) $(if $(QDRANT_URL),--url $(QDRANT_URL))

soak: setup nats models ## Watch the memory of detect and embed over 10,000 mixed requests, and of the detector over as many pictures (half an hour)
	@PYTHONPATH=tests python tests/bench/soak_requests.py .sightline/models/starter $(REQUESTS)
	@python tests/bench/soak_detect.py .sightline/models/starter $(REQUESTS)

faults: setup nats nats-current rtsp-camera ## Break cameras, jobs and the broker's disk, again and again (CYCLES=50: half an hour)
	@CYCLES=$(or $(CYCLES),50) pytest tests/faults -s -p no:cacheprovider

fuzz: setup nats models ## Send every decoder, reader and RPC what is spoilt or made up (SECONDS=300 in all; needs ../shared)
	@FUZZ_SECONDS=$(or $(SECONDS),300) pytest tests/fuzz -s -p no:cacheprovider

fuzz-rest: setup nats models ## Have schemathesis call REST with what it makes up (EXAMPLES=50 of each kind for each operation: ten minutes)
	@EXAMPLES=$(or $(EXAMPLES),50) pytest tests/e2e/matrix/test_rest.py -k document -s -p no:cacheprovider

lint: setup ## Check the style, and who imports whom
	@ruff check .
	@ruff format --check .
	@lint-imports --no-logo

types: setup ## Check the types (mypy, strict)
	@mypy

protos: setup ## Generate protos/gen from protos/sightline
	@python protos/generate.py

protos-released: setup ## Keep the contracts as those of the release that is made now, with which later ones are compared
	@python protos/breaking.py --release

proto-lint: setup ## Check the contracts' style (buf; needs npx), and that they break nothing of the last release
	@mkdir -p out
	@python protos/generate.py --descriptors out/contracts.binpb
	@python protos/breaking.py
	@$(BUF) lint out/contracts.binpb --config protos/buf.yaml --path sightline

k8s-validate: setup ## Render k8s/base and every overlay, and check every object (needs kubectl or kustomize)
	@python k8s/validate.py

licences: setup ## Write DEPENDENCIES.md anew; refuse a licence that is unknown or not allowed
	@PYTHONPATH=deploy python -m supply.licences

sbom: setup ## Write the SBOM of each image (CycloneDX, out/sbom/)
	@PYTHONPATH=deploy python -m supply.sbom out/sbom

audit: sbom ## Ask OSV for known vulnerabilities, also inside wheels (needs the internet; OSV_URL for a mirror)
	@PYTHONPATH=deploy python -m supply.audit out/sbom

pin-images: ## Write the digests of others' images behind their tags (needs docker and their registries)
	@PYTHONPATH=deploy python3 -m supply.images pin

images: ## Build the container images; VERSION=tag for a release, from pinned images alone (BUILD_FLAGS for docker build; needs docker)
	@test "$(VERSION)" = dev || PYTHONPATH=deploy python3 -m supply.images check
	@set -e; for service in ingest match notify gateway cli; do $(BUILD) .; done
	@set -e; for service in detect embed; do $(BUILD) --build-arg DEVICE=cpu .; done

demo-images: ## Build what the profile `demo` of docker-compose.yml needs besides (needs docker)
	@docker build $(BUILD_FLAGS) -f deploy/Dockerfile -t "sightline-demo:$(VERSION)" --build-arg SERVICE=cli --build-arg EXTRAS=demo .
	@docker build $(BUILD_FLAGS) -f deploy/camera.Dockerfile -t "sightline-camera:$(VERSION)" tests/rtsp_camera

image-sizes: ## Say how large the images are, and refuse one that has grown (VERSION=tag; needs docker)
	@PYTHONPATH=deploy python3 -m supply.sizes "$(VERSION)"

# Their names as `images` gives them; IMAGES="detect-gpu embed-gpu" for others that were built and pushed.
IMAGES ?= ingest match notify gateway cli detect embed
COSIGN = test -n "$(REGISTRY)" || { echo "Where are the images? Give REGISTRY=registry.example/path and VERSION=tag." >&2; exit 1; }; \
	PYTHONPATH=deploy python3 -m supply.signing $(1) --key "$(KEY)" --identity "$(IDENTITY)" --issuer "$(ISSUER)" \
	--flags="$(FLAGS)" $(IMAGES:%="$(REGISTRY)/sightline-%:$(VERSION)")

sign: ## Sign our images in REGISTRY by their digests (VERSION=tag; KEY=cosign.key, or as whoever you are; needs cosign and docker)
	@$(call COSIGN,sign)

verify-images: ## Verify these signatures (VERSION=tag; KEY=cosign.pub, or IDENTITY and ISSUER; needs cosign and docker)
	@$(call COSIGN,verify)

clean: ## Remove what was fetched and built here; state and model packs in .sightline stay
	@rm -rf .venv bin dist out .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
