"""Would an exported network be better off in whole numbers of 8 bits? Quantises it, and measures what that gains and loses.

Static quantisation by ONNX Runtime: QDQ, weights per output channel, activations from pictures of the training cast. The last
convolution of each output and what comes after it stay as they are: one scale for boxes in pixels and scores of 0..1 would lose the
scores. Both networks then answer the same pictures of another cast in turn, in one process and on one thread.

    python -m int8 objects ../zoo/ego-objects.onnx POOL/train POOL/val
    python -m int8 depth ../zoo/ego-depth.onnx POOL/train POOL/val
    python -m int8 hands ../zoo/ego-hands.onnx CAMERA CAMERA-TEST --background ROOMS.npy
    python -m int8 finder ../zoo/ego-hand-finder.onnx CAMERA CAMERA-TEST --background ROOMS.npy
        [--count 300] [--calibrate minmax|percentile] [--whole] [--out FILE.onnx]

POOL as `ego-synth --example rows` writes it, CAMERA and ROOMS as `hand_pool` does. The hand networks are calibrated with windows and
pictures as training composes them, with noise, blur, grey and pictures without hands. --whole: nothing stays as it is. --out may be
MODEL itself; a manifest beside it gets the new hash and size.
"""

import argparse
import pathlib
import tempfile
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

import onnx_file
from depth.evaluate import PAPER, THRESHOLDS, errors, inferred, kept
from hands.compose import Maker, relative_depth
from hands.detect import find, look
from hands.network import MEAN as HAND_MEAN
from hands.network import STD as HAND_STD
from hands.network import Z_UNIT_PX
from hands.pool import CROP, open_pool
from objects.evaluate import average_precision, matched
from scene import augment
from scene.network import MEAN, STD
from scene.rows import LEFT_ARM, RIGHT_ARM, Rows
from speed import milliseconds

METHODS = {"minmax": CalibrationMethod.MinMax, "percentile": CalibrationMethod.Percentile}
# Where a shipped network would have to land: a fifth faster.
WORTH_IT = 0.8
MIDDLE = ((CROP - 1) / 2, (CROP - 1) / 2)


def tensor(picture: np.ndarray) -> np.ndarray:
    return (picture.transpose(2, 0, 1)[None].astype(np.float32) - MEAN) / STD


def windows(folder: pathlib.Path, count: int) -> Iterator[tuple[np.ndarray, bool, np.ndarray, np.ndarray, float]]:
    """Windows of hands that are well in view: picture, whether it is a left hand, joints in pixels and in metres, pixels of 10 cm."""
    pool = open_pool(str(folder))
    there = np.flatnonzero((pool["cmeta"][:, 1] == 1) & (pool["K"][:, 0] > 0))
    for i in there[np.linspace(0, len(there) - 1, min(count, len(there))).astype(int)]:
        yield np.ascontiguousarray(pool["crgb"][i]), bool(pool["cmeta"][i][0] == 0), pool["cuv"][i], pool["cJ3"][i], float(pool["cmeta"][i][2])


def inputs(model: pathlib.Path, folder: pathlib.Path, count: int) -> list[np.ndarray]:
    """What the network is fed with, as the elements feed it."""
    rows = Rows(folder)
    height, width = onnx_file.session(model).get_inputs()[0].shape[2:]
    return [tensor(augment.letterboxed(rows, i, (width, height))[0]) for i in np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]


def composed(task: str, folder: pathlib.Path, backgrounds: list[pathlib.Path], count: int) -> list[np.ndarray]:
    """What a hand network learns from."""
    maker = Maker([(str(folder), 1.0)], [str(b) for b in backgrounds], 0)
    pictures = [(maker.crop if task == "hands" else maker.frame)()["im"] for _ in range(count)]
    return [((p / 255 - HAND_MEAN) / HAND_STD).astype(np.float32).transpose(2, 0, 1)[None] for p in pictures]


class Pictures(CalibrationDataReader):
    def __init__(self, name: str, tensors: list[np.ndarray]) -> None:
        self.rest = iter({name: t} for t in tensors)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.rest, None)


