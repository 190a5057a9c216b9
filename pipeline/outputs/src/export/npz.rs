//! Arrays for `numpy.load`, one row a frame; NaN where nothing is known.
//!
//! | array | type, shape | meaning |
//! |---|---|---|
//! | `frame` | uint64, T | number |
//! | `time_s` | float64, T | presentation time |
//! | `size_px` | uint64, 2 | width and height of the frames |
//! | `hands_px` | float32, T 2 21 2 | left and right: joints, pixels |
//! | `hands_m` | float32, T 2 21 3 | the same in camera space, metres |
//! | `hands_score` | float32, T 2 | confidence of the side |
//! | `action` | float32, T | row of `labels`; NaN without a result |
//! | `action_score` | float32, T | its probability |
//! | `action_stable` | uint8, T | 1 = told |
//! | `labels` | uint8 | names of actions as a JSON list in UTF-8: `json.loads(a["labels"].tobytes())` |

use std::io;
use std::path::{Path, PathBuf};

use ego_core::hands::{JOINTS, Side};

use super::Exporter;
use crate::frame::FrameRecord;
use crate::npz::NpzWriter;

/// Collects all frames: arrays are written whole.
pub(super) struct Npz {
    path: PathBuf,
    frame: Vec<u64>,
    time_s: Vec<f64>,
    size_px: [u64; 2],
    hands_px: Vec<[[[f32; 2]; JOINTS]; 2]>,
    hands_m: Vec<[[[f32; 3]; JOINTS]; 2]>,
    hands_score: Vec<[f32; 2]>,
    action: Vec<f32>,
    action_score: Vec<f32>,
    action_stable: Vec<u8>,
    labels: Vec<String>,
}

impl Npz {
    pub(super) fn new(path: &Path) -> Npz {
        Npz {
            path: path.to_owned(),
            frame: Vec::new(),
            time_s: Vec::new(),
            size_px: [0; 2],
            hands_px: Vec::new(),
            hands_m: Vec::new(),
            hands_score: Vec::new(),
            action: Vec::new(),
            action_score: Vec::new(),
            action_stable: Vec::new(),
            labels: Vec::new(),
        }
    }

    fn label(&mut self, name: &str) -> f32 {
        let at = self.labels.iter().position(|l| l == name).unwrap_or_else(|| {
            self.labels.push(name.to_owned());
            self.labels.len() - 1
        });
        at as f32
    }
}

impl Exporter for Npz {
    fn frame(&mut self, record: &FrameRecord) -> io::Result<()> {
        self.frame.push(record.frame);
        self.time_s.push(record.pts_ns.map_or(f64::NAN, |ns| ns as f64 / 1e9));
        self.size_px = [record.width, record.height].map(u64::from);
        let (mut px, mut m, mut score) = ([[[f32::NAN; 2]; JOINTS]; 2], [[[f32::NAN; 3]; JOINTS]; 2], [f32::NAN; 2]);
        for hand in record.hands.iter().flatten().filter(|h| h.side != Side::Unknown) {
            let side = usize::from(hand.side == Side::Right);
            // Of two hands of one side the surer one.
            if score[side].is_nan() || hand.score > score[side] {
                px[side] = hand.image_px;
                m[side] = hand.camera_m.unwrap_or([[f32::NAN; 3]; JOINTS]);
                score[side] = hand.score;
            }
        }
        self.hands_px.push(px);
        self.hands_m.push(m);
        self.hands_score.push(score);
        let label = record.action.as_ref().map(|a| a.label.clone());
        let label = label.map_or(f32::NAN, |name| self.label(&name));
        self.action.push(label);
        self.action_score.push(record.action.as_ref().map_or(f32::NAN, |a| a.score));
        self.action_stable.push(record.action.as_ref().map_or(0, |a| u8::from(a.stable)));
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let t = self.frame.len();
        let mut file = NpzWriter::create(&self.path)?;
        file.array("frame", &[t], &self.frame)?;
        file.array("time_s", &[t], &self.time_s)?;
        file.array("size_px", &[2], &self.size_px)?;
        file.array("hands_px", &[t, 2, JOINTS, 2], self.hands_px.as_flattened().as_flattened().as_flattened())?;
        file.array("hands_m", &[t, 2, JOINTS, 3], self.hands_m.as_flattened().as_flattened().as_flattened())?;
        file.array("hands_score", &[t, 2], self.hands_score.as_flattened())?;
        file.array("action", &[t], &self.action)?;
        file.array("action_score", &[t], &self.action_score)?;
        file.array("action_stable", &[t], &self.action_stable)?;
        let labels = serde_json::to_vec(&self.labels)?;
        file.array("labels", &[labels.len()], &labels)?;
        file.finish()
    }
}
