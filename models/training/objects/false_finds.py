"""Counts what a detector finds on real pictures that show none of its objects.

The pictures are those of SHARED/data/mediapipe-samples-hands (a palm and a face with a thumb before a webcam, every fourth frame, and
photographs of hands); nothing was trained or chosen on them. Boxes at the score of the manifest beside each model.

    python -m objects.false_finds SHARED MODEL.onnx ...
"""

import argparse
import collections
import pathlib
import tomllib

import cv2
import numpy as np

import onnx_file
from action.classes import OBJECTS
from objects.evaluate import detections
from scene.augment import GREY
from scene.network import MEAN, STD

STEP = 4


def frames(path: pathlib.Path) -> list[np.ndarray]:
    """RGB pictures: every STEP-th frame of a clip, or a photograph."""
    if path.suffix != ".mp4":
        return [cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)]
    clip, pictures = cv2.VideoCapture(str(path)), []
    while (read := clip.read())[0]:
        pictures.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
    return pictures[::STEP]


def letterboxed(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    """[1,3,h,w] as the network takes it."""
    k = min(width / picture.shape[1], height / picture.shape[0])
    w, h = round(picture.shape[1] * k), round(picture.shape[0] * k)
    box = np.full((height, width, 3), GREY, np.uint8)
    x, y = (width - w) // 2, (height - h) // 2
    box[y : y + h, x : x + w] = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    return ((box.transpose(2, 0, 1)[None].astype(np.float32) - MEAN) / STD).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path, nargs="+")
    args = parser.parse_args()
    folder = args.shared / "data/mediapipe-samples-hands"
    if not folder.is_dir():
        parser.error(f"{folder} is missing: SHARED is the folder of shared recordings (EGO_SHARED)")
    sets = {path.name: frames(path) for path in sorted(folder.glob("*.mp4"))}
    sets["photographs"] = [frames(path)[0] for path in sorted([*folder.glob("*.jpg"), *folder.glob("*.png")])]
    for model in args.models:
        score = tomllib.loads(model.with_suffix(".toml").read_text())["thresholds"]["score"]
        run = onnx_file.session(model)
        wanted = run.get_inputs()[0]
        height, width = wanted.shape[2:]
        for name, pictures in sets.items():
            found: collections.Counter[str] = collections.Counter()
            for picture in pictures:
                kind, sure, _ = detections(run.run(None, {wanted.name: letterboxed(picture, width, height)})[0])
                found.update(OBJECTS[k] for k in kind[sure >= score])
            print(f"{model.name}, score {score}: {sum(found.values())} finds in {len(pictures)} pictures of {name} {dict(found) or ''}")


if __name__ == "__main__":
    main()
