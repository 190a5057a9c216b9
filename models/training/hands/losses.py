"""What the two networks are punished for. Batches as `compose.Maker` makes them; each returns the sum and its named parts."""
import torch
import torch.nn.functional as F

from .network import CROP_STRIDE, FINDER_STRIDE

SIGMA_CELLS = 1.15  # of the joints' Gaussians
# Fingers say more about a pose than the palm and are harder to see.
JOINT_WEIGHTS = torch.tensor([1.0] + [0.9, 1.0, 1.1, 1.3] * 5)
JOINT_WEIGHTS = JOINT_WEIGHTS / JOINT_WEIGHTS.mean()


def gaussians(uv: torch.Tensor, h: int, w: int) -> torch.Tensor:
    """Pixels [B, J, 2] -> maps [B, J, h, w]; joints outside give empty maps by themselves."""
    c = (uv + 0.5) / CROP_STRIDE - 0.5
    gx = torch.exp(-((torch.arange(w) - c[..., :1]) ** 2) / (2 * SIGMA_CELLS**2))
    gy = torch.exp(-((torch.arange(h) - c[..., 1:]) ** 2) / (2 * SIGMA_CELLS**2))
    return gy[..., :, None] * gx[..., None, :]


def crop_loss(out, batch):
    heat, depth, scores = (t.float() for t in out)
    b, joints, h, w = heat.shape
    presence = batch["presence"]
    one, some, scored = (presence == 1).float(), (presence >= 1).float(), (presence >= 0).float()
    with torch.no_grad():
        truth = gaussians(batch["uv"], h, w) * one[:, None, None, None]
        weight = (1 + 12 * truth) * (scored * (presence != 2))[:, None, None, None] * JOINT_WEIGHTS[None, :, None, None]
        # Depth is read at the cells around the peak, so it is taught at one of them at random.
        cell = ((batch["uv"] + 0.5) / CROP_STRIDE - 0.5).round().long() + torch.randint(-1, 2, (b, joints, 2))
        inside = ((cell >= 0) & (cell < torch.tensor([w, h]))).all(2) * one[:, None]
        index = cell[..., 1].clamp(0, h - 1) * w + cell[..., 0].clamp(0, w - 1)
    heat_loss = ((heat - truth) ** 2 * weight).sum((2, 3)).mean() * 0.15
    z = depth.flatten(2).gather(2, index[..., None])[..., 0]
    depth_loss = (F.smooth_l1_loss(z, batch["z"], reduction="none", beta=0.2) * inside).sum() / (inside.sum() + 1) * 0.35
    bce = lambda logit, target: F.binary_cross_entropy_with_logits(logit, target.float(), reduction="none")
    there = (bce(scores[:, 0], some) * scored).mean() * 0.5
    size = (F.smooth_l1_loss(scores[:, 1], torch.log(batch["size"].clamp(1, 400) / 25), reduction="none", beta=0.1) * one).mean() * 0.3
    right = (bce(scores[:, 2], batch["right"]) * some).mean() * 0.3
    # A wrong-side hand is a hand in a window that sits well all the same; where, is only known for scored joints.
    placed = (bce(scores[:, 3], batch["placed"]) * (scored * (presence != 2))).mean() * 0.4
    parts = dict(heat=heat_loss, depth=depth_loss, there=there, size=size, right=right, placed=placed)
    return sum(parts.values()), {k: v.item() for k, v in parts.items()}


def finder_loss(out, batch):
    """Penalty-reduced focal loss on centres (CenterNet, arXiv 1904.07850), L1 on offset and size at the cells around each centre."""
    out = out.float()
    b, _, h, w = out.shape
    hands = batch["hands"]
    x, y, side = hands[..., 0], hands[..., 1], hands[..., 2]
    with torch.no_grad():
        cx, cy = (x + 0.5) / FINDER_STRIDE - 0.5, (y + 0.5) / FINDER_STRIDE - 0.5
        sigma = (side / FINDER_STRIDE * 0.13).clamp(min=0.55)
        dx, dy = torch.arange(w) - cx[..., None], torch.arange(h) - cy[..., None]  # [B, 4, w], [B, 4, h]
        blob = torch.exp(-(dx[:, :, None, :] ** 2 + dy[..., None] ** 2) / (2 * sigma[..., None, None] ** 2))
        good = (hands[..., 4] == 1)[..., None, None]
        unsure = (hands[..., 4] == -1)[..., None, None]
        peak = (dx.abs()[:, :, None, :] <= 0.5) & (dy.abs()[..., None] <= 0.5) & good
        of = [(hands[..., 3] == s)[..., None, None] for s in (0, 1)]
        heat = torch.stack([(blob * good * o).amax(1) for o in of], 1)
        positive = torch.stack([(peak & o).any(1) for o in of], 1)
        # Cells inside the box of a hand that shows too little are not scored.
        reach = (side / FINDER_STRIDE * 0.5 + 1)[..., None, None]
        blind = ((dx.abs()[:, :, None, :] <= reach) & (dy.abs()[..., None] <= reach) & unsure).any(1, keepdim=True)
        near = (blob > 0.5) & good
        owner = (blob * good).argmax(1)  # [B, h, w]
        pick = lambda v: torch.gather(v, 1, owner.flatten(1)).view(b, h, w)
        trained = near.any(1)
        want_x, want_y = pick(cx) - torch.arange(w), pick(cy) - torch.arange(h)[:, None]
        want_size = torch.log(pick(side).clamp(min=4) / 32)
    p = torch.sigmoid(out[:, :2]).clamp(1e-5, 1 - 1e-5)
    plus = -torch.log(p) * (1 - p) ** 2 * positive
    minus = -torch.log(1 - p) * p**2 * (1 - heat) ** 4 * (~positive) * (~blind)
    centre = (plus.sum() + minus.sum()) / (positive.sum() + 1)
    count = trained.sum() + 1
    offset = (((out[:, 2] - want_x).abs() + (out[:, 3] - want_y).abs()) * trained).sum() / count * 0.3
    size = ((out[:, 4] - want_size).abs() * trained).sum() / count * 0.5
    parts = dict(centre=centre, offset=offset, size=size)
    return sum(parts.values()), {k: v.item() for k, v in parts.items()}
