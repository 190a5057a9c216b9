"""One random scene seen from a head camera: hands with forearms, what they hold, things, a table, light. Picture, joints, a window.

Camera space: x right, y down, z ahead, metres. Hands: 0 left, 1 right; a left hand is a right one built mirrored.
"""

import numpy as np

from ..pool import CROP, FRAME
from . import meshes
from .hand_model import turn, unit
from .materials import SKIN, cloth_row, colour, skin_row, table_row, thing_row
from .person import FACE_M, Person
from .poses import fingers
from .raster import Scene
from .things import KINDS, ring_triangles, thing

LABEL_THING, LABEL_TABLE, LABEL_PERSON = 3, 4, 5  # hands are 1 (left) and 2 (right)
FACES = 0.3  # share of windows on a face, of scenes with hands and a face apart from them
SHAPES = 16  # mixtures of MakeHuman's targets
DEG = np.pi / 180


class Generator:
    """`facing` is the share of scenes that show somebody in front of the camera: at a webcam, or across the table. Without `things`
    nothing lies on the table or is held. `frame` is the picture's width and height."""

    def __init__(self, seed: int, facing: float = 0.0, things: bool = True, frame: tuple[int, int] = FRAME):
        self.r = r = np.random.default_rng(seed)
        self.facing, self.things, self.frame = facing, things, frame
        self.shapes = []
        for i in range(SHAPES):
            morph = {t: r.uniform(-1, 1) * 0.9 for t in meshes.TARGETS}
            self.shapes.append(meshes.makehuman(morph if i else {}))
        self.godot, self.skins = meshes.godot()
        self.person = Person()

    def hand(self) -> dict:
        """A posed right hand with forearm in its own frame, wrist at the origin."""
        r = self.r
        bare_mesh = r.random() < 0.3  # the XR tools' hand, which needs a forearm
        m = self.godot if bare_mesh else self.shapes[r.integers(len(self.shapes))]
        bend, spread, kind = fingers(r)
        turns = {}
        for f in range(5):
            for k in range(3):
                j = 1 + 4 * f + k
                t = turn(m.flex[j], bend[f, k] * DEG)
                if k == 0 and f > 0:
                    t = turn(m.abd[j], spread[f] * DEG * m.abd_sign) @ t
                if j == 1:
                    t = turn(m.abd[1], spread[0] * DEG * m.opp_sign) @ t
                turns[j] = t
        wrist_bend, wrist_turn = np.clip(r.normal(0, 28), -70, 70), np.clip(r.normal(0, 12), -28, 28)
        if not bare_mesh:
            turns[0] = turn(np.cross(m.along, m.palm), wrist_bend * DEG) @ turn(m.palm, wrist_turn * DEG)
        v, joints, bones = m.pose(turns)
        # Length from wrist to the middle finger's tip, and other widths and thicknesses.
        length = r.uniform(0.155, 0.205) / np.linalg.norm(m.J[12] - m.J[0])
        wrist = bones[m.wristbone, :, :3]
        along, palm = wrist @ m.along, wrist @ m.palm
        across = np.cross(along, palm)
        axes = np.stack([along, palm, across])
        stretch = axes.T @ np.diag([1, r.uniform(0.88, 1.12), r.uniform(0.9, 1.1)]) @ axes * length
        v, joints = (v - joints[0]) @ stretch.T, (joints - joints[0]) @ stretch.T
        skin, tint = self.skin_colours(m, bare_mesh)
        glove, glove_colour = r.random() < 0.06, colour(r)
        if glove:
            tint[:] = glove_colour
        curl = np.clip(bend[1:, :2].mean() / 90, 0, 1)
        occlusion = 1 - (0.15 + 0.4 * curl) * np.clip(m.palmness, 0, 1) * r.uniform(0.3, 1)
        # A sleeve begins at `cuff` metres from the wrist.
        from_wrist, u = m.arm_t * length, r.random()
        cuff = r.uniform(-0.008, 0.06) if u < 0.5 else r.uniform(0.06, 0.2) if u < 0.7 else 9
        material = np.zeros(len(m.T), int)
        if cuff < 1 and not bare_mesh:
            normals = np.einsum("vij,vj->vi", np.einsum("vb,bij->vij", m.Wt, bones[:, :, :3]), m.N)
            thick = r.uniform(0.003, 0.016) * np.clip((from_wrist - cuff) / 0.01, 0, 1)
            phase = r.uniform(0, 6, 2)
            thick = thick * (1 + 0.4 * np.sin(from_wrist * r.uniform(80, 260) + phase[0] + 3 * m.N[:, 0]))
            v = v + normals * thick[:, None]
            material[from_wrist[m.T].mean(1) > cuff] = 1
        out = dict(V=v, T=m.T, rest=m.V * 10, colour=tint, occlusion=occlusion, material=material)
        arm = m.armdir
        if bare_mesh:
            arm = self.add_forearm(out, turn(across, wrist_bend * DEG * 0.8) @ -along, palm, length, skin, glove_colour)
        out.update(J=joints, along=along, palm=palm, arm=unit(arm), kind=kind, curl=curl)
        out["materials"] = [skin_row(r), cloth_row(r)]
        if glove:
            out["materials"][0] = cloth_row(r, r.uniform(0, 0.4))
        if not bare_mesh:
            tint[from_wrist > cuff] = colour(r) if r.random() < 0.7 else r.uniform(0.02, 0.25)
            if r.random() < 0.12 and cuff > 0.05:  # a band or watch
                begin = r.uniform(0.012, 0.03)
                band = (from_wrist > begin) & (from_wrist < begin + r.uniform(0.012, 0.03))
                tint[band] = r.uniform(0, 0.3) if r.random() < 0.6 else r.uniform(0, 1, 3)
        return out

    def skin_colours(self, m, bare_mesh: bool):
        """Skin colour, and the colour of each vertex with palm, nails, knuckles and tips."""
        r = self.r
        tone = r.uniform(0, 7)
        i = int(tone)
        skin = SKIN[i] + (SKIN[min(i + 1, 7)] - SKIN[i]) * (tone - i)
        skin = np.clip(skin * r.uniform(0.9, 1.1) + r.normal(0, 0.025, 3), 0.05, 1)
        if bare_mesh and r.random() < 0.7:
            texture = self.skins[r.integers(len(self.skins))]
            return skin, skin * np.clip(texture / texture.mean(0), 0.3, 1.8) ** r.uniform(0.6, 1.3)
        tint = np.tile(skin, (len(m.V), 1))
        palm = 0.8 * np.clip(m.palmness, 0, 1)[:, None]
        palm_colour = np.clip(skin * r.uniform(1, 1.25) + np.array([0.03, 0, 0]) + (0.15 if tone > 4.5 else 0), 0, 1)
        tint = tint * (1 - palm) + palm_colour * palm
        nail = 0.8 * m.nail[:, None]
        nail_colour = np.clip(skin * r.uniform(1, 1.25) + r.uniform(0, 0.12), 0, 1) if r.random() < 0.9 else r.uniform(0, 1, 3)
        tint = tint * (1 - nail) + nail_colour * nail
        tint = tint * (1 - m.knuckle[:, None] * np.array([0.05, 0.15, 0.18]) * r.uniform(0, 1.5))
        tint[:, 1:] *= 1 - 0.1 * r.uniform(0, 1.5) * m.tipness[:, None]
        return skin, tint

    def add_forearm(self, out: dict, along, palm, length, skin, cloth):
        """A tube from the wrist, bare or a sleeve. Returns the direction from elbow to wrist."""
        r = self.r
        segments, rings, reach = 14, 6, 0.3
        a = np.linspace(0, 2 * np.pi, segments, endpoint=False)
        e1 = unit(np.cross(along, palm))
        e2 = np.cross(along, e1)
        radius, bare = r.uniform(0.026, 0.034) * length * 1.1, r.random() < 0.45
        if not bare:
            radius *= r.uniform(1.05, 1.5)
        around = np.cos(a)[:, None] * e1 + 0.78 * np.sin(a)[:, None] * e2
        rows = []
        for q in range(rings):
            t = q / (rings - 1)
            start = 0.0 if bare else r.uniform(-0.0, 0.004)
            rows.append((along * (t * reach + start - 0.006))[None] + radius * (1 + 0.5 * t) * around)
        tube, triangles = np.concatenate(rows), ring_triangles(rings, segments)
        join = lambda key, more: np.concatenate([out[key], more])
        out["T"] = join("T", triangles + len(out["V"])).astype(np.int32)
        out["V"], out["rest"] = join("V", tube), join("rest", tube * 10)
        out["colour"] = join("colour", np.tile(skin if bare else cloth, (len(tube), 1)))
        out["occlusion"], out["material"] = join("occlusion", np.ones(len(tube))), join("material", np.full(len(triangles), 0 if bare else 1))
        return -along

    def placed(self, hand: dict, at, free: bool):
        """Rotation of a hand at this place: arm from the wearer's elbow, palm mostly down and inwards; anyhow when `free`."""
        r = self.r
        if free or r.random() < 0.08:
            q = np.linalg.qr(r.normal(size=(3, 3)))[0]
            return q * np.sign(np.linalg.det(q))
        elbow = np.array([r.normal(0.2, 0.12), r.normal(0.36, 0.13), r.normal(0.08, 0.14)])
        arm = unit(at - elbow)
        wish = unit(np.array([-0.5, 0.6, 0.5]) + r.normal(0, 0.75, 3))
        palm = unit(wish - arm * (wish @ arm))
        arm0 = hand["arm"]
        palm0 = unit(hand["palm"] - arm0 * (hand["palm"] @ arm0))
        return np.stack([arm, palm, np.cross(arm, palm)], 1) @ np.stack([arm0, palm0, np.cross(arm0, palm0)], 1).T

    def shown(self, hand: dict, at):
        """Rotation of a right hand that somebody in front of the camera shows: mostly the palm to the camera."""
        r = self.r
        towards = -unit(at)
        # From below, as in front of a webcam, or from anywhere: held out, hanging, from the side.
        if r.random() < 0.55:
            arm = unit(np.array([r.normal(0, 0.45), -1.0, 0]) + towards * r.normal(0.15, 0.35))
        else:
            angle = r.uniform(0, 2 * np.pi)
            arm = unit(np.array([np.cos(angle), np.sin(angle), 0]) + towards * r.normal(0.3, 0.5))
        u = r.random()
        wish = towards if u < 0.6 else -towards if u < 0.78 else np.array([r.choice([-1.0, 1.0]), 0, 0])
        wish = unit(wish + r.normal(0, 0.35, 3))
        palm = unit(wish - arm * (wish @ arm))
        arm0 = hand["arm"] if r.random() < 0.5 else hand["along"]
        palm0 = unit(hand["palm"] - arm0 * (hand["palm"] @ arm0))
        return np.stack([arm, palm, np.cross(arm, palm)], 1) @ np.stack([arm0, palm0, np.cross(arm0, palm0)], 1).T

    def held(self, hand: dict, joints, rotation):
        """Vertices, triangles and own vertices of an object in the hand."""
        r = self.r
        palm, along = rotation @ hand["palm"], rotation @ hand["along"]
        across = np.cross(along, palm)
        kind = r.choice(KINDS, p=[0.25, 0.4, 0.1, 0.15, 0.1])
        radius = 0.015 + 0.035 * (1 - hand["curl"]) * r.uniform(0.5, 1.2)
        if kind == "box":
            size = np.array([radius * 2 * r.uniform(0.6, 1), r.uniform(0.06, 0.25), radius * 2 * r.uniform(0.3, 1)])
        else:
            size = None if kind == "card" else (radius, r.uniform(0.06, 0.28))
        own, triangles = thing(r, kind, size)
        axis = unit(across + r.normal(0, 0.3, 3))
        side = unit(np.cross(axis, palm + r.normal(0, 0.2, 3)))
        middle = (joints[[5, 9, 13]].mean(0) + joints[[8, 12, 4]].mean(0)) / 2 + palm * (radius * 0.35) + r.normal(0, 0.008, 3)
        return own @ np.stack([side, axis, np.cross(side, axis)], 1).T + middle + axis * r.uniform(-0.06, 0.06), triangles, own

    def add_table(self, scene: Scene, joints, there, any_hand: bool):
        r = self.r
        grid, distance, pitch = 14, r.uniform(0.3, 0.7), np.radians(r.uniform(5, 85))
        n = unit(np.array([r.normal(0, 0.08), -np.cos(pitch), -np.sin(pitch)]))
        for h in (0, 1):  # below the hands
            if there[h]:
                distance = max(distance, -(joints[h] @ n).min() + r.uniform(0.01, 0.2))
        e1 = unit(np.cross(n, [0, 0, 1.0]) + 1e-6)
        e2 = np.cross(n, e1)
        extent = r.uniform(0.4, 2.0)
        x, y = np.meshgrid(np.linspace(-1, 1, grid), np.linspace(-1, 1, grid))
        angle = r.uniform(-0.6, 0.6)
        x, y = x * extent * np.cos(angle) - y * extent * np.sin(angle), x * extent * np.sin(angle) + y * extent * np.cos(angle)
        middle = -n * distance + unit(np.array([0, 0.25, 1.0]) - n * n[2]) * r.uniform(0.1, 0.7)
        v = middle + x.reshape(-1, 1) * e1 + y.reshape(-1, 1) * e2
        t = []
        for q in range(grid - 1):
            for k in range(grid - 1):
                b = q * grid + k
                t += [[b, b + 1, b + grid], [b + 1, b + grid + 1, b + grid]]
        rest = np.stack([x.ravel() * 10, y.ravel() * 10, x.ravel() * 0], 1)
        scene.add(v, np.array(t), rest, colour(r), 1, np.zeros(len(t)), [table_row(r)], LABEL_TABLE)

    def add_person(self, scene: Scene, k, distance: float) -> np.ndarray:
        """Somebody who looks more or less into the camera, `distance` metres away. Returns the middle of the head."""
        r, (width, height) = self.r, self.frame
        z = np.clip(distance * np.exp(r.normal(0.25, 0.3)), 0.28, 2.5)
        at = np.array([(r.normal(0.5, 0.2) * width - k[2]) / k[0] * z, (r.normal(0.42, 0.2) * height - k[3]) / k[1] * z, z])
        turned = turn(np.array([0, 1.0, 0]), r.normal(0, 0.5)) @ turn(np.array([1.0, 0, 0]), r.normal(0, 0.25)) @ turn(np.array([0, 0, 1.0]), r.normal(0, 0.2))
        look = self.person.dressed(r)
        look["v"] = look["v"] @ (np.diag([1.0, -1.0, -1.0]) @ turned).T + at
        scene.add(**look, label=LABEL_PERSON)
        return at

    def lights(self) -> np.ndarray:
        r = self.r
        out = np.zeros(27, np.float32)
        warm = r.uniform(-0.12, 0.12)
        for k in range(3):
            direction = unit(r.normal(size=3) * np.array([1, 0.7, 0.7]) + np.array([0, -0.9, -0.5]))
            strength = [r.uniform(0.2, 0.9), r.uniform(0, 0.5), r.uniform(0, 0.3)][k]
            out[6 * k : 6 * k + 3] = direction
            out[6 * k + 3 : 6 * k + 6] = strength * np.array([1 + warm, 1, 1 - warm]) * r.uniform(0.93, 1.07, 3)
        ambient = r.uniform(0.2, 0.75)
        out[18:21] = ambient * r.uniform(0.9, 1.1, 3)
        out[21:24] = ambient * r.uniform(0.3, 0.9) * r.uniform(0.85, 1.15, 3)
        out[24:27] = unit(np.array([0, -1, -0.3]) + r.normal(0, 0.3, 3))
        return out

    def sample(self) -> dict:
        """A row of a pool (`hands.pool`)."""
        return self.row(*self.scene())

    def scene(self) -> tuple:
        """A scene, its camera (fx, fy, cx, cy), joints [2, 21, 3], which hands there are, and the middle of the head of somebody in front."""
        r = self.r
        width, height = self.frame
        fx = width / 2 / np.tan(np.radians(r.uniform(50, 122)) / 2)
        k = np.array([fx, fx * r.uniform(0.97, 1.03), width / 2 + r.normal(0, width * 0.015), height / 2 + r.normal(0, height * 0.02)])
        u = r.random()
        there = [1, 1] if u < 0.5 else [0, 1] if u < 0.7 else [1, 0] if u < 0.9 else [0, 0]
        scene, joints = Scene(), np.zeros((2, 21, 3))
        facing = self.facing > 0 and r.random() < self.facing
        other_person = facing or r.random() < 0.18
        distance = r.uniform(0.22, 0.75) if not other_person else r.uniform(0.3, 1.2)
        together, last = r.random() < 0.3, None
        for h in (0, 1):
            if not there[h]:
                continue
            hand = self.hand()
            z = np.clip(distance * np.exp(r.normal(0, 0.18)), 0.17, 1.3)
            x = np.clip(r.normal(0.64, 0.2), -0.05, 1.05) if not other_person else r.uniform(0.1, 0.9)
            y = np.clip(r.normal(0.58, 0.22), 0.02, 1.08) if not other_person else r.uniform(0.1, 0.9)
            if h == 0:
                x = 1 - x
            if together and last is not None:
                x, y, z = last[0] + r.normal(0, 0.12), last[1] + r.normal(0, 0.12), last[2] * np.exp(r.normal(0, 0.06))
            last = (x, y, z)
            at = np.array([(x * width - k[2]) / k[0] * z, (y * height - k[3]) / k[1] * z, z])
            mirror = np.array([-1, 1, 1]) if h == 0 else np.ones(3)
            at = at * mirror
            rotation = self.shown(hand, at) if facing else self.placed(hand, at, other_person)
            middle = hand["J"][[0, 5, 9, 17, 12]].mean(0)
            v, j = (hand["V"] - middle) @ rotation.T + at, (hand["J"] - middle) @ rotation.T + at
            in_hand = None
            if r.random() < (0.55 if hand["kind"] in ("grasp", "pinch", "curl", "fist") else 0.12) * self.things:
                in_hand = self.held(hand, j, rotation)
            triangles = hand["T"][:, [0, 2, 1]] if h == 0 else hand["T"]
            scene.add(v * mirror, triangles, hand["rest"], hand["colour"], hand["occlusion"], hand["material"], hand["materials"], 1 + h)
            if in_hand is not None:
                scene.add(in_hand[0] * mirror, in_hand[1], in_hand[2] * 10, colour(r), 1, np.zeros(len(in_hand[1])), [thing_row(r)], LABEL_THING)
            joints[h] = j * mirror
        head = self.add_person(scene, k, distance) if self.facing > 0 and r.random() < (0.8 if facing else 0.1) else None
        for _ in range(r.integers(0, 6) * self.things):
            own, triangles = thing(r)
            z = np.exp(r.uniform(np.log(0.3), np.log(1.6)))
            q = np.linalg.qr(r.normal(size=(3, 3)))[0]
            at = np.array([(r.uniform(-0.05, 1.05) * width - k[2]) / k[0], (r.uniform(0.1, 1.1) * height - k[3]) / k[1], 1]) * z
            scale = r.uniform(0.7, 1.8)
            if last is not None and z < last[2] and r.random() < 0.6:
                continue
            tint = colour(r) if r.random() < 0.85 else SKIN[r.integers(8)]
            scene.add(own * scale @ q.T + at, triangles, own * 10, tint, 1, np.zeros(len(triangles)), [thing_row(r)], LABEL_THING)
        if r.random() < 0.55:
            self.add_table(scene, joints, there, last is not None)
        if not scene.parts:  # the rasteriser wants a triangle; this one has no area
            scene.add(np.zeros((3, 3)), [[0, 1, 2]], np.zeros((3, 3)), 0, 1, [0], [thing_row(r)], 0)
        scene.close(self.lights())
        return scene, k, joints, there, head

    def face_window(self, k, head, uv, presence):
        """Middle and side of a window on a face; `None` when there is none in the picture, or a hand may be in the window."""
        r, (width, height) = self.r, self.frame
        if head is None:
            return None
        across = k[0] * FACE_M / head[2]
        side = across * np.exp(r.uniform(np.log(0.5), np.log(2.2)))
        middle = head[:2] / head[2] * k[:2] + k[2:] + r.normal(0, 0.25, 2) * across
        near = [(np.abs(uv[h] - middle).max(1) < side * 0.62).any() for h in (0, 1) if presence[h] != 0]
        return (middle, side) if (middle > 0).all() and (middle < [width, height]).all() and not any(near) else None

    def row(self, scene: Scene, k, joints, there, head) -> dict:
        r = self.r
        width, height = self.frame
        full = scene.draw(r, k, width, height)
        uv, presence, size = np.zeros((2, 21, 2)), np.zeros(2), np.zeros(2)
        for h in (0, 1):
            if not there[h]:
                continue
            z = np.maximum(joints[h][:, 2], 0.03)
            uv[h] = np.stack([joints[h][:, 0] / z * k[0] + k[2], joints[h][:, 1] / z * k[1] + k[3]], 1)
            inside = ((uv[h] > 0) & (uv[h] < [width - 1, height - 1])).all(1).sum()
            at = np.round(uv[h]).astype(int)
            on = (at >= 0).all(1) & (at < [width, height]).all(1)
            seen = (full["label"][at[on][:, 1], at[on][:, 0]] == 1 + h).sum()
            pixels = (full["label"] == 1 + h).sum()
            presence[h] = 1 if inside >= 10 and seen >= 6 and pixels > 40 else 0 if seen == 0 and inside < 3 else -1
            size[h] = k[0] * 0.1 / joints[h][0, 2] if joints[h][0, 2] > 0.03 else 0
        out = dict(rgb=full["rgb"], alpha=full["alpha"], K=k, J3=joints, uv=uv, pres=presence, size=size)
        # The window: mostly on a hand, on a face that no hand is near, else anywhere.
        of = [h for h in (0, 1) if presence[h] == 1]
        face = self.face_window(k, head, uv, presence)
        if face is not None and (not of or r.random() < FACES):
            (h, window_presence), (middle, side) = (r.integers(2), 0), face
        elif of and r.random() < 0.93:
            h, window_presence = of[r.integers(len(of))], 1
            low, high = uv[h].min(0), uv[h].max(0)
            side = max(high - low) * r.uniform(1.3, 2.3) + 2
            middle = (low + high) / 2 + r.normal(0, 0.08, 2) * side
        else:
            h, side = r.integers(2), np.exp(r.uniform(np.log(20), np.log(120)))
            middle, window_presence = r.uniform(0, 1, 2) * [width, height], -1 if of else 0
        zoom = CROP / side
        corner = middle - side / 2
        window = scene.draw(r, np.array([k[0] * zoom, k[1] * zoom, (k[2] - corner[0]) * zoom, (k[3] - corner[1]) * zoom]), CROP, CROP)
        out.update(crgb=window["rgb"], calpha=window["alpha"], cuv=(uv[h] - corner) * zoom, cJ3=joints[h], cmeta=[h, window_presence, size[h] * zoom, 0])
        return out
