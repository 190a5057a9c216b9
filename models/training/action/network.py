"""The action transformer of SHARP (Mucha et al., ICPR 2024), 20 x 135 in, one logit a class out.

Layout as in the authors' public code (read, not copied): linear embedding without expansion, a class token in front, positions
added, two post-norm encoder blocks of three heads whose layer norms run over the whole 21 x 135 plane and whose feed-forward part
is one linear layer with ReLU; the class token joined with the object code of the first frame, layer norm, linear.
With 36 classes it has 230,249 parameters, of which a layer norm of 270 is never used; it is kept so that released weights fit.
"""

import torch
from torch import nn
from torch.nn import functional

FRAMES, WIDTH, HEADS = 20, 135, 3
PAPER_PARAMETERS = 230_249


def positions(slip: bool) -> torch.Tensor:
    """Sinusoids, 21 x 135. `slip`: sine of cosine in odd columns, as the released weights were trained with."""
    at = torch.arange(FRAMES + 1, dtype=torch.float64)[:, None]
    column = torch.arange(WIDTH, dtype=torch.float64)[None]
    angle = at / 10000 ** ((column - column % 2) / WIDTH)
    odd = torch.sin(torch.cos(angle)) if slip else torch.cos(angle)
    return torch.where(column % 2 == 0, torch.sin(angle), odd).float()


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.MultHeaAtten = nn.MultiheadAttention(WIDTH, HEADS, dropout=0.3, batch_first=True)
        self.layer_norm_1 = nn.LayerNorm((FRAMES + 1, WIDTH))
        self.ffn = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU())
        self.layer_norm_2 = nn.LayerNorm((FRAMES + 1, WIDTH))
        self.dropout = nn.Dropout(0.1)

    def attend(self, x: torch.Tensor) -> torch.Tensor:
        # Written out, so that training and the exported graph are the same plain products.
        a = self.MultHeaAtten
        split = lambda v: v.unflatten(-1, (HEADS, WIDTH // HEADS)).transpose(1, 2)
        q, k, v = (split(part) for part in functional.linear(x, a.in_proj_weight, a.in_proj_bias).chunk(3, -1))
        weights = torch.softmax(q @ k.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5, -1)
        mixed = functional.dropout(weights, a.dropout, self.training) @ v
        return a.out_proj(mixed.transpose(1, 2).flatten(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer_norm_1(self.attend(x) + x)
        return self.dropout(self.layer_norm_2(self.ffn(x) + x))


class ActionTransformer(nn.Module):
    """Names of modules are those of the released checkpoints."""

    def __init__(self, classes: int, slip: bool = False) -> None:
        super().__init__()
        self.input_norm = nn.LayerNorm(WIDTH)
        self.linear_mapper = nn.Linear(WIDTH, WIDTH)
        self.class_token = nn.Parameter(torch.randn(1, WIDTH) * 0.02)
        self.encoder_layers = nn.ModuleList([Block(), Block()])
        self.mlp = nn.Sequential(nn.Dropout(0.2), nn.LayerNorm(WIDTH + 1), nn.Linear(WIDTH + 1, classes))
        self.register_buffer("positions", positions(slip), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """N,20,135 to N,classes."""
        token = self.class_token.expand(x.shape[0], 1, WIDTH)
        y = torch.cat([token, self.linear_mapper(x)], 1) + self.positions
        for layer in self.encoder_layers:
            y = layer(y)
        return self.mlp(torch.cat([y[:, 0], x[:, 0, WIDTH - 1 :]], 1))


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())
