//! Results on a buffer in the words of result files, so that live results and those of a file are one thing to the window.

use ego_core::camera::Intrinsics;
use ego_core::hands::DepthSource;
use ego_core::objects::InHand;
use ego_meta::{DepthScale, MetaError, TruthMeta};
use ego_outputs::{ActionRecord, FrameRecord, HandRecord, ObjectRecord, RankedLabel};
use gst_video::prelude::*;
use gst_video::{VideoFormat, VideoFrameRef, VideoInfo};

use crate::frame::GreyMap;

/// Nearest metric distance that depth is drawn for, metres: arm's length and less is what matters.
const NEAREST_M: f64 = 0.15;

/// Everything that rides on a buffer.
#[derive(Debug, Default)]
pub struct Found {
    /// The first camera that a result names, or the truth.
    pub camera: Option<Intrinsics>,
    /// Pseudo-depth, larger is nearer.
    pub depth: Option<GreyMap>,
    /// Range mask.
    pub mask: Option<GreyMap>,
    /// The truth.
    pub truth: Option<FrameRecord>,
    /// The first result that could not be read.
    pub problem: Option<MetaError>,
}

/// Adds the results on a buffer to a record of its frame, and gives what does not fit into one.
pub fn results_of(buffer: &gst::BufferRef, record: &mut FrameRecord) -> Found {
    let mut found = Found::default();
    let mut ok = |problem: MetaError| {
        found.problem.get_or_insert(problem);
    };
    for meta in ego_meta::all_hands(buffer) {
        match meta {
            Ok(meta) => {
                record.add_hands(&meta.hands, meta.stamp.age_ns);
                note(record, "hands", &meta.stamp);
                found.camera = found.camera.or(meta.intrinsics.map(|(camera, _)| camera));
            }
            Err(e) => ok(e),
        }
    }
    for meta in ego_meta::all_bodies(buffer) {
        match meta {
            Ok(meta) => {
                record.add_bodies(&meta.bodies, meta.stamp.age_ns);
                note(record, "bodies", &meta.stamp);
            }
            Err(e) => ok(e),
        }
    }
    for meta in ego_meta::all_detections(buffer) {
        match meta {
            Ok(meta) => {
                record.add_objects(&meta.detections, meta.stamp.age_ns);
                note(record, "objects", &meta.stamp);
            }
            Err(e) => ok(e),
        }
    }
    for meta in ego_meta::all_features(buffer) {
        match meta {
            Ok(meta) => {
                record.add_features(&meta.features, meta.stamp.age_ns);
                note(record, "features", &meta.stamp);
            }
            Err(e) => ok(e),
        }
    }
    for meta in ego_meta::all_actions(buffer) {
        match meta {
            Ok(meta) => {
                record.add_action(&meta.action, meta.stamp.age_ns);
                note(record, "action", &meta.stamp);
            }
            Err(e) => ok(e),
        }
    }
    for meta in ego_meta::masks(buffer) {
        match meta {
            Ok(meta) => {
                if let Some(range) = &meta.range {
                    record.set_mask(range, meta.stamp.age_ns);
                    note(record, "mask", &meta.stamp);
                }
                if meta.kind == "range" || found.mask.is_none() {
                    found.mask = grey_map(&meta.map, |v| v);
                }
            }
            Err(e) => ok(e),
        }
    }
    match ego_meta::depth(buffer) {
        Ok(Some(meta)) => {
            found.depth = depth_steps(&meta.map).map(|(size, steps)| match meta.scale {
                DepthScale::Metric => nearness_map(size, &steps, metric_nearness(meta.unit)),
                DepthScale::Relative => nearness_map(size, &steps, relative_nearness(&steps)),
            });
            note(record, "depth", &meta.stamp);
        }
        Ok(None) => {}
        Err(e) => ok(e),
    }
    match ego_meta::truth(buffer) {
        Ok(Some(truth)) => {
            found.camera = found.camera.or(Some(truth.intrinsics));
            found.truth = Some(record_of_truth(&truth, record));
        }
        Ok(None) => {}
        Err(e) => ok(e),
    }
    found
}

fn note(record: &mut FrameRecord, stage: &str, stamp: &ego_meta::Stamp) {
    // The synthetic camera stamps its own maps; it is not a stage that anybody waits for.
    if stamp.infer_ns > 0 {
        *record.trace_ns.entry(stage.to_owned()).or_default() += stamp.infer_ns;
    }
}

