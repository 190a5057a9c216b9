"""The stream network: a causal transformer that names the action at every row of a stream.

What it does beyond the paper's: it sees eight seconds and every object, its attention looks back only, and it is taught at every row,
so that it learns when an action begins and ends. Distances in time weaken attention linearly (ALiBi, Press et al., ICLR 2022): no
row has a number, a window may begin anywhere.
"""

import pathlib

import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional

from action.classes import LABELS, OBJECTS

WIDTH, HEADS, BLOCKS = 128, 4, 4
STEM = 3


def cues(x: torch.Tensor) -> torch.Tensor:
    """Rows N,T,159 to numbers of a like size: joints about their wrist, objects about each hand, what is there at all."""
    hands = x[..., :126].unflatten(-1, (2, 21, 3))
    boxes = x[..., 127:].unflatten(-1, (len(OBJECTS), 4))
    seen = (hands.abs().sum((-1, -2), keepdim=True) > 0).float()
    there = (boxes[..., 2:3] > boxes[..., 0:1]).float()
    wrist = hands[..., :1, :]
    fingers = (hands[..., 1:, :] - wrist) * seen * x.new_tensor([8.0, 4.5, 8.0])
    place = (wrist - x.new_tensor([0.5, 0.5, 0.4])) * seen * x.new_tensor([2.0, 2.0, 4.0])
    centre = (boxes[..., :2] + boxes[..., 2:]) * 0.5
    size = (boxes[..., 2:] - boxes[..., :2]) * 4
    # Palm, not wrist: what is held is there.
    palm = hands[..., 9, :2]
    away = (centre.unsqueeze(-3) - palm.unsqueeze(-2)) * there.unsqueeze(-3) * seen * 4
    apart = (palm[..., 0, :] - palm[..., 1, :]) * seen[..., 0, 0, :] * seen[..., 1, 0, :] * 4
    code = functional.one_hot(x[..., 126].long().clamp(0, len(OBJECTS)), len(OBJECTS) + 1).float()
    parts = [seen.flatten(-3), fingers.flatten(-3), place.flatten(-3), there.flatten(-2), ((centre - 0.5) * 2 * there).flatten(-2), (size * there).flatten(-2), away.flatten(-3), apart, code]
    return torch.cat(parts, -1)


CUES = 2 + 120 + 6 + 8 + 16 + 16 + 32 + 2 + 9


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.feed = nn.Sequential(nn.Linear(WIDTH, 3 * WIDTH), nn.GELU(), nn.Linear(3 * WIDTH, WIDTH))
        self.drop = nn.Dropout(0.1)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        q, k, v = (part.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2) for part in self.qkv(self.norm_1(x)).chunk(3, -1))
        weights = torch.softmax(q @ k.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + bias, -1)
        x = x + self.drop(self.out((weights @ v).transpose(1, 2).flatten(2)))
        return x + self.drop(self.feed(self.norm_2(x)))


class StreamTransformer(nn.Module):
    """N,T,159 to logits N,T,37, or with `last` of the last row only, N,37."""

    def __init__(self, last: bool = False) -> None:
        super().__init__()
        self.last = last
        self.enter = nn.Linear(CUES, WIDTH)
        self.stem = nn.ModuleList([nn.Conv1d(WIDTH, WIDTH, STEM) for _ in range(2)])
        self.blocks = nn.ModuleList([Block() for _ in range(BLOCKS)])
        self.leave = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(LABELS)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        steps = x.shape[1]
        y = self.enter(cues(x))
        for conv in self.stem:
            y = y + functional.gelu(conv(functional.pad(y.transpose(1, 2), (STEM - 1, 0)))).transpose(1, 2)
        at = torch.arange(steps, dtype=torch.float32)
        past = at[:, None] - at[None]
        slopes = torch.tensor([0.5, 0.12, 0.03, 0.0])
        bias = torch.where(past >= 0, -past * slopes[:, None, None], torch.tensor(-1e4))
        for block in self.blocks:
            y = block(y, bias)
        return self.leave(y[:, -1] if self.last else y)


def weights(path: pathlib.Path) -> dict[str, torch.Tensor]:
    """Weights of a run, or of an exported network: there a linear layer is a product with a matrix that has no name, and the sum with
    its bias, which has one."""
    if path.suffix != ".onnx":
        return torch.load(path, weights_only=True)["model"]
    graph = onnx.load(path).graph
    tensors = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    products = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul" and node.input[1] in tensors}
    for node in graph.node:
        if node.op_type == "Add":
            factor = [products[i] for i in node.input if i in products]
            bias = [i for i in node.input if i.endswith(".bias") and i in tensors]
            if factor and bias:
                tensors[bias[0].removesuffix("bias") + "weight"] = tensors[factor[0]].T
    return {name: tensors[name] for name in StreamTransformer().state_dict()}
