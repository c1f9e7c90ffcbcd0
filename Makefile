FUZZ_SECONDS ?= 60

.PHONY: bench check coverage docs first-ten-minutes floor format fuzz lint release-check scaling site soak soak-fuzz test types

check: format lint types test  ## all that must be green before a commit

format:  ## rewrite the layout of the code
	ruff format src tests benchmarks examples fuzz pages release soak
	ruff check --fix-only --quiet src tests benchmarks fuzz pages release soak

lint:  ## rules that ruff holds, and the layout
	ruff format --check src tests benchmarks examples fuzz pages release soak
	ruff check src tests benchmarks examples fuzz pages release soak

types:  ## mypy, strict
	mypy

test:  ## the whole test suite
	pytest

docs:  ## pages that are made from the code
	PYTHONPATH=src python tests/render_help.py > docs/cli.md
	PYTHONPATH=src python -m pages.pictures
	PYTHONPATH=src python -m pages

first-ten-minutes:  ## docs/first-ten-minutes.md, in a new environment, on the real files of FILMROLL_TEST_DATA
	PYTHONPATH=src python -m pages.first_ten_minutes

site:  ## build/site from docs, warnings as errors
	PYTHONPATH=src python -m pages.site

fuzz:  ## what a fuzzer invents for every parser: FUZZ_SECONDS of the processor in all
	PYTHONPATH=src python -m fuzz --seconds $(FUZZ_SECONDS)

soak-fuzz:  ## ten minutes of each target, hours in all; the figures are kept in docs/fuzzing.md
	PYTHONPATH=src python -m fuzz --seconds 600 --each --save

coverage:  ## line and branch coverage of src by all tests; 95 % at least
	coverage erase
	pytest -n auto --cov --cov-report=
	coverage report

release-check:  ## sdist and wheel, built, installed alone and with each extra, tried; the results are kept in docs
	python -m release

floor:  ## the tests with the oldest versions that pyproject.toml admits; those named in FLOOR_TESTS, or most
	python -m release.floor $(FLOOR_TESTS)

bench:  ## filmroll and its rivals in turns; half an hour on a quiet machine, the results are kept
	python -m benchmarks --save
	python -m benchmarks.plots
	python -m benchmarks.page

scaling:  ## docs/scaling.md, measured anew: two minutes of a quiet machine
	PYTHONPATH=src python -m benchmarks.scaling --measure

soak:  ## random harm, thousands of times; a few minutes, the results are kept
	python -m soak damages --save docs/damages.md
	python -m soak kills --stride 7 --save docs/kills.md