/// The truth in the form of results, for a frame of `like`.
pub fn record_of_truth(truth: &TruthMeta, like: &FrameRecord) -> FrameRecord {
    let (width, height) = (like.width, like.height);
    let mut record = FrameRecord::new(like.stream.clone(), like.frame, like.pts_ns, width, height);
    let seen = truth.hands.iter().filter(|h| h.hand.presence > 0.0 && !h.bystander);
    record.hands = Some(seen.map(|h| HandRecord::new(&h.hand, DepthSource::Measured, width, height)).collect());
    let objects = truth.objects.iter().zip(1..).filter_map(|(object, track)| {
        let [x0, y0, x1, y1] = object.rect_norm?;
        let (w, h) = (width as f32, height as f32);
        let box_px = [x0 * w, y0 * h, x1 * w, y1 * h];
        let (label, class) = (object.name.clone(), object.class);
        Some(ObjectRecord { label, class, score: 1.0, track: Some(track), box_px, in_hand: object.in_hand })
    });
    let mut objects: Vec<ObjectRecord> = objects.collect();
    objects.sort_by_key(|o| o.in_hand == InHand::None);
    record.objects = Some(objects);
    let pts = like.pts_ns.unwrap_or(0);
    record.action = Some(ActionRecord {
        label: truth.action.label.clone(),
        class: truth.action.id,
        score: 1.0,
        top: vec![RankedLabel(truth.action.label.clone(), 1.0)],
        unknown: false,
        uncertainty: 0.0,
        stable: true,
        window_ns: [pts, pts],
        about_ns: None,
        since_ns: None,
        next: None,
    });
    record
}

/// Metres as nearness: 255 at [`NEAREST_M`] and nearer, half of it at twice the distance; 0 = not known.
fn metric_nearness(unit_m: f64) -> impl Fn(u16) -> u8 {
    move |steps| if steps == 0 { 0 } else { (255.0 * NEAREST_M / (f64::from(steps) * unit_m)).round().clamp(0.0, 255.0) as u8 }
}

/// Relative inverse depth as a share of the nearest point's, which is also what the range threshold counts in: each network has a unit of
/// its own. 0 = not known.
fn relative_nearness(steps: &[u16]) -> impl Fn(u16) -> u8 + use<> {
    let nearest = f64::from(steps.iter().copied().max().unwrap_or(0).max(1));
    move |steps| if steps == 0 { 0 } else { (255.0 * f64::from(steps) / nearest).round().clamp(1.0, 255.0) as u8 }
}

fn nearness_map([width, height]: [u32; 2], steps: &[u16], nearness: impl Fn(u16) -> u8) -> GreyMap {
    GreyMap { width, height, data: steps.iter().map(|step| nearness(*step)).collect() }
}

/// Size and numbers of a GRAY16_LE sample, thinned so that a map of any size costs little.
fn depth_steps(sample: &gst::Sample) -> Option<([u32; 2], Vec<u16>)> {
    // Every 4th column and row of a large map: depth is drawn soft.
    let info = VideoInfo::from_caps(sample.caps()?).ok()?;
    if info.format() != VideoFormat::Gray16Le {
        return None;
    }
    let step = (info.width() / 480).max(1) as usize;
    let buffer = sample.buffer()?;
    let frame = VideoFrameRef::from_buffer_ref_readable(buffer, &info).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let data = frame.plane_data(0).ok()?;
    let (width, height) = ((info.width() as usize).div_ceil(step), (info.height() as usize).div_ceil(step));
    let mut map = Vec::with_capacity(width * height);
    for row in 0..height {
        let line = data.get(row * step * stride..)?;
        map.extend((0..width).map(|column| {
            let at = 2 * column * step;
            line.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
        }));
    }
    Some(([width as u32, height as u32], map))
}

fn grey_map(sample: &gst::Sample, byte: impl Fn(u8) -> u8) -> Option<GreyMap> {
    let info = VideoInfo::from_caps(sample.caps()?).ok()?;
    if info.format() != VideoFormat::Gray8 {
        return None;
    }
    let frame = VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let data = frame.plane_data(0).ok()?;
    let (width, height) = (info.width() as usize, info.height() as usize);
    let mut map = Vec::with_capacity(width * height);
    for row in 0..height {
        map.extend(data.get(row * stride..row * stride + width)?.iter().map(|v| byte(*v)));
    }
    Some(GreyMap { width: info.width(), height: info.height(), data: map })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_is_bright_and_unknown_is_black() {
        let nearness = metric_nearness(0.001);
        assert_eq!([0, 150, 300, 600, 60_000].map(nearness), [0, 255, 128, 64, 1]);
        // Whatever the unit of the network: from its nearest point down.
        for scale in [1, 20, 2000] {
            let steps = [0, 10, 15, 30].map(|step| step * scale);
            assert_eq!(steps.map(relative_nearness(&steps)), [0, 85, 128, 255]);
        }
        assert_eq!(relative_nearness(&[])(7), 255);
    }
}
