//! Hands as key-points and objects as boxes, as COCO has them: categories `left_hand`, `right_hand` and `hand`, then the objects.
//!
//! Visibility is 0 where a joint is not known, 1 where its score is below a half (hidden), 2 elsewhere. Pictures are named
//! `STREAM/NUMBER`, with the frame's number and time beside.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use ego_core::hands::{BONES, JOINT_NAMES, Side};
use serde_json::{Value, json};

use super::{Exporter, close};
use crate::frame::{FrameRecord, HandRecord, ObjectRecord};

/// Number of the first object category.
const FIRST_OBJECT: u64 = 100;

/// Writes pictures as they come and annotations at the end.
pub(super) struct Coco {
    file: BufWriter<File>,
    frames: u64,
    annotations: Vec<String>,
    objects: BTreeMap<String, u64>,
}

impl Coco {
    pub(super) fn new(file: BufWriter<File>) -> Coco {
        Coco { file, frames: 0, annotations: Vec::new(), objects: BTreeMap::new() }
    }

    fn annotate(&mut self, image: u64, mut annotation: Value) {
        annotation["id"] = (self.annotations.len() as u64 + 1).into();
        annotation["image_id"] = image.into();
        annotation["iscrowd"] = 0.into();
        self.annotations.push(annotation.to_string());
    }

    fn category(&mut self, label: &str) -> u64 {
        let next = FIRST_OBJECT + self.objects.len() as u64;
        *self.objects.entry(label.to_owned()).or_insert(next)
    }
}

/// Pixels with two decimals, in f64 so that they print as they are.
fn px(value: f32) -> f64 {
    (f64::from(value) * 100.0).round() / 100.0
}

fn hand(record: &HandRecord) -> Value {
    let (mut lo, mut hi) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    let mut keypoints: Vec<Value> = Vec::with_capacity(63);
    let mut known = 0;
    for (point, score) in record.image_px.iter().zip(record.joint_score) {
        if point.iter().any(|v| !v.is_finite()) {
            keypoints.extend([0, 0, 0].map(Value::from));
            continue;
        }
        known += 1;
        let [x, y] = point.map(px);
        keypoints.extend([Value::from(x), Value::from(y), Value::from(if score < 0.5 { 1 } else { 2 })]);
        (lo, hi) = ([lo[0].min(x), lo[1].min(y)], [hi[0].max(x), hi[1].max(y)]);
    }
    let size = [(hi[0] - lo[0]).max(0.0), (hi[1] - lo[1]).max(0.0)];
    let category = match record.side {
        Side::Left => 1,
        Side::Right => 2,
        Side::Unknown => 3,
    };
    let corner = if known > 0 { lo } else { [0.0; 2] };
    json!({
        "category_id": category, "keypoints": keypoints, "num_keypoints": known, "bbox": [corner[0], corner[1], size[0], size[1]],
        "area": size[0] * size[1], "score": px(record.score), "track_id": record.track,
    })
}

fn object(record: &ObjectRecord, category: u64) -> Value {
    let [x0, y0, x1, y1] = record.box_px.map(px);
    json!({
        "category_id": category, "bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0), "score": px(record.score),
        "track_id": record.track, "in_hand": record.in_hand.name(),
    })
}

impl Exporter for Coco {
    fn frame(&mut self, record: &FrameRecord) -> io::Result<()> {
        self.file.write_all(if self.frames == 0 { b"{\"images\":[\n" } else { b",\n" })?;
        self.frames += 1;
        let image = json!({
            "id": self.frames, "width": record.width, "height": record.height,
            "file_name": format!("{}/{:06}", record.stream, record.frame), "frame": record.frame, "pts_ns": record.pts_ns,
        });
        write!(self.file, "{image}")?;
        for h in record.hands.iter().flatten() {
            self.annotate(self.frames, hand(h));
        }
        for o in record.objects.iter().flatten() {
            let category = self.category(&o.label);
            self.annotate(self.frames, object(o, category));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        // COCO counts key-points from 1.
        let skeleton: Vec<[usize; 2]> = BONES.iter().map(|(a, b, _)| [a + 1, b + 1]).collect();
        let hands = ["left_hand", "right_hand", "hand"]
            .into_iter()
            .zip(1_u64..)
            .map(|(name, id)| json!({ "id": id, "name": name, "supercategory": "hand", "keypoints": JOINT_NAMES, "skeleton": skeleton }));
        let objects = self.objects.iter().map(|(name, id)| json!({ "id": id, "name": name, "supercategory": "object" }));
        let categories: Vec<Value> = hands.chain(objects).collect();
        write!(self.file, "\n],\n\"annotations\":[\n{}\n],\n\"categories\":{}}}\n", self.annotations.join(",\n"), Value::from(categories))?;
        close(self.file)
    }
}
