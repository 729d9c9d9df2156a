import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from abound.stats.unionfind import chained, components, joined, sizes


@given(st.integers(1, 40), st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60))
@settings(max_examples=80, deadline=None)
def test_components_are_what_edges_reach(n, pairs):
    edges = np.array([(a % n, b % n) for a, b in pairs], dtype=np.int64).reshape(-1, 2)
    reach = np.eye(n, dtype=bool)
    reach[edges[:, 0], edges[:, 1]] = reach[edges[:, 1], edges[:, 0]] = True
    for _ in range(n):
        reach = reach | (reach @ reach)
    label = components(edges, n)
    assert ((label[:, None] == label[None, :]) == reach).all()
    assert (np.diff(np.unique(label, return_index=True)[1]) > 0).all()


def test_partitions_are_joined_where_they_overlap():
    by_person = np.array([0, 0, 1, 2, 3, -1])
    by_copy = np.array([0, 1, 1, 2, -1, -1])
    assert joined([by_person, by_copy], 6).tolist() == [0, 0, 0, 1, 2, 3]
    assert joined([], 3).tolist() == [0, 1, 2]
    assert sizes(joined([by_person, by_copy], 6)).tolist() == [3, 3, 3, 1, 1, 1]
    assert chained(np.array([-1, -1])).shape == (0, 2)
