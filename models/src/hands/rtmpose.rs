//! Family `rtmpose-hand`: 21 joints of a hand in an upright crop, as two rows of positions a joint (SimCC).
//!
//! Outputs `simcc_x` and `simcc_y` [1, 21, N]: scores of N positions across and down the crop; the best position, times the crop's
//! side over N, is the joint (RTMPose: N is twice the side). The model knows neither side nor depth. Where to look comes from boxes
//! of hands that an object detector has found, else from the palm detector; in the next frame from the joints themselves. The side
//! comes from the detector's class, else from where the hand is: a wearer's lone hand in the left half is the left one.

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS, Side};
use ego_core::image::ImageView;
use ego_core::one_euro::{OneEuro, OneEuroFilter};
use ego_core::region::{Box2, Region};

use super::camera::Camera;
use super::model::{HandBox, HandInput, HandModel};
use super::palm::PalmDetector;
use super::sides::{SideEvidence, one_per_side};
use super::tracker::HandTrackerConfig;
use crate::error::{ModelError, Result};
use crate::manifest::Manifest;
use crate::network::{Network, SessionOptions};
use crate::paths::{Located, find_model};
use crate::sample::Sampler;

/// The crop against the box of the hand (`bbox_padding` of RTMPose's hand configurations).
const BOX_SCALE: f64 = 1.25;
/// The same against the box of the joints, which lack the finger tips' flesh and may have moved.
const JOINTS_SCALE: f64 = 1.5;
/// Two crops that overlap more than this show the same hand.
const SAME_HAND_IOU: f64 = 0.5;
/// Smoothing: cutoffs in Hz, speed in hand sizes a second.
const SMOOTHING: OneEuro = OneEuro { min_cutoff_hz: 1.5, beta: 4.0, derivative_cutoff_hz: 1.0 };
const FRAME_S: f64 = 1.0 / 30.0;
/// Log odds of a side, for a hand at the border of the picture, from its place alone.
const PLACE_LOG_ODDS: f64 = 3.0;

#[derive(Debug)]
struct Track {
    id: u32,
    region: Region,
    evidence: SideEvidence,
    filter: OneEuroFilter<{ 2 * JOINTS }>,
    joints_px: [[f64; 2]; JOINTS],
    scores: [f32; JOINTS],
    presence: f32,
}

/// The network with its finder and the hands that it follows.
#[derive(Debug)]
pub(super) struct RtmPoseHand {
    network: Network,
    sampler: Sampler,
    outputs: [usize; 2],
    /// `None`: only an object detector's boxes tell where to look.
    palms: Option<PalmDetector>,
    config: HandTrackerConfig,
    camera: Camera,
    tracks: Vec<Track>,
    ids: u32,
    since_search: u32,
    last_pts_ns: Option<u64>,
}

impl RtmPoseHand {
    /// Opens the network, and the palm detector that the settings or the manifest name.
    ///
    /// # Errors
    /// As [`Network::open`]; when the outputs do not have the family's shapes.
    pub(super) fn open(located: &Located, config: &HandTrackerConfig) -> Result<RtmPoseHand> {
        let manifest = &located.manifest;
        super::expect_family(manifest, "rtmpose-hand")?;
        let camera = Camera::open(&config.intrinsics)?;
        let options = SessionOptions { device: config.device.clone(), threads: config.threads };
        let palms = config.detector.as_ref().or(manifest.detector.as_ref());
        let palms = palms.map(|name| PalmDetector::open(&find_model(name)?, &options)).transpose()?;
        let network = Network::open(located, &options)?;
        let outputs = shapes(manifest, &network)?;
        Ok(RtmPoseHand {
            network,
            sampler: Sampler::new(&manifest.input),
            outputs,
            palms,
            config: config.clone(),
            camera,
            tracks: Vec::new(),
            ids: 0,
            since_search: 0,
            last_pts_ns: None,
        })
    }

