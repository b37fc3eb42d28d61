# The front door.  `make run` and `make test` do all their own set-up; the steps live in front_door/.

SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
LISTEN ?= 127.0.0.1:8080
DATA ?= var/demo
CAMERA ?=
# So many tests at a time: two thirds of what they do is waiting, so four keep two processors busy.  The one that has
# the browser's tests ends with them.
WORKERS ?= 6
# A folder of the owner's for the secrets of the cloud half; more words for its scripts; what becomes of its bucket.
INTO ?=
OPTIONS ?=
BUCKET ?= keep

# onnxruntime tells its maker what runs where unless told not to; Doorstep says so itself, benchmarks and tests here.
export ORT_DISABLE_TELEMETRY := 1

# Fewer Debian packages for a quick try of `make release`: SUITES=bookworm ARCHES=amd64.
SUITES ?=
ARCHES ?=

.PHONY: help run test test-deps check lint fmt bench bench-detect docs docs-pages docs-pictures lock clean deploy-aws destroy-aws smoke-aws deploy-ec2 destroy-ec2 release

help:
	@echo "make run        a demo doorbell on http://$(LISTEN) (set-up included)"
	@echo "make test       everything CI runs (set-up included)"
	@echo "make check      format, lint, types and contracts only"
	@echo "make fmt        format the code"
	@echo "make bench      benchmarks: ratios to a floor measured in the same run"
	@echo "make bench-detect  what each detector sees and costs, into docs/reference/detection.md"
	@echo "make test-deps  Debian packages that only tests need"
	@echo "make docs       the manual, into var/manual/site (set-up included); links and anchors checked"
	@echo "make docs-pages     writes the pages of it that are made from the code"
	@echo "make docs-pictures  takes its pictures of the app, by the tests' browser"
	@echo "make deploy-aws INTO=~/doorstep-aws    the cloud half in your AWS account; its price first, then it asks"
	@echo "make destroy-aws INTO=~/doorstep-aws   takes it away; keeps the bucket, unless BUCKET=delete"
	@echo "make smoke-aws INTO=~/doorstep-aws     tries it, as the box, as a viewer and as a stranger"
	@echo "make deploy-ec2 INTO=~/doorstep-ec2    Doorstep on a public machine in your AWS account; its price first, then it asks"
	@echo "make destroy-ec2 INTO=~/doorstep-ec2   takes it away; keeps its disk"
	@echo "make release    what people install, into dist/: Debian packages, wheel, sdist, sums (a part: SUITES=bookworm ARCHES=amd64)"
	@echo "make lock       renew requirements/*.lock after a change of pyproject.toml"

run:
	@$(PYTHON) front_door/environment.py run
	@$(PYTHON) front_door/web_app.py build
	@$(BIN)/doorstep models fetch --data $(DATA)
	@exec $(BIN)/doorstep run --demo --data $(DATA) --listen $(LISTEN)

test: test-deps
	@$(PYTHON) front_door/environment.py dev
	@$(PYTHON) front_door/web_app.py build
	@$(MAKE) --no-print-directory check
	@$(PYTHON) front_door/web_app.py test
	@{ $(BIN)/doorstep models fetch --data var/test && $(BIN)/doorstep models fetch nanodet-g --data var/test; } \
		|| echo "Tests that need a model are skipped."
	@DOORSTEP_MODELS="$(CURDIR)/var/test/models" $(BIN)/pytest -n $(WORKERS)

test-deps:
	@$(PYTHON) front_door/debian_packages.py

check: lint
	@$(BIN)/mypy
	@$(BIN)/lint-imports

lint:
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

fmt:
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench:
	@$(PYTHON) front_door/environment.py dev
	@$(BIN)/python benchmarks/run_all.py

bench-detect:
	@$(PYTHON) front_door/environment.py dev
	@PYTHONPATH=.:tests $(BIN)/python -m benchmarks.bench_detect

docs:
	@$(PYTHON) front_door/manual.py

docs-pages:
	@$(PYTHON) front_door/environment.py dev
	@$(BIN)/python docs/make_pages.py

docs-pictures: test-deps
	@$(PYTHON) front_door/environment.py dev
	@$(PYTHON) front_door/web_app.py build
	@$(BIN)/doorstep models fetch --data var/test
	@DOORSTEP_MODELS="$(CURDIR)/var/test/models" DOORSTEP_SCREENSHOTS=docs/guide/screenshots \
		$(BIN)/pytest -q -p no:randomly tests/browser/test_looks.py -k "$$($(BIN)/python docs/pictures.py)"
	@DOORSTEP_MODELS="$(CURDIR)/var/test/models" $(BIN)/python docs/guide/make_screenshots.py

release:
	@$(PYTHON) front_door/environment.py run
	@$(PYTHON) front_door/web_app.py build
	@$(BIN)/python front_door/release.py --suites "$(SUITES)" --arches "$(ARCHES)"

deploy-aws destroy-aws smoke-aws:
	@$(PYTHON) front_door/environment.py dev
	@$(BIN)/python -m deploy.aws.$(@:-aws=) --into "$(INTO)" $(if $(filter destroy-aws,$@),--bucket "$(BUCKET)") $(OPTIONS)

deploy-ec2 destroy-ec2:
	@$(PYTHON) front_door/environment.py dev
	@$(BIN)/python -m deploy.ec2.$(@:-ec2=) --into "$(INTO)" $(OPTIONS)

lock:
	@$(BIN)/python -m pip install -q uv
	@for group in build node docs; do \
		$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
			--group pyproject.toml:$$group -o requirements/$$group.lock || exit 1; done
	@for set in run:"--extra server --group build -c requirements/build.lock" \
			dev:"--extra server --group build --group dev -c requirements/run.lock"; do \
		$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
			pyproject.toml $${set#*:} -o requirements/$${set%%:*}.lock || exit 1; done
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group pyproject.toml:detect -c requirements/run.lock -o requirements/detect.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml --extra server --extra gpio --extra aws --extra postgres --group installed \
		-c requirements/dev.lock -o requirements/installed.lock

clean:
	rm -rf .venv var web/node_modules src/doorstep/web/dist
