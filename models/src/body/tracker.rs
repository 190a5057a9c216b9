//! The body tracker: looks for people now and then, follows each by its landmarks.

use ego_core::bodies::{Bodies, Body, BodyLayout};
use ego_core::image::ImageView;
use ego_core::kinematics::from_body33;
use ego_core::one_euro::{OneEuro, OneEuroFilter};
use ego_core::region::{Box2, Region};

use super::detector::PersonDetector;
use super::landmarks::{JOINTS, PoseLandmarks, PoseNetwork};
use crate::error::{ModelError, Result};
use crate::lanes::{Lanes, Task};
use crate::network::SessionOptions;
use crate::paths::find_model;
use crate::runtime::Device;

/// A person whose middle lies within this share of a followed person's region is that person.
const SAME_PERSON: f64 = 0.2;
/// Two tracks whose joints are nearer than this share of the body's size, on average, follow the same person.
const SAME_BODY: f64 = 0.15;
/// Smoothing: cutoffs in Hz, speed in body sizes a second.
const SMOOTHING: OneEuro = OneEuro { min_cutoff_hz: 1.5, beta: 4.0, derivative_cutoff_hz: 1.0 };
/// Assumed time between frames that carry no time stamp.
const FRAME_S: f64 = 1.0 / 30.0;
/// After a person was lost, search on every second frame for so many frames.
const EAGER: u32 = 10;

/// Settings of the tracker.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyTrackerConfig {
    /// Landmark model, by name or path.
    pub model: String,
    /// Detector; `None` takes the one that the landmark model's manifest names.
    pub detector: Option<String>,
    /// At most this many people, 1 to 16.
    pub max_bodies: usize,
    /// Which joints are reported.
    pub layout: BodyLayout,
    /// With somebody in view, search every n-th frame.
    pub detector_interval: u32,
    /// Lowest detector score that starts a track, 0..1.
    pub min_detection: f32,
    /// A track ends when the person's presence is not above this, 0..1.
    pub min_presence: f32,
    /// One-Euro smoothing of the joints.
    pub smoothing: bool,
    /// Where the networks run.
    pub device: Device,
    /// Threads: inside the run of a network for one person, side by side for several.
    pub threads: usize,
}

impl Default for BodyTrackerConfig {
    fn default() -> Self {
        BodyTrackerConfig {
            model: "mediapipe-pose-landmark".into(),
            detector: None,
            max_bodies: 6,
            layout: BodyLayout::Body33,
            detector_interval: 15,
            min_detection: 0.5,
            min_presence: 0.5,
            smoothing: false,
            device: Device::Auto,
            threads: 1,
        }
    }
}

/// A person that is followed.
#[derive(Debug)]
struct Track {
    id: u32,
    region: Region,
    filter: OneEuroFilter<{ 2 * JOINTS }>,
    /// What the look of this frame gave, until it is judged.
    looked: Option<Result<PoseLandmarks>>,
    seen: Option<PoseLandmarks>,
}

impl Task<PoseNetwork> for Track {
    fn place(&self) -> Region {
        self.region
    }

    fn take(&mut self, seen: Result<PoseLandmarks>) -> bool {
        self.looked = Some(seen);
        false
    }
}

/// Finds and follows people in a stream of pictures.
#[derive(Debug)]
pub struct BodyTracker {
    config: BodyTrackerConfig,
    people: PersonDetector,
    poses: Lanes<PoseNetwork>,
    tracks: Vec<Track>,
    next_id: u32,
    since_search: u32,
    /// Searches since the last reset.
    searches: u64,
    eager: u32,
    last_pts_ns: Option<u64>,
}

impl BodyTracker {
    /// Opens both networks.
    ///
    /// # Errors
    /// When a model or ONNX Runtime is missing or not what it should be, or a setting makes no sense.
    pub fn open(config: &BodyTrackerConfig) -> Result<BodyTracker> {
        let setting = |setting, reason: &str| Err(ModelError::Setting { setting, reason: reason.to_owned() });
        if !(1..=16).contains(&config.max_bodies) {
            return setting("max-bodies", "ask for 1 to 16 people");
        }
        let model = find_model(&config.model)?;
        let detector = match (&config.detector, &model.manifest.detector) {
            (Some(name), _) | (None, Some(name)) => find_model(name)?,
            (None, None) => return setting("detector", "the model's manifest names no detector: set one"),
        };
        let options = SessionOptions { device: config.device.clone(), threads: config.threads };
        Ok(BodyTracker {
            people: PersonDetector::open(&detector, &options)?,
            poses: Lanes::open(config.threads, config.max_bodies, |threads| {
                PoseNetwork::open(&model, &SessionOptions { threads, ..options.clone() })
            })?,
            config: config.clone(),
            tracks: Vec::new(),
            next_id: 1,
            since_search: u32::MAX,
            searches: 0,
            eager: 0,
            last_pts_ns: None,
        })
    }

