"""Answers of both networks for the tests of the Rust family: `python -m hands.golden`, after an export.

Reads models/tests/data/frame-*.png, writes models/tests/fixtures/ego-hands.json: for each frame the finder's places, and for each
place the look at its window as either side, all by `detect.py` and ONNX Runtime.
"""

import json
import pathlib

import cv2
import numpy as np

from .compose import WELL_PLACED
from .detect import find, look, session

MODELS = pathlib.Path(__file__).resolve().parents[2]


def rounded(values) -> list:
    return [float(f"{v:.6g}") for v in np.asarray(values, float).ravel()]


def main():
    finder, crop = (session(str(MODELS / "zoo" / name)) for name in ("ego-hand-finder.onnx", "ego-hands.onnx"))
    frames = []
    for path in sorted((MODELS / "tests/data").glob("frame-*.png")):
        rgb = cv2.imread(str(path))[..., ::-1].copy()
        places = []
        for p in find(finder, rgb):
            looks = []
            for left in (False, True):
                seen = look(crop, rgb, p["centre"], p["side"] / WELL_PLACED, left)
                looks.append(
                    dict(
                        left=left, joints=rounded(seen["joints"]), peaks=rounded(seen["peaks"]),
                        scores=rounded([seen["there"], seen["own_side"], seen["placed"], seen["size"]]),
                    )
                )  # fmt: skip
            places.append(dict(middle=rounded(p["centre"]), side=rounded([p["side"]])[0], score=rounded(p["score"]), looks=looks))
        frames.append(dict(picture=path.name, places=places))
    out = MODELS / "tests/fixtures/ego-hands.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(dict(made_by="models/training/hands/golden.py: OpenCV, NumPy, ONNX Runtime", frames=frames), separators=(",", ":")) + "\n")
    print(f"{out}: {[len(f['places']) for f in frames]} places")


if __name__ == "__main__":
    main()
