//! The hand tracker: searches the picture only when a hand is missing, follows hands by their joints, tells left from right, and
//! places joints in camera space. Serves every pair of a searching and a looking network ([`super::stages`]).

use ego_core::camera::{Intrinsics, IntrinsicsSource};
use ego_core::hands::{DepthSource, Hand, Hands, JOINTS};
use ego_core::image::{ImageView, MaskView};
use ego_core::lift::lift;
use ego_core::one_euro::{OneEuro, OneEuroFilter};
use ego_core::region::Region;

use super::camera::{Camera, IntrinsicsChoice};
use super::cold::ColdPlaces;
use super::crop;
use super::landmarks::Landmarks;
use super::looks::{Look, Looker, Wanted};
use super::model::{HandInput, HandModel};
use super::search::Search;
use super::sides::{SideEvidence, one_per_side};
use super::stages::{Candidate, Searcher, Turn};
use crate::error::{ModelError, Result};
use crate::network::SessionOptions;
use crate::paths::find_model;
use crate::runtime::Device;

/// Two regions that overlap more than this show the same hand (MediaPipe's association threshold).
const SAME_REGION_IOU: f64 = 0.5;
/// Two tracks whose joints are nearer than this share of the hand's size, on average, follow the same hand.
const SAME_HAND_DISTANCE: f64 = 0.25;
/// A first look into a roughly placed region is followed by a second one from this share of the lowest presence on.
const ROUGH_PRESENCE: f32 = 0.02;
/// Smoothing: cutoffs in Hz, speed in hand sizes a second.
const SMOOTHING: OneEuro = OneEuro { min_cutoff_hz: 1.5, beta: 4.0, derivative_cutoff_hz: 1.0 };
/// Assumed time between frames that carry no time stamp.
const FRAME_S: f64 = 1.0 / 30.0;

/// Settings of the tracker.
#[derive(Clone, Debug, PartialEq)]
pub struct HandTrackerConfig {
    /// The model that sees joints, by name or path.
    pub model: String,
    /// A second model, which takes over while it sees hands that `model` does not.
    pub alternative: Option<String>,
    /// The model that finds hands in the picture; `None` takes the one that the manifest of `model` names.
    pub detector: Option<String>,
    /// At most this many hands.
    pub max_hands: usize,
    /// The picture is a mirror image (selfie camera).
    pub mirrored: bool,
    /// Also report hands that cannot be the wearer's: more than one a side.
    pub bystanders: bool,
    /// How the picture is searched.
    pub search: Search,
    /// With some hands in view and others missing, search every n-th frame.
    pub detector_interval: u32,
    /// Lowest score of the finding model that starts a track, 0..1; 0.5 is what its maker recommends.
    pub min_detection: f32,
    /// A track ends when the hand's presence is not above this, 0..1.
    pub min_presence: f32,
    /// One-Euro smoothing of the joints.
    pub smoothing: bool,
    /// The camera.
    pub intrinsics: IntrinsicsChoice,
    /// Where the networks run.
    pub device: Device,
    /// Threads: inside the run of a network for one hand, side by side for several hands and for a hand and a search.
    pub threads: usize,
}

impl Default for HandTrackerConfig {
    fn default() -> Self {
        HandTrackerConfig {
            model: "mediapipe-hands".into(),
            alternative: None,
            detector: None,
            max_hands: 2,
            mirrored: false,
            bystanders: false,
            search: Search::Auto,
            detector_interval: 8,
            min_detection: 0.5,
            min_presence: 0.5,
            smoothing: false,
            intrinsics: IntrinsicsChoice::Hfov(69.0),
            device: Device::Auto,
            threads: 1,
        }
    }
}

/// A hand that is followed.
#[derive(Debug)]
struct Track {
    id: u32,
    region: Region,
    /// The side it looks like in the picture, for networks that know only one.
    as_left: Option<bool>,
    evidence: SideEvidence,
    joints: OneEuroFilter<{ 3 * JOINTS }>,
    shape: OneEuroFilter<{ 3 * JOINTS }>,
    seen: Option<Landmarks>,
}

impl Track {
    /// How to look at it in this frame; `rough` is how the search places hands, which concerns those that were just found.
    fn wanted(&self, rough: bool, min_presence: f32) -> Wanted {
        let rough = rough && self.id == 0;
        let lowest = if rough { ROUGH_PRESENCE * min_presence } else { min_presence };
        Wanted { region: self.region, as_left: self.as_left, rough, lowest }
    }
}

/// Counts of what the tracker did, for statistics and tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrackerCounts {
    /// Frames processed.
    pub frames: u64,
    /// Runs of the searching network.
    pub palm_runs: u64,
    /// Runs of the looking network.
    pub landmark_runs: u64,
}

