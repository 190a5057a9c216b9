"""One small backbone with two heads: boxes of the 8 objects, and inverse depth. Each head is exported with its own copy of it.

Objects: anchor-free, three strides, decoded inside to [N, 4 + 8, CELLS]: cx, cy, w, h in input pixels, then scores 0..1.
Depth: [N, 1, 80, 128], inverse depth in 1 / metre for an everyday lens; only ratios mean something when the lens is another.
"""

import torch
from torch import nn
from torch.nn import functional

from scene.augment import SIZE, Size

CLASSES = 8
STRIDES = (8, 16, 32)
WIDTHS = (16, 24, 48, 80, 128)
NECK = 48
# Bias of scores at the beginning: about one cell in a hundred holds an object.
PRIOR = -4.6


def convolution(i: int, o: int, kernel: int = 3, stride: int = 1, active: bool = True) -> nn.Sequential:
    layers = [nn.Conv2d(i, o, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if active else []))


class Residual(nn.Module):
    def __init__(self, i: int, o: int, stride: int = 1) -> None:
        super().__init__()
        self.first = convolution(i, o, 3, stride)
        self.second = convolution(o, o, active=False)
        self.skip = None if i == o and stride == 1 else convolution(i, o, 1, stride, active=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return functional.relu(self.second(self.first(x)) + (x if self.skip is None else self.skip(x)))


class Backbone(nn.Module):
    """Picture, normalised, to maps of WIDTHS[1] channels at stride 4 and NECK channels at strides 8, 16, 32.

    With `deeper` strides 8, 16 and 32 have one block more, which changes nothing before it has learnt something.
    """

    def __init__(self, deeper: bool = False) -> None:
        super().__init__()
        w = WIDTHS
        self.stem = convolution(3, w[0], 3, 2)
        self.stages = nn.ModuleList([
            nn.Sequential(Residual(w[0], w[1], 2)),
            nn.Sequential(Residual(w[1], w[2], 2)),
            nn.Sequential(Residual(w[2], w[3], 2), Residual(w[3], w[3])),
            nn.Sequential(Residual(w[3], w[4], 2)),
        ])
        if deeper:
            for stage, width in zip(self.stages[1:], w[2:]):
                stage.append(Residual(width, width))
                nn.init.zeros_(stage[-1].second[-1].weight)
        self.lateral = nn.ModuleList([convolution(c, NECK, 1) for c in w[2:]])
        self.smooth = nn.ModuleList([convolution(NECK, NECK) for _ in range(2)])

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        maps = []
        x = self.stem(x)
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        p5 = self.lateral[2](maps[3])
        p4 = self.smooth[1](self.lateral[1](maps[2]) + functional.interpolate(p5, scale_factor=2.0))
        p3 = self.smooth[0](self.lateral[0](maps[1]) + functional.interpolate(p4, scale_factor=2.0))
        return [maps[0], p3, p4, p5]


class ObjectHead(nn.Module):
    def __init__(self, size: Size = SIZE) -> None:
        super().__init__()
        # The same weights at each stride see objects at the same size in cells; a scale of its own corrects each.
        self.score = nn.Sequential(convolution(NECK, NECK), nn.Conv2d(NECK, CLASSES, 1))
        self.sides = nn.Sequential(convolution(NECK, NECK), nn.Conv2d(NECK, 4, 1))
        self.scale = nn.Parameter(torch.ones(3))
        # Width and height of the boxes that leave the network over those it learnt; `scene.export` measures it on the validation cast.
        self.register_buffer("shrink", torch.ones(2), persistent=False)
        nn.init.constant_(self.score[-1].bias, PRIOR)
        cells = [torch.stack(torch.meshgrid(torch.arange(size[1] // s), torch.arange(size[0] // s), indexing="ij"), -1).flip(-1).reshape(-1, 2) for s in STRIDES]
        self.register_buffer("centres", torch.cat([(c + 0.5) * s for c, s in zip(cells, STRIDES)]).float(), persistent=False)
        self.register_buffer("strides", torch.cat([torch.full((len(c), 1), float(s)) for c, s in zip(cells, STRIDES)]), persistent=False)

    def raw(self, maps: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Score logits N,CELLS,8 and boxes N,CELLS,4 (left, top, right, bottom, input pixels)."""
        scores = torch.cat([self.score(m).flatten(2) for m in maps], 2).transpose(1, 2).float()
        sides = torch.cat([self.sides(m).flatten(2) * self.scale[k] for k, m in enumerate(maps)], 2).transpose(1, 2).float()
        distance = torch.exp(sides.clamp(-4, 4)) * self.strides
        return scores, torch.cat([self.centres - distance[..., :2], self.centres + distance[..., 2:]], -1)

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        scores, box = self.raw(maps)
        low, high = box[..., :2], box[..., 2:]
        return torch.cat([(low + high) / 2, (high - low) * self.shrink, torch.sigmoid(scores)], -1).transpose(1, 2)


class DepthHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.coarse = convolution(NECK, 24, 1)
        self.lateral = convolution(WIDTHS[1], 24, 1)
        # Four numbers a cell of stride 4 are the four pixels of stride 2 in it.
        self.fine = nn.Sequential(convolution(24, 24), nn.Conv2d(24, 4, 3, padding=1), nn.PixelShuffle(2))

    def raw(self, maps: list[torch.Tensor]) -> torch.Tensor:
        """Logarithm of inverse depth, N,1,H/2,W/2."""
        return self.fine(functional.interpolate(self.coarse(maps[1]), scale_factor=2.0) + self.lateral(maps[0])).float()

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        return torch.exp(self.raw(maps).clamp(-4, 4))


class Scene(nn.Module):
    """What is trained: backbone with both heads, or without depth."""

    def __init__(self, size: Size = SIZE, deeper: bool = False, depth: bool = True) -> None:
        super().__init__()
        self.backbone, self.objects = Backbone(deeper), ObjectHead(size)
        self.depth = DepthHead() if depth else None
        # What a file of a run needs to make the network again.
        self.kind = dict(size=tuple(size), deeper=deeper, depth=depth)


class Single(nn.Module):
    """What is exported: backbone with one head. In: N,3,H,W, colours 0..255 minus MEAN over STD."""

    def __init__(self, scene: Scene, head: str) -> None:
        super().__init__()
        self.backbone, self.head, self.name = scene.backbone, getattr(scene, head), head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.backbone(x)
        return self.head(maps if self.name == "depth" else maps[1:])


MEAN, STD = 115.0, 64.0


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """u8 N,H,W,3 to what the network sees."""
    return ((pictures.permute(0, 3, 1, 2).float() - MEAN) / STD).contiguous(memory_format=torch.channels_last)