def heads(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that no convolution comes after."""
    before_one: set[str] = set()
    last = []
    for node in reversed(graph.node):
        if not before_one.intersection(node.output):
            last.append(node.name)
        if node.op_type == "Conv" or before_one.intersection(node.output):
            before_one.update(node.input)
    return last


def quantised(model: pathlib.Path, tensors: list[np.ndarray], method: str, whole: bool, out: pathlib.Path) -> int:
    """Writes the network in 8 bits to `out`; gives the number of nodes that stayed as they were."""
    plain = out.with_suffix(".plain.onnx")
    quant_pre_process(str(model), str(plain))
    graph = onnx.load(plain).graph
    if any(node.op_type == "QuantizeLinear" for node in graph.node):
        raise SystemExit(f"{model} has 8 bits already: export it again first")
    names = [] if whole else heads(graph)
    # Weights of 7 bits: with 8, processors without VNNI saturate when they add pairs of products, and would answer otherwise.
    quantize_static(
        str(plain), str(out), Pictures(graph.input[0].name, tensors), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True, nodes_to_exclude=names,
        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, calibrate_method=METHODS[method],
    )  # fmt: skip
    plain.unlink()
    return len(names)


def objects(run: onnxruntime.InferenceSession, folder: pathlib.Path, count: int) -> dict[str, float]:
    found, wanted, _ = matched(run, Rows(folder))
    ap = lambda t: np.mean([average_precision(found[found[:, 0] == k], (wanted[:, 0] == k).sum(), t) for k in range(8)])
    return {"mAP50 %": 100 * ap(0.5), "mAP50-95 %": 100 * np.mean([ap(t) for t in np.arange(0.5, 0.96, 0.05)])}


def depth(run: onnxruntime.InferenceSession, folder: pathlib.Path, count: int) -> dict[str, float]:
    rows, quality, shares = Rows(folder), [], []
    for i in range(len(rows)):
        metres, label = rows.depth[i] / 1000.0, rows.label[i]
        inverse = cv2.resize(inferred(run, rows.rgb[i]), metres.shape[::-1], interpolation=cv2.INTER_LINEAR)
        quality.append(errors(inverse, metres))
        shares.append(kept(inverse, (label == LEFT_ARM) | (label == RIGHT_ARM), metres > 0)[THRESHOLDS.index(PAPER)])
    (relative, within), (arms, others) = np.mean(quality, 0), np.nanmean(shares, 0)
    return {"relative error %": 100 * relative, "within 1.25 %": 100 * within, "arms kept %": 100 * arms, "others kept %": 100 * others}


def hands(run: onnxruntime.InferenceSession, folder: pathlib.Path, count: int) -> dict[str, float]:
    away, behind = [], []
    for picture, left, uv, metres, size in windows(folder, count):
        seen = look(run, picture, MIDDLE, CROP, left)
        away.append(np.linalg.norm(seen["joints"][:, :2] - uv, axis=1).mean() / (uv.max(0) - uv.min(0)).max())
        behind.append(np.abs(seen["joints"][:, 2] - relative_depth(metres.astype(float), size) * Z_UNIT_PX).mean() / size)
    # `size` pixels are 100 mm at the wrist.
    return {"joints off, % of the hand": 100 * np.mean(away), "median": 100 * np.median(away), "depth off, mm": 100 * np.mean(behind)}


def finder(run: onnxruntime.InferenceSession, folder: pathlib.Path, count: int) -> dict[str, float]:
    pool, there, near, places = open_pool(str(folder)), 0, 0, 0
    rows = np.flatnonzero(pool["K"][:, 0] > 0)
    for i in rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]:
        seen = find(run, np.ascontiguousarray(pool["rgb"][i]))
        places += len(seen)
        for hand in np.flatnonzero(pool["pres"][i] == 1):
            uv = pool["uv"][i][hand]
            middle, side = (uv.min(0) + uv.max(0)) / 2, (uv.max(0) - uv.min(0)).max()
            there += 1
            near += any(np.linalg.norm(p["centre"] - middle) < 0.3 * side and 0.6 < p["side"] / side < 1.7 for p in seen)
    return {"hands with a place %": 100 * near / max(there, 1), "places a picture": places / min(count, len(rows))}


def main() -> None:
    measures: dict[str, Callable] = {"objects": objects, "depth": depth, "hands": hands, "finder": finder}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=measures)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("calibration", type=pathlib.Path, help="pictures of the training cast")
    parser.add_argument("test", type=pathlib.Path, help="pictures of another cast")
    parser.add_argument("--count", type=int, default=300, help="pictures to calibrate with and to time, windows to score")
    parser.add_argument("--background", type=pathlib.Path, nargs="+", default=[], help="pictures without hands, for hands and finder")
    parser.add_argument("--calibrate", choices=METHODS, default="minmax")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    if bool(args.background) != (args.task in ("hands", "finder")):
        parser.error("--background is needed for hands and finder, and for nothing else")
    shown = lambda folder: composed(args.task, folder, args.background, args.count) if args.background else inputs(args.model, folder, args.count)
    with tempfile.TemporaryDirectory() as folder:
        out = args.out or pathlib.Path(folder) / "int8.onnx"
        # Opened before the file may be written over.
        before_it, size = onnx_file.session(args.model), args.model.stat().st_size
        spared = quantised(args.model, shown(args.calibration), args.calibrate, args.whole, out)
        if out.with_suffix(".toml").exists():
            onnx_file.stamp(out.with_suffix(".toml"), out)
        pair = [before_it, onnx_file.session(out)]
        before, after = milliseconds(pair, shown(args.test))
        sizes = [size / 1e6, out.stat().st_size / 1e6]
        print(f"{args.model.name}, {args.calibrate}, {spared} nodes kept in float: {sizes[0]:.2f} MB to {sizes[1]:.2f} MB; "
              f"{before:.2f} ms to {after:.2f} ms of processor time a picture (x {after / before:.2f}; worth it up to x {WORTH_IT})")
        for run, name in zip(pair, ("float", "int8")):
            figures = measures[args.task](run, args.test, args.count)
            print(f"  {name}: " + ", ".join(f"{what} {value:.2f}" for what, value in figures.items()), flush=True)


if __name__ == "__main__":
    main()