/// Finds and follows hands in a stream of pictures.
#[derive(Debug)]
pub struct HandTracker {
    config: HandTrackerConfig,
    searcher: Searcher,
    looker: Looker,
    camera: Camera,
    tracks: Vec<Track>,
    cold: ColdPlaces,
    next_id: u32,
    searches: u64,
    fresh: bool,
    since_search: u32,
    search_eagerly: u32,
    visible: usize,
    last_pts_ns: Option<u64>,
    counts: TrackerCounts,
}

impl HandTracker {
    /// Opens both networks.
    ///
    /// # Errors
    /// When a model or ONNX Runtime is missing or not what it should be, or a setting makes no sense.
    pub fn open(config: &HandTrackerConfig) -> Result<HandTracker> {
        let setting = |setting, reason: &str| Err(ModelError::Setting { setting, reason: reason.to_owned() });
        if !(1..=16).contains(&config.max_hands) {
            return setting("max-hands", "ask for 1 to 16 hands");
        }
        let camera = Camera::open(&config.intrinsics)?;
        let landmark_model = find_model(&config.model)?;
        let detector = match (&config.detector, &landmark_model.manifest.detector) {
            (Some(name), _) | (None, Some(name)) => find_model(name)?,
            (None, None) => return setting("detector", "the model's manifest names no detector: set one"),
        };
        let options = SessionOptions { device: config.device.clone(), threads: config.threads };
        Ok(HandTracker {
            searcher: Searcher::open(&detector, &options)?,
            looker: Looker::open(&landmark_model, &options, config.max_hands)?,
            config: config.clone(),
            camera,
            tracks: Vec::new(),
            cold: ColdPlaces::default(),
            next_id: 1,
            searches: 0,
            fresh: true,
            since_search: 0,
            search_eagerly: 0,
            visible: 0,
            last_pts_ns: None,
            counts: TrackerCounts::default(),
        })
    }

    /// The execution provider that the networks run on.
    pub fn provider(&self) -> &str {
        self.looker.network().provider()
    }

    /// Why `device=auto` fell back to the CPU, when it did.
    pub fn fallback(&self) -> Option<&str> {
        self.looker.network().fallback()
    }

