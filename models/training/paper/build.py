"""Builds the networks of the SHARP paper with random weights, exports them and writes their manifests: what the preset `paper` runs.

    python -m paper.build DIR [dpt-hybrid sharp-hands yolov7-h2o sharp-action]

With DIR the models folder that `ego models list` names, `ego run CLIP --config paper` runs. Random weights find nothing: they cost what
trained ones cost, and serve to measure that. Models that `paper.import_sharp` wrote there stay.
"""

import argparse
import importlib
import pathlib

import numpy as np
import torch

import onnx_file
from action.network import FRAMES, PAPER_PARAMETERS, WIDTH, ActionTransformer, parameters
from paper.manifests import NAMES, RANDOM, is_random, write

MODULES = {"dpt-hybrid": ("dpt_hybrid", "DptHybrid"), "sharp-hands": ("effhandegonet3d", "EffHandEgoNet3D"), "yolov7-h2o": ("yolov7", "YoloV7")}
# Millions, from the papers; the transformer's count is exact.
EXPECTED_M = {"dpt-hybrid": 123, "sharp-hands": 28.7, "yolov7-h2o": 36.5}
MADE_BY = {
    "dpt-hybrid": "layout of Ranftl et al., ICCV 2021",
    "sharp-hands": "layout of Mucha et al., SHARP, ICPR 2024: EffHandEgoNet3D",
    "yolov7-h2o": "layout of Wang et al., CVPR 2023",
    "sharp-action": "layout of Mucha et al., SHARP, ICPR 2024: action transformer",
}


def network(name: str) -> tuple[torch.nn.Module, tuple[int, ...], str, tuple[str, ...]]:
    """Model, input shape, name of the input, names of the outputs."""
    if name == "sharp-action":
        model = ActionTransformer(36, slip=True)
        assert parameters(model) == PAPER_PARAMETERS
        return model, (1, FRAMES, WIDTH), "frames", ("logits",)
    module, kind = MODULES[name]
    module = importlib.import_module(f"paper.{module}")
    model = getattr(module, kind)()
    count = parameters(model) / 1e6
    assert abs(count - EXPECTED_M[name]) < 0.01 * EXPECTED_M[name], f"{name} has {count:.2f} M parameters, not {EXPECTED_M[name]} M"
    return model, module.SHAPE, module.INPUT, module.OUTPUTS


def build(name: str, folder: pathlib.Path) -> pathlib.Path:
    torch.manual_seed(0)
    model, shape, entry, outputs = network(name)
    # Statistics of batch norms as training would leave them, so that numbers neither vanish nor explode.
    model.train()
    with torch.no_grad():
        model(torch.randn(2 if len(shape) == 4 else 4, *shape[1:]))
    path = folder / f"{name}.onnx"
    inputs = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    error = onnx_file.export(model, inputs, path, entry, outputs, free_batch=name == "sharp-action")
    millions = f"{parameters(model) / 1e6:.2f} M parameters"
    card = {
        "made_by": MADE_BY[name],
        "trained_on": f"nothing: {millions} with random weights",
        "accuracy": "none: what it answers means nothing; it costs what the trained network costs (python -m paper.cost)",
        "known_failures": "finds nothing; a checkpoint takes its place through python -m paper.import_sharp",
    }
    write(name, folder, RANDOM, "MIT OR Apache-2.0", "random weights, for the cost benchmark", "python -m paper.build DIR", card)
    print(f"{path} with its manifest: {millions}, random weights, ONNX Runtime against PyTorch {error:.1e}", flush=True)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME", choices=NAMES)
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    for name in args.names:
        if is_random(name, args.dir):
            build(name, args.dir)
        else:
            print(f"{args.dir / name}.toml was not made here and stays")


if __name__ == "__main__":
    main()