    /// The execution provider that the networks run on.
    pub fn provider(&self) -> &str {
        self.poses.one().network().provider()
    }

    /// Why `device=auto` fell back to the CPU, when it did.
    pub fn fallback(&self) -> Option<&str> {
        self.poses.one().network().fallback()
    }

    /// Forgets everybody, as at the start of a stream; track numbers go on.
    pub fn reset(&mut self) {
        self.tracks.clear();
        self.since_search = u32::MAX;
        self.searches = 0;
        self.eager = 0;
        self.last_pts_ns = None;
    }

    /// Turns the smoothing of joints on or off, from the next frame on: an element learns only then whether its stream is live.
    pub fn set_smoothing(&mut self, smoothing: bool) {
        self.config.smoothing = smoothing;
    }

    /// Finds the people of the next frame; `pts_ns` is its time stamp.
    ///
    /// # Errors
    /// When the picture's planes are too small or a network fails. The tracker can go on with the next frame.
    pub fn process(&mut self, view: &ImageView<'_>, pts_ns: Option<u64>) -> Result<Bodies> {
        let view = view.checked().map_err(|e| ModelError::Frame(e.to_string()))?;
        if view.width < 2 || view.height < 2 {
            return Err(ModelError::Frame(format!("{}x{} is too small to show a person", view.width, view.height)));
        }
        let dt_s = match (pts_ns, self.last_pts_ns) {
            (Some(now), Some(then)) => (now as f64 - then as f64) * 1e-9,
            _ => FRAME_S,
        };
        self.last_pts_ns = pts_ns;
        if self.should_search() {
            self.search(&view)?;
        } else {
            self.since_search = self.since_search.saturating_add(1);
        }
        self.eager = self.eager.saturating_sub(1);
        self.look(&view)?;
        self.merge();
        Ok(self.report(&view, dt_s))
    }

    fn should_search(&self) -> bool {
        let waited = self.since_search.saturating_add(1);
        let due = self.tracks.is_empty() || waited >= self.config.detector_interval.max(1) || (self.eager > 0 && waited >= 2);
        self.tracks.len() < self.config.max_bodies && due
    }

    /// Starts tracks for people whom no track covers.
    fn search(&mut self, view: &ImageView<'_>) -> Result<()> {
        self.since_search = 0;
        let mut found = Vec::new();
        for window in windows(view.width, view.height, self.searches) {
            found.extend(self.people.detect(view, &window, self.config.min_detection)?);
        }
        self.searches = self.searches.wrapping_add(1);
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        for person in found {
            if self.tracks.len() >= self.config.max_bodies {
                break;
            }
            let region = person.region();
            let near = |t: &Track| (t.region.cx - region.cx).hypot(t.region.cy - region.cy) < SAME_PERSON * t.region.side.min(region.side);
            if region.side.is_finite() && region.side >= 1.0 && !self.tracks.iter().any(near) {
                self.tracks.push(Track { id: 0, region, filter: OneEuroFilter::new(SMOOTHING), looked: None, seen: None });
            }
        }
        Ok(())
    }

    /// Looks at the region of every track; tracks without a person end.
    fn look(&mut self, view: &ImageView<'_>) -> Result<()> {
        let mut lost = false;
        self.poses.look(view, &mut self.tracks)?;
        for track in &mut self.tracks {
            let Some(seen) = track.looked.take().transpose()? else { continue };
            let finite = seen.image.iter().flatten().all(|v| v.is_finite()) && seen.next_region.side.is_finite();
            track.seen = (seen.presence > self.config.min_presence && finite).then_some(seen);
            match &track.seen {
                Some(seen) => {
                    if track.id == 0 {
                        track.id = self.next_id;
                        self.next_id = self.next_id.wrapping_add(1).max(1);
                    }
                    track.region = seen.next_region;
                }
                None => lost |= track.id != 0,
            }
        }
        self.tracks.retain(|t| t.seen.is_some() && t.region.side >= 1.0);
        if lost {
            self.eager = EAGER;
        }
        Ok(())
    }

    /// Ends the younger of two tracks that follow the same person.
    fn merge(&mut self) {
        let mut i = 1;
        while i < self.tracks.len() {
            let (older, rest) = self.tracks.split_at(i);
            let same = rest.first().is_some_and(|track| older.iter().any(|o| same_person(o, track)));
            if same {
                self.tracks.remove(i);
            } else {
                i += 1;
            }
        }
    }