    /// The camera of the last frame and where its numbers come from.
    pub fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
        self.camera.current()
    }

    /// What was done so far.
    pub fn counts(&self) -> TrackerCounts {
        self.counts
    }

    /// Forgets all hands, as at the start of a stream; track numbers go on.
    pub fn reset(&mut self) {
        self.tracks.clear();
        self.cold.clear();
        self.fresh = true;
        self.since_search = 0;
        self.search_eagerly = 0;
        self.visible = 0;
        self.last_pts_ns = None;
    }

    /// Turns the smoothing of joints on or off, from the next frame on: an element learns only then whether its stream is live.
    pub fn set_smoothing(&mut self, smoothing: bool) {
        self.config.smoothing = smoothing;
    }

    /// Finds the hands of the next frame; `pts_ns` is its time stamp.
    ///
    /// # Errors
    /// When the picture's planes are too small, the camera file is for another aspect ratio, or a network fails. The tracker can
    /// go on with the next frame.
    pub fn process(&mut self, view: &ImageView<'_>, pts_ns: Option<u64>) -> Result<Hands> {
        self.process_within(view, pts_ns, None)
    }

    /// [`HandTracker::process`] that finds no palm where the mask does not want the picture. Hands are followed without it: the
    /// landmark network was not made for pictures with black parts.
    ///
    /// # Errors
    /// As [`HandTracker::process`].
    pub fn process_within(&mut self, view: &ImageView<'_>, pts_ns: Option<u64>, mask: Option<&MaskView<'_>>) -> Result<Hands> {
        let view = view.checked().map_err(|e| ModelError::Frame(e.to_string()))?;
        if view.width < 2 || view.height < 2 {
            return Err(ModelError::Frame(format!("{}x{} is too small to show a hand", view.width, view.height)));
        }
        self.counts.frames += 1;
        let camera = self.camera.of_size(view.width, view.height)?;
        let dt_s = match (pts_ns, self.last_pts_ns) {
            (Some(now), Some(then)) => (now as f64 - then as f64) * 1e-9,
            _ => FRAME_S,
        };
        self.last_pts_ns = pts_ns;
        // Of a frame that failed.
        drop(self.looker.take(&mut self.counts.landmark_runs));
        let searched = self.should_search();
        if searched {
            // Where the followed hands are is not changed by what is found.
            self.search(&view, mask, self.tracks.len())?;
        } else {
            self.since_search = self.since_search.saturating_add(1);
            self.search_eagerly = self.search_eagerly.saturating_sub(1);
        }
        let lost = self.look(&view, 0)?;
        if lost && !searched {
            // Found again in the same frame if it is still there.
            let followed = self.tracks.len();
            self.search(&view, mask, 0)?;
            self.look(&view, followed)?;
        }
        self.merge();
        Ok(self.report(&view, &camera, dt_s))
    }

    /// On every frame while no hand is in view and for a while after one was lost; else at the interval while one is missing.
    fn should_search(&self) -> bool {
        let missing = self.visible < self.config.max_hands;
        let due = self.visible == 0 || self.search_eagerly > 0 || self.since_search + 1 >= self.config.detector_interval.max(1);
        missing && due
    }

    /// Starts tracks for candidates that no track covers; beside the search, the first `followed` tracks are looked at.
    fn search(&mut self, view: &ImageView<'_>, mask: Option<&MaskView<'_>>, followed: usize) -> Result<()> {
        let turn = Turn { number: self.searches, first: self.fresh };
        let HandTrackerConfig { search, min_detection, min_presence, .. } = self.config;
        let (searcher, palm_runs) = (&mut self.searcher, &mut self.counts.palm_runs);
        let rough = searcher.is_rough();
        let wanted = self.tracks.iter().take(followed).map(|track| track.wanted(rough, min_presence));
        let found = self.looker.look_beside(view, wanted, || searcher.find(view, mask, search, turn, min_detection, palm_runs))??;
        self.fresh = false;
        self.searches += 1;
        self.since_search = 0;
        self.search_eagerly = self.search_eagerly.saturating_sub(1);
        self.start_tracks(found);
        Ok(())
    }

    fn start_tracks(&mut self, found: Vec<Candidate>) {
        // One more than asked for may be followed unseen, so that a bystander's hand is not found anew in each search.
        let spare = usize::from(!self.config.bystanders);
        let most = self.searcher.most_tracks(self.config.max_hands + spare);
        for candidate in found {
            if self.tracks.len() >= most {
                break;
            }
            let region = candidate.region;
            let known = self.tracks.iter().any(|t| t.region.bounds().iou(&region.bounds()) > SAME_REGION_IOU);
            let cold = self.cold.hold(&region, candidate.as_left, self.counts.frames);
            if !known && !cold && region.side.is_finite() && region.side >= 1.0 {
                self.tracks.push(Track {
                    id: 0,
                    region,
                    as_left: candidate.as_left,
                    evidence: SideEvidence::default(),
                    joints: OneEuroFilter::new(SMOOTHING),
                    shape: OneEuroFilter::new(SMOOTHING),
                    seen: None,
                });
            }
        }
    }

    /// Looks at the regions of the tracks from number `first` on, unless that was done beside the search; tracks without a hand end.
    /// Tells whether one was lost that had been seen before.
    fn look(&mut self, view: &ImageView<'_>, first: usize) -> Result<bool> {
        let (rough, min_presence) = (self.searcher.is_rough(), self.config.min_presence);
        let unseen = self.tracks.iter().skip(first + self.looker.looked());
        self.looker.look(view, unseen.map(|track| track.wanted(rough, min_presence)))?;
        let size = [view.width, view.height].map(f64::from);
        let mut lost = false;
        let pursuits = self.looker.take(&mut self.counts.landmark_runs);
        for (track, pursuit) in self.tracks.iter_mut().skip(first).zip(pursuits) {
            let Look { seen, next, as_left } = pursuit.look()?;
            if track.id == 0 {
                self.cold.note(&track.region, track.as_left, seen.presence, self.counts.frames);
            }
            track.as_left = as_left;
            let finite = seen.image.iter().chain(&seen.world).flatten().all(|v| v.is_finite());
            // Networks of one side have a least size.
            let small = as_left.is_some() && crop::is_small(&seen.image, size);
            track.seen = (seen.presence > min_presence && finite && !small).then_some(seen);
            match &track.seen {
                Some(seen) => {
                    if track.id == 0 {
                        track.id = self.next_id;
                        self.next_id = self.next_id.wrapping_add(1).max(1);
                    }
                    track.region = next;
                    let left = f64::from(seen.left_if_mirrored);
                    track.evidence.add(if self.config.mirrored { left } else { 1.0 - left });
                }
                None => lost |= track.id != 0,
            }
        }
        self.tracks.retain(|t| t.seen.is_some() && t.region.side.is_finite() && t.region.side >= 1.0);
        if lost {
            self.search_eagerly = self.config.detector_interval;
        }
        Ok(lost)
    }

    /// Ends the younger of two tracks that follow the same hand.
    fn merge(&mut self) {
        let mut i = 1;
        while i < self.tracks.len() {
            let (older, rest) = self.tracks.split_at(i);
            let same = rest.first().is_some_and(|track| older.iter().any(|o| same_hand(o, track)));
            if same {
                self.tracks.remove(i);
            } else {
                i += 1;
            }
        }
    }

    fn report(&mut self, view: &ImageView<'_>, camera: &Intrinsics, dt_s: f64) -> Hands {
        let mut sides: Vec<Option<_>> = if self.config.bystanders {
            self.tracks.iter().map(|t| Some(t.evidence.side().0)).collect()
        } else {
            one_per_side(&self.tracks.iter().map(|t| (t.evidence, size_px(t))).collect::<Vec<_>>())
        };
        keep_largest(&mut sides, &self.tracks, self.config.max_hands);
        let mut hands = Vec::with_capacity(self.config.max_hands);
        for (track, side) in self.tracks.iter_mut().zip(sides) {
            let (Some(side), Some(seen)) = (side, &track.seen) else { continue };
            let (mut image, mut world) = (seen.image, seen.world);
            if self.config.smoothing {
                let size = extent(&image);
                image = unflatten(&track.joints.filter(flatten(&image), dt_s, size));
                // World landmarks are about 0.18 m across whatever the distance.
                world = unflatten(&track.shape.filter(flatten(&world), dt_s, 0.18));
            }
            let camera_m = lift(&image, &world, camera).map(|joints| joints.map(|p| p.map(|v| v as f32)));
            let (likely, probability) = track.evidence.side();
            hands.push(Hand {
                side,
                score: if likely == side { probability } else { 1.0 - probability },
                presence: seen.presence,
                track: track.id,
                image_norm: image.map(|[x, y, _]| [(x / f64::from(view.width)) as f32, (y / f64::from(view.height)) as f32]),
                camera_m,
                joint_score: [seen.presence; JOINTS],
            });
        }
        hands.sort_by_key(|h| h.track);
        self.visible = hands.len();
        Hands { hands, depth_source: DepthSource::Estimated }
    }
}

