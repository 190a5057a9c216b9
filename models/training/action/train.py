"""Trains the action transformer on synthetic motion with imitated estimation errors.

A third of the windows are whole actions, 20 random frames in order, as SHARP trains; the rest are what a live stream shows: the
last seconds before any moment, within and across actions, where the 37th class means that none of the 36 is going on.
Augmentation of the paper: rotation about the picture's centre, or exactly one of four inputs missing. Resumes from OUT.

    python -m action.train MOTION OUT.pt [--seed 0] [--steps 5000] [--chain ROWS.f32 ...]
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional

import processor
from action import frames
from action.classes import LABELS, NOTHING
from action.network import ActionTransformer

PEAK_RATE, DECAY, WARM_UP = 1.5e-3, 1e-4, 200
MASK_PROBABILITY, ROTATE_PROBABILITY, ROTATE_DEG = 0.2, 0.5, 45
# A head camera leans less than the paper turns its clips.
LIVE_ROTATE_DEG = 20
# Whole actions and live windows of a batch: from clips of one action, from streams.
SHARES = ((22, 14), (20, 72))
# With streams that the elements saw, whose own are the last.
CHAIN_SHARES = ((18, 10), (12, 44), (20, 24))
ASPECT = 16 / 9
# The four inputs: left hand, right hand, box, object code.
INPUTS = [slice(0, 63), slice(63, 126), slice(126, 134), slice(134, 135)]
CORNERS_MIRRORED = [1, 0, 3, 2]
BATCH = sum(map(sum, SHARES))
SAVE_EVERY_S = 60


def mirrored(x: np.ndarray) -> np.ndarray:
    """The same windows in a mirror: hands and corners change places."""
    n = len(x)
    hands = x[..., :126].reshape(n, frames.FRAMES, 2, 21, 3)[:, :, ::-1].copy()
    corners = x[..., 126:134].reshape(n, frames.FRAMES, 4, 2)[:, :, CORNERS_MIRRORED].copy()
    hands[..., 0] = np.where((hands == 0).all(-1), 0, 1 - hands[..., 0])
    corners[..., 0] = np.where((corners == 0).all((2, 3))[..., None], 0, 1 - corners[..., 0])
    return np.concatenate([hands.reshape(n, frames.FRAMES, 126), corners.reshape(n, frames.FRAMES, 8), x[..., 134:]], -1)


def rotated(x: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Hands and box turned about the picture's centre by N angles, radians; what is absent stays zero."""
    y = x.copy()
    c, s = (f(angle)[:, None, None].astype(np.float32) for f in (np.cos, np.sin))
    for u, v in [(y[..., 0:126:3], y[..., 1:126:3]), (y[..., 126:134:2], y[..., 127:134:2])]:
        there = (u != 0) | (v != 0)
        a, b = (u - 0.5) * ASPECT, v - 0.5
        u[:], v[:] = np.where(there, (c * a - s * b) / ASPECT + 0.5, 0), np.where(there, s * a + c * b + 0.5, 0)
    return y


