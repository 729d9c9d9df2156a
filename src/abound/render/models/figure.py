"""Bodies that deform: bones, a skin, and exact vertices of every frame.

A figure is a mesh in some rest pose, a tree of bones, and for each vertex how much each bone holds it. Skinning
blends unit dual quaternions, so a joint bends without the collapsed elbows and twisted wrists of blended matrices.
Topology never changes, so a point keeps its triangle and its place in it, and optical flow is exact.

Source: Kavan, Collins, Zara, O'Sullivan 2008, "Geometric skinning with approximate dual quaternion blending".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from abound.render.mesh import Array, Material, Mesh, join, mesh
from abound.render.models import surface

CLOSE = 7.0  # how fast a bone's hold on a vertex falls with its distance in radii


class Skeleton(NamedTuple):
    """Bones in the order of a tree, parents first. Joints are those of the zero pose."""

    names: tuple[str, ...]
    parents: tuple[
        int, ...
    ]  # -1 for the root, and for what stays at its joint in the object frame: wheels, a chair
    joints: Array  # float64 (bones, 3), where each bone begins

    def at(self, name: str) -> int:
        """Number of a bone."""
        return self.names.index(name)


class Piece(NamedTuple):
    """A mesh and the hold of each bone on its vertices."""

    mesh: Mesh
    weights: Array  # float64 (vertices, bones), rows sum to 1


class Cut(NamedTuple):
    """A plane at which a skin ends."""

    point: Array  # (3,)
    normal: Array  # (3,), points to what goes
    bones: tuple[int, ...] = ()  # only where these hold the skin; everywhere if none are named


class Figure(NamedTuple):
    """A person or an animal."""

    mesh: Mesh  # in the rest pose, object frame, feet on z = 0
    skeleton: Skeleton
    weights: Array  # float64 (vertices, bones), rows sum to 1
    rest: Array  # float64 (bones, 3, 3), rotation of each bone from the zero pose to the rest pose, object frame
    origin: Array  # float64 (3,), root joint in the rest pose
    kind: str
    height: float  # metres from the sole to the crown, standing; of an animal, to the withers
    semantic: int  # Cityscapes label id
    sizes: Mapping[str, float] = {}  # lengths that the gaits need, metres
    carries: tuple[str, ...] = ()  # what changes the posture: "phone", "umbrella", ...

    @property
    def joints(self) -> Array:
        """Joints in the rest pose, float64 (bones, 3)."""
        return np.asarray(places(self.skeleton, self.rest[None], self.origin[None])[0])

    @property
    def parents(self) -> tuple[int, ...]:
        """The bone on which each bone hangs, -1 for the root."""
        return self.skeleton.parents


def turns(roll: Any = 0.0, pitch: Any = 0.0, yaw: Any = 0.0) -> Array:
    """Rotations float64 (..., 3, 3): first roll about x, then pitch about y, then yaw about z, in radians.

    Positive pitch leans an upright trunk forwards and swings a hanging limb backwards; positive roll leans to the
    right and lifts a hanging left arm outwards; positive yaw turns to the left.
    """
    r, p, w = np.broadcast_arrays(*(np.asarray(a, float) for a in (roll, pitch, yaw)))
    flat = np.stack([r.ravel(), p.ravel(), w.ravel()], -1)
    return np.asarray(Rotation.from_euler("xyz", flat).as_matrix().reshape(*r.shape, 3, 3))


def places(skeleton: Skeleton, rotations: Array, root: Array) -> Array:
    """Joints float64 (frames, bones, 3), object frame, of rotations (frames, bones, 3, 3) and root (frames, 3)."""
    out = np.empty((*rotations.shape[:2], 3))
    for b, parent in enumerate(skeleton.parents):
        if parent < 0:
            out[:, b] = root if b == 0 else skeleton.joints[b]
        else:
            arm = skeleton.joints[b] - skeleton.joints[parent]
            out[:, b] = out[:, parent] + rotations[:, parent] @ arm
    return out


def vertices(figure: Figure, rotations: Array, root: Array) -> Array:
    """Exact vertices of each frame, float64 (frames, vertices, 3), object frame.

    `rotations` (frames, bones, 3, 3) turn each bone from the zero pose, in the object frame (not its parent's);
    `root` (frames, 3) is where the first joint is.
    """
    before, after = figure.joints, places(figure.skeleton, rotations, root)
    turn = rotations @ np.swapaxes(figure.rest, -1, -2)
    shift = after - (turn @ before[:, :, None])[..., 0]
    real, dual = _duals(figure.skeleton.parents, turn, shift)
    frames, n = len(rotations), len(figure.mesh.vertices)
    # One product for all frames: (vertices, bones) times (bones, frames * 8).
    both = np.concatenate([real, dual], -1).transpose(1, 0, 2).reshape(len(before), -1)
    mixed = (figure.weights @ both).reshape(n, frames, 8).transpose(1, 0, 2)
    length = np.linalg.norm(mixed[..., :4], axis=-1, keepdims=True)
    mixed = mixed / length
    vec, w, dvec, dw = mixed[..., :3], mixed[..., 3:4], mixed[..., 4:7], mixed[..., 7:8]
    v = figure.mesh.vertices[None]
    turned = v + 2.0 * np.cross(vec, np.cross(vec, v) + w * v)
    return np.asarray(turned + 2.0 * (w * dvec - dw * vec + np.cross(vec, dvec)))


def _duals(parents: Sequence[int], turn: Array, shift: Array) -> tuple[Array, Array]:
    """Unit dual quaternions (frames, bones, 4), x y z w, each on its parent's side of the double cover."""
    real = Rotation.from_matrix(turn.reshape(-1, 3, 3)).as_quat().reshape(*turn.shape[:2], 4)
    for b, parent in enumerate(parents):
        against = real[:, parent] if parent >= 0 else np.array([0.0, 0.0, 0.0, 1.0])
        flip = np.sum(real[:, b] * against, axis=-1) < 0.0
        real[flip, b] *= -1.0
    q, w = real[..., :3], real[..., 3:4]
    vector = 0.5 * (w * shift + np.cross(shift, q))
    scalar = -0.5 * np.sum(shift * q, axis=-1, keepdims=True)
    return real, np.concatenate([vector, scalar], -1)


def bend(
    start: Array, target: Array, pole: Array, upper: float, lower: float, back: bool = False
) -> tuple[Array, Array]:
    """Two-bone inverse kinematics: rotations (frames, 3, 3) of bones that hang along -z in the zero pose.

    `pole` (frames, 3) is where the middle joint points, `back` that this is its back, as of an elbow, not its
    front, as of a knee. A target out of reach is pointed at with a straight limb.
    """
    line = target - start
    far = np.linalg.norm(line, axis=-1)
    reach = np.clip(far, abs(upper - lower) + 1e-6, (upper + lower) * 0.99999)
    ahead = line / np.maximum(far, 1e-9)[:, None]
    out = pole - np.sum(pole * ahead, axis=-1, keepdims=True) * ahead
    out = out / np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-9)
    share = np.clip((upper**2 + reach**2 - lower**2) / (2 * upper * reach), -1.0, 1.0)
    middle = upper * (share[:, None] * ahead + np.sqrt(1 - share**2)[:, None] * out)
    end = reach[:, None] * ahead
    hinge = np.cross(ahead, out) if back else np.cross(out, ahead)
    return _hang(middle, hinge), _hang(end - middle, hinge)


