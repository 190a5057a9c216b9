"""The mean of two networks answers between them, and what does not fit together is refused."""

import unittest

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from average import averaged
from unfold import IMAGES


def line(weights: list[float], dtype: type, seen: int) -> onnx.ModelProto:
    """x -> x times weights."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    value = lambda name: helper.make_tensor_value_info(name, kind, [1, len(weights)])
    graph = helper.make_graph([helper.make_node("Mul", ["x", "w"], ["y"])], "line", [value("x")], [value("y")], [numpy_helper.from_array(np.array([weights], dtype), "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {IMAGES: str(seen)})
    return model


class Average(unittest.TestCase):
    def test_it_answers_between_both(self) -> None:
        for dtype in (np.float32, np.float16):
            mean = averaged(line([1, -2, 8], dtype, 10), line([3, 2, 8], dtype, 70))
            run = onnxruntime.InferenceSession(mean.SerializeToString(), providers=["CPUExecutionProvider"])
            np.testing.assert_array_equal(run.run(None, {"x": np.ones((1, 3), dtype)})[0], np.array([[2, 0, 8]], dtype))
            self.assertEqual({p.key: p.value for p in mean.metadata_props}, {IMAGES: "70"})

    def test_others_are_refused(self) -> None:
        base = line([1, 2], np.float32, 0)
        other = line([1, 2], np.float32, 0)
        other.graph.initializer[0].name = "v"
        whole = line([1, 2], np.float32, 0)
        whole.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array([[1, 3]], np.int8), "w"))
        third = line([1, 2], np.float32, 0)
        third.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array([[1, 2]], np.int8), "w"))
        for a, b in ((base, line([1, 2, 3], np.float32, 0)), (base, line([1, 2], np.float16, 0)), (base, other), (whole, third)):
            with self.assertRaises(SystemExit):
                averaged(a, b)


if __name__ == "__main__":
    unittest.main()
