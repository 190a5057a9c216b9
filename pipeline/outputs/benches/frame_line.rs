//! Time to turn two hands into a line, and to write it to a file; one JSON line on stdout.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use ego_core::hands::{DepthSource, Hand, Hands, Side};
use ego_outputs::{FrameRecord, JsonLinesWriter};

/// Passes; their median is printed.
const PASSES: usize = 101;
/// Frames in a pass.
const FRAMES: u64 = 50;

fn hand(side: Side, track: u32) -> Hand {
    let wave = |i: usize, k: f32| (i as f32 * k + track as f32).sin() * 0.5;
    Hand {
        side,
        score: 0.987_654,
        presence: 0.99,
        track,
        image_norm: std::array::from_fn(|i| [0.5 + wave(i, 0.1), 0.5 + wave(i, 0.2)]),
        camera_m: Some(std::array::from_fn(|i| [wave(i, 0.3), wave(i, 0.4), 0.4 + wave(i, 0.05)])),
        joint_score: std::array::from_fn(|i| wave(i, 0.7).abs()),
    }
}

fn median_us(mut us: Vec<f64>) -> f64 {
    us.sort_by(f64::total_cmp);
    us[us.len() / 2]
}

fn main() {
    let hands = Hands { hands: vec![hand(Side::Left, 1), hand(Side::Right, 2)], depth_source: DepthSource::Estimated };
    let make = |number| {
        let mut frame = FrameRecord::new("clip", number, Some(number * 33_333_333), 1280, 720);
        frame.add_hands(black_box(&hands), 0);
        frame
    };
    let folder = tempfile::tempdir().unwrap();
    let mut writer = JsonLinesWriter::create(&folder.path().join("clip.jsonl")).unwrap();
    let (mut format, mut write, mut line) = (Vec::new(), Vec::new(), String::new());
    for _ in 0..PASSES {
        let start = Instant::now();
        for number in 0..FRAMES {
            line = black_box(make(number).to_json());
        }
        format.push(start.elapsed().as_secs_f64() * 1e6 / FRAMES as f64);
        let start = Instant::now();
        for number in 0..FRAMES {
            writer.frame(&make(number)).unwrap();
        }
        write.push(start.elapsed().as_secs_f64() * 1e6 / FRAMES as f64);
    }
    let (format, write) = (median_us(format), median_us(write));
    println!("{{\"bench\":\"frame_line\",\"hands\":2,\"bytes\":{},\"format_us\":{format:.2},\"format_write_us\":{write:.2}}}", line.len());
}
