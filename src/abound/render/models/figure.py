"""Bodies that deform: bones, a skin, and exact vertices of every frame.

A figure is a mesh in some rest pose, a tree of bones, and for each vertex how much each bone holds it. Skinning blends
unit dual quaternions, so a joint bends without the collapsed elbows and twisted wrists of blended matrices.
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
    parents: tuple[int, ...]  # -1 for the root
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
        return places(self.skeleton, self.rest[None], self.origin[None])[0]

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
    return Rotation.from_euler("xyz", flat).as_matrix().reshape(*r.shape, 3, 3)


def places(skeleton: Skeleton, rotations: Array, root: Array) -> Array:
    """Joints float64 (frames, bones, 3) of rotations (frames, bones, 3, 3) in the object frame and root (frames, 3)."""
    out = np.empty((*rotations.shape[:2], 3))
    for b, parent in enumerate(skeleton.parents):
        if parent < 0:
            out[:, b] = root
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
    return turned + 2.0 * (w * dvec - dw * vec + np.cross(vec, dvec))


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

    `pole` (frames, 3) is where the middle joint points, `back` that this is its back, as of an elbow, not its front, as
    of a knee. A target out of reach is pointed at with a straight limb.
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
    """How much bones share skin, (bones, bones): 1 for neighbours and siblings, little for the next ones, else 0."""
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

    A bone holds only what belongs to it or to its neighbours in the tree, so an arm does not drag the flank beside it.
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
    kept, scores = scored(part, value[:, None], 0)
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
    """The part where all values (vertices,) are negative in another material, triangles cut along their zero lines."""
    values = np.stack([np.where(np.abs(v) < 1e-9, 1e-9, np.asarray(v, float)) for v in inside], -1)
    for k in range(values.shape[1]):
        part, values = scored(part, values, k)
    chosen = (values[part.mesh.faces].mean(axis=1) < 0.0).all(axis=1)
    if not chosen.any():
        return part
    number = np.where(chosen, len(part.mesh.materials), part.mesh.material).astype(np.int32)
    return Piece(part.mesh._replace(material=number, materials=(*part.mesh.materials, material)), part.weights)


def scored(part: Piece, values: Array, k: int) -> tuple[Piece, Array]:
    """The part with vertices along the zero line of the values' column k, and the values at its vertices."""
    f, side = part.mesh.faces, values[part.mesh.faces, k] < 0.0
    count = side.sum(axis=1)
    crossed = (count == 1) | (count == 2)
    if not crossed.any():
        return part, values
    # Turn each crossed triangle so that its lone corner comes first.
    alone = np.where(count == 1, side.argmax(axis=1), (~side).argmax(axis=1))
    t = np.take_along_axis(f, (alone[:, None] + np.arange(3)) % 3, axis=1)[crossed]
    ends = np.sort(np.concatenate([t[:, [0, 1]], t[:, [0, 2]]]), axis=1)
    edge, back = np.unique(ends, axis=0, return_inverse=True)
    a, b = values[edge[:, 0], k], values[edge[:, 1], k]
    share = (a / (a - b))[:, None]

    def between(of: Array) -> Array:
        return np.concatenate([of, (1 - share) * of[edge[:, 0]] + share * of[edge[:, 1]]])

    new = len(values) + back.reshape(2, -1)
    pieces = [f[~crossed], np.stack([t[:, 0], new[0], new[1]], -1), np.stack([new[0], t[:, 1], t[:, 2]], -1),
              np.stack([new[0], t[:, 2], new[1]], -1)]  # fmt: skip
    own = part.mesh.material
    faces = np.concatenate(pieces).astype(np.int32)
    labels = np.concatenate([own[~crossed], *[own[crossed]] * 3])
    uv = np.zeros((len(faces), 3, 2), np.float32)
    made = Mesh(between(part.mesh.vertices), faces, labels, part.mesh.materials, uv)
    mixed = between(values)
    mixed[len(values) :, k] = 0.0
    return Piece(made, between(part.weights)), mixed
