"""Measures stream networks on the streams of an unseen cast: rows, and the segments that decisions make of them.

Each stream begins with nothing known. Decisions as `egoaction` makes them (pipeline/core/src/action/decide.rs): a label begins when
its smoothed probability reaches `enter`, is told once it has held for `duration` seconds, and ends below `leave`; its segment begins
where the probability rose to `leave`. A told segment is right when it has the label of a true one and their overlap over their union is
at least a half (F1@50, Lea et al., CVPR 2017); it is false in idle when it has the label of no true one that it meets and at least half of
it lies in idle time. A label is given only when the object that it names was in `SEEN` of the window's rows. Delay: from the beginning of a true segment to the row at which its label is told.

With `--clips`, also recordings of one action each: the best of the 36 actions by the mean probability over the rows about it.

    python -m action.stream_evaluate MOTION RUN.pt|MODEL.onnx ... [--split test] [--enter 0.5] [--leave 0.3] [--duration 0.1] [--smoothing 0.1] [--chain ROWS.f32 ...] [--clips ROWS.f32 ...]
"""

import argparse
import dataclasses
import pathlib

import numpy as np
import torch

import onnx_file
from action import frames, stream
from action.classes import ACTIONS, NOTHING, OBJECTS
from action.stream_network import StreamTransformer
from measure import mean_and_deviation, wilson

NOISE_SEED = 2027
# The inputs of a row: hands, and of the objects their boxes or which one a frame is about.
MISSING = ["the left hand", "the right hand", "the boxes", "the chosen object"]
BOXES = slice(127, 127 + 4 * len(OBJECTS))
INPUTS = [slice(0, 63), slice(63, 126), BOXES, slice(126, 127)]
# The threshold `seen` of the manifest in rows, and the object of each action.
SEEN = 3
OBJECT = np.array([OBJECTS.index(action.split()[-1]) for action in ACTIONS])


def load(path: pathlib.Path, last: bool = False) -> tuple[StreamTransformer, dict]:
    kept = torch.load(path, weights_only=True)
    model = StreamTransformer(last)
    model.load_state_dict(kept["model"])
    return model.eval(), kept


class Exported:
    """An ONNX file that is asked like a network."""

    def __init__(self, path: pathlib.Path) -> None:
        self.session = onnx_file.session(path)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.from_numpy(self.session.run(None, {"rows": one[None]})[0]) for one in x.numpy()])[:, None]


def opened(path: pathlib.Path) -> StreamTransformer | Exported:
    return Exported(path) if path.suffix == ".onnx" else load(path)[0]


