"""Sets that share a member become one: the units that must stay together under several reasons at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def joined(partitions: Sequence[Ints], n: int) -> Ints:
    """The finest partition of 0..n-1 that splits no set of any given one; int64 (n,), numbered by first member.

    Each partition is an array (n,) of set numbers; a negative number is a set of its own.
    """
    edges = [chained(p) for p in partitions]
    return components(np.vstack(edges) if edges else np.empty((0, 2), dtype=np.int64), n)


def chained(partition: Ints) -> Ints:
    """Pairs (edges, 2) that connect each set of a partition: a member with the next; negative numbers give none."""
    order = np.argsort(partition, kind="stable")
    own = partition[order]
    same = (own[1:] == own[:-1]) & (own[1:] >= 0)
    return np.column_stack([order[:-1][same], order[1:][same]]).astype(np.int64)


def components(edges: Ints, n: int) -> Ints:
    """The connected sets of a graph on 0..n-1 with these edges (m, 2); int64 (n,), numbered by first member.

    Union by the smaller root with path halving (Tarjan 1975); only nodes with an edge are visited one by one.
    """
    parent: list[int] = list(range(n))
    for a, b in edges.tolist():
        left, right = _root(parent, a), _root(parent, b)
        if left != right:
            parent[max(left, right)] = min(left, right)
    root = np.array([_root(parent, i) for i in range(n)] if len(edges) else parent, dtype=np.int64)
    # The root of a set is its smallest member, so sorted roots are in order of first members.
    return np.unique(root, return_inverse=True)[1].astype(np.int64) if n else root


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


def sizes(partition: NDArray[Any]) -> Ints:
    """For each member the size of its set; int64 (n,)."""
    return np.bincount(partition)[partition].astype(np.int64) if len(partition) else partition.astype(np.int64)
