"""The measures of this area, in the order in which they are shown."""

from benchmarks.shards import main

MEASURES = ("compositions", "tile_groups", "copies", "throughput")

if __name__ == "__main__":
    main("images", MEASURES)