    fn report(&mut self, view: &ImageView<'_>, dt_s: f64) -> Bodies {
        let size = [f64::from(view.width), f64::from(view.height)];
        let layout = self.config.layout;
        let mut bodies = Vec::with_capacity(self.tracks.len());
        for track in &mut self.tracks {
            let Some(seen) = &track.seen else { continue };
            let mut image = seen.image;
            if self.config.smoothing {
                let flat: [f64; 2 * JOINTS] = std::array::from_fn(|i| image[i / 2][i % 2]);
                let smooth = track.filter.filter(flat, dt_s, extent(&image));
                image = std::array::from_fn(|i| [smooth[2 * i], smooth[2 * i + 1]]);
            }
            let norm: [[f32; 2]; JOINTS] = image.map(|[x, y]| [(x / size[0]) as f32, (y / size[1]) as f32]);
            let world = seen.world.map(|p| p.map(|v| v as f32));
            let world = world.iter().flatten().all(|v| v.is_finite()).then_some(world);
            bodies.push(match layout {
                BodyLayout::Body33 => Body {
                    layout,
                    track: track.id,
                    score: seen.presence,
                    image_norm: norm.to_vec(),
                    world_m: world.map(|w| w.to_vec()),
                    joint_score: seen.visibility.to_vec(),
                },
                BodyLayout::Body13 => Body {
                    layout,
                    track: track.id,
                    score: seen.presence,
                    image_norm: from_body33(&norm).to_vec(),
                    world_m: world.map(|w| world13(&w)),
                    joint_score: scores13(&seen.visibility),
                },
            });
        }
        bodies.sort_by_key(|b| b.track);
        Bodies { bodies }
    }
}

/// Where the search number `turn` looks: everywhere at first; then the whole picture and the squares at both ends of its long side in
/// turn. In the squares people appear nearly twice as large, so smaller ones are found.
fn windows(width: u32, height: u32, turn: u64) -> Vec<Region> {
    let (w, h) = (f64::from(width), f64::from(height));
    let (long, short) = (w.max(h), w.min(h));
    let square = |cx: f64, cy: f64, side: f64| Region { cx, cy, side, angle: 0.0 };
    let end = |along: f64| if w > h { square(along, h / 2.0, h) } else { square(w / 2.0, along, w) };
    let all = [square(w / 2.0, h / 2.0, long), end(short / 2.0), end(long - short / 2.0)];
    match turn {
        // Below 4:3 the ends overlap so much that they show hardly more than the whole.
        _ if long < short * 1.3 => vec![all[0]],
        0 => all.to_vec(),
        _ => vec![all[(turn % 3) as usize]],
    }
}

/// The 13 joints in metres.
fn world13(world: &[[f32; 3]; JOINTS]) -> Vec<[f32; 3]> {
    let xy = from_body33(&world.map(|[x, y, _]| [x, y]));
    let z = from_body33(&world.map(|[_, _, z]| [z, z]));
    xy.iter().zip(z).map(|([x, y], [z, _])| [*x, *y, z]).collect()
}

/// Visibility of the 13 joints; the neck is as visible as the less visible shoulder.
fn scores13(visibility: &[f32; JOINTS]) -> Vec<f32> {
    let mut scores: Vec<f32> = from_body33(&visibility.map(|v| [v, v])).iter().map(|p| p[0]).collect();
    if let Some(neck) = scores.first_mut() {
        *neck = visibility[11].min(visibility[12]);
    }
    scores
}

/// Longer side of the box around the joints, pixels.
fn extent(image: &[[f64; 2]; JOINTS]) -> f64 {
    Box2::around(image.iter().copied()).map_or(0.0, |b| b.width().max(b.height()))
}

fn same_person(a: &Track, b: &Track) -> bool {
    let (Some(p), Some(q)) = (&a.seen, &b.seen) else { return false };
    let mean = p.image.iter().zip(&q.image).map(|(p, q)| (p[0] - q[0]).hypot(p[1] - q[1])).sum::<f64>() / JOINTS as f64;
    mean < SAME_BODY * extent(&p.image).max(extent(&q.image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_search_looks_everywhere_and_later_ones_in_turn() {
        assert_eq!(windows(1280, 720, 0).len(), 3);
        let turns: Vec<(f64, f64)> = (1..4).flat_map(|t| windows(1280, 720, t)).map(|r| (r.cx, r.side)).collect();
        assert_eq!(turns, [(360.0, 720.0), (920.0, 720.0), (640.0, 1280.0)]);
        assert_eq!(windows(720, 1280, 1)[0].cy, 360.0);
        assert_eq!(windows(640, 512, 7).len(), 1);
    }
}
