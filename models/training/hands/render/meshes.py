"""Rigged right hands from `hand-meshes.npz`, and how that file was made: `python -m hands.render.meshes FOLDER` with the CC0 meshes.

FOLDER holds, from GitHub: makehumancommunity/makehuman at a8bc2d54 (base.obj, default.mhskel, default_weights.mhw and the
r-hand-*.target files as makehuman-base/) and GodotVR/godot-xr-tools at 2d8db860 (hands/model and hands/textures as
godot-xr-tools-hands/). The MakeHuman mesh is cut to hand and forearm, textures to one colour a vertex. Metres.
"""

import base64
import json
import os
import sys

import numpy as np

from .hand_model import HandModel, unit

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hand-meshes.npz")
# Shape targets of MakeHuman; each has a form for more (incr) and for less (decr).
TARGETS = ("r-hand-fingers-diameter", "r-hand-fingers-distance", "r-hand-fingers-length", "r-hand-scale")
BONES = ["lowerarm01.R", "lowerarm02.R", "wrist.R", *[f"metacarpal{k}.R" for k in range(1, 5)], *[f"finger{f}-{k}.R" for f in range(1, 6) for k in (1, 2, 3)]]
WRIST_BONE = 2
TEXTURES = ("african_baseColor", "african_realistic_baseColor", "caucasian_baseColor", "caucasian_realistic_baseColor")
# A finger tip is put this far under the skin at the end of the last bone.
TIP_DEPTH_M = 0.003


def makehuman(morph: dict[str, float]) -> HandModel:
    """The hand with forearm; `morph` gives each target of TARGETS a weight, -1..1."""
    with np.load(FILE) as data:
        points = data["makehuman_points"].astype(float)
        for name, weight in morph.items():
            form = TARGETS.index(name) * 2 + (0 if weight > 0 else 1)
            points += abs(weight) * data["makehuman_targets"][form]
        points *= 0.1  # decimetres
        weights, triangles = data["makehuman_weights"].astype(float), data["makehuman_triangles"]
        head, tail = (np.stack([points[row[row >= 0]].mean(0) for row in data[f"makehuman_{end}s"]]) for end in ("head", "tail"))
    skin = points[: len(weights)]
    first = lambda f, k: BONES.index(f"finger{f + 1}-{k + 1}.R")
    joints, bone_of = np.zeros((21, 3)), {0: WRIST_BONE}
    joints[0] = head[WRIST_BONE]
    for f in range(5):
        for k in range(3):
            joints[1 + 4 * f + k], bone_of[1 + 4 * f + k] = head[first(f, k)], first(f, k)
        end = first(f, 2)
        along = unit(tail[end] - head[end])
        reach = ((skin[weights[:, end] > 0.6] - head[end]) @ along).max()
        joints[4 + 4 * f], bone_of[4 + 4 * f] = head[end] + along * (reach - TIP_DEPTH_M), end
    parents = [-1, 0, 1, 2, 2, 2, 2, 2, 7, 8, 3, 10, 11, 4, 13, 14, 5, 16, 17, 6, 19, 20]
    arm = unit(head[WRIST_BONE] - head[0])
    return HandModel(skin, triangles, weights, parents, head, joints, bone_of, WRIST_BONE, arm)


def godot() -> tuple[HandModel, list[np.ndarray]]:
    """The hand of the XR tools, which has no forearm, and four skins as a colour a vertex."""
    with np.load(FILE) as data:
        skin, triangles, weights = data["godot_points"].astype(float), data["godot_triangles"], data["godot_weights"].astype(float)
        head, parents, names = data["godot_heads"].astype(float), data["godot_parents"].tolist(), data["godot_bones"].tolist()
        skins = [c.astype(float) for c in data["godot_skins"]]
    bone = {name: i for i, name in enumerate(names)}
    joints, bone_of = np.zeros((21, 3)), {0: bone["Wrist"]}
    joints[0] = head[bone["Wrist"]]
    for f, finger in enumerate(("Thumb", "Index", "Middle", "Ring", "Little")):
        for k, part in enumerate(("Metacarpal", "Proximal", "Distal") if f == 0 else ("Proximal", "Intermediate", "Distal")):
            joints[1 + 4 * f + k], bone_of[1 + 4 * f + k] = head[bone[f"{finger}_{part}"]], bone[f"{finger}_{part}"]
        end, tip = bone[f"{finger}_Distal"], bone[f"{finger}_Tip"]
        along = unit(head[tip] - head[end])
        reach = ((skin[weights[:, end] + weights[:, tip] > 0.6] - head[end]) @ along).max()
        joints[4 + 4 * f], bone_of[4 + 4 * f] = head[end] + along * (reach - TIP_DEPTH_M), end
    return HandModel(skin, triangles, weights, parents, head, joints, bone_of, bone["Wrist"], unit(joints[9] - joints[0])), skins


