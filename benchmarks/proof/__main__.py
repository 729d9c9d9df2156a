"""The measures of this area, in the order in which they are shown."""

from benchmarks.shards import main

MEASURES = (
    "false_helps", "power", "harmful", "known_answers", "advice", "split_leaks", "gap", "shortcut", "holes",
    "weak_slices", "rare_subclass",
)  # fmt: skip

if __name__ == "__main__":
    main("proof", MEASURES)