    /// Looks at a crop: joints in pixels of the picture, their scores, and the mean of those.
    fn look(&mut self, view: &ImageView<'_>, region: &Region) -> Result<([[f64; 2]; JOINTS], [f32; JOINTS], f32)> {
        self.sampler.square(view, region, self.network.input_mut());
        self.network.run()?;
        let mut joints = [[0.0; 2]; JOINTS];
        let mut scores = [0.0f32; JOINTS];
        let [across, down] = self.outputs.map(|output| self.network.output(output));
        let rows = |table: &[f32]| table.len() / JOINTS;
        let (columns, lines) = (rows(across).max(1), rows(down).max(1));
        for (((joint, score), x), y) in joints.iter_mut().zip(&mut scores).zip(across.chunks_exact(columns)).zip(down.chunks_exact(lines)) {
            let ((x, a), (y, b)) = (peak(x), peak(y));
            *joint = region.to_picture([x as f64 / columns as f64, y as f64 / lines as f64]);
            // As mmpose's `get_simcc_maximum`: the lower of the two.
            *score = a.min(b).clamp(0.0, 1.0);
        }
        let mean = scores.iter().sum::<f32>() / JOINTS as f32;
        Ok((joints, scores, mean))
    }

    /// Crops around hands that are not followed yet.
    fn search(&mut self, input: &HandInput<'_>, view: &ImageView<'_>) -> Result<()> {
        let size = [f64::from(view.width), f64::from(view.height)];
        let mut found: Vec<(Region, Side)> = Vec::new();
        for HandBox { side, box_norm, .. } in input.boxes.iter().filter(|hand| hand.score >= self.config.min_detection) {
            let [x0, y0, x1, y1] = box_norm.map(f64::from);
            let bounds = Box2 { x0: x0 * size[0], y0: y0 * size[1], x1: x1 * size[0], y1: y1 * size[1] };
            found.push((around(&bounds, BOX_SCALE), *side));
        }
        if let Some(palms) = self.palms.as_mut().filter(|_| found.is_empty()) {
            let long = size[0].max(size[1]);
            let window = Region { cx: size[0] / 2.0, cy: size[1] / 2.0, side: long, angle: 0.0 };
            let palms = palms.detect_within(view, &window, input.mask.as_ref(), self.config.min_detection)?;
            // The upright crop around the turned square that the palm implies.
            found.extend(palms.iter().map(|palm| {
                let square = palm.hand_region();
                let (s, c) = square.angle.sin_cos();
                (Region { side: square.side * (s.abs() + c.abs()).min(1.2), angle: 0.0, ..square }, Side::Unknown)
            }));
        }
        self.since_search = 0;
        for (region, side) in found {
            let known = self.tracks.iter_mut().find(|t| t.region.bounds().iou(&region.bounds()) > SAME_HAND_IOU);
            let evidence = match side {
                Side::Left => Some(0.95),
                Side::Right => Some(0.05),
                Side::Unknown => None,
            };
            if let Some(track) = known {
                if let Some(left) = evidence {
                    track.evidence.add(left);
                }
                continue;
            }
            if self.tracks.len() > self.config.max_hands || !(region.side.is_finite() && region.side >= 1.0) {
                continue;
            }
            let mut track = Track {
                id: 0,
                region,
                evidence: SideEvidence::default(),
                filter: OneEuroFilter::new(SMOOTHING),
                joints_px: [[0.0; 2]; JOINTS],
                scores: [0.0; JOINTS],
                presence: 0.0,
            };
            if let Some(left) = evidence {
                track.evidence.add(left);
            }
            self.tracks.push(track);
        }
        Ok(())
    }

    fn follow(&mut self, view: &ImageView<'_>) -> Result<()> {
        let mut tracks = std::mem::take(&mut self.tracks);
        for track in &mut tracks {
            let (joints, scores, presence) = self.look(view, &track.region)?;
            (track.joints_px, track.scores, track.presence) = (joints, scores, presence);
            if presence > self.config.min_presence {
                if track.id == 0 {
                    self.ids = self.ids.wrapping_add(1).max(1);
                    track.id = self.ids;
                }
                if let Some(bounds) = Box2::around(joints) {
                    track.region = around(&bounds, JOINTS_SCALE);
                    let x = bounds.centre()[0] / f64::from(view.width);
                    let odds = PLACE_LOG_ODDS * (1.0 - 2.0 * x);
                    track.evidence.add(1.0 / (1.0 + (-odds).exp()));
                }
            }
        }
        let min = self.config.min_presence;
        tracks.retain(|t| t.presence > min && t.region.side.is_finite() && t.region.side >= 1.0);
        let mut at = 1;
        while at < tracks.len() {
            let (older, rest) = tracks.split_at(at);
            let same = rest.first().is_some_and(|t| older.iter().any(|o| o.region.bounds().iou(&t.region.bounds()) > SAME_HAND_IOU));
            if same {
                tracks.remove(at);
            } else {
                at += 1;
            }
        }
        self.tracks = tracks;
        Ok(())
    }
}