class Windows:
    """Draws training windows from clips of one action and from streams."""

    def __init__(self, motions: list[frames.Motion], seed: int, seen: frames.Motion | None = None) -> None:
        self.motions = motions if seen is None else [*motions, seen]
        self.shares = SHARES if seen is None else CHAIN_SHARES
        self.seen = seen
        self.segments = [frames.segments(m) for m in self.motions]
        self.rng = np.random.default_rng(seed)

    def whole(self, motion: frames.Motion, segments: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        rng = self.rng
        clip, first, last, action = segments[rng.integers(0, len(segments), n)].T
        length = last - first
        # The cut between idle and action is never exact.
        first = np.maximum(first + (length * rng.normal(0, 0.06, n)).astype(int), motion.start[clip])
        last = np.minimum(last + (length * rng.normal(0, 0.06, n)).astype(int), motion.start[clip + 1] - 1)
        share = np.where(rng.random((n, 1)) < 0.5, np.sort(rng.random((n, frames.FRAMES)), 1), np.linspace(0, 1, frames.FRAMES))
        return (first[:, None] + np.maximum(last - first, 10)[:, None] * share).astype(int).clip(0, len(motion.action) - 1), action.astype(int) - 1

    def live(self, motion: frames.Motion, n: int) -> tuple[np.ndarray, np.ndarray]:
        rng = self.rng
        end = rng.integers(0, len(motion.action), 2 * n)
        clip = np.searchsorted(motion.start, end, side="right") - 1
        action, clear = frames.window_label(motion, clip, end)
        keep = np.flatnonzero(clear)[:n]
        index = frames.window(motion, clip[keep], end[keep], frames.WINDOW_S * rng.uniform(0.85, 1.15, len(keep)))
        return index, np.where(action[keep] > 0, action[keep].astype(int) - 1, NOTHING)

    def batch(self) -> tuple[np.ndarray, np.ndarray]:
        rng, parts, labels, most, seen = self.rng, [], [], [], []
        for motion, segments, (whole, live) in zip(self.motions, self.segments, self.shares):
            for (index, label), limit in ((self.whole(motion, segments, whole), ROTATE_DEG), (self.live(motion, live), LIVE_ROTATE_DEG)):
                codes = motion.chosen[index].copy()
                stray = frames.bursts(rng, len(codes), 0.04, 12) & (rng.random((len(codes), 1)) < 0.25)
                codes = np.where(stray, rng.integers(1, 9, (len(codes), 1)), codes)
                parts.append(frames.vectors(motion, index, rng.random(len(index)) < 0.6, codes))
                labels.append(label)
                most.append(np.full(len(label), limit))
                seen.append(np.full(len(label), motion is self.seen))
        x, label = np.concatenate(parts), np.concatenate(labels)
        n = len(x)
        if self.seen is None:
            x = frames.estimated(x, rng, np.where(rng.random(n) < 0.15, 0, rng.uniform(0.2, 1.4, n)))
        else:
            seen = np.concatenate(seen)
            strength = np.where(rng.random(n) < 0.15, 0, np.where(seen, rng.uniform(0, 0.5, n), rng.uniform(0.2, 1.4, n)))
            x = frames.estimated(x, rng, strength)
            x[seen] = frames.farther(x[seen], rng, *frames.FARTHER_STILL)
            imitated = ~seen & (strength > 0)
            x[imitated] = frames.farther(x[imitated], rng, *frames.FARTHER)
        flip = rng.random(n) < 0.5
        x[flip] = mirrored(x[flip])
        masked = rng.random(n) < MASK_PROBABILITY
        turn = ~masked & (rng.random(n) < ROTATE_PROBABILITY)
        x[turn] = rotated(x[turn], np.radians(np.round(rng.uniform(-1, 1, turn.sum()) * np.concatenate(most)[turn])))
        for i in np.flatnonzero(masked):
            x[i, :, INPUTS[rng.integers(4)]] = 0
        return x, label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--chain", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows: what the elements found")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    windows = Windows([frames.load(args.motion / f"{kind}-train") for kind in ("single", "stream")], args.seed,
                      frames.of_chain(args.chain) if args.chain else None)
    model, step, wall, cpu = ActionTransformer(len(LABELS)), 0, 0.0, 0.0
    optimiser = torch.optim.AdamW(model.parameters(), PEAK_RATE, weight_decay=DECAY)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998))
    if args.out.exists():
        kept = torch.load(args.out, weights_only=True)
        model.load_state_dict(kept["live"]), average.load_state_dict(kept["average"]), optimiser.load_state_dict(kept["optimiser"])
        step, wall, cpu = kept["step"], kept["wall_s"], kept["cpu_s"]
        windows.rng = np.random.default_rng([args.seed, step])
    clock, saved, running = (time.time() - wall, time.process_time() - cpu), time.time(), 0.0

    def save() -> None:
        part = args.out.with_suffix(".part")
        torch.save(dict(model=average.module.state_dict(), live=model.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(),
                        step=step, windows=step * BATCH, seed=args.seed, wall_s=time.time() - clock[0], cpu_s=time.process_time() - clock[1]), part)
        part.rename(args.out)

    while step < args.steps:
        rate = float(PEAK_RATE * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * step / args.steps)) + 1e-6)
        for group in optimiser.param_groups:
            group["lr"] = rate
        x, label = windows.batch()
        with processor.fastest():
            logits = model(torch.from_numpy(x).float())
        loss = functional.cross_entropy(logits.float(), torch.from_numpy(label), label_smoothing=0.05)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(model)
        step += 1
        right = (logits.argmax(1) == torch.from_numpy(label)).float().mean().item()
        running = right if running == 0 else 0.99 * running + 0.01 * right
        if step % 50 == 0:
            print(f"{step} {time.time() - clock[0]:.0f} s, {time.process_time() - clock[1]:.0f} s CPU, loss {loss.item():.3f}, right {100 * running:.1f} %", flush=True)
        if time.time() - saved > SAVE_EVERY_S:
            save()
            saved = time.time()
    save()


if __name__ == "__main__":
    main()
