# Commands for people who work on abound. `just` lists them.

default:
    @just --list

# style, types, import law, quick tests
check:
    ruff check .
    ruff format --check .
    mypy
    lint-imports
    pytest -q -n 2 --dist loadfile

# the quick tests
test *args:
    pytest -q -n 2 --dist loadfile {{args}}

# all tests, the slow ones too
test-all:
    pytest -q -m ''

# write the reference pages again
docs:
    python -m abound.cli.reference docs/reference

# quick benchmarks of one area: proof or speed
bench area="speed":
    python -m benchmarks.{{area}} --quick --out /tmp/{{area}}.json
