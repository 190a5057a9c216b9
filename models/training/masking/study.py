"""The SHARP paper's masking study on the synthetic camera: does a hand network find hands better in a picture whose far part is black?

Trains one small full-frame network (`network.py`) for each input and seed, all alike, and prints the camera-space error (MPJPE, mm) on
the unseen cast. Inputs: `plain`, the whole picture; `pseudo`, cut where the pseudo-depth of ego-depth over its maximum is below t;
`blurred`, the same with an edge 12 pixels soft; `depth`, cut where the true depth is above 700 mm. As in the public code, training
pictures of the cut inputs stay whole half of the time. Finished runs are kept in OUT.

    python -m masking.study POOL OUT [--seeds 3] [--images 40000] [--depth ../zoo/ego-depth.onnx]
"""

import argparse
import pathlib
import time

import cv2
import numpy as np
import torch
from torch.nn import functional

import onnx_file
import processor
from depth.evaluate import inferred
from masking.network import HEIGHT, WIDTH, FullFrameHands
from measure import mean_and_deviation
from scene.augment import lit
from scene.network import MEAN, STD
from scene.rows import Rows

INPUTS = ("plain", "pseudo", "blurred", "depth")
T, METRES, SOFT_PX = 0.47, 0.7, 12
CURVE = (0.353, 0.392, 0.431, 0.471, 0.510)
BATCH, PEAK, WARM_UP = 24, 2e-3, 100


class Pool:
    """Small pictures with joints, pseudo-depth and true depth of a folder of rows."""

    def __init__(self, folder: pathlib.Path, network: pathlib.Path) -> None:
        rows = Rows(folder)
        n, (w, h) = len(rows), (rows.width, rows.height)
        flat = lambda name, *shape: np.fromfile(folder / name, np.float32).reshape(-1, *shape)[:n]
        joints, camera = flat("hands.f32", 2, 21, 5), flat("camera.f32", 4)
        self.camera_m, self.present = joints[..., :3], (joints != 0).any((2, 3))
        self.camera = camera / [w, h, w, h]
        self.focal = self.camera[:, 0]
        uv = joints[..., 3:] / np.array([w, h], np.float32)
        z = joints[..., 2:3] / self.focal[:, None, None, None]
        self.wanted = np.concatenate([uv, z], -1).astype(np.float32)
        cache = folder / "study.npz"
        if cache.exists() and len(np.load(cache)["near"]) == n:
            d = np.load(cache)
            self.pictures, self.near, self.depth = d["pictures"], d["near"], d["depth"]
            return
        run, size = onnx_file.session(network), (WIDTH, HEIGHT)
        self.pictures = np.stack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in rows.rgb])
        near = (inferred(run, p) for p in rows.rgb)
        self.near = np.stack([(255 * cv2.resize(d / d.max(), size, interpolation=cv2.INTER_LINEAR)).clip(0, 255).astype(np.uint8) for d in near])
        self.depth = np.stack([cv2.resize(d, size, interpolation=cv2.INTER_NEAREST) for d in rows.depth])
        np.savez(cache, pictures=self.pictures, near=self.near, depth=self.depth)

    def seen(self, i: int, kind: str, t: float = T) -> np.ndarray:
        """What a network of this input sees of a picture."""
        if kind == "plain":
            return self.pictures[i]
        keep = (self.depth[i] > 0) & (self.depth[i] <= 1000 * METRES) if kind == "depth" else self.near[i] >= 255 * t
        if kind == "blurred":
            return (self.pictures[i] * cv2.blur(keep.astype(np.float32), (SOFT_PX, SOFT_PX))[..., None]).astype(np.uint8)
        return self.pictures[i] * keep[..., None]


