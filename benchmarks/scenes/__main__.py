"""The measures of this area, in the order in which they are shown."""

from benchmarks.shards import main

MEASURES = (
    "labels_cpu_seconds", "frame_cpu_seconds", "flow_recast", "static_flow", "written_flow", "photometric", "boxes",
    "where_obeyed", "text", "colours", "determinism",
    "contact_sheet",
)  # fmt: skip

if __name__ == "__main__":
    main("scenes", MEASURES)
