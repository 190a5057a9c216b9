"""What boxes and inverse depth are trained with.

Boxes: task-aligned assignment (Feng et al., ICCV 2021): the cells inside a box whose score and overlap agree best learn it.
Depth: logarithmic error with and without the picture's own scale, and its slope at three scales (after Eigen et al. 2014 and
Ranftl et al. 2022). No shift is taken out: the range mask divides by the maximum, which only ratios survive.
"""

import torch
from torch.nn import functional

CELLS_A_BOX, SCORE_POWER, OVERLAP_POWER = 8, 0.5, 4.0
BOX_WEIGHT, DEPTH_WEIGHT = 4.0, 4.0


def overlap(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """IoU and generalised IoU of boxes (left, top, right, bottom) that broadcast."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    area = lambda x: (x[..., 2] - x[..., 0]).clamp(min=0) * (x[..., 3] - x[..., 1]).clamp(min=0)
    shared = (high - low).clamp(min=0).prod(-1)
    union = area(a) + area(b) - shared + 1e-6
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1) + 1e-6
    return shared / union, shared / union - (hull - union) / hull


@torch.no_grad()
def assigned(scores: torch.Tensor, boxes: torch.Tensor, truth: torch.Tensor, centres: torch.Tensor):
    """For each cell: wanted scores N,A,8, wanted box N,A,4, whether it counts N,A."""
    n, cells, classes = scores.shape
    kind = (truth[..., 0].long() - 1).clamp(min=0)
    real, ignored = (truth[..., 0] > 0) & (truth[..., 5] == 0), (truth[..., 0] > 0) & (truth[..., 5] > 0)
    box = truth[..., 1:5]
    inside = ((centres > box[:, :, None, :2]) & (centres < box[:, :, None, 2:])).all(-1)
    score = torch.sigmoid(scores).transpose(1, 2).gather(1, kind[..., None].expand(-1, -1, cells))
    iou = overlap(boxes[:, None], box[:, :, None])[0]
    fit = score**SCORE_POWER * iou**OVERLAP_POWER * (inside & real[..., None])
    best = fit.topk(CELLS_A_BOX, 2)
    mine = torch.zeros_like(fit).scatter_(2, best.indices, 1.0) * (fit > 0)
    # A cell that several boxes want goes to the one it overlaps most.
    owner = (iou * mine - (1 - mine)).argmax(1)
    mine = mine * functional.one_hot(owner, fit.shape[1]).transpose(1, 2)
    fit = fit * mine
    wanted = fit / (fit.amax(2, keepdim=True) + 1e-9) * (iou * mine).amax(2, keepdim=True)
    cell = wanted.amax(1)
    owned = mine.amax(1) > 0
    kind_of = kind.gather(1, owner)
    target = functional.one_hot(kind_of, classes) * cell[..., None]
    spared = (inside & ignored[..., None]).any(1) & ~owned
    return target, box.gather(1, owner[..., None].expand(-1, -1, 4)), cell * owned, ~spared


def boxes_loss(scores: torch.Tensor, boxes: torch.Tensor, truth: torch.Tensor, centres: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    target, box, weight, counts = assigned(scores, boxes, truth, centres)
    total = weight.sum().clamp(min=1)
    by_score = (functional.binary_cross_entropy_with_logits(scores, target, reduction="none") * counts[..., None]).sum() / total
    return by_score, BOX_WEIGHT * ((1 - overlap(boxes, box)[1]) * weight).sum() / total


def depth_loss(log_inverse: torch.Tensor, inverse: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Maps N,H,W; inverse depth 0 and weight 0 where it is not known."""
    error = log_inverse - torch.log(inverse.clamp(min=0.05))
    total = weight.sum((1, 2)).clamp(min=1)
    mean = (error * weight).sum((1, 2)) / total
    loss = 0.3 * (error.abs() * weight).sum() / total.sum() + ((error - mean[:, None, None]).abs() * weight).sum() / total.sum()
    for step in (1, 2, 4):
        e, known = error[:, ::step, ::step], (weight > 0).float()[:, ::step, ::step]
        for axis in (1, 2):
            both = known.narrow(axis, 1, known.shape[axis] - 1) * known.narrow(axis, 0, known.shape[axis] - 1)
            loss = loss + 0.3 * (e.diff(dim=axis).abs() * both).sum() / both.sum().clamp(min=1)
    return DEPTH_WEIGHT * loss
