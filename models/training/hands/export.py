"""Writes a trained network into `models/zoo`: `python -m hands.export WEIGHTS.pt [--to FOLDER]`. Fails when ONNX Runtime and PyTorch differ by more than 1e-3.

Batch normalisation is folded into the convolutions, weights are rounded to half precision (the file holds them so and widens them
when it is opened; what rounding changes is printed), and hash and size are written into the manifest.
"""

import argparse
import copy
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch.nn.utils.fusion import fuse_conv_bn_eval

from onnx_file import TOLERANCE, stamp
from unfold import IMAGES

from .network import CropNet, FinderNet
from .pool import CROP, FINDER

ZOO = pathlib.Path(__file__).resolve().parents[2] / "zoo"
OPSET = 17
HALVED = 256  # tensors of fewer numbers stay as they are
KINDS = {
    "crop": (CropNet, (CROP, CROP), ["heat", "depth", "scores"], "ego-hands"),
    "finder": (FinderNet, FINDER, ["map"], "ego-hand-finder"),
}


def load(path: str) -> tuple[str, torch.nn.Module, int]:
    saved = torch.load(path, weights_only=True)
    net = KINDS[saved["kind"]][0]()
    net.load_state_dict(saved["weights"])
    return saved["kind"], net.eval(), saved["images"]


def folded(net: torch.nn.Module) -> torch.nn.Module:
    """Without batch normalisation, large tensors rounded to half precision."""
    net = copy.deepcopy(net).eval()
    for module in list(net.modules()):
        if isinstance(module, torch.nn.Sequential):
            for i in range(len(module) - 1):
                if isinstance(module[i], torch.nn.Conv2d) and isinstance(module[i + 1], torch.nn.BatchNorm2d):
                    module[i], module[i + 1] = fuse_conv_bn_eval(module[i], module[i + 1]), torch.nn.Identity()
    with torch.no_grad():
        for p in net.parameters():
            if p.numel() >= HALVED:
                p.copy_(p.half().float())
    return net


def halve(model: onnx.ModelProto):
    """Stores large constants in half precision, each with a node that widens it."""
    graph, casts = model.graph, []
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= HALVED:
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
            casts.append(helper.make_node("Cast", [name + "_half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)


def difference(session, names, net, shape) -> float:
    rng, worst = np.random.default_rng(0), 0.0
    for _ in range(8):
        x = rng.normal(0, 1, shape).astype(np.float32)
        with torch.no_grad():
            want = net(torch.from_numpy(x))
        want = [want] if torch.is_tensor(want) else want
        worst = max(worst, *(float(np.abs(g - w.numpy()).max()) for g, w in zip(session.run(names, {"picture": x}), want)))
    return worst


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("weights")
    p.add_argument("--to", type=pathlib.Path, default=ZOO)
    a = p.parse_args()
    kind, net, images = load(a.weights)
    _, (width, height), names, model_name = KINDS[kind]
    shape, light, out = (1, 3, height, width), folded(net), a.to / f"{model_name}.onnx"
    torch.onnx.export(light, (torch.zeros(shape),), str(out), input_names=["picture"], output_names=names, opset_version=OPSET, dynamo=False)
    model = onnx.load(str(out))
    halve(model)
    helper.set_model_props(model, {IMAGES: str(images)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(out))
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    worst = difference(session, names, light, shape)
    if not worst <= TOLERANCE:
        sys.exit(f"{out}: ONNX Runtime and PyTorch differ by {worst:.2g}, more than {TOLERANCE}")
    manifest = a.to / f"{model_name}.toml"
    if manifest.exists():
        stamp(manifest, out)
    print(f"{out}: {images} pictures, {out.stat().st_size} bytes, differs by {worst:.1e}; rounding changes at most {difference(session, names, net, shape):.1e}")


if __name__ == "__main__":
    main()
