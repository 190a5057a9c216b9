"""A rigged right hand: 21 joints, axes of bending and spreading, regions of skin, and posing by linear blend skinning."""

import numpy as np


def unit(v):
    return v / (np.linalg.norm(v) + 1e-12)


def turn(axis, angle: float) -> np.ndarray:
    """Rotation matrix about an axis (Rodrigues)."""
    x, y, z = unit(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


class HandModel:
    """Rest pose in the mesh's own axes, metres.

    `flex[j]`: turning bone j about it bends the finger towards the palm; `abd[j]`: spreads it. `palmness` -1 back .. 1 palm;
    `nail`, `tipness`, `knuckle` 0..1; `arm_t` metres from the wrist towards the elbow; all per vertex.
    """

    def __init__(self, skin, triangles, weights, parents, head, joints, bone_of, wrist_bone, armdir):
        self.V, self.T, self.Wt, self.head, self.J = skin, triangles, weights, head, joints
        self.bone_of, self.wristbone, self.armdir = bone_of, wrist_bone, armdir
        self.parent = parents
        self.order = self._parents_first()
        self._axes()
        self._regions()

    def _parents_first(self) -> list[int]:
        order: list[int] = []

        def visit(i):
            if i not in order:
                if self.parent[i] >= 0:
                    visit(self.parent[i])
                order.append(i)

        for i in range(len(self.parent)):
            visit(i)
        return order

    def _axes(self):
        j = self.J
        wrist, index, little, middle = j[0], j[5], j[17], j[9]
        self.along = unit(middle - wrist)
        self.palm = unit(np.cross(index - wrist, little - wrist))
        # Fingers bend towards the palm in the rest pose: that fixes the sign.
        bent = 0.0
        for k in (5, 9, 13, 17):
            chord, bone = j[k + 3] - j[k], unit(j[k + 1] - j[k])
            bent += (chord - (chord @ bone) * bone) @ self.palm
        if bent < 0:
            self.palm = -self.palm
        self.size = np.linalg.norm(j[9] - j[0])
        self.flex, self.abd = np.zeros((21, 3)), np.zeros((21, 3))
        for f in range(1, 5):
            for k in range(3):
                i = 1 + 4 * f + k
                self.flex[i], self.abd[i] = unit(np.cross(unit(j[i + 1] - j[i]), self.palm)), self.palm
        # The thumb bends in the plane of its own chain, towards the little finger's base and the palm.
        thumb = unit(j[4] - j[2])
        axis = unit(np.cross(thumb, unit(unit(j[17] - j[2]) * 0.6 + self.palm * 0.8)))
        self.flex[1:4] = axis
        self.abd[1] = self.along  # opposition: roll about the hand's long axis
        self.abd[2] = unit(np.cross(axis, thumb))
        # A negative spread of the index must lead away from the little finger.
        bone = unit(j[6] - j[5])
        self.abd_sign = 1.0 if np.cross(self.palm, bone) @ unit(j[5] - j[17]) * -0.1 + bone @ unit(j[5] - j[17]) > 0 else -1.0
        # Positive opposition carries the thumb's tip towards the palm.
        self.opp_sign = 1.0 if np.cross(self.along, j[4] - j[1]) @ self.palm > 0 else -1.0

    def _regions(self):
        v, t = self.V, self.T
        n = np.zeros_like(v)
        face = np.cross(v[t[:, 1]] - v[t[:, 0]], v[t[:, 2]] - v[t[:, 0]])
        for k in range(3):
            np.add.at(n, t[:, k], face)
        n /= np.linalg.norm(n, axis=1, keepdims=True) + 1e-12
        self.N = n
        self.palmness = np.clip(n @ self.palm, -1, 1)
        self.nail, self.tipness, self.knuckle = np.zeros(len(v)), np.zeros(len(v)), np.zeros(len(v))
        scale = self.size / 0.09
        for f in range(5):
            a, b = self.J[3 + 4 * f], self.J[4 + 4 * f]
            along, length = unit(b - a), np.linalg.norm(b - a)
            at = (v - a) @ along / length
            near = np.linalg.norm(v - a - np.clip(at, 0, 1.1)[:, None] * (b - a), axis=1) < 0.013 * scale
            back = -np.cross(self.flex[3 + 4 * f], along)
            faces_back = n @ back
            self.nail = np.maximum(self.nail, near * (at > 0.42) * (at < 0.98) * np.clip((faces_back - 0.55) * 6, 0, 1))
            self.tipness = np.maximum(self.tipness, near * np.clip(at, 0, 1))
            for k in (1, 2, 3):
                distance = np.linalg.norm(v - self.J[4 * f + k], axis=1) / (0.011 * scale)
                self.knuckle = np.maximum(self.knuckle, np.exp(-(distance**2)) * np.clip(faces_back, 0, 1))
        self.arm_t = (v - self.J[0]) @ -self.armdir

    def pose(self, turns: dict[int, np.ndarray]):
        """Turns of joints (by joint number, in rest axes) -> vertices, joints [21, 3], bone transforms [bones, 3, 4].

        The forearm stays where it is; a tip moves with its last bone.
        """
        bones = np.zeros((len(self.parent), 3, 4))
        joint_of = {bone: joint for joint, bone in self.bone_of.items() if not (joint and joint % 4 == 0)}
        still = np.hstack([np.eye(3), np.zeros((3, 1))])
        for i in self.order:
            base = bones[self.parent[i]] if self.parent[i] >= 0 else still
            r = turns.get(joint_of[i]) if i in joint_of else None
            if r is None:
                bones[i] = base
                continue
            bones[i, :, :3] = base[:, :3] @ r
            bones[i, :, 3] = base[:, :3] @ (self.head[i] - r @ self.head[i]) + base[:, 3]
        blend = (self.Wt @ bones.reshape(-1, 12)).reshape(-1, 3, 4)
        v = np.einsum("vij,vj->vi", blend[:, :, :3], self.V) + blend[:, :, 3]
        of = [bones[self.bone_of[j]] for j in range(21)]
        return v, np.array([m[:, :3] @ p + m[:, 3] for m, p in zip(of, self.J)]), bones
