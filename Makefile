.PHONY: bench check docs format lint soak test types

check: format lint types test  ## all that must be green before a commit

format:  ## rewrite the layout of the code
	ruff format src tests benchmarks examples soak
	ruff check --fix-only --quiet src tests benchmarks soak

lint:  ## rules that ruff holds, and the layout
	ruff format --check src tests benchmarks examples soak
	ruff check src tests benchmarks examples soak

types:  ## mypy, strict
	mypy

test:  ## the whole test suite
	pytest

docs:  ## pages that are made from the code
	python tests/render_help.py > docs/cli.md

bench:  ## filmroll and its rivals in turns; half an hour on a quiet machine, the results are kept
	python -m benchmarks --save
	python -m benchmarks.plots
	python -m benchmarks.page

soak:  ## random harm, thousands of times; a few minutes, the results are kept
	python -m soak damages --save docs/damages.md
