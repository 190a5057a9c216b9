//! Time to attach two hands to a buffer, to read them back, and to copy a buffer that carries them; one JSON line on stdout.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_meta::{HandsMeta, Stamp, attach_hands, hands, init};

/// Passes over the buffers; the median of them is printed.
const PASSES: usize = 2001;
/// Buffers in a pass: about as many as are in flight in a pipeline.
const BUFFERS: usize = 16;

fn hand(side: Side, track: u32) -> Hand {
    Hand {
        side,
        score: 0.9,
        presence: 0.9,
        track,
        image_norm: [[0.5; 2]; JOINTS],
        camera_m: Some([[0.1, 0.2, 0.4]; JOINTS]),
        joint_score: [0.9; JOINTS],
    }
}

fn median_ns(mut ns: Vec<f64>) -> f64 {
    ns.sort_by(f64::total_cmp);
    ns[ns.len() / 2]
}

fn main() {
    gst::init().unwrap();
    init();
    let meta = HandsMeta {
        stamp: Stamp {
            source: "egohands0".to_owned(),
            model: "mediapipe-hands".to_owned(),
            pts: Some(0),
            ref_width: 1280,
            ref_height: 720,
            ..Stamp::default()
        },
        hands: Hands { hands: vec![hand(Side::Left, 1), hand(Side::Right, 2)], depth_source: DepthSource::Estimated },
        intrinsics: Some((Intrinsics::from_hfov(80.0, 1280, 720), IntrinsicsSource::Guess)),
    };
    let (mut attach, mut read, mut copy) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PASSES {
        let mut buffers: Vec<gst::Buffer> = (0..BUFFERS).map(|_| gst::Buffer::new()).collect();
        let start = Instant::now();
        for buffer in &mut buffers {
            attach_hands(buffer.get_mut().unwrap(), black_box(&meta)).unwrap();
        }
        attach.push(start.elapsed().as_nanos() as f64 / BUFFERS as f64);
        let start = Instant::now();
        for buffer in &buffers {
            black_box(hands(buffer).unwrap());
        }
        read.push(start.elapsed().as_nanos() as f64 / BUFFERS as f64);
        let start = Instant::now();
        for buffer in &buffers {
            black_box(buffer.copy());
        }
        copy.push(start.elapsed().as_nanos() as f64 / BUFFERS as f64);
    }
    let (attach, read, copy) = (median_ns(attach), median_ns(read), median_ns(copy));
    println!(
        "{{\"bench\":\"meta\",\"attach_ns\":{attach:.0},\"read_ns\":{read:.0},\"attach_read_ns\":{:.0},\"copy_ns\":{copy:.0}}}",
        attach + read
    );
}
