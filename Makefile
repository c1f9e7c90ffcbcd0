.PHONY: check format lint types test docs

check: format lint types test  ## all that must be green before a commit

format:  ## rewrite the layout of the code
	ruff format src tests
	ruff check --fix-only --quiet src tests

lint:  ## rules that ruff holds, and the layout
	ruff format --check src tests
	ruff check src tests

types:  ## mypy, strict
	mypy

test:  ## the whole test suite
	pytest

docs:  ## pages that are made from the code
	python tests/render_help.py > docs/cli.md
