"""The measures of this area, in the order in which they are shown."""

from benchmarks.shards import main

MEASURES = ("false_helps", "split_leaks", "holes", "weak_slices", "rare_subclass", "shortcut", "gap", "power", "harmful", "known_answers", "advice")

if __name__ == "__main__":
    main("proof", MEASURES)
