"""Which real rows have no made row near them, and which regions of real rows are bare altogether.

A real row is covered if a made row lies within the distance of its k-th nearest real neighbour (coverage; Naeem,
Oh, Uh, Choi & Yoo 2020, "Reliable fidelity and diversity metrics"). Of alike sets of equal size a share 2**-k is
uncovered by chance, anywhere. Where most of a row's neighbours are uncovered as well it is not chance: a mode is
missing there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from abound.stats.distances import nearest
from abound.stats.neighbours import nearest_rows
from abound.stats.unionfind import components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
NEAREST = 5
LEAST = 2 * NEAREST + 1  # real rows
_AROUND = 2 * NEAREST
_EDGE = 0.3
_BARE = 0.6  # of the neighbours; by chance a row has ten neighbours of whom six are uncovered once in 5 million


def uncovered(real: Floats, made: Floats) -> tuple[Bools, Ints]:
    """Which rows of `real` (n, features), n >= 11, have no row of `made` near them; and their ten nearest rows."""
    around = nearest_rows(real, np.zeros((len(real), 0), dtype=np.int64), 0.0, _AROUND)
    radius = np.sqrt(((real - real[around[:, NEAREST - 1]]) ** 2).sum(axis=1))
    return nearest(real, made).first > radius, around


def bare_regions(real: Floats, made: Floats) -> Ints:
    """The region without made rows that each real row lies in, numbered from 0; -1 for all other rows.

    Uncovered rows most of whose ten nearest rows are uncovered too, and the uncovered rows at their edge; a region
    is what these neighbours connect.
    """
    alone, around = uncovered(real, made)
    core = alone & (alone[around].mean(axis=1) >= _BARE)
    bare = core | (alone & (core[around].mean(axis=1) >= _EDGE))
    rows = np.flatnonzero(bare)
    place = np.full(len(real), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    near = place[around[rows]]
    own = np.repeat(np.arange(len(rows)), _AROUND)
    edges = np.column_stack([own, near.ravel()])[near.ravel() >= 0]
    out = np.full(len(real), -1, dtype=np.int64)
    out[rows] = components(edges, len(rows))
    return out


def coverage(real: Floats, made: Floats) -> float:
    """The share of real rows that are covered: 1 - 2**-5 = .97 for alike sets of equal size."""
    return 1.0 - float(uncovered(real, made)[0].mean())
