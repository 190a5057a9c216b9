#!/usr/bin/env python3
"""Writes the fixtures of tests/action.rs: two small classifiers and what they answer, computed with NumPy alone.

    python3 make_tiny_action.py        (onnx 1.22, numpy)

tiny-action.onnx reads 20 frame vectors and names the object: logit k = 20 (k m - k^2 / 2) with m the mean of the object numbers, so
that the best class is the one nearest to m. A right wrist (number 63) to the right of the middle adds to every class but `nothing`.
tiny-fast.onnx reads 2 frames of 3 features: softmax of (0, 5 (sum - 1)).
"""
import json
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

here = os.path.dirname(os.path.abspath(__file__))


def save(name, nodes, weights, source, sink):
    tensors = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in weights.items()]
    graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info(*source)], [helper.make_tensor_value_info(*sink)], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="egostream")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, os.path.join(here, name + ".onnx"))


k = np.arange(9)
w = np.zeros((135, 9))
w[134] = 20 * k
w[63, 1:] = 0.5
b = -10.0 * k**2
save(
    "tiny-action",
    [
        helper.make_node("ReduceMean", ["frames"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("Gemm", ["mean", "w", "b"], ["logits"]),
    ],
    {"w": w, "b": b},
    ("frames", TensorProto.FLOAT, [1, 20, 135]),
    ("logits", TensorProto.FLOAT, [1, 9]),
)
fw = np.stack([np.zeros(6), np.full(6, 5.0)], axis=1)
fb = np.array([0.0, -5.0])
save(
    "tiny-fast",
    [helper.make_node("Gemm", ["x", "w", "b"], ["z"]), helper.make_node("Softmax", ["z"], ["p"], axis=1)],
    {"w": fw, "b": fb},
    ("x", TensorProto.FLOAT, ["n", 6]),
    ("p", TensorProto.FLOAT, ["n", 2]),
)


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


rng = np.random.default_rng(7)
rows = np.round(rng.uniform(0, 1, (20, 135)), 3)
rows[:, 134] = [5] * 15 + [4] * 5
p = softmax(rows.mean(0) @ w + b)
entropy = -(p * np.log(np.maximum(p, 1e-30))).sum() / np.log(9)
x = np.array([0.1, 0.2, 0.3, 0.25, 0.15, 0.05])
answers = {
    "rows": rows.ravel().tolist(),
    "probabilities": p.tolist(),
    "normalised_entropy": float(entropy),
    "features": x.tolist(),
    "fast_probabilities": softmax(x @ fw + fb).tolist(),
}
with open(os.path.join(here, "tiny-action.json"), "w") as f:
    json.dump(answers, f)
    f.write("\n")