impl HandModel for RtmPoseHand {
    fn provider(&self) -> &str {
        self.network.provider()
    }

    fn fallback(&self) -> Option<&str> {
        self.network.fallback()
    }

    fn find(&mut self, input: &HandInput<'_>) -> Result<Hands> {
        let view = input.view.checked().map_err(|e| ModelError::Frame(e.to_string()))?;
        self.camera.of_size(view.width, view.height)?;
        let dt_s = match (input.pts_ns, self.last_pts_ns) {
            (Some(now), Some(then)) => (now as f64 - then as f64) * 1e-9,
            _ => FRAME_S,
        };
        self.last_pts_ns = input.pts_ns;
        let missing = self.tracks.len() < self.config.max_hands;
        let due = self.tracks.is_empty() || self.since_search + 1 >= self.config.detector_interval.max(1) || !input.boxes.is_empty();
        if missing && due {
            self.search(input, &view)?;
        } else {
            self.since_search = self.since_search.saturating_add(1);
        }
        self.follow(&view)?;
        let sides: Vec<Option<Side>> = if self.config.bystanders {
            self.tracks.iter().map(|t| Some(t.evidence.side().0)).collect()
        } else {
            let size = |t: &Track| Box2::around(t.joints_px).map_or(0.0, |b| b.width().max(b.height()));
            one_per_side(&self.tracks.iter().map(|t| (t.evidence, size(t))).collect::<Vec<_>>())
        };
        let size = [f64::from(view.width), f64::from(view.height)];
        let mut hands = Vec::with_capacity(self.tracks.len());
        for (track, side) in self.tracks.iter_mut().zip(sides) {
            let Some(side) = side else { continue };
            let mut flat: [f64; 2 * JOINTS] = std::array::from_fn(|i| track.joints_px[i / 2][i % 2]);
            if self.config.smoothing {
                flat = track.filter.filter(flat, dt_s, (track.region.side / JOINTS_SCALE).max(1.0));
            }
            let (likely, probability) = track.evidence.side();
            hands.push(Hand {
                side: if self.config.mirrored { side.mirrored() } else { side },
                score: if likely == side { probability } else { 1.0 - probability },
                presence: track.presence,
                track: track.id,
                image_norm: std::array::from_fn(|i| [(flat[2 * i] / size[0]) as f32, (flat[2 * i + 1] / size[1]) as f32]),
                camera_m: None,
                joint_score: track.scores,
            });
        }
        hands.sort_by(|a, b| b.presence.total_cmp(&a.presence));
        hands.truncate(self.config.max_hands);
        hands.sort_by_key(|hand| hand.track);
        Ok(Hands { hands, depth_source: DepthSource::None })
    }

    fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
        // Nothing is placed in camera space.
        None
    }

    fn set_smoothing(&mut self, smoothing: bool) {
        self.config.smoothing = smoothing;
    }

    fn reset(&mut self) {
        self.tracks.clear();
        self.since_search = 0;
        self.last_pts_ns = None;
    }
}

/// The upright square around a box.
fn around(bounds: &Box2, scale: f64) -> Region {
    let [cx, cy] = bounds.centre();
    Region { cx, cy, side: bounds.width().max(bounds.height()) * scale, angle: 0.0 }
}

/// Place and value of the largest score, the first of equals.
fn peak(scores: &[f32]) -> (usize, f32) {
    scores.iter().enumerate().fold((0, f32::NEG_INFINITY), |best, (at, score)| if *score > best.1 { (at, *score) } else { best })
}

/// Numbers of the outputs.
fn shapes(manifest: &Manifest, network: &Network) -> Result<[usize; 2]> {
    let outputs = [network.output_index("simcc_x")?, network.output_index("simcc_y")?];
    for (output, name) in outputs.into_iter().zip(["simcc_x", "simcc_y"]) {
        let found = network.output_shape(output);
        if !matches!(*found, [1, joints, count] if joints == JOINTS as i64 && count > 0) {
            return Err(ModelError::Contradiction {
                model: manifest.name.clone(),
                field: format!("shape of output {name} (family rtmpose-hand)"),
                expected: "[1, 21, positions]".into(),
                found: format!("{found:?}"),
            });
        }
    }
    Ok(outputs)
}
