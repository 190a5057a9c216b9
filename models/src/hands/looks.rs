//! The looking stage of hand tracking, whichever network does it: what is in the regions of one frame.
//!
//! Networks are the families `mediapipe-hands` and `ego-crop-hands`. A region is looked at once or more: as at a hand of the other side
//! too when the side is in doubt, and once more where the hand was seen when it sits badly in its region. What is seen in one region does
//! not depend on the others, so they are looked at side by side ([`Lanes`]).

use ego_core::image::ImageView;
use ego_core::region::Region;

use super::crop::{CropNetwork, CropSeen};
use super::landmarks::{LandmarkNetwork, Landmarks};
use super::stages::{calibrated, unknown};
use crate::error::{ModelError, Result};
use crate::lanes::{Lane, Lanes, Task};
use crate::network::{Network, SessionOptions};
use crate::paths::Located;

/// A hand whose new region overlaps the one it was looked at in less than this is looked at once more in the same frame.
const RELOOK_IOU: f64 = 0.75;

/// What a look at a region tells.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) seen: Landmarks,
    /// Where to look next.
    pub(super) next: Region,
    /// The side it was looked at as, for networks that know only one.
    pub(super) as_left: Option<bool>,
}

/// Where one run of a network looks; the side is for networks that know only one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    region: Region,
    as_left: bool,
}

/// What one run of a network tells.
#[allow(clippy::large_enum_variant, reason = "moved a few times a look, where a box would be an allocation")]
pub(super) enum Seen {
    Landmarks(Landmarks),
    Crop(CropSeen),
}

/// A network that sees joints.
#[derive(Debug)]
pub(super) enum JointNetwork {
    Landmarks(LandmarkNetwork),
    Crops(CropNetwork),
}

impl JointNetwork {
    fn open(located: &Located, options: &SessionOptions) -> Result<JointNetwork> {
        match located.manifest.family.as_str() {
            "mediapipe-hands" => LandmarkNetwork::open(located, options).map(JointNetwork::Landmarks),
            "ego-crop-hands" => CropNetwork::open(located, options).map(JointNetwork::Crops),
            other => Err(unknown(located, "mediapipe-hands or ego-crop-hands", other)),
        }
    }

    fn network(&self) -> &Network {
        match self {
            JointNetwork::Landmarks(network) => network.network(),
            JointNetwork::Crops(network) => network.network(),
        }
    }
}

impl Lane for JointNetwork {
    type Place = Window;
    type Seen = Seen;

    fn name(&self) -> &str {
        self.network().name()
    }

    fn fill(&mut self, view: &ImageView<'_>, window: &Window) {
        match self {
            JointNetwork::Landmarks(network) => network.fill(view, &window.region),
            JointNetwork::Crops(network) => network.fill(view, &window.region, window.as_left),
        }
    }

    fn run(&mut self, window: &Window) -> Result<Seen> {
        match self {
            JointNetwork::Landmarks(network) => network.run(&window.region).map(Seen::Landmarks),
            JointNetwork::Crops(network) => network.run(&window.region, window.as_left).map(Seen::Crop),
        }
    }
}

/// One look at a region, as at a hand of the believed side where that matters; of both sides when none is known or it does not look
/// like the believed one.
#[derive(Debug)]
struct Question {
    region: Region,
    as_left: Option<bool>,
    /// What was seen as at a hand of the first side, while the other one is tried.
    best: Option<CropSeen>,
}

impl Question {
    fn window(&self) -> Window {
        let side = self.as_left.unwrap_or(false);
        Window { region: self.region, as_left: side != self.best.is_some() }
    }

    /// `None` asks for the other side. `recommended` is the confidence from which on the network's maker recommends to believe it.
    fn answered(&mut self, seen: Seen, recommended: f32) -> Option<Look> {
        match (seen, self.best.take()) {
            (Seen::Landmarks(seen), _) => Some(Look { next: seen.next_region(), seen, as_left: None }),
            (Seen::Crop(seen), None) if self.as_left.is_none() || seen.own_side < 0.5 => {
                self.best = Some(seen);
                None
            }
            (Seen::Crop(seen), None) => Some(told(&seen, recommended)),
            (Seen::Crop(other), Some(best)) => Some(told(if other.confidence() > best.confidence() { &other } else { &best }, recommended)),
        }
    }
}

fn told(seen: &CropSeen, recommended: f32) -> Look {
    let mut landmarks = seen.landmarks();
    landmarks.presence = calibrated(landmarks.presence, recommended);
    Look { seen: landmarks, next: seen.next_region(), as_left: Some(seen.as_left) }
}

