"""Heads with neck and shoulders, from MakeHuman's base mesh: what a webcam sees beside hands, and what must not be taken for one.

Body space: x to the person's left, y up, z forward, metres, origin in the middle of the head.
"""

import numpy as np

from .materials import SKIN, cloth_row, colour, skin_row
from .meshes import FILE

SKIN_PART, EYE_PART, HAIR_PART = 0, 1, 2
BEHIND_EYES_M = 0.07  # the middle of the head
FACE_M = 0.2  # side of a square around a face
HAIR = np.array([[0.03, 0.025, 0.02], [0.10, 0.06, 0.04], [0.25, 0.15, 0.08], [0.55, 0.40, 0.22], [0.75, 0.62, 0.42], [0.55, 0.53, 0.51], [0.85, 0.84, 0.82], [0.40, 0.14, 0.06]])
IRIS = np.array([[0.05, 0.03, 0.02], [0.2, 0.1, 0.05], [0.2, 0.3, 0.15], [0.25, 0.4, 0.55]])


class Person:
    def __init__(self):
        with np.load(FILE) as data:
            points, eyes = data["person_points"].astype(float) * 0.1, data["person_eyes"].astype(float) * 0.1
            self.triangles, self.parts, traits = data["person_triangles"], data["person_parts"], data["person_traits"].astype(float)
        middle = eyes.mean(0) - [0, 0, BEHIND_EYES_M]
        self.points, self.eyes = points - middle, eyes - middle
        self.lips, self.lids, self.jaw, self.neck, self.trunk = np.clip(traits, 0, 1).T
        self.of_eyes = np.isin(np.arange(len(points)), self.triangles[self.parts == EYE_PART])
        self.of_hair = np.isin(np.arange(len(points)), self.triangles[self.parts == HAIR_PART])

    def dressed(self, r: np.random.Generator) -> dict:
        """What `Scene.add` takes, but for the place: somebody with a face, hair and clothes of their own."""
        v = self.points.copy()
        for _ in range(3):  # features, in waves of 5 to 15 cm
            wave = r.normal(0, 1, 3) * 2 * np.pi / r.uniform(0.05, 0.15)
            v += np.sin(self.points @ wave * 0.5 + r.uniform(0, 6.3))[:, None] * r.normal(0, 0.0012, 3) * ~self.of_eyes[:, None]
        if r.random() < 0.4:  # the mouth opens
            v[:, 1] -= self.jaw * r.uniform(0, 0.02) * (self.points[:, 2] > 0)
        tone = r.uniform(0, 7)
        skin = SKIN[int(tone)] + (SKIN[min(int(tone) + 1, 7)] - SKIN[int(tone)]) * (tone % 1)
        skin = np.clip(skin * r.uniform(0.9, 1.1) + r.normal(0, 0.025, 3), 0.05, 1)
        hair = np.clip(HAIR[r.integers(len(HAIR))] * r.uniform(0.7, 1.3), 0.01, 1) if r.random() < 0.93 else colour(r)
        tint = np.tile(skin, (len(v), 1))
        blend = lambda share, to: tint * (1 - share[:, None]) + np.asarray(to) * share[:, None]
        tint = blend(0.6 * self.lips * r.uniform(0, 1), np.clip(skin * [1.0, 0.55, 0.55], 0, 1))
        above = [np.exp(-(((self.points - e - [0, 0.022, 0.012]) / [0.02, 0.006, 0.025]) ** 2).sum(1)) for e in self.eyes]
        tint = blend(np.clip(sum(above) * r.uniform(0.4, 1.2), 0, 0.95), hair)
        around = [np.exp(-(((self.points - e) / [0.022, 0.012, 0.03]) ** 2).sum(1)) for e in self.eyes]
        tint = blend(np.clip(sum(around) * r.uniform(0, 0.6), 0, 0.6), skin * 0.5)
        if r.random() < 0.3:
            beard = np.clip(self.jaw * 1.5, 0, 1) * (self.points[:, 1] < r.uniform(-0.06, -0.035)) * (1 - self.lips)
            tint = blend(beard * r.uniform(0.3, 0.95), hair)
        gaze = np.array([r.normal(0, 0.25), r.normal(0, 0.15), 1.0])
        iris = IRIS[r.integers(len(IRIS))]
        for eye in self.eyes:
            out = self.points - eye
            ahead = out @ gaze / (np.linalg.norm(out, axis=1) * np.linalg.norm(gaze) + 1e-9)
            mine = self.of_eyes & (np.linalg.norm(out, axis=1) < 0.03)
            tint[mine] = np.where((ahead > 0.85)[mine, None], iris, 0.85)
        tint[self.of_hair] = hair
        # Materials: skin, clothes, hair. A neckline and a hairline of each person's own.
        of_corner = lambda values: values[self.triangles].mean(1)
        material = np.zeros(len(self.triangles), int)
        cloth = of_corner(self.trunk) > r.uniform(0.3, 0.97)
        material[cloth & (self.parts == SKIN_PART)] = 1
        material[self.parts == HAIR_PART] = 2
        cloth_colour = colour(r)
        tint[(self.trunk > 0.9) & ~self.of_hair] = cloth_colour
        height, depth = of_corner(self.points[:, 1]), of_corner(self.points[:, 2])
        longest = r.choice([0.05, 0.0, -0.1, -0.25, -0.5])
        forehead = depth > r.uniform(0.03, 0.06)
        worn = (self.parts != HAIR_PART) | ((height > longest) & ~(forehead & (height < r.uniform(0.05, 0.075))))
        scalp = np.clip((self.points[:, 1] - 0.05) / 0.02, 0, 1) * np.clip((0.05 - self.points[:, 2]) / 0.02, 0, 1) * ~self.of_hair
        if r.random() < 0.1:  # no hair, or little
            worn = self.parts != HAIR_PART
            tint = blend(scalp * r.choice([0.0, 0.5]), hair)
        else:
            tint = blend(scalp, hair)
        stretch = np.diag([r.uniform(0.9, 1.1), r.uniform(0.92, 1.08), r.uniform(0.92, 1.08)]) * r.uniform(0.9, 1.08)
        strands = cloth_row(r, r.uniform(0.1, 0.6))
        if r.random() < 0.95:  # else something on the head
            strands[0], strands[1], strands[3:6] = 4 * (r.random() < 0.5), r.uniform(10, 30), hair * r.uniform(0.3, 0.8)
        materials = [skin_row(r), cloth_row(r), strands]
        return dict(v=v @ stretch, t=self.triangles[worn], rest=self.points * 10, colour=tint, occlusion=1.0, material_of=material[worn], materials=materials)
