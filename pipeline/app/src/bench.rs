//! `ego bench`: what a preset costs on a recording: time a stage, processor time a frame, memory.
//!
//! Batch is `ego run` without writing; `--live` plays the file at its own pace, as a camera would, and counts what is shown, dropped
//! and analysed. Processor time counts all threads of the program, decoding included.

use std::time::Duration;

use ego_graph::{BatchPlan, LivePlan, LiveSource, Outcome, Settings, StageStats, Stat};
use serde_json::json;

use crate::cli::BenchArgs;
use crate::console;
use crate::failure::{Status, describe_graph, status_of_graph, usage};
use crate::interrupt::Interrupt;

pub(crate) fn bench(args: &BenchArgs, json: bool) -> anyhow::Result<Status> {
    let settings = Settings::load(&args.settings.config, &args.settings.overrides)?;
    let interrupt = Interrupt::listen()?;
    for round in 1..=args.rounds {
        if interrupt.wanted() {
            return Ok(Status::Interrupted);
        }
        let before = cpu_time();
        let session = if args.live { live(args, &settings)? } else { batch(args, &settings)? };
        interrupt.watch(session.stopper());
        session.events().iter().for_each(drop);
        let outcome = session.finish();
        let cpu = cpu_time().zip(before).map(|(after, before)| after.saturating_sub(before));
        if let Some(error) = &outcome.failure {
            console::tell(&describe_graph(&args.input, error));
            return Ok(status_of_graph(error));
        }
        tell(args, &settings, round, &outcome, cpu, json)?;
    }
    Ok(if interrupt.wanted() { Status::Interrupted } else { Status::Good })
}

fn batch(args: &BenchArgs, settings: &Settings) -> anyhow::Result<ego_graph::Session> {
    let input = ego_graph::resolve(std::slice::from_ref(&args.input)).into_iter().next();
    let input = match input {
        Some(Ok(input)) => input,
        Some(Err(bad)) => return Err(bad.error.into()),
        None => return Err(usage("there is no input", "name a recording")),
    };
    let plan = BatchPlan { input, settings: settings.clone(), fps: None, json: None, annotated: None };
    Ok(ego_graph::run(&plan)?)
}

fn live(args: &BenchArgs, settings: &Settings) -> anyhow::Result<ego_graph::Session> {
    let plan = LivePlan {
        source: LiveSource::parse(Some(&args.input))?,
        settings: settings.clone(),
        stream: "bench".into(),
        json: None,
        record: None,
        window: false,
        tap: None,
        pictures_first: false,
        duration: args.duration,
    };
    Ok(ego_graph::live(&plan)?)
}

fn tell(args: &BenchArgs, settings: &Settings, round: u32, outcome: &Outcome, cpu: Option<Duration>, json: bool) -> anyhow::Result<()> {
    let frames = outcome.frames.max(1) as f64;
    let seconds = outcome.wall.as_secs_f64();
    let cpu_ms = cpu.map(|cpu| cpu.as_secs_f64() * 1e3 / frames);
    let rss_mib = peak_rss_kib().map(|kib| kib as f64 / 1024.0);
    let stages: Vec<serde_json::Value> = outcome.stages.iter().filter_map(|s| stage(s, seconds)).collect();
    if json {
        let data = json!({
            "input": args.input, "config": settings.name(), "live": args.live, "round": round, "frames": outcome.frames,
            "dropped": outcome.dropped, "wall_s": seconds, "fps": outcome.frames as f64 / seconds.max(1e-9),
            "cpu_ms_per_frame": cpu_ms, "peak_rss_mib": rss_mib, "size": outcome.size, "stages": stages,
        });
        return console::json("bench", data);
    }
    let or_unknown = |v: Option<f64>, unit: &str| v.map_or("unknown".to_owned(), |v| format!("{v:.1} {unit}"));
    console::data(&format!(
        "{} {}: {} frames in {seconds:.2} s, {:.1} frames/s, {} dropped; {} of processor a frame; at most {} of memory",
        settings.name(),
        if args.live { "live" } else { "batch" },
        outcome.frames,
        outcome.frames as f64 / seconds.max(1e-9),
        outcome.dropped,
        or_unknown(cpu_ms, "ms"),
        or_unknown(rss_mib, "MiB"),
    ))?;
    for s in &stages {
        let ms = |key: &str| s[key].as_f64().unwrap_or(0.0);
        console::data(&format!(
            "  {:<12} {:>6} analysed, {:>5.1}/s   {:>7.2} ms mean, {:>7.2} p95   age {:>6.1} ms mean, {:>6.1} p95",
            s["stage"].as_str().unwrap_or_default(),
            s["analysed"],
            ms("per_s"),
            ms("mean_ms"),
            ms("p95_ms"),
            ms("age_mean_ms"),
            ms("age_p95_ms"),
        ))?;
    }
    Ok(())
}

/// The numbers of a stage; `None` for elements that count nothing.
fn stage(stats: &StageStats, seconds: f64) -> Option<serde_json::Value> {
    let count = |key: &str| stats.values.iter().find(|(k, _)| k == key).map(|(_, v)| if let Stat::Whole(n) = v { *n as f64 } else { 0.0 });
    let analysed = count("analysed")?;
    let ms = |key: &str| count(key).unwrap_or(0.0) / 1e6;
    Some(json!({
        "stage": stats.stage, "model": stats.model, "provider": stats.provider, "analysed": analysed as u64,
        "per_s": analysed / seconds.max(1e-9), "superseded": count("superseded"), "errors": count("errors"),
        "mean_ms": ms("latency-mean"), "p95_ms": ms("latency-p95"), "max_ms": ms("latency-max"),
        "age_mean_ms": ms("age-mean"), "age_p95_ms": ms("age-p95"),
    }))
}

/// Processor time of all threads so far; `None` where the system does not tell (proc(5), fields 14 and 15 in hundredths of a second).
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let [user, system]: [u64; 2] = [fields.next()?.parse().ok()?, fields.next()?.parse().ok()?];
    Some(Duration::from_millis(10 * (user + system)))
}

/// The largest resident set so far, KiB.
fn peak_rss_kib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_system_tells_time_and_memory() {
        let before = cpu_time().expect("proc");
        let mut x = 1_u64;
        while cpu_time().expect("proc") < before + Duration::from_millis(20) {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        }
        assert!(x != 0 && peak_rss_kib().expect("proc") > 500);
    }
}
