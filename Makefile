# `make scan MUSIC=~/Music` listens to a folder, `make test` runs the tests; both
# make the environment first. Python 3.10 to 3.14; PYTHON=python3.12 chooses one.
# `make scan LIGHT=1 MUSIC=~/Music`: the light installation, in an environment of its own. The command
# is the same; what needs more than listening and tagging says what to install.

PYTHON ?= python3
LIGHT ?=
ifneq ($(LIGHT),)
ifneq ($(filter-out scan,$(MAKECMDGOALS)),)
$(error LIGHT=1 is for "make scan" alone: all else wants the full installation)
endif
endif
VENV := .venv$(if $(LIGHT),-light)
LOCKED := requirements$(if $(LIGHT),-light).lock
BIN := $(VENV)/bin
export MUSIC

.PHONY: scan test test-all coverage bench bench-all lint types docs formats-table servers-table settings-table page-drawing screenshots weights lock packages deb container clean

scan: $(VENV)/.installed
	@test -n "$$MUSIC" || { echo "usage: make scan MUSIC=FOLDER" >&2; exit 2; }
	@case "$$MUSIC" in "~/"*) MUSIC="$$HOME/$${MUSIC#"~/"}";; esac; $(BIN)/audiotag scan "$$MUSIC"

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "not slow"

test-all: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

# The figures of README.md; the machine should have nothing else to do. MUSIC=FOLDER: the songs,
# if not ../shared/music.
bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/scan_songs.py $${MUSIC:+"$$MUSIC"}
	$(BIN)/python benchmarks/start_up.py
	$(BIN)/python benchmarks/against_others.py $${MUSIC:+"$$MUSIC"}
	$(BIN)/python benchmarks/overlap.py $${MUSIC:+"$$MUSIC"}
	$(BIN)/python benchmarks/scan_growth.py --files 100 1000 --minutes 1 10 60
	$(BIN)/python benchmarks/network.py
	$(BIN)/python benchmarks/decode.py $${MUSIC:+"$$MUSIC"}
	$(BIN)/python benchmarks/windows.py $${MUSIC:+"$$MUSIC"}
	$(BIN)/python benchmarks/frontend.py $${MUSIC:+"$$MUSIC"}
	$(BIN)/python benchmarks/writing.py
	$(BIN)/python benchmarks/tag_plan.py --files 20000
	$(BIN)/python benchmarks/undo_journal.py
	$(BIN)/python benchmarks/big_library.py --files 10000 --rows 100000
	$(BIN)/python benchmarks/playlists.py --tracks 20000 --genre 10000
	$(BIN)/python benchmarks/page.py
	$(BIN)/python benchmarks/map_time.py
	$(BIN)/python benchmarks/similar.py
	$(BIN)/python benchmarks/learn_time.py
	$(BIN)/python benchmarks/accuracy.py $${MUSIC:+--songs "$$MUSIC"}

# And those that take long: half an hour.
bench-all: bench
	$(BIN)/python benchmarks/tag_plan.py
	$(BIN)/python benchmarks/big_library.py
	$(BIN)/python benchmarks/playlists.py
	$(BIN)/python benchmarks/similar.py --rows 1000000
	$(BIN)/python benchmarks/same_recording.py $${MUSIC:+"$$MUSIC"}
	$(BIN)/python benchmarks/long_mix.py
	$(BIN)/python benchmarks/scan_growth.py --files 10000 --minutes 600
	$(BIN)/python benchmarks/left_out.py resnet50
	$(BIN)/python benchmarks/embedding.py $${MODEL:-resnet50}
	$(BIN)/python benchmarks/map_quality.py
	$(BIN)/python benchmarks/map_time.py --rows 100000
	$(BIN)/python benchmarks/learn_gtzan.py $${MODEL:-resnet50}
	$(BIN)/python benchmarks/learn_demo.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check audiotag beetsplug tests benchmarks hatch_build.py
	$(BIN)/ruff format --check audiotag beetsplug tests benchmarks hatch_build.py

types: $(VENV)/.installed-dev
	$(BIN)/mypy

