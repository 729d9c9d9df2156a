"""Is the proof calibrated, does `find` find? `python -m benchmarks.proof [--quick --out F] [--only MEASURE]`."""
