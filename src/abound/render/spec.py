"""The scene language: what a clip shows, in words and metres. YAML or JSON in, checked, documented field by field.

Terms follow BSI PAS 1883 and ISO 34503: scenery (road, surroundings, signs), environmental conditions (weather,
time of day), dynamic elements (ego vehicle, actors, traffic). What is left out is drawn from the seed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from abound.errors import InputError, did_you_mean

Zone = Literal["motorway", "rural", "urban", "residential"]
Layout = Literal["straight", "curve", "crossroads"]
Surface = Literal["asphalt", "concrete", "cobbles"]
WeatherKind = Literal["clear", "overcast", "rain", "fog", "snow"]
TimeKind = Literal["day", "low_sun", "dusk", "night"]
Side = Literal["left", "right"]
ActorKind = Literal[
    "car", "van", "truck", "bus", "bicycle", "motorcycle", "adult", "child", "deer", "cow", "horse", "dog", "boar",
    "moose", "wheelchair", "ambulance", "police_car", "fire_engine", "excavator", "tractor", "caravan", "debris",
]  # fmt: skip
Action = Literal[
    "driving", "turning", "braking", "stopped", "cut_in", "oncoming", "crossing", "jaywalking", "running", "walking",
    "standing", "lying",
]  # fmt: skip
ColourName = Literal[
    "white", "black", "grey", "silver", "red", "blue", "green", "yellow", "orange", "brown", "beige"
]

PEOPLE: tuple[str, ...] = ("adult", "child", "wheelchair")
ANIMALS: tuple[str, ...] = ("deer", "cow", "horse", "dog", "boar", "moose")
RIDDEN: tuple[str, ...] = ("bicycle", "motorcycle")
VEHICLES: tuple[str, ...] = (
    "car", "van", "truck", "bus", "ambulance", "police_car", "fire_engine", "excavator", "tractor",
)  # fmt: skip
_DRIVEN = ("driving", "turning", "braking", "stopped", "cut_in", "oncoming")
ACTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*VEHICLES, *RIDDEN), _DRIVEN),
    "excavator": ("driving", "stopped", "oncoming"),
    "tractor": ("driving", "stopped", "oncoming", "turning"),
    "bicycle": (*_DRIVEN, "crossing"),
    "adult": ("crossing", "jaywalking", "running", "walking", "standing"),
    "child": ("crossing", "jaywalking", "running", "walking", "standing"),
    "wheelchair": ("crossing", "walking", "standing"),
    **dict.fromkeys(ANIMALS, ("crossing", "running", "walking", "standing")),
    "caravan": ("driving", "stopped", "oncoming"),
    "debris": ("lying",),
}
SPEEDS: dict[str, tuple[float, float]] = {  # m/s, of people and animals by action; of vehicles by zone, below
    "walking": (0.9, 1.7), "crossing": (1.0, 1.8), "jaywalking": (1.2, 3.2), "running": (2.5, 5.0), "standing": (0, 0),
}  # fmt: skip
LIMITS: dict[str, float] = {"motorway": 30.0, "rural": 22.0, "urban": 13.5, "residential": 8.0}  # m/s


class Words(BaseModel):
    """Frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Road(Words):
    """The drivable area (PAS 1883: scenery, drivable area)."""

    zone: Zone = "urban"
    layout: Layout = "straight"
    lanes: Annotated[int, Field(ge=1, le=4)] = 1  # in each direction
    lane_width: Annotated[float, Field(ge=2.4, le=4.5)] = 3.3  # metres
    surface: Surface = "asphalt"
    curve_radius: Annotated[float, Field(ge=25.0, le=2000.0)] = 120.0  # metres, where the layout is a curve
    crossing: bool = False  # a zebra crossing where the main actor crosses


class Surroundings(Words):
    """What stands beside the road (PAS 1883: fixed road structures)."""

    buildings: Annotated[float, Field(ge=0.0, le=1.0)] | None = None  # share of the frontage; None: by zone
    trees: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    street_lights: bool | None = None


