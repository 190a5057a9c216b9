"""The two networks: `CropNet` looks at one hand, `FinderNet` says where in a whole picture hands are.

Both take RGB pictures [B, 3, H, W] normalised by `normalise`, H and W multiples of 32. Plain residual blocks with dense 3x3
convolutions: on CPUs with bfloat16 units they train and run faster than separable ones with a third of the weights.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

MEAN, STD = 0.45, 0.25  # of colours in 0..1
WIDTHS, BLOCKS, NECK = (16, 32, 64, 128, 192), (1, 2, 2, 2), 64
CROP_STRIDE, FINDER_STRIDE = 4, 8  # input pixels per map cell
Z_UNIT_PX = 32.0  # one unit of the crop network's depth maps, in pixels of the 128-pixel window


def normalise(rgb: torch.Tensor) -> torch.Tensor:
    """uint8 [B, H, W, 3] -> float [B, 3, H, W], channels last in memory."""
    return ((rgb.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def conv(inp: int, out: int, kernel: int = 3, stride: int = 1, relu: bool = True) -> nn.Sequential:
    layers = [nn.Conv2d(inp, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, inp: int, out: int, stride: int = 1):
        super().__init__()
        self.a, self.b = conv(inp, out, 3, stride), conv(out, out, relu=False)
        self.skip = None if inp == out and stride == 1 else conv(inp, out, 1, stride, relu=False)

    def forward(self, x):
        return F.relu(self.b(self.a(x)) + (x if self.skip is None else self.skip(x)))


class Backbone(nn.Module):
    """Picture -> neck features at `stride` (4 or 8), and the pooled deepest features."""

    def __init__(self, stride: int):
        super().__init__()
        self.stem = conv(3, WIDTHS[0], 3, 2)
        self.stages = nn.ModuleList(
            nn.Sequential(Residual(WIDTHS[k], WIDTHS[k + 1], 2), *[Residual(WIDTHS[k + 1], WIDTHS[k + 1]) for _ in range(BLOCKS[k] - 1)])
            for k in range(4)
        )
        self.first = {4: 0, 8: 1}[stride]
        self.lateral = nn.ModuleList(conv(c, NECK, 1) for c in WIDTHS[1 + self.first:])
        self.smooth = nn.ModuleList(conv(NECK, NECK) for _ in range(3 - self.first))
        self.fixed = 0  # first stages that are not trained (with the stem): they know edges already

    def train(self, mode: bool = True):
        super().train(mode)
        if self.fixed:
            for part in (self.stem, *self.stages[: self.fixed]):
                part.eval()
        return self

    def forward(self, x):
        levels = []
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.fixed):
            x = self.stem(x)
            for stage in self.stages[: self.fixed]:
                x = stage(x)
                levels.append(x)
        for stage in self.stages[self.fixed:]:
            x = stage(x)
            levels.append(x)
        levels = levels[self.first:]
        y = self.lateral[-1](levels[-1])
        for k in reversed(range(len(levels) - 1)):
            y = self.smooth[k](F.interpolate(y, scale_factor=2.0, mode="nearest") + self.lateral[k](levels[k]))
        return y, torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)


class CropNet(nn.Module):
    """One hand in a square window, a right hand when the picture is not mirrored.

    Returns heat maps [B, 21, h, w], depth maps [B, 21, h, w] (distance behind the wrist along the window's ray, units of
    Z_UNIT_PX window pixels), and scores [B, 4] before the logistic function: a hand is there, ln(window pixels that 10 cm at the
    wrist cover / 25), it is a right hand, the window sits well on it.
    """

    def __init__(self):
        super().__init__()
        self.backbone = Backbone(CROP_STRIDE)
        self.maps = nn.Conv2d(NECK, 42, 1)
        self.scores = nn.Sequential(nn.Linear(2 * WIDTHS[-1], 128), nn.ReLU(inplace=True), nn.Linear(128, 4))
        nn.init.zeros_(self.maps.bias)

    def forward(self, x):
        y, pooled = self.backbone(x)
        maps = self.maps(y)
        return maps[:, :21], maps[:, 21:], self.scores(pooled)


class FinderNet(nn.Module):
    """A whole picture of any size in multiples of 32.

    Returns one map [B, 5, H/8, W/8]: score of a left and of a right hand centred in the cell (before the logistic function),
    offset of the centre from the cell's in x and y (cells), ln(larger side of the box around its joints / 32 pixels).
    """

    def __init__(self):
        super().__init__()
        self.backbone = Backbone(FINDER_STRIDE)
        self.head = nn.Sequential(conv(NECK, NECK), nn.Conv2d(NECK, 5, 1))
        nn.init.constant_(self.head[1].bias, 0.0)
        with torch.no_grad():
            self.head[1].bias[:2] = -4.0  # hands are rare: start from a low score

    def forward(self, x):
        return self.head(self.backbone(x)[0])


def decode(heat: torch.Tensor, depth: torch.Tensor):
    """Soft-argmax in the 5x5 cells around each map's peak -> xy [B, 21, 2] in cells, peak height [B, 21], depth [B, 21]."""
    _, _, h, w = heat.shape
    p = heat.float().flatten(2)
    score, index = p.max(2)
    py, px = torch.div(index, w, rounding_mode="floor"), index % w
    yy, xx = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    yy, xx = yy.reshape(1, 1, -1), xx.reshape(1, 1, -1)
    near = ((yy - py[..., None]).abs() <= 2) & ((xx - px[..., None]).abs() <= 2)
    weight = torch.relu(p) * near + 1e-9
    total = weight.sum(2)
    mean = lambda v: (weight * v).sum(2) / total
    return torch.stack([mean(xx), mean(yy)], -1), score, mean(depth.float().flatten(2))
