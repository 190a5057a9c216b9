#!/usr/bin/env python3
"""Writes tiny.onnx, a network that returns the mean colour of a 4 x 4 picture: the fixture of tests/network.rs.

    python3 make_tiny.py        (onnx 1.22)
"""
import os

import onnx
from onnx import TensorProto, helper

node = helper.make_node("ReduceMean", ["input_1"], ["Identity"], axes=[1, 2], keepdims=0)
graph = helper.make_graph([node], "tiny", [helper.make_tensor_value_info("input_1", TensorProto.FLOAT, [1, 4, 4, 3])],
                          [helper.make_tensor_value_info("Identity", TensorProto.FLOAT, [1, 3])])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="egostream")
model.ir_version = 8
onnx.checker.check_model(model, full_check=True)
onnx.save(model, os.path.join(os.path.dirname(os.path.abspath(__file__)), "tiny.onnx"))