def read_base(folder: str) -> tuple[np.ndarray, dict[str, list[list[int]]]]:
    """Points of MakeHuman's base mesh, and the faces of each of its groups."""
    points, faces, group = [], {}, None
    with open(os.path.join(folder, "base.obj")) as f:
        for line in f:
            if line.startswith("v "):
                points.append([float(v) for v in line.split()[1:4]])
            elif line.startswith("g "):
                group = line.split()[1]
            elif line.startswith("f "):
                faces.setdefault(group, []).append([int(v.split("/")[0]) - 1 for v in line.split()[1:]])
    return np.array(points), faces


def triangles_of(faces: list[list[int]], kept: np.ndarray) -> list[list[int]]:
    """Triangles of the faces whose corners are all kept."""
    out = []
    for face in faces:
        if all(kept[v] for v in face):
            out.append(face[:3])
            if len(face) == 4:
                out.append([face[0], face[2], face[3]])
    return out


def read_makehuman(folder: str) -> dict[str, np.ndarray]:
    points, groups = read_base(folder)
    with open(os.path.join(folder, "default.mhskel")) as f:
        skeleton = json.load(f)
    with open(os.path.join(folder, "default_weights.mhw")) as f:
        all_weights = json.load(f)["weights"]
    weights, total = np.zeros((len(points), len(BONES))), np.zeros(len(points))
    for bone, pairs in all_weights.items():
        index, value = np.array(pairs).T
        total[index.astype(int)] += value
        if bone in BONES:
            weights[index.astype(int), BONES.index(bone)] += value
    ours = (weights.sum(1) > 0.5 * np.maximum(total, 1e-9)) & (total > 0)
    triangles = np.array(triangles_of(groups["body"], ours))
    used = np.unique(triangles)
    ends = {end: [skeleton["joints"][skeleton["bones"][b][end]] for b in BONES] for end in ("head", "tail")}
    helpers = np.setdiff1d(np.unique(np.concatenate([np.array(v) for rows in ends.values() for v in rows])), used)
    kept = np.concatenate([used, helpers])
    number = -np.ones(len(points), int)
    number[kept] = np.arange(len(kept))
    targets = np.zeros((2 * len(TARGETS), len(points), 3))
    for t, name in enumerate(TARGETS):
        for k, form in enumerate(("incr", "decr")):
            with open(os.path.join(folder, "targets", f"{name}-{form}.target")) as f:
                for line in f:
                    if line.strip() and line[0] != "#":
                        index, *move = line.split()
                        targets[2 * t + k, int(index)] += [float(v) for v in move[:3]]
    longest = max(len(v) for rows in ends.values() for v in rows)
    padded = lambda rows: np.array([[*number[np.array(v)], *[-1] * (longest - len(v))] for v in rows], np.int32)
    return dict(
        makehuman_points=points[kept].astype(np.float32),
        makehuman_targets=targets[:, kept].astype(np.float32),
        makehuman_triangles=number[triangles].astype(np.int32),
        makehuman_weights=(weights[used] / weights[used].sum(1, keepdims=True)).astype(np.float32),
        makehuman_heads=padded(ends["head"]),
        makehuman_tails=padded(ends["tail"]),
    )