def tensor(pictures: list[np.ndarray]) -> torch.Tensor:
    x = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float()
    return ((x - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def train(pool: Pool, kind: str, seed: int, images: int) -> FullFrameHands:
    torch.manual_seed(seed)
    rng, begun = np.random.default_rng(seed), time.process_time()
    model = FullFrameHands().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(model.parameters(), PEAK, weight_decay=0.02)
    steps = images // BATCH
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = PEAK * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * step / steps)) + 1e-6
        chosen = rng.integers(len(pool.pictures), size=BATCH)
        cut = rng.random(BATCH) < 0.5
        pictures = [lit(pool.seen(i, kind if c else "plain"), rng) for i, c in zip(chosen, cut)]
        wanted, present = torch.from_numpy(pool.wanted[chosen]), torch.from_numpy(pool.present[chosen])
        flip = np.flatnonzero(rng.random(BATCH) < 0.5)
        for i in flip:
            pictures[i] = pictures[i][:, ::-1]
        wanted[flip], present[flip] = wanted[flip].flip(1), present[flip].flip(1)
        wanted[flip, ..., 0] = 1 - wanted[flip, ..., 0]
        with processor.fastest():
            found, there = model(tensor(pictures))
        error = (found - wanted).abs() * torch.tensor([1.0, 0.6, 2.0])
        inside = ((wanted[..., :2] > 0) & (wanted[..., :2] < 1)).all(-1, keepdim=True) & present[:, :, None, None]
        loss = 20 * (error * inside).sum() / inside.sum().clamp(min=1) + 0.3 * functional.binary_cross_entropy_with_logits(there.float(), present.float())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        if (step + 1) % 200 == 0:
            print(f"  {kind} seed {seed}: {(step + 1) * BATCH} pictures, {time.process_time() - begun:.0f} s CPU, loss {loss.item():.3f}", flush=True)
    return model


@torch.no_grad()
def errors(model: FullFrameHands, pool: Pool, kind: str, t: float = T) -> np.ndarray:
    """MPJPE of left, right and both hands in camera space, mm, over hands that are in view."""
    found = torch.cat([model(tensor([pool.seen(i, kind, t) for i in part]))[0] for part in np.array_split(np.arange(len(pool.pictures)), 40)]).float().numpy()
    z = found[..., 2] * pool.focal[:, None, None]
    fx, fy, cx, cy = pool.camera.T[..., None, None]
    xyz = np.stack([(found[..., 0] - cx) / fx * z, (found[..., 1] - cy) / fy * z, z], -1)
    away = 1000 * np.linalg.norm(xyz - pool.camera_m, axis=-1).mean(-1)
    return np.array([away[:, 0][pool.present[:, 0]].mean(), away[:, 1][pool.present[:, 1]].mean(), away[pool.present].mean()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--images", type=int, default=40_000)
    parser.add_argument("--depth", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "zoo/ego-depth.onnx")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    cv2.setNumThreads(0)
    args.out.mkdir(parents=True, exist_ok=True)
    pools = {split: Pool(args.pool / split, args.depth) for split in ("train", "test")}
    models: dict[tuple[str, int], FullFrameHands] = {}
    for seed in range(args.seeds):
        for kind in INPUTS:
            path = args.out / f"{kind}-{seed}.pt"
            if path.exists():
                model = FullFrameHands()
                model.load_state_dict(torch.load(path, weights_only=True))
            else:
                model = train(pools["train"], kind, seed, args.images)
                torch.save(model.state_dict(), path)
            models[kind, seed] = model.eval()
            print(f"{kind} seed {seed}: left, right, both {errors(models[kind, seed], pools['test'], kind).round(1)} mm", flush=True)
    test, share = pools["test"], {}
    for kind in INPUTS:
        per_seed = np.array([errors(models[kind, s], test, kind) for s in range(args.seeds)])
        share[kind] = 100 * np.mean([(test.seen(i, kind) > 0).any(-1).mean() for i in range(len(test.pictures))])
        columns = [mean_and_deviation(c) for c in per_seed.T]
        print(f"{kind}: left {columns[0]}, right {columns[1]}, both {columns[2]} mm; {share[kind]:.0f} % of the picture kept")
    for t in CURVE:
        both = [errors(models["pseudo", s], test, "pseudo", t)[2] for s in range(args.seeds)]
        print(f"pseudo at t {t}: both {mean_and_deviation(both)} mm")


if __name__ == "__main__":
    main()