# The pages of docs/ as HTML, in docs/_build/html; the Python API from the docstrings.
# Wants Python 3.11 or newer.
docs: $(VENV)/.installed-docs
	$(BIN)/python -m sphinx -W --keep-going --quiet docs docs/_build/html
	@echo docs/_build/html/index.html

# What is written and what is refused, as tests/corpus finds it.
formats-table: $(VENV)/.installed-dev
	$(BIN)/python -m tests.corpus

# What servers and players read. Those that are here are asked anew; of Debian's there are kodi, xvfb, mpd,
# strawberry, mpv, picard, exfalso and ffmpeg.
servers-table: $(VENV)/.installed-dev
	$(BIN)/python -m tests.players

# Every setting, as audiotag/config declares it.
settings-table: $(VENV)/.installed-dev
	$(BIN)/python -m audiotag.config.table > docs/settings.md

# What draws the map of `report --html`, anew from npm with the versions of its lock file; wants node.
page-drawing:
	sh audiotag/reports/page/vendor/make.sh

# The pictures of docs/report-page.md, by Chromium; look at them.
screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m tests.reports.page.screenshots

# The shipped model's network files, anew from its own weights: after a change of how they are written, or
# of weights/resnet50.onnx. DATA=FOLDER: the archives that it was trained on.
DATA ?= ../shared/data
weights: $(VENV)/.installed-dev
	$(BIN)/python -m audiotag.training.renew weights/resnet50.json $(DATA)/fma_small_mel_trainval.npz \
		$(DATA)/gtzan_mel_trainval.npz $(DATA)/songs_taught_mel.npz --leave-out songs --leave-out gtzan

# Wheel and sdist in dist/, as an index would take them: the wheel is made of the sdist.
packages: $(VENV)/.installed-dev .venv-packages/.installed
	rm -rf dist
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist .
	.venv-packages/bin/twine check --strict dist/*.whl dist/*.tar.gz
	.venv-packages/bin/check-wheel-contents dist/*.whl

# A package for the Debian that it is made on, in dist/; wants debhelper, python3-pip and python3-venv.
deb: packages
	sh packaging/deb.sh dist/*.whl dist

# The image localhost/audiotag, by buildah; CONTAINER_OPTIONS are its own, BASE another Debian.
BASE ?= debian:bookworm-slim
container: packages
	buildah bud $(CONTAINER_OPTIONS) --build-arg BASE=$(BASE) --tag audiotag --file packaging/Containerfile .

# Which lines the tests run, in whichever process; takes longer than they do. Some of those
# processes are another user's: what they measure goes where everybody may write.
coverage: $(VENV)/.installed-dev
	folder=$$(mktemp -d) && chmod 1777 "$$folder" && trap 'rm -rf "$$folder"' EXIT && \
	COVERAGE_FILE="$$folder/coverage" \
	$(BIN)/python -m pytest -m "not slow" --cov --cov-report=term-missing:skip-covered

# Only versions and digests are kept, for every supported Python at once. Extras stay: of a package
# pinned without the extra that another asks for, pip takes the newest, and stops for want of a digest.
LOCK = UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --universal --generate-hashes --no-strip-extras --no-emit-index-url \
	--custom-compile-command "make lock"
lock: $(VENV)/.installed-dev
	$(LOCK) --python-version 3.10 --extra full --group build -o requirements.lock pyproject.toml
	$(LOCK) --python-version 3.10 --extra light --group build -c requirements.lock -o requirements-light.lock pyproject.toml
	$(LOCK) --python-version 3.10 --extra full --group dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(LOCK) --python-version 3.10 --group packages -c requirements-dev.lock -o requirements-packages.lock
	$(LOCK) --python-version 3.11 --group docs -c requirements-dev.lock -o docs/requirements.txt

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(LOCKED) pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCKED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

.venv-packages/.installed: requirements-packages.lock
	$(PYTHON) -m venv .venv-packages
	.venv-packages/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-packages.lock
	@touch $@

$(VENV)/.installed-docs: docs/requirements.txt $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r docs/requirements.txt
	@touch $@

clean:
	rm -rf .venv .venv-light .venv-packages dist docs/_build
