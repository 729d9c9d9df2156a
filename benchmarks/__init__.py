"""Benchmarks: one module an area, `python -m benchmarks.AREA [--quick] --out rows.json`."""
