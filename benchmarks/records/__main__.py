"""The measures of this area, in the order in which they are shown."""

from benchmarks.shards import main

MEASURES = ("auroc_gap", "ks_cells", "c2st", "sampling_rate")

if __name__ == "__main__":
    main("records", MEASURES)
