# SPDX-License-Identifier: MIT OR Apache-2.0
"""egometa.py reads objects, people, features and actions whose bytes are laid out here by hand, from the field list in README.md."""

import struct
import unittest

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, GObject, Gst

import egometa

Gst.init(None)


class Carrier:
    """What a buffer with one meta shows of itself; Python cannot write into the structure of a real one."""

    def __init__(self, name=None, structure=None):
        self.name, self.structure = name, structure

    def get_custom_meta(self, name):
        return self if name == self.name else None

    def get_structure(self):
        return self.structure


def buffer(name, layout, rows, **more):
    """A buffer with one meta of this kind."""
    structure = Gst.Structure.new_empty(name)
    fields = {"layout": layout, "data": GLib.Bytes.new(b"".join(rows)), **more}
    for field, number in (("count", len(rows)), ("stride", len(rows[0]) if rows else 4)):
        fields[field] = GObject.Value(GObject.TYPE_UINT, number)
    for field, value in fields.items():
        structure.set_value(field, value)
    return Carrier(name, structure)


def texts(values):
    return GObject.Value(GObject.TYPE_STRV, values)


class Reads(unittest.TestCase):
    def test_nothing_is_nothing(self):
        empty = Carrier()
        self.assertEqual((egometa.objects(empty), egometa.bodies(empty), egometa.features(empty)), ([], [], {}))
        self.assertIsNone(egometa.action(empty))

    def test_objects(self):
        rows = [struct.pack("<5fiifI", 0.25, 0.5, 0.5, 0.25, 0.75, 1, 3, float("nan"), 2)]
        (found,) = egometa.objects(buffer("EgoDetectionsMeta", "det-v1", rows, labels=texts(["book", "milk"])))
        self.assertEqual((found.label, found.track, found.in_hand, found.depth_m), ("milk", 3, "right", None))
        self.assertEqual(found.box_norm, (0.25, 0.5, 0.75, 0.75))

    def test_people_of_both_layouts(self):
        for joints in (13, 33):
            row = struct.pack(f"<Iffi{6 * joints}f", 2, 0.5, 0.5, 4, *range(2 * joints), *([0.5] * 3 * joints), *([1.0] * joints))
            (found,) = egometa.bodies(buffer("EgoBodiesMeta", f"body{joints}-v1", [row]))
            self.assertEqual((found.layout, found.track, found.image_norm[12]), (f"body{joints}", 4, (24.0, 25.0)))
            self.assertEqual((len(found.world_m), len(found.joint_score)), (joints, joints))

    def test_features_by_name(self):
        rows = [struct.pack("<f", value) for value in (0.5, 0.25)]
        names = GLib.Bytes.new("a_rad\nb_m".encode())
        self.assertEqual(egometa.features(buffer("EgoFeaturesMeta", "feature-v1", rows, names=names)), {"a_rad": 0.5, "b_m": 0.25})
        with self.assertRaises(egometa.MetaError):
            egometa.features(buffer("EgoFeaturesMeta", "feature-v1", rows[:1], names=names))

    def test_action(self):
        rows = [struct.pack("<if", 1, 0.75), struct.pack("<if", 0, 0.25)]
        found = egometa.action(buffer("EgoActionMeta", "action-v1", rows, labels=texts(["nothing", "pour milk"]), head="slow", stable=True))
        self.assertEqual((found.top, found.head, found.stable), ([("pour milk", 0.75), ("nothing", 0.25)], "slow", True))
        self.assertIsNone(found.since_ns)
        times = {"window-end": 20, "about": 15, "since": 7}
        found = egometa.action(buffer("EgoActionMeta", "action-v1", rows, head="slow", **times))
        self.assertEqual((found.about_ns, found.since_ns), (15, 7))
        del times["about"]
        self.assertEqual(egometa.action(buffer("EgoActionMeta", "action-v1", rows, head="slow", **times)).about_ns, 20)

    def test_other_versions_and_damage_are_errors(self):
        row = struct.pack("<if", 1, 0.75)
        with self.assertRaisesRegex(egometa.MetaError, "action-v2"):
            egometa.action(buffer("EgoActionMeta", "action-v2", [row]))
        with self.assertRaisesRegex(egometa.MetaError, "damaged"):
            egometa.action(buffer("EgoActionMeta", "action-v1", [row[:4]]))


if __name__ == "__main__":
    unittest.main()
