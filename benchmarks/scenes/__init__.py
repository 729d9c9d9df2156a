"""Are scenes exact, fast and as asked? `python -m benchmarks.scenes [--quick --out F] [--only MEASURE]`."""
