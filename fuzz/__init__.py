"""Bytes that a fuzzer invents, for every parser: values or documented errors, in little time and memory.

python -m fuzz                     every target, 60 seconds in all
python -m fuzz tar jpeg            these
python -m fuzz --seconds 600 --each --save     ten minutes of each, kept in fuzz/results.json and docs/fuzzing.md
"""