def streams(motion: frames.Motion, strength: float, count: int = 60) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows and the action classes at the same instants, a pair for each stream."""
    rng, out = np.random.default_rng(NOISE_SEED), []
    for a, b in zip(motion.start[:count], motion.start[1:]):
        index = np.arange(a, b, round(stream.STEP_S * motion.fps))[None]
        action = motion.action[index[0]].astype(int)
        out.append((stream.estimated(stream.rows(motion, index), rng, strength)[0], np.where(action > 0, action - 1, NOTHING)))
    return out


def seen(paths: list[pathlib.Path]) -> list[tuple[np.ndarray, np.ndarray]]:
    """The same of what the elements found."""
    motion, out = frames.of_chain(paths), []
    for a, b in zip(motion.start, motion.start[1:]):
        index = np.round(np.arange(a, b - 1, stream.STEP_S * motion.fps)).astype(int)
        action = motion.action[index]
        out.append((stream.rows(motion, index[None])[0], np.where(action > 0, action - 1, NOTHING)))
    return out


@torch.no_grad()
def answers(model: StreamTransformer | Exported, x: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
    """Probabilities of each row, or of those `at` these numbers, from the WINDOW rows that end with it."""
    padded = np.concatenate([np.zeros((stream.WINDOW - 1, stream.ROW), np.float32), x])
    windows = np.lib.stride_tricks.sliding_window_view(padded, stream.WINDOW, 0).transpose(0, 2, 1)
    windows = windows if at is None else windows[at]
    parts = [model(torch.from_numpy(part.copy()))[:, -1].softmax(-1).numpy() for part in np.array_split(windows, max(1, len(windows) // 64))]
    return np.concatenate(parts)


def of_seen(p: np.ndarray, x: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
    """The same without actions on objects that were not seen (models/src/action/about.rs); where no object was seen at all, none was looked for."""
    there = (x[:, BOXES].reshape(len(x), -1, 4) != 0).any(2)
    if not there.any():
        return p
    end = (np.arange(len(x)) if at is None else at) + 1
    upto = np.concatenate([np.zeros((1, len(OBJECTS)), int), there.cumsum(0)])
    seen = (upto[end] - upto[np.maximum(end - stream.WINDOW, 0)] >= SEEN)[:, OBJECT]
    actions = p[:, :NOTHING] * seen
    return np.concatenate([actions, 1 - actions.sum(1, keepdims=True)], 1)


def runs(label: np.ndarray) -> list[tuple[int, int, int]]:
    """Class, first row, last row + 1 of each stretch that is not NOTHING."""
    cuts = [0, *(np.flatnonzero(np.diff(label)) + 1), len(label)]
    return [(int(label[a]), a, b) for a, b in zip(cuts[:-1], cuts[1:]) if label[a] != NOTHING]


@dataclasses.dataclass
class Rules:
    """How probabilities become labels: those of `egoaction`, seconds."""

    enter: float = 0.5
    leave: float = 0.3
    duration: float = 0.1
    smoothing: float = 0.1


def decided(p: np.ndarray, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """The label of the segment that each row lies in, and the label that is told at each row."""
    named, told = (np.full(len(p), NOTHING) for _ in range(2))
    share = 1 - np.exp(-stream.STEP_S / rules.smoothing) if rules.smoothing > 0 else 1.0
    now, held, since, first, ended = p[0], NOTHING, 0, 0, 0
    risen = np.zeros(p.shape[1], int)  # first row of those up to now in which the class has had `leave` or more
    for i, row in enumerate(p):
        now = now + share * (row - now)
        risen = np.where(now >= rules.leave, risen, i + 1)
        best = int(now.argmax())
        candidate = best if now[best] >= rules.enter else NOTHING
        if held == NOTHING or candidate not in (held, NOTHING) or now[held] < rules.leave or now[NOTHING] >= rules.enter:
            ended = i if held != NOTHING and told[i - 1] == held else ended
            held, since = candidate, i
            first = max(risen[held], ended)
        if held != NOTHING and (i - since) * stream.STEP_S >= rules.duration - 1e-6:
            told[i] = held
            named[first : i + 1] = held
    return named, told


def clips_right(model: StreamTransformer | Exported, motion: frames.Motion, without: slice | None = None) -> list[bool]:
    """For the action of each recording whether it was named, by rows without one of the inputs."""
    back, right = round(stream.DELAY_S / stream.STEP_S), []
    for clip, first, last, number in frames.asked(motion):
        a, b = motion.start[clip : clip + 2]
        index = np.round(np.arange(a, b - 1, stream.STEP_S * motion.fps)).astype(int)
        x, about = stream.rows(motion, index[None])[0], np.flatnonzero((index >= first) & (index <= last))
        if not len(about):
            continue
        if without is not None:
            x[:, without] = 0
        at = np.minimum(about + back, len(x) - 1)
        p = of_seen(answers(model, x, at), x, at)
        right.append(bool(p[:, :NOTHING].mean(0).argmax() == number - 1))
    return right


def measure(model: StreamTransformer | Exported, data: list, rules: Rules) -> dict[str, float]:
    back = round(stream.DELAY_S / stream.STEP_S)
    hit = given = true = false_idle = idle_rows = right = right_in = rows_in = rows_all = 0
    delays = []
    for x, wanted in data:
        p = of_seen(answers(model, x), x)
        named, said = decided(p, rules)
        # What a row says is about the time DELAY_S before it.
        about = np.concatenate([named[back:], np.full(back, named[-1])])
        best = np.concatenate([p[back:].argmax(1), np.full(back, p[-1].argmax())])
        rows_all += len(wanted)
        right += int((best == wanted).sum())
        inside = wanted != NOTHING
        rows_in += int(inside.sum())
        right_in += int((best == wanted)[inside].sum())
        truth, found = runs(wanted), runs(about)
        true, given = true + len(truth), given + len(found)
        used = set()
        for c, a, b in found:
            iou = [(min(b, e) - max(a, s)) / (max(b, e) - min(a, s)) if c == k and i not in used else -1 for i, (k, s, e) in enumerate(truth)]
            if iou and max(iou) >= 0.5:
                hit += 1
                used.add(int(np.argmax(iou)))
            # As `ego_core::metrics::action::idle_tally`.
            if not any(c == k and min(b, e) > max(a, s) for k, s, e in truth) and 2 * inside[a:b].sum() <= b - a:
                false_idle += 1
        idle_rows += int((~inside).sum())
        for c, a, b in truth:
            at = np.flatnonzero(said[a : b + back] == c)
            delays.append(at[0] * stream.STEP_S if len(at) else np.inf)
    return {
        "rows right, %": 100 * right / rows_all, "in actions, %": 100 * right_in / rows_in, "F1@50": 2 * hit / max(1, given + true),
        "delay, median s": float(np.median(delays)), "never told, %": 100 * float(np.isinf(delays).mean()),
        "false in idle a minute": false_idle / (idle_rows * stream.STEP_S / 60), "segments": true,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=pathlib.Path)
    parser.add_argument("runs", type=pathlib.Path, nargs="+")
    parser.add_argument("--split", default="test")
    for field in dataclasses.fields(Rules):
        parser.add_argument(f"--{field.name}", type=float, default=field.default)
    parser.add_argument("--streams", type=int, default=60)
    parser.add_argument("--chain", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows")
    parser.add_argument("--clips", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows with one action a recording")
    args = parser.parse_args()
    torch.set_num_threads(1)
    models, rules = [opened(run) for run in args.runs], Rules(args.enter, args.leave, args.duration, args.smoothing)
    motion = frames.load(args.motion / f"stream-{args.split}")
    kinds = {name: streams(motion, strength, args.streams) for name, strength in {"true hands and boxes": 0.0, "imitated estimates": 1.0}.items()}
    if args.chain:
        kinds["what the elements found"] = seen(args.chain)
    for name, data in kinds.items():
        found = [measure(model, data, rules) for model in models]
        print(f"{name}, {len(data)} streams of the {args.split} cast:")
        for key in found[0]:
            print(f"  {key}: {mean_and_deviation([f[key] for f in found])}")

    def report(name: str, motion: frames.Motion, asked: list, without: slice | None = None) -> None:
        right = [clips_right(model, motion, without) for model in asked]
        best = max(sum(r) for r in right)
        low, high = wilson(best, len(right[0]))
        shares = mean_and_deviation([100 * np.mean(r) for r in right])
        print(f"{name}: {shares} %, best {best} of {len(right[0])} = {100 * best / len(right[0]):.2f} % [{low:.1f}, {high:.1f}]")

    if args.clips:
        found = frames.of_chain(args.clips, clips=True)
        print("recordings of one action, top-1 of 36")
        report("true hands and boxes", frames.of_chain(args.clips, true=True, clips=True), models)
        report("what the elements found", found, models)
        for name, part in zip(MISSING, INPUTS):
            report(f"the same without {name}, the first network", found, models[:1], part)


if __name__ == "__main__":
    main()