def _hang(down: Array, hinge: Array) -> Array:
    """Rotations that take -z to `down` and y to the hinge made square to it."""
    z = -down / np.linalg.norm(down, axis=-1, keepdims=True)
    x = np.cross(hinge, z)
    x = x / np.linalg.norm(x, axis=-1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], -1)


def nearness(parents: Sequence[int]) -> Array:
    """How much bones share skin, (bones, bones): 1 for neighbours and siblings, little for the next, else 0."""
    n = len(parents)
    link = np.zeros((n, n))
    for b, parent in enumerate(parents):
        if parent >= 0:
            link[b, parent] = link[parent, b] = 1.0
    up = np.asarray(parents)
    siblings = (up[:, None] == up[None]) & (up[:, None] >= 0)
    return np.maximum(np.maximum(np.eye(n), link), np.where(siblings, 1.0, 0.1 * (link @ link > 0)))


def holds(tubes: Sequence[surface.Placed], points: Array, parents: Sequence[int]) -> Array:
    """Hold of each bone on points, float64 (n, bones): by distance from the bones' tubes, in radii.

    A bone holds only what belongs to it or to its neighbours in the tree, so an arm does not drag the flank beside
    it.
    """
    near = np.full((len(points), len(parents)), np.inf)
    for tube in tubes:
        if not tube.carve:
            off, radius = surface.across(tube, points)
            near[:, tube.bone] = np.minimum(near[:, tube.bone], off / radius)
    hold = np.maximum(near, 0.3) ** -CLOSE * nearness(parents)[near.argmin(axis=1)]
    hold[hold < 0.01 * hold.max(axis=1, keepdims=True)] = 0.0
    return np.asarray(hold / hold.sum(axis=1, keepdims=True))


