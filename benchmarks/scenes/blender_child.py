"""Runs in Blender's Python (`bpy`), never in ours: render exported triangles with Cycles and tell the CPU seconds.

`python blender_child.py STEM` reads STEM.npz (`benchmarks.scenes.frame_cpu_seconds.export`), writes STEM.png and
prints JSON: seconds of the first and of the next frame with one sample and all passes ("passes"), and with 16
samples denoised, with plain and with patterned materials.
"""

import json
import sys
import time

import bpy
import numpy as np
from mathutils import Matrix

FLIP = np.diag([1.0, -1.0, -1.0, 1.0])  # Blender's camera looks along -z with y up


def main(stem):
    data = np.load(stem + ".npz")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.render.threads_mode, scene.render.threads = "FIXED", 1
    scene.render.use_persistent_data = True
    width, height, focal = data["lens"]
    scene.render.resolution_x, scene.render.resolution_y = int(width), int(height)
    scene.render.filepath = stem + "_plain.png"
    scene.frame_start, scene.frame_end = 1, 3
    materials = bodies(scene, data)
    camera(scene, data["camera"], width, focal)
    light(scene, *data["sun"])
    out = {"version": bpy.app.version_string}
    layer = scene.view_layers[0]
    scene.cycles.use_adaptive_sampling = False
    for name, samples in (("passes", 1), ("plain", 16), ("patterned", 16)):
        scene.cycles.samples, scene.cycles.use_denoising = samples, samples > 1
        for each in ("z", "normal", "object_index", "vector"):
            setattr(layer, "use_pass_" + each, samples == 1)
        if name == "patterned":
            scene.render.filepath = stem + ".png"
            patterned(materials, data)
            sky(scene, data["sun"][0])
        out[name] = [timed(scene, 2, samples > 1), timed(scene, 3, False)]
    print(json.dumps(out))


def timed(scene, frame, written):
    """CPU seconds of going to a frame and rendering it."""
    start = time.process_time()
    scene.frame_set(frame)
    bpy.ops.render.render(write_still=written)
    return time.process_time() - start


def bodies(scene, data):
    """An object a body; bodies that stand and are not counted are one object, as a user would have it."""
    materials = [material(i, *m) for i, m in enumerate(zip(data["colours"], data["roughness"], strict=True))]
    still = []
    for k, poses in enumerate(data["poses"]):
        rows = slice(*data["first_vertex"][k : k + 2])
        marks = slice(*data["first_face"][k : k + 2])
        part = data["vertices"][rows], data["faces"][marks], data["material"][marks]
        if data["instance"][k] == 0 and np.array_equal(poses[0], poses[2]):
            turned = part[0] @ poses[1, :3, :3].T + poses[1, :3, 3]
            still.append((turned, *part[1:]))
        else:
            made = thing(scene, *part, materials)
            made.pass_index = int(data["instance"][k])
            keyed(made, poses)
    if still:
        starts = np.cumsum([0, *(len(v) for v, _, _ in still)])
        faces = np.concatenate([f + s for (_, f, _), s in zip(still, starts[:-1], strict=True)])
        thing(
            scene,
            np.concatenate([v for v, _, _ in still]),
            faces,
            np.concatenate([m for *_, m in still]),
            materials,
        )
    return materials


def thing(scene, vertices, faces, numbers, materials):
    shape = bpy.data.meshes.new("shape")
    shape.from_pydata(vertices.tolist(), [], faces.tolist())
    used, places = np.unique(numbers, return_inverse=True)
    for i in used:
        shape.materials.append(materials[i])
    shape.polygons.foreach_set("material_index", places.astype(np.int32))
    made = bpy.data.objects.new("body", shape)
    scene.collection.objects.link(made)
    return made


def keyed(made, poses):
    made.rotation_mode = "QUATERNION"
    for k, pose in enumerate(poses):
        made.matrix_world = Matrix(pose.tolist())
        made.keyframe_insert("location", frame=k + 1)
        made.keyframe_insert("rotation_quaternion", frame=k + 1)


def material(i, colour, roughness):
    made = bpy.data.materials.new(f"m{i}")
    made.use_nodes = True
    node = made.node_tree.nodes["Principled BSDF"]
    node.inputs["Base Color"].default_value = (*colour.tolist(), 1.0)
    node.inputs["Roughness"].default_value = float(roughness)
    return made


def patterned(materials, data):
    """Two colours mixed by a noise of the object's frame, with relief, where our materials have a pattern."""
    for made, second, yes in zip(materials, data["second"], data["patterned"], strict=True):
        if not yes:
            continue
        nodes, link = made.node_tree.nodes, made.node_tree.links.new
        surface = nodes["Principled BSDF"]
        place, noise, mix, bump = (
            nodes.new("ShaderNode" + n) for n in ("TexCoord", "TexNoise", "Mix", "Bump")
        )  # fmt: skip
        noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = 4.0, 4.0
        bump.inputs["Strength"].default_value = 0.2
        mix.data_type = "RGBA"
        sockets = [s for s in mix.inputs if s.type == "RGBA"]
        sockets[0].default_value = surface.inputs["Base Color"].default_value
        sockets[1].default_value = (*second.tolist(), 1.0)
        link(place.outputs["Object"], noise.inputs["Vector"])
        link(noise.outputs[0], mix.inputs[0])
        link(noise.outputs[0], bump.inputs["Height"])
        link(next(s for s in mix.outputs if s.type == "RGBA"), surface.inputs["Base Color"])
        link(bump.outputs["Normal"], surface.inputs["Normal"])


def sky(scene, elevation):
    """Blender's own sky by the sun's height."""
    nodes, link = scene.world.node_tree.nodes, scene.world.node_tree.links.new
    dome = nodes.new("ShaderNodeTexSky")
    dome.sun_elevation, dome.sun_disc = float(np.radians(max(elevation, 1.0))), False
    nodes["Background"].inputs["Strength"].default_value = 0.15
    link(dome.outputs["Color"], nodes["Background"].inputs["Color"])


def camera(scene, poses, width, focal):
    lens = bpy.data.cameras.new("lens")
    lens.sensor_width, lens.lens = 36.0, float(36.0 * focal / width)
    lens.clip_end = 2000.0
    made = bpy.data.objects.new("camera", lens)
    scene.collection.objects.link(made)
    keyed(made, poses @ FLIP)
    scene.camera = made


def light(scene, elevation, azimuth):
    sun = bpy.data.lights.new("sun", "SUN")
    sun.energy, sun.angle = 4.0, 0.0093
    made = bpy.data.objects.new("sun", sun)
    made.rotation_euler = (np.radians(90.0 - elevation), 0.0, np.radians(azimuth + 90.0))
    scene.collection.objects.link(made)
    world = bpy.data.worlds.new("sky")
    world.use_nodes = True
    back = world.node_tree.nodes["Background"]
    back.inputs["Color"].default_value, back.inputs["Strength"].default_value = (0.45, 0.62, 0.9, 1.0), 0.8
    scene.world = world


if __name__ == "__main__":
    main(sys.argv[1])
