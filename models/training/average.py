"""The mean of the weights of two exported networks in 32 or 16 bits: `python -m average A.onnx B.onnx OUT.onnx`.

For a network that was trained on from another (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022): what it has learnt
mostly stays, and so does what the first one knew of pictures that neither saw. A manifest beside OUT gets the new hash and size.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import helper, numpy_helper

from onnx_file import stamp
from unfold import IMAGES


def averaged(a: onnx.ModelProto, b: onnx.ModelProto) -> onnx.ModelProto:
    """`a` with the mean of both networks' weights; it has learnt from as many pictures as the one with more."""
    theirs = {t.name: numpy_helper.to_array(t) for t in b.graph.initializer}
    out = onnx.ModelProto()
    out.CopyFrom(a)
    for tensor in out.graph.initializer:
        mine, other = numpy_helper.to_array(tensor), theirs.pop(tensor.name, None)
        if other is None or other.shape != mine.shape or other.dtype != mine.dtype:
            raise SystemExit(f"{tensor.name} is not the same tensor in both: they are not networks of one kind and precision")
        if mine.dtype in (np.float16, np.float32):
            mean = (mine.astype(np.float32) + other.astype(np.float32)) / 2
            tensor.CopyFrom(numpy_helper.from_array(mean.astype(mine.dtype), tensor.name))
        elif not np.array_equal(mine, other):
            raise SystemExit(f"{tensor.name} differs and is no weight in floating point: average before int8")
    if theirs:
        raise SystemExit(f"only one of the networks has {', '.join(sorted(theirs))}")
    seen = [int(p.value) for m in (a, b) for p in m.metadata_props if p.key == IMAGES]
    helper.set_model_props(out, {IMAGES: str(max(seen, default=0))})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", type=pathlib.Path)
    parser.add_argument("b", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    args = parser.parse_args()
    onnx.save(averaged(onnx.load(args.a), onnx.load(args.b)), args.out)
    if args.out.with_suffix(".toml").exists():
        stamp(args.out.with_suffix(".toml"), args.out)


if __name__ == "__main__":
    main()