def read_person(folder: str) -> dict[str, np.ndarray]:
    """Head, neck and shoulders of MakeHuman's base mesh, with its eyes and the hull that its hair is made in."""
    points, groups = read_base(folder)
    with open(os.path.join(folder, "default_weights.mhw")) as f:
        all_weights = json.load(f)["weights"]
    weight = {}
    for bone, pairs in all_weights.items():
        index, value = np.array(pairs).T
        weight.setdefault(bone, np.zeros(len(points)))[index.astype(int)] += value
    of = lambda *starts: sum((w for bone, w in weight.items() if bone.startswith(starts)), np.zeros(len(points)))
    neck, trunk = of("neck"), of("spine", "clavicle", "shoulder", "breast", "upperarm01")
    limbs = of("lowerarm", "upperarm02", "pelvis", "upperleg", "lowerleg", "wrist", "metacarpal", "finger", "foot", "toe")
    everywhere = np.ones(len(points), bool)
    parts = [triangles_of(groups["body"], limbs < 0.5), triangles_of(groups["helper-l-eye"] + groups["helper-r-eye"], everywhere), triangles_of(groups["helper-hair"], everywhere)]
    used, triangles = np.unique(np.concatenate(parts), return_inverse=True)
    traits = np.stack([of("oris"), of("oculi"), of("jaw", "risorius", "levator06"), np.clip(neck, 0, 1), np.clip(trunk, 0, 1)], 1)
    eye = np.unique(parts[1])
    middle = [points[eye[points[eye, 0] * side > 0]].mean(0) for side in (1, -1)]
    return dict(
        person_points=points[used].astype(np.float32),
        person_triangles=triangles.reshape(-1, 3).astype(np.int32),
        person_parts=np.repeat(np.arange(3), [len(p) for p in parts]).astype(np.uint8),
        person_traits=traits[used].astype(np.float16),
        person_eyes=np.array(middle, np.float32),
    )


def read_godot(folder: str) -> dict[str, np.ndarray]:
    import cv2

    with open(os.path.join(folder, "hand_r.gltf")) as f:
        scene = json.load(f)
    buffer = base64.b64decode(scene["buffers"][0]["uri"].split(",")[1])

    def accessor(index: int) -> np.ndarray:
        a = scene["accessors"][index]
        view = scene["bufferViews"][a["bufferView"]]
        width = {"VEC3": 3, "VEC2": 2, "VEC4": 4, "SCALAR": 1, "MAT4": 16}[a["type"]]
        kind = {5126: np.float32, 5121: np.uint8, 5123: np.uint16}[a["componentType"]]
        at = view.get("byteOffset", 0) + a.get("byteOffset", 0)
        return np.frombuffer(buffer, kind, a["count"] * width, at).reshape(-1, width)

    part = scene["meshes"][0]["primitives"][0]
    attributes, skin = part["attributes"], scene["skins"][0]
    points = accessor(attributes["POSITION"])
    names = [scene["nodes"][n]["name"][:-2] for n in skin["joints"]]
    inverse = accessor(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1).astype(float)
    weights = np.zeros((len(points), len(names)))
    for k in range(4):
        np.add.at(weights, (np.arange(len(points)), accessor(attributes["JOINTS_0"])[:, k].astype(int)), accessor(attributes["WEIGHTS_0"])[:, k])
    node = {n: i for i, n in enumerate(skin["joints"])}
    parents = [-1] * len(names)
    for number, n in enumerate(scene["nodes"]):
        for child in n.get("children") or []:
            if number in node and child in node:
                parents[node[child]] = node[number]
    uv, skins = accessor(attributes["TEXCOORD_0"]) % 1.0, []
    for name in TEXTURES:
        t = cv2.GaussianBlur(cv2.imread(os.path.join(folder, "textures", name + ".png")), (0, 0), 3)[..., ::-1] / 255.0
        h, w = t.shape[:2]
        skins.append(t[np.clip((uv[:, 1] * h).astype(int), 0, h - 1), np.clip((uv[:, 0] * w).astype(int), 0, w - 1)])
    return dict(
        godot_points=points,
        godot_triangles=accessor(part["indices"]).reshape(-1, 3).astype(np.int32),
        godot_weights=(weights / weights.sum(1, keepdims=True)).astype(np.float32),
        godot_heads=np.array([np.linalg.inv(m)[:3, 3] for m in inverse], np.float32),
        godot_parents=np.array(parents, np.int32),
        godot_bones=np.array(names),
        godot_skins=np.array(skins, np.float32),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    base = os.path.join(sys.argv[1], "makehuman-base")
    made = {**read_makehuman(base), **read_person(base), **read_godot(os.path.join(sys.argv[1], "godot-xr-tools-hands"))}
    np.savez_compressed(FILE, **made)
    print(f"{FILE}: {os.path.getsize(FILE)} bytes")