class Traffic(Words):
    """Other road users (PAS 1883: dynamic elements, traffic)."""

    vehicles: Annotated[int, Field(ge=0, le=40)] | None = None  # moving ones, in both directions; None: by zone
    parked: Annotated[float, Field(ge=0.0, le=1.0)] | None = None  # share of the kerb that is parked on
    walkers: Annotated[int, Field(ge=0, le=40)] | None = None  # people on the pavements


class Sign(Words):
    """A sign beside the road with its exact text."""

    kind: Literal["warning", "speed", "stop", "yield", "name", "direction", "billboard"] = "name"
    text: Annotated[str, Field(max_length=40)] = ""
    distance: Annotated[float, Field(ge=4.0, le=120.0)] = 25.0  # metres ahead of where the camera starts
    side: Side = "right"


class Actor(Words):
    """A road user of its own: what it is, what it does, and how it looks."""

    kind: ActorKind
    action: Action
    colour: ColourName | None = None  # paint or upper clothes; None: drawn
    size: Annotated[float, Field(gt=0.05, le=25.0)] | None = (
        None  # metres: height (animals: at the withers), or length
    )
    distance: Annotated[float, Field(ge=4.0, le=150.0)] | None = None  # ahead of the camera, in the middle frame
    side: Side | None = None  # where it comes from or is
    speed: Annotated[float, Field(ge=0.0, le=60.0)] | None = None  # m/s
    hidden_by: Literal["nothing", "parked_car"] | None = None  # what it comes out from behind
    text: Annotated[str, Field(max_length=20)] | None = None  # plate of a car, side of a truck, bus or van

    @model_validator(mode="after")
    def _able(self) -> Actor:
        able = ACTIONS[self.kind]
        if self.action not in able:
            raise ValueError(f"a {self.kind} cannot be {self.action!r}: it can be {', '.join(able)}")
        if self.hidden_by == "parked_car" and self.action not in ("jaywalking", "running", "crossing"):
            raise ValueError(f"a {self.kind} that is {self.action!r} does not come out from behind a parked car")
        return self


class Weather(Words):
    """Environmental conditions (PAS 1883: weather, particulates). Numbers left out follow from the kind."""

    kind: WeatherKind = "clear"
    visibility: Annotated[float, Field(ge=20.0)] | None = None  # metres
    rain: Annotated[float, Field(ge=0.0, le=100.0)] | None = None  # mm an hour
    snowfall: Annotated[float, Field(ge=0.0, le=20.0)] | None = None  # mm of water an hour

    @model_validator(mode="after")
    def _agrees(self) -> Weather:
        if self.kind == "clear" and self.visibility is not None and self.visibility < 1000:
            raise ValueError(f"clear weather has no visibility of {self.visibility:g} m: say kind fog")
        if self.rain and self.kind not in ("rain",):
            raise ValueError(f"{self.rain:g} mm of rain an hour and weather {self.kind!r}: say kind rain")
        if self.snowfall and self.kind != "snow":
            raise ValueError(f"snowfall and weather {self.kind!r}: say kind snow")
        return self


SUN: dict[str, tuple[float, float]] = {"day": (25, 65), "low_sun": (4, 14), "dusk": (-6, 0), "night": (-40, -12)}


class Time(Words):
    """Illumination (PAS 1883): the time of day, or the sun itself."""

    kind: TimeKind = "day"
    sun_elevation: Annotated[float, Field(ge=-90.0, le=90.0)] | None = None  # degrees above the horizon
    sun_azimuth: Annotated[float, Field(ge=-360.0, le=360.0)] | None = None  # degrees to the left of the road ahead

    @model_validator(mode="after")
    def _agrees(self) -> Time:
        low, high = {"day": (10, 90), "low_sun": (0, 20), "dusk": (-10, 3), "night": (-90, -6)}[self.kind]
        if self.sun_elevation is not None and not low <= self.sun_elevation <= high:
            raise ValueError(
                f"{self.kind} with the sun {self.sun_elevation:g} degrees above the horizon: it is "
                f"{low} to {high} degrees then"
            )
        return self


class Ego(Words):
    """The vehicle that carries the cameras (PAS 1883: subject vehicle)."""

    action: Literal["driving", "braking", "turning", "stopped"] = "driving"
    speed: Annotated[float, Field(ge=0.0, le=60.0)] | None = None  # m/s at the first frame; None: by zone