impl HandModel for HandTracker {
    fn provider(&self) -> &str {
        HandTracker::provider(self)
    }

    fn fallback(&self) -> Option<&str> {
        HandTracker::fallback(self)
    }

    fn find(&mut self, input: &HandInput<'_>) -> Result<Hands> {
        self.process_within(&input.view, input.pts_ns, input.mask.as_ref())
    }

    fn intrinsics(&self) -> Option<(Intrinsics, IntrinsicsSource)> {
        HandTracker::intrinsics(self)
    }

    fn set_smoothing(&mut self, smoothing: bool) {
        HandTracker::set_smoothing(self, smoothing);
    }

    fn reset(&mut self) {
        HandTracker::reset(self);
    }
}

/// Leaves the `max` largest hands.
fn keep_largest(sides: &mut [Option<ego_core::hands::Side>], tracks: &[Track], max: usize) {
    while sides.iter().flatten().count() > max {
        let smallest = sides
            .iter()
            .zip(tracks)
            .enumerate()
            .filter(|(_, (side, _))| side.is_some())
            .min_by(|(_, (_, a)), (_, (_, b))| size_px(a).total_cmp(&size_px(b)))
            .map(|(i, _)| i);
        if let Some(slot) = smallest.and_then(|i| sides.get_mut(i)) {
            *slot = None;
        }
    }
}

fn size_px(track: &Track) -> f64 {
    track.seen.as_ref().map_or(0.0, |s| extent(&s.image))
}

/// Longer side of the box around the joints, pixels.
fn extent(image: &[[f64; 3]; JOINTS]) -> f64 {
    ego_core::region::Box2::around(image.iter().map(|p| [p[0], p[1]])).map_or(0.0, |b| b.width().max(b.height()))
}

fn same_hand(a: &Track, b: &Track) -> bool {
    let (Some(p), Some(q)) = (&a.seen, &b.seen) else { return false };
    let mean = p.image.iter().zip(&q.image).map(|(p, q)| (p[0] - q[0]).hypot(p[1] - q[1])).sum::<f64>() / JOINTS as f64;
    mean < SAME_HAND_DISTANCE * size_px(a).max(size_px(b))
}

fn flatten(points: &[[f64; 3]; JOINTS]) -> [f64; 3 * JOINTS] {
    std::array::from_fn(|i| points[i / 3][i % 3])
}

fn unflatten(values: &[f64; 3 * JOINTS]) -> [[f64; 3]; JOINTS] {
    std::array::from_fn(|i| std::array::from_fn(|k| values[3 * i + k]))
}
