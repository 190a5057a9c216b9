"""Exports backbone and heads to models/zoo/ego-objects.onnx and ego-depth.onnx, with the golden pairs of the Rust tests.

    python -m scene.export RUN.pt POOL/val
"""

import argparse
import pathlib

import numpy as np
import torch

import onnx_file
from objects.evaluate import detections, iou
from scene import augment
from scene.network import MEAN, STD, Scene, Single
from scene.rows import Rows

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUTPUTS = {"objects": "output0", "depth": "depth"}
SAMPLES = 48


def golden_picture(width: int, height: int) -> np.ndarray:
    """u8 3,H,W: smooth blobs and edges that any language can make again from whole numbers."""
    c, y, x = np.meshgrid(np.arange(3), np.arange(height), np.arange(width), indexing="ij")
    return ((x * (5 + c) + y * 3 + (x // 32 + y // 20) * 40 * (c + 1)) % 256).astype(np.uint8)


@torch.no_grad()
def shrinkage(model: Single, rows: Rows, size: augment.Size) -> torch.Tensor:
    """Median of true over found width and height, of boxes that are found for sure."""
    ratios = []
    for i in range(len(rows)):
        picture, boxes, *_ = augment.letterboxed(rows, i, size)
        kind, score, found = detections(model(torch.from_numpy(((picture.transpose(2, 0, 1)[None].astype(np.float32)) - MEAN) / STD)).numpy())
        for k, s, box in zip(kind, score, found):
            same = boxes[(boxes[:, 0] == k + 1) & (boxes[:, 5] == 0)]
            if s > 0.5 and len(same) and iou(box[None], same[:1, 1:5])[0, 0] > 0.4:
                ratios.append((same[0, 3:5] - same[0, 1:3]) / (box[2:] - box[:2]))
    return torch.from_numpy(np.median(ratios, 0).astype(np.float32))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("val", type=pathlib.Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    kept = torch.load(args.run, weights_only=True)
    scene = Scene(**kept.get("kind", {}))
    width, height = scene.kind["size"]
    scene.load_state_dict(kept["model"])
    scene.eval()
    scene.objects.shrink.copy_(shrinkage(Single(scene, "objects").eval(), Rows(args.val), (width, height)))
    print("boxes are scaled by {:.3f} in width and {:.3f} in height".format(*scene.objects.shrink.tolist()))
    golden = ((golden_picture(width, height)[None].astype(np.float32)) - MEAN) / STD
    noise = np.random.default_rng(0).normal(0, 1, (1, 3, height, width)).astype(np.float32)
    print(f"{kept['images']} pictures of {kept['rows']} frames in {kept['wall_s']:.0f} s ({kept['cpu_s']:.0f} s of processor time)")
    for head, output in OUTPUTS.items():
        if getattr(scene, head) is None:
            continue
        model, file = Single(scene, head).eval(), ROOT / f"zoo/ego-{head}.onnx"
        error = onnx_file.export(model, np.concatenate([golden, noise]), file, "images", (output,))
        if file.with_suffix(".toml").exists():
            onnx_file.stamp(file.with_suffix(".toml"), file)
        with torch.no_grad():
            values = model(torch.from_numpy(golden)).numpy()
        at = np.linspace(0, values.size - 1, SAMPLES).astype(int)
        onnx_file.golden(
            ROOT / f"tests/fixtures/ego-{head}.json",
            np.zeros(0),
            values.ravel()[at],
            picture=f"u8 [3, {height}, {width}], value (x * (5 + c) + y * 3 + (x / 32 + y / 20) * 40 * (c + 1)) % 256 in whole numbers; then (value - 115) / 64",
            full_shape=list(values.shape),
            at=at.tolist(),
        )
        print(f"{file.name}: {file.stat().st_size} bytes, ONNX Runtime against PyTorch {error:.1e}")


if __name__ == "__main__":
    main()
