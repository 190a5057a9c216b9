"""Builds the networks of the SHARP paper with random weights and exports them, for the cost benchmark and the tests of families.

    python -m paper.build DIR [dpt-hybrid effhandegonet3d yolov7 sharp-transformer]
"""

import argparse
import importlib
import pathlib

import numpy as np
import torch

import onnx_file
from action.network import FRAMES, PAPER_PARAMETERS, WIDTH, ActionTransformer, parameters

NAMES = ["dpt-hybrid", "effhandegonet3d", "yolov7", "sharp-transformer"]
# Millions, from the papers; the transformer's count is exact.
EXPECTED_M = {"dpt-hybrid": 123, "effhandegonet3d": 28.7, "yolov7": 36.5}


def network(name: str) -> tuple[torch.nn.Module, tuple[int, ...], str, tuple[str, ...]]:
    """Model, input shape, name of the input, names of the outputs."""
    if name == "sharp-transformer":
        model = ActionTransformer(36, slip=True)
        assert parameters(model) == PAPER_PARAMETERS
        return model, (1, FRAMES, WIDTH), "frames", ("logits",)
    module, kind = {"dpt-hybrid": ("dpt_hybrid", "DptHybrid"), "effhandegonet3d": ("effhandegonet3d", "EffHandEgoNet3D"), "yolov7": ("yolov7", "YoloV7")}[name]
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
    error = onnx_file.export(model, np.random.default_rng(0).normal(0, 1, shape).astype(np.float32), path, entry, outputs)
    print(f"{path}: {parameters(model) / 1e6:.2f} M parameters, ONNX Runtime against PyTorch {error:.1e}", flush=True)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("names", nargs="*", default=NAMES, metavar="NAME", choices=NAMES)
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    for name in args.names:
        build(name, args.dir)


if __name__ == "__main__":
    main()