def piece(
    tubes: Sequence[surface.Placed], parents: Sequence[int], material: Material, cell: Any, cuts: Sequence[Cut] = ()
) -> Piece:
    """The skin of melted tubes, held by the tubes' bones, cut square at the ends of flat tubes and at `cuts`."""
    low, high = surface.extent(tubes)
    v, f = surface.net(surface.solid(tubes), low, high, cell)
    out = Piece(mesh(v, f, material), holds(tubes, v, parents))
    ends = [Cut(t.start + t.length * t.axis, t.axis, (t.bone,)) for t in tubes if t.flat]
    for cut in (*cuts, *ends):
        out = trimmed(out, cut)
    return closed(out)


def trimmed(part: Piece, cut: Cut) -> Piece:
    """The part without what lies on the normal's side of a plane, where its bones hold; open there."""
    normal = np.asarray(cut.normal, float) / np.linalg.norm(cut.normal)
    value = (part.mesh.vertices - np.asarray(cut.point)) @ normal
    if cut.bones:
        value = np.minimum(value, 0.3 * (part.weights[:, list(cut.bones)].sum(axis=1) - 0.2))
    value = np.where(np.abs(value) < 1e-9, 1e-9, value)
    kept, scores = scored(part, value[:, None], 0, np.ones(len(part.mesh.faces), bool))
    faces = kept.mesh.faces
    stays = scores[faces, 0].mean(axis=1) < 0.0
    if stays.all():
        return part
    faces = faces[stays]
    used = np.unique(faces)
    number = np.full(len(kept.mesh.vertices), -1, np.int32)
    number[used] = np.arange(len(used), dtype=np.int32)
    skin = Mesh(kept.mesh.vertices[used], number[faces], kept.mesh.material[stays], part.mesh.materials,
                np.zeros((len(faces), 3, 2), np.float32))  # fmt: skip
    return Piece(skin, kept.weights[used])


def closed(part: Piece) -> Piece:
    """The part with each open rim closed by a fan about its middle, with a hard edge."""
    f = part.mesh.faces
    ends = np.concatenate([f[:, [0, 1]], f[:, [1, 2]], f[:, [2, 0]]])
    forth = {(int(a), int(b)) for a, b in ends}
    following = {b: a for a, b in sorted(forth) if (b, a) not in forth}
    v, w, faces, start = [part.mesh.vertices], [part.weights], [f], len(part.mesh.vertices)
    while following:
        first = min(following)
        rim = [first]
        while (ahead := following.pop(rim[-1], first)) != first:
            rim.append(ahead)
        ring = part.mesh.vertices[rim]
        v += [ring, ring.mean(axis=0)[None]]
        w += [part.weights[rim], part.weights[rim].mean(axis=0)[None]]
        k = np.arange(len(rim))
        faces.append(start + np.stack([k, np.roll(k, -1), np.full(len(rim), len(rim))], -1))
        start += len(rim) + 1
    every = np.concatenate(faces).astype(np.int32)
    extra = np.zeros(len(every) - len(f), np.int32)
    skin = Mesh(np.concatenate(v), every, np.concatenate([part.mesh.material, extra]), part.mesh.materials,
                np.zeros((len(every), 3, 2), np.float32))  # fmt: skip
    return Piece(skin, np.concatenate(w))


def scaled(figure: Figure, factor: float) -> Figure:
    """The figure, larger in all lengths."""
    return figure._replace(
        mesh=figure.mesh._replace(vertices=figure.mesh.vertices * factor),
        skeleton=figure.skeleton._replace(joints=figure.skeleton.joints * factor),
        origin=figure.origin * factor,
        height=figure.height * factor,
        sizes={name: size * factor for name, size in figure.sizes.items()},
    )


