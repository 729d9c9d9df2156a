"""Computer-generated driving scenes with exact dense labels: needs no real row, only the domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from abound.core.model import digest_of
from abound.core.registry import create, plugin
from abound.errors import InputError, Refusal, WhereRefused

if TYPE_CHECKING:
    import numpy as np

    from abound.core.context import Context
    from abound.core.dataset import Dataset
    from abound.core.protocols import Sampler, Support
    from abound.core.slice import Slice, Term

Layer = Literal["rgb", "depth", "normals", "semantic", "instance", "flow", "occlusion"]
TRIED = 10  # clips in a row that show no actor, after which a condition is refused
EVERY: tuple[Layer, ...] = ("rgb", "depth", "normals", "semantic", "instance", "flow", "occlusion")


@plugin("generator", accepts=("scenes",), provenance="schema")
class Street:
    """Clips of streets: pictures, depth, normals, classes, instances, flow, occlusion, boxes, poses, all exact.

    A condition on the attributes of a clip is obeyed exactly by drawing under it. `scene` fixes anything that the
    scene language says (`abound schema scene`); `exact` keeps flow and depth as 32-bit floats in place of PNG.
    """

    frames: Annotated[int, Field(ge=1, le=2000)] = 20
    rate: Annotated[float, Field(gt=0, le=240)] = 10.0
    width: Annotated[int, Field(ge=16, le=8192)] = 1242
    height: Annotated[int, Field(ge=16, le=8192)] = 375
    layers: tuple[Layer, ...] = EVERY
    gap: Annotated[int, Field(ge=1)] = 1
    exact: bool = False
    jpeg: Annotated[int, Field(ge=0, le=100)] = 95
    scene: dict[str, Any] = field(default_factory=dict)

    def fit(self, train: Dataset, ctx: Context) -> Sampler:
        """Nothing is learned; a wrong `scene`, and a gap that no frame has, are refused here."""
        from abound.core.registry import require
        from abound.render.spec import read_scene

        for module in ("numba", "embreex"):
            require(module, "scenes")
        read_scene(self.scene, "the parameter scene")
        if self.gap >= self.frames > 1:
            raise InputError(f"a clip of {self.frames} frames has no two that are {self.gap} apart: lower the gap")
        return StreetSampler(self, ctx.scratch, ctx)

    def load(self, folder: Path) -> Sampler:
        """A sampler is its parameters."""
        from abound.core.context import Context

        return StreetSampler(self, folder.parent / "scratch", Context())


@dataclass(frozen=True, eq=False)
class StreetSampler:
    """Draws attributes and renders each clip into a folder of its own, complete or absent."""

    street: Street
    folder: Path | None
    ctx: Context

    def support(self, where: Slice | None, given: Dataset | None) -> Support:
        """Exact on the attributes of the clip; other tables and columns are refused."""
        if given is not None:
            raise WhereRefused("street makes whole clips and cannot complete given rows")
        _wanted(where)
        return "exact"

    def sample(
        self, n: int, *, rng: np.random.Generator, where: Slice | None = None, given: Dataset | None = None
    ) -> Dataset:
        """`n` clips, each made by one task of the engine; those whose folder is there are not made again.

        Attributes whose actor is seen in no placement (behind a house, out of view) are drawn again; WhereRefused
        where ten in a row show none.
        """
        import tempfile

        self.support(where, given)
        folder = self.folder or Path(tempfile.mkdtemp(prefix="abound-street-"))
        done: list[dict[str, Any]] = []
        in_vain = 0
        while len(done) < n:
            tasks = self.tasks(n - len(done), rng=rng, where=where, folder=folder)
            made = list(self._engine().map("abound.generators.street:render", tasks, self._told(n, len(done))))
            shown = [m for m in made if "unseen" not in m]
            in_vain = 0 if shown else in_vain + len(made)
            if in_vain >= TRIED:
                raise WhereRefused(made[-1]["unseen"])
            done += shown
        clips = [d["clip"] for d in done]
        frames = [f for d in done for f in d["frames"]]
        objects = [o for d in done for o in d["objects"]]
        data: Dataset = create("kind", "scenes").dataset(clips, frames, objects, folder)
        return data

    def tasks(self, n: int, *, rng: np.random.Generator, where: Slice | None, folder: Path) -> list[dict[str, Any]]:
        """What is to be rendered: attributes, scene, seed and folder of each clip."""
        import numpy as np

        from abound.render.domain import draw

        allowed, limits, texts = _wanted(where)
        out = []
        for seed in rng.integers(2**62, size=n).tolist():
            try:
                values = draw(np.random.default_rng(seed), allowed, limits, self._reachable)
            except Refusal as error:
                raise WhereRefused(str(error)) from None
            values |= texts
            out.append({
                "attributes": values, "seed": seed, "folder": str(folder), "name": f"{seed:016x}",
                "street": {f: getattr(self.street, f) for f in Street.__dataclass_fields__},
            })  # fmt: skip
        return out

    def save(self, folder: Path) -> None:
        """Nothing was learned; a note says so."""
        from abound.core.artifact import write_json

        write_json(folder / "street.json", {"learned": "nothing"})

    def _reachable(self, values: dict[str, Any]) -> bool:
        from abound.render.scenario import reachable

        return reachable(values, self.street.frames, self.street.rate)

    def _engine(self) -> Any:
        return self.ctx.engine or create("engine", "local")

    def _told(self, n: int, before: int) -> Any:
        return lambda done: self.ctx.progress.step("generate", before + done, n)


def _wanted(where: Slice | None) -> tuple[Any, dict[str, tuple[float, float]], dict[str, str]]:
    """A test for categories, limits for numbers, and texts; WhereRefused for what cannot be drawn under."""
    from abound.core.slice import Term
    from abound.errors import did_you_mean
    from abound.render.domain import CATEGORIES, NUMBERS, TEXTS

    tests: dict[str, list[Term]] = {}
    limits: dict[str, tuple[float, float]] = {}
    texts = dict.fromkeys(TEXTS, "")
    for term in where.terms if where else ():
        if not isinstance(term, Term) or (where and where.on != "clips"):
            raise WhereRefused(f"street draws under conditions on clips, not on rows of other tables: {term}")
        name = term.column
        if name in CATEGORIES:
            _check_level(term)
            tests.setdefault(name, []).append(term)
        elif name in NUMBERS:
            low, high = _limits(term)
            old = limits.get(name, (-1e9, 1e9))
            limits[name] = max(low, old[0]), min(high, old[1])
        elif name in TEXTS:
            if term.op != "==":
                raise WhereRefused(f"street writes the text that it is given: say {name} == ..., not {term}")
            texts[name] = str(term.value)
        else:
            known = [*CATEGORIES, *NUMBERS, *TEXTS]
            raise WhereRefused(f"clips have no attribute {name!r} to draw under: {did_you_mean(name, known)}")

    def allowed(name: str, value: Any) -> bool:
        return all(_holds(t, int(value) if name == "lanes" else value) for t in tests.get(name, ()))

    return allowed, limits, texts


def _check_level(term: Term) -> None:
    """UnknownName for a level that the domain does not have."""
    from abound.errors import UnknownName, did_you_mean
    from abound.render.domain import CATEGORIES

    known = CATEGORIES[term.column].values
    if term.column == "lanes" or term.value is None:
        return
    for value in term.value if isinstance(term.value, tuple) else (term.value,):
        if str(value) not in known:
            raise UnknownName(f"{term.column} is never {str(value)!r}: {did_you_mean(str(value), known)}")


def _holds(term: Term, value: Any) -> bool:
    """Whether one value passes a term; attributes are never missing. Numbers may be written as text."""
    import operator

    if term.op in ("isnull", "notnull"):
        return term.op == "notnull"
    if term.op == "in":
        return str(value) in map(str, term.value if isinstance(term.value, tuple) else (term.value,))
    compare = {
        "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
        ">=": operator.ge,
    }[term.op]  # fmt: skip
    wanted: Any = type(value)(str(term.value))
    return bool(compare(value, wanted))


def _limits(term: Term) -> tuple[float, float]:
    """The range that a term leaves of a number."""
    import math

    try:  # a condition that was written as text has its number as text
        value = float(str(term.value))
    except ValueError:
        value = math.nan
    if math.isnan(value) or isinstance(term.value, bool | tuple):
        raise WhereRefused(f"street draws numbers from a range: use <, <=, >, >= or == with a number, not {term}")
    ranges = {
        "==": (value, value), "<=": (-1e9, value), ">=": (value, 1e9),
        "<": (-1e9, math.nextafter(value, -math.inf)), ">": (math.nextafter(value, math.inf), 1e9),
    }  # fmt: skip
    if term.op not in ranges:
        raise WhereRefused(f"street draws numbers from a range: use <, <=, >, >= or ==, not {term}")
    return ranges[term.op]


def render(task: dict[str, Any]) -> dict[str, Any]:
    """One clip into its folder, which is complete or absent; its rows. The same task gives the same bytes.

    Where no placement shows the actor, no folder is made and the answer is {"unseen": why}.
    """
    import json

    from abound import __version__
    from abound.core.artifact import Artifact, build_folder, is_sound, read_manifest
    from abound.render.clip import write_clip
    from abound.render.scenario import scene_of

    options, values = task["street"], task["attributes"]
    folder = Path(task["folder"]) / "clips" / task["name"]
    key = digest_of({k: v for k, v in task.items() if k != "folder"}, __version__)
    if not is_sound(folder) or read_manifest(folder).key != key:
        scene = scene_of(values, options)

        def fill(work: Path) -> None:
            layers = tuple(options["layers"])
            clip = write_clip(scene, task["seed"], work, layers, options["exact"], options["gap"], options["jpeg"])
            rows = {"frames": clip.frames, "objects": clip.objects, "attempt": clip.attempt}
            (work / "rows.json").write_text(json.dumps(rows), encoding="utf-8")

        manifest = Artifact(kind="clip", stage="generate", key=key, files={}, seed=task["seed"])
        try:
            build_folder(folder, manifest, fill)
        except Refusal as reason:
            return {"unseen": str(reason)}
    rows = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    return _rows(task, rows)


def warm(task: dict[str, Any]) -> None:
    """Compile what a task needs, on one small frame of it that is not kept: the time of the task is then its own."""
    import tempfile

    small = {**task["street"], "frames": 3, "gap": 1, "width": 64, "height": 32}
    nobody = {"actor": "none", "action": "none", "colour": "natural", "hidden_by": "nothing", "actor_text": ""}
    calm = {**task["attributes"], **nobody}
    with tempfile.TemporaryDirectory() as folder:
        render({**task, "attributes": calm, "street": small, "folder": folder})


def _rows(task: dict[str, Any], rows: dict[str, Any]) -> dict[str, Any]:
    """Rows of the three tables with their keys, and paths under the dataset's folder."""
    name = task["name"]
    clip = {"clip": name, **task["attributes"], "scene": f"clips/{name}/scene.json", "_origin": "synthetic"}
    clip |= {"lanes": int(clip["lanes"]), "_seed": task["seed"]}
    frames = []
    for row in rows["frames"]:
        files = {k: f"clips/{name}/{v}" for k, v in row.items() if isinstance(v, str) and k != "camera"}
        frames.append({**row, **files, "clip": name, "frame_id": f"{name}/{row['camera']}/{row['frame']}"})
    objects = []
    for row in rows["objects"]:
        kept = {k: v for k, v in row.items() if k not in ("camera", "frame")}
        objects.append({**kept, "frame_id": f"{name}/{row['camera']}/{row['frame']}"})
    return {"clip": clip, "frames": frames, "objects": objects}
