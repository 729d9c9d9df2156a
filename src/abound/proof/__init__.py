"""The parts of `prove`: the list of controls, one repeat of all arms, the comparison, and the remedy."""