class CameraSpec(Words):
    """One camera of the rig. The default is like KITTI's: 1.65 m above the road, 1242 x 375, f = 721.54 pixels."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z]\w{0,30}$")] = "front"
    width: int = 1242
    height: int = 375
    focal: Annotated[float, Field(gt=1.0)] | None = None  # pixels; None: KITTI's field of view at this width
    x: float = 1.5  # metres before the middle of the vehicle
    y: float = 0.0
    z: Annotated[float, Field(gt=0.2, le=5.0)] = 1.65
    yaw: float = 0.0  # degrees to the left
    pitch: float = 0.0  # degrees down

    @model_validator(mode="after")
    def _drawable(self) -> CameraSpec:
        if not (16 <= self.width <= 8192 and 16 <= self.height <= 8192):
            raise ValueError(f"a camera of {self.width} x {self.height} pixels: each side takes 16 to 8192")
        return self


class Model3D(Words):
    """A mesh of the user's own (glTF, GLB, OBJ, PLY, STL), placed beside or on the road."""

    path: str
    distance: Annotated[float, Field(ge=2.0, le=150.0)] = 15.0
    offset: float = 0.0  # metres to the left of the camera's path
    yaw: float = 0.0  # degrees
    size: Annotated[float, Field(gt=0.0, le=60.0)] | None = None  # longest side in metres; None: as in the file
    name: str = "object"
    semantic: str = "dynamic"  # a Cityscapes class


class Scene(Words):
    """A clip."""

    frames: Annotated[int, Field(ge=1, le=2000)] = 20
    rate: Annotated[float, Field(gt=0.0, le=240.0)] = 10.0  # frames a second
    drive_on: Side = "right"
    road: Road = Road()
    surroundings: Surroundings = Surroundings()
    weather: Weather = Weather()
    time: Time = Time()
    ego: Ego = Ego()
    actors: tuple[Actor, ...] = ()
    traffic: Traffic = Traffic()
    signs: tuple[Sign, ...] = ()
    models: tuple[Model3D, ...] = ()
    cameras: Annotated[tuple[CameraSpec, ...], Field(min_length=1)] = (CameraSpec(),)

    @model_validator(mode="after")
    def _possible(self) -> Scene:
        names = [c.name for c in self.cameras]
        if len(set(names)) < len(names):
            raise ValueError("two cameras have the same name: rename one")
        on_foot = [a for a in self.actors if a.kind in ("adult", "child", "wheelchair")]
        if self.road.zone == "motorway":
            if self.road.layout == "crossroads":
                raise ValueError("a motorway has no crossroads: say zone rural or urban")
            if any(a.action == "crossing" for a in on_foot):
                raise ValueError("nobody has a crossing on a motorway: say action jaywalking")
        if self.ego.action == "turning" and self.road.layout != "crossroads":
            raise ValueError("the ego vehicle turns only at crossroads: say road layout crossroads")
        if self.ego.action == "stopped" and self.ego.speed:
            raise ValueError(f"the ego vehicle is stopped and has a speed of {self.ego.speed:g} m/s: leave one out")
        return self


def read_scene(value: Any, name: str = "scene") -> Scene:
    """A scene from plain values; InputError with one sentence that names the field (and what was meant)."""
    try:
        return Scene.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{name}: {_explain(first)}") from None


def _explain(first: Any) -> str:
    place = ".".join(str(p) for p in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"no field {place!r}: {did_you_mean(str(first['loc'][-1]), _fields(first['loc'][:-1]))}"
    if first["type"] == "literal_error":
        known = [w.strip(" '") for w in first["ctx"]["expected"].replace(" or ", ", ").split(",")]
        return f"{place} is {first['input']!r}: {did_you_mean(str(first['input']), known)}"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _fields(path: Any) -> list[str]:
    """Names of the fields of the part of the scene that a path leads to."""
    here: Any = Scene
    for step in path:
        if isinstance(step, str):
            wanted = here.model_fields[step].annotation
            options = [wanted, *get_args(wanted)]
            here = next((o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), here)
    return list(here.model_fields)