def joined(figure: Figure, things: Sequence[tuple[str, Array, Mesh]]) -> Figure:
    """The figure with things that stand in the object frame: name of the bone, joint, mesh about the joint."""
    extra, n = len(things), len(figure.parents)
    weights = np.concatenate([figure.weights, np.zeros((len(figure.weights), extra))], axis=1)
    parts = [Piece(figure.mesh, weights)]
    for k, (_, joint, part) in enumerate(things):
        parts.append(fixed(part._replace(vertices=part.vertices + joint), n + k, n + extra))
    whole = assembled(parts)
    bones = Skeleton(
        (*figure.skeleton.names, *(name for name, _, _ in things)),
        (*figure.parents, *[-1] * extra),
        np.concatenate([figure.skeleton.joints, np.array([joint for _, joint, _ in things])]),
    )
    rest = np.concatenate([figure.rest, np.tile(np.eye(3), (extra, 1, 1))])
    return figure._replace(mesh=whole.mesh, weights=whole.weights, skeleton=bones, rest=rest)


def fixed(part: Mesh, bone: int, bones: int) -> Piece:
    """A mesh that one bone holds alone."""
    weights = np.zeros((len(part.vertices), bones))
    weights[:, bone] = 1.0
    return Piece(part, weights)


def assembled(pieces: Sequence[Piece]) -> Piece:
    """Pieces as one."""
    kept = [p for p in pieces if len(p.mesh.faces)]
    return Piece(join([p.mesh for p in kept]), np.concatenate([p.weights for p in kept]))


def painted(part: Piece, inside: Sequence[Array], material: Material) -> Piece:
    """The part where all values (vertices,) are negative in another material, cut along their zero lines."""
    values = np.stack([np.where(np.abs(v) < 1e-9, 1e-9, np.asarray(v, float)) for v in inside], -1)
    for k in range(values.shape[1]):
        # Only where the other values leave something to paint: lines need not run over the whole skin.
        outside = np.all(values[part.mesh.faces] > 0.0, axis=1)
        part, values = scored(part, values, k, ~np.any(outside, axis=1))
    chosen = (values[part.mesh.faces].mean(axis=1) < 0.0).all(axis=1)
    if not chosen.any():
        return part
    number = np.where(chosen, len(part.mesh.materials), part.mesh.material).astype(np.int32)
    return Piece(part.mesh._replace(material=number, materials=(*part.mesh.materials, material)), part.weights)


def scored(part: Piece, values: Array, k: int, touched: Array) -> tuple[Piece, Array]:
    """The part with vertices on the zero line of the values' column k across `touched` faces, and the values there.

    A face beside them with one edge cut is halved, so the skin stays closed.
    """
    f, own = part.mesh.faces, part.mesh.material
    ends = np.sort(np.stack([f, np.roll(f, -1, axis=1)], -1), axis=-1)  # edge j runs from corner j to the next
    crossed = (values[ends[..., 0], k] < 0.0) != (values[ends[..., 1], k] < 0.0)
    edge = np.unique(ends[crossed & touched[:, None]], axis=0)
    if not len(edge):
        return part, values
    n = len(values)
    table = edge[:, 0].astype(np.int64) * n + edge[:, 1]
    key = ends[..., 0].astype(np.int64) * n + ends[..., 1]
    where = np.minimum(np.searchsorted(table, key), len(table) - 1)
    cut = table[where] == key
    new = np.where(cut, n + where, -1)
    count = cut.sum(axis=1)
    # Two edges cut: the corner between them comes first. One edge cut: it comes first.
    first = np.where(count == 2, (cut & np.roll(cut, 1, axis=1)).argmax(axis=1), cut.argmax(axis=1))
    order = (first[:, None] + np.arange(3)) % 3
    t, v = np.take_along_axis(f, order, axis=1), np.take_along_axis(new, order, axis=1)
    two, one = count == 2, count == 1
    a, b, c, p, q = t[two, 0], t[two, 1], t[two, 2], v[two, 0], v[two, 2]
    d, e, g, m = t[one, 0], t[one, 1], t[one, 2], v[one, 0]
    pieces = [f[count == 0], *(np.stack(x, -1) for x in ((a, p, q), (p, b, c), (p, c, q), (d, m, g), (m, e, g)))]
    faces = np.concatenate(pieces).astype(np.int32)
    labels = np.concatenate([own[count == 0], *[own[two]] * 3, *[own[one]] * 2])
    x, y = values[edge[:, 0], k], values[edge[:, 1], k]
    share = (x / (x - y))[:, None]

    def between(of: Array) -> Array:
        return np.concatenate([of, (1 - share) * of[edge[:, 0]] + share * of[edge[:, 1]]])

    made = Mesh(
        between(part.mesh.vertices), faces, labels, part.mesh.materials, np.zeros((len(faces), 3, 2), np.float32)
    )
    mixed = between(values)
    mixed[n:, k] = 0.0
    return Piece(made, between(part.weights)), mixed
