"""Trains the stream network on chained actions of the synthetic camera with imitated estimation errors. Resumes from OUT.

    python -m action.stream_train MOTION OUT.pt [--seed 0] [--steps 6000] [--peak 1.2e-3] [--delay 0.7] [--init RUN.pt|MODEL.onnx] [--chain ROWS.f32 ...] [--moved 0]
"""

import argparse
import pathlib
import time

import numpy as np
import torch
from torch.nn import functional

import processor
from action import frames, stream, stream_network
from action.stream_network import StreamTransformer

DECAY, WARM_UP, BATCH = 0.02, 200, 32
SAVE_EVERY_S = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("motion", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--peak", type=float, default=1.2e-3, help="highest rate")
    parser.add_argument("--delay", type=float, default=stream.DELAY_S, help="how long before its row a label's moment lies, seconds")
    parser.add_argument("--init", type=pathlib.Path, help="run, or exported network, to begin with")
    parser.add_argument("--chain", type=pathlib.Path, nargs="*", default=[], help="files of chain_rows: half of the sequences are theirs")
    parser.add_argument("--moved", type=float, default=0, help="share of the other sequences with imitated errors whose errors are theirs (transplant.py)")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    seen = stream.Seen(frames.of_chain(args.chain), frames.of_chain(args.chain, true=True)) if args.chain else None
    draw = stream.Sequences(frames.load(args.motion / "stream-train"), args.seed, args.delay, seen, moved=args.moved)
    model, step, wall, cpu = StreamTransformer(), 0, 0.0, 0.0
    if args.init:
        model.load_state_dict(stream_network.weights(args.init))
    optimiser = torch.optim.AdamW(model.parameters(), args.peak, weight_decay=DECAY, betas=(0.9, 0.98))
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998))
    if args.out.exists():
        kept = torch.load(args.out, weights_only=True)
        model.load_state_dict(kept["live"]), average.load_state_dict(kept["average"]), optimiser.load_state_dict(kept["optimiser"])
        step, wall, cpu = kept["step"], kept["wall_s"], kept["cpu_s"]
        draw.rng = np.random.default_rng([args.seed, step])
    clock, saved, running = (time.time() - wall, time.process_time() - cpu), time.time(), 0.0

    def save() -> None:
        part = args.out.with_suffix(".part")
        torch.save(dict(model=average.module.state_dict(), live=model.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(),
                        step=step, sequences=step * BATCH, seed=args.seed, delay_s=args.delay, wall_s=time.time() - clock[0], cpu_s=time.process_time() - clock[1]), part)
        part.rename(args.out)

    while step < args.steps:
        rate = float(args.peak * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * step / args.steps)) + 1e-6)
        for group in optimiser.param_groups:
            group["lr"] = rate
        x, label = draw.batch(BATCH)
        label = torch.from_numpy(label)
        with processor.fastest():
            logits = model(torch.from_numpy(x))
        loss = functional.cross_entropy(logits.float().flatten(0, 1), label.flatten(), ignore_index=stream.IGNORE, label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        average.update_parameters(model)
        step += 1
        known = label != stream.IGNORE
        right = (logits.argmax(-1) == label)[known].float().mean().item()
        running = right if running == 0 else 0.99 * running + 0.01 * right
        if step % 50 == 0:
            print(f"{step} {time.time() - clock[0]:.0f} s, {time.process_time() - clock[1]:.0f} s CPU, loss {loss.item():.3f}, right {100 * running:.1f} %", flush=True)
        if time.time() - saved > SAVE_EVERY_S:
            save()
            saved = time.time()
    save()


if __name__ == "__main__":
    main()
