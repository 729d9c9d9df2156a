"""How good the image part is: labels under transforms, near-copies, throughput."""