/// All looks of one frame at what is followed in a region.
#[derive(Debug)]
pub(super) struct Pursuit {
    question: Question,
    /// The region is so rough that the first look only serves to place the second one.
    rough: bool,
    /// A hand whose presence is above this may be looked at once more.
    lowest: f32,
    recommended: f32,
    first: Option<Look>,
    last: Option<Result<Look>>,
    runs: u64,
}

impl Pursuit {
    /// # Errors
    /// When the network failed.
    pub(super) fn look(self) -> Result<Look> {
        self.last.unwrap_or_else(|| Err(ModelError::Frame("a hand was not looked at".into())))
    }
}

impl Task<JointNetwork> for Pursuit {
    fn place(&self) -> Window {
        self.question.window()
    }

    fn take(&mut self, seen: Result<Seen>) -> bool {
        self.runs += 1;
        let look = match seen.map(|seen| self.question.answered(seen, self.recommended)) {
            Ok(None) => return true,
            Ok(Some(look)) => look,
            Err(e) => {
                self.last = Some(Err(e));
                return false;
            }
        };
        let best = match self.first.take() {
            Some(first) if self.rough || look.seen.presence > first.seen.presence.min(0.9) => look,
            Some(first) => first,
            None => {
                let moved = look.next.bounds().iou(&self.question.region.bounds()) < RELOOK_IOU;
                if look.seen.presence > self.lowest && (moved || self.rough) {
                    // It sits badly in its region, because it has moved far or was found roughly: look again where it is.
                    self.question = Question { region: look.next, as_left: look.as_left, best: None };
                    self.first = Some(look);
                    return true;
                }
                look
            }
        };
        self.last = Some(Ok(best));
        false
    }
}

/// The looking stage.
#[derive(Debug)]
pub(super) struct Looker {
    lanes: Lanes<JointNetwork>,
    /// The confidence from which on the network's maker recommends to believe it.
    recommended: f32,
    /// Of this frame, in the order in which they were asked for.
    pursuits: Vec<Pursuit>,
}

/// A region that shall be looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) region: Region,
    /// The believed side, for networks that know only one.
    pub(super) as_left: Option<bool>,
    /// See [`Pursuit`].
    pub(super) rough: bool,
    /// See [`Pursuit`].
    pub(super) lowest: f32,
}

impl Looker {
    /// Opens the network, and with two threads or more copies of it for `most` hands.
    pub(super) fn open(located: &Located, options: &SessionOptions, most: usize) -> Result<Looker> {
        let open = |threads| JointNetwork::open(located, &SessionOptions { threads, ..options.clone() });
        Ok(Looker {
            lanes: Lanes::open(options.threads, most, open)?,
            recommended: located.manifest.threshold("confidence").unwrap_or(0.5) as f32,
            pursuits: Vec::new(),
        })
    }

    pub(super) fn network(&self) -> &Network {
        self.lanes.one().network()
    }

    /// Looks at more regions of this frame, and does something else meanwhile, if there are threads for it.
    pub(super) fn look_beside<R>(
        &mut self,
        view: &ImageView<'_>,
        wanted: impl IntoIterator<Item = Wanted>,
        work: impl FnOnce() -> R,
    ) -> Result<R> {
        let done = self.pursuits.len();
        self.want(wanted);
        self.lanes.look_beside(view, self.pursuits.get_mut(done..).unwrap_or_default(), work)
    }

    /// Looks at more regions of this frame.
    pub(super) fn look(&mut self, view: &ImageView<'_>, wanted: impl IntoIterator<Item = Wanted>) -> Result<()> {
        let done = self.pursuits.len();
        self.want(wanted);
        self.lanes.look(view, self.pursuits.get_mut(done..).unwrap_or_default())
    }

    fn want(&mut self, wanted: impl IntoIterator<Item = Wanted>) {
        let recommended = self.recommended;
        self.pursuits.extend(wanted.into_iter().map(|Wanted { region, as_left, rough, lowest }| Pursuit {
            question: Question { region, as_left, best: None },
            rough,
            lowest,
            recommended,
            first: None,
            last: None,
            runs: 0,
        }));
    }

    /// How many regions were looked at and not taken yet.
    pub(super) fn looked(&self) -> usize {
        self.pursuits.len()
    }

    /// What was seen in the regions since it was last taken, in their order. Adds the runs of the network to `runs`.
    pub(super) fn take(&mut self, runs: &mut u64) -> impl Iterator<Item = Pursuit> {
        *runs += self.pursuits.iter().map(|pursuit| pursuit.runs).sum::<u64>();
        self.pursuits.drain(..)
    }
}
