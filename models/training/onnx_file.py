"""From PyTorch to a checked ONNX file, its manifest's hash and size, and a golden pair for tests in other languages."""

import hashlib
import json
import pathlib
import re

import numpy as np
import onnx
import onnxruntime
import torch

OPSET = 18
# ONNX Runtime and PyTorch may differ by this much.
TOLERANCE = 1e-3


def session(path: pathlib.Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def export(model: torch.nn.Module, inputs: np.ndarray, path: pathlib.Path, name: str, outputs: tuple[str, ...], free_batch: bool = False) -> float:
    """Writes the file and returns the largest difference between ONNX Runtime and PyTorch on `inputs`, relative where numbers exceed 1."""
    model = model.eval()
    x = torch.from_numpy(inputs)
    dynamic = {"dynamic_shapes": ({0: torch.export.Dim("batch", min=1, max=4096)},)} if free_batch else {}
    with torch.no_grad():
        example = x if free_batch else x[:1]
        program = torch.onnx.export(model, (example,), input_names=[name], output_names=list(outputs), opset_version=OPSET, dynamo=True, verbose=False, **dynamic)
        proto = program.model_proto
        # The exporter notes files and lines of this machine.
        for node in proto.graph.node:
            node.ClearField("metadata_props")
            node.ClearField("doc_string")
        del proto.graph.value_info[:]
        onnx.checker.check_model(proto, full_check=True)
        onnx.save(proto, str(path))
        run, worst = session(path), 0.0
        for part in [x] if free_batch else x.split(1):
            wanted = model(part)
            wanted = wanted if isinstance(wanted, tuple) else (wanted,)
            for a, b in zip(run.run(None, {name: part.numpy()}), wanted):
                worst = max(worst, float((np.abs(a - b.numpy()) / np.maximum(1, np.abs(b.numpy()))).max()))
    if not worst <= TOLERANCE:
        raise SystemExit(f"{path}: ONNX Runtime and PyTorch differ by {worst:.2g}, more than {TOLERANCE}")
    return worst


def stamp(manifest: pathlib.Path, file: pathlib.Path) -> None:
    """Writes the file's hash and size into its manifest."""
    data = file.read_bytes()
    text = manifest.read_text()
    text = re.sub(r'^sha256 = ".*"$', f'sha256 = "{hashlib.sha256(data).hexdigest()}"', text, flags=re.M)
    manifest.write_text(re.sub(r"^bytes = \d+$", f"bytes = {len(data)}", text, flags=re.M))


def golden(path: pathlib.Path, inputs: np.ndarray, outputs: np.ndarray, **more) -> None:
    """A pair of tensors, flat, rounded to what single precision holds."""
    flat = lambda a: [float(f"{v:.6g}") for v in np.asarray(a, np.float32).ravel()]
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"made_by": "PyTorch", "input_shape": list(inputs.shape), "output_shape": list(outputs.shape), **more, "input": flat(inputs), "output": flat(outputs)}
    path.write_text(json.dumps(record, separators=(",", ":")) + "\n")
