//! A clip: everything that happens for one seed and one script, at any instant.

use std::sync::Arc;

use ego_core::camera::Intrinsics;
use ego_core::hands::Side;

use crate::cast::Action;
use crate::error::SynthError;
use crate::hand::forward::{HandPose, forearm};
use crate::hand::{Anatomy, HandAngles};
use crate::moment::{Camera, HandState, Held, InHand, Moment, ObjectState, Owner};
use crate::motion::bystander::Bystander;
use crate::motion::head::HeadTrack;
use crate::motion::plot::{perform, set_table};
use crate::motion::stage::{Phase, Played, Stage};
use crate::motion::tracks::{Holding, Tracks};
use crate::people::Person;
use crate::recipe::SceneRecipe;
use crate::rng::Rng;
use crate::script::{Script, Shake, Speed};
use crate::shape::{MAX_PARTS, ObjectModel};
use crate::space::{Pose, Vec3, deg};

/// A stretch of time with one action, seconds; outside of all of them is background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// Begins.
    pub start_s: f64,
    /// Ends.
    pub end_s: f64,
    /// What happens.
    pub action: Action,
    /// The script asks for it. Otherwise it had to come first: milk is opened before it can be closed again, and what a hand holds
    /// is put down before the next thing is taken.
    pub asked: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Actor {
    owner: Owner,
    anatomy: Anatomy,
    shoulder_m: Vec3,
}

/// One clip. Random access: [`Clip::moment`] gives the same bits for a frame whatever was asked before.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    seed: u64,
    fps: f64,
    frames: u64,
    intrinsics: Intrinsics,
    recipe: SceneRecipe,
    main: Side,
    speed: f64,
    labels: Vec<Label>,
    phases: Vec<(f64, Phase)>,
    actors: Vec<Actor>,
    models: Vec<Arc<ObjectModel>>,
    tracks: Tracks,
    head: HeadTrack,
}

/// Numbers of the people of the cast; a person's hands are the same in every clip.
pub const PEOPLE: u32 = 64;

impl Clip {
    /// Plays a script with the choices of a seed.
    ///
    /// # Errors
    /// When the script cannot be played; see [`Script::checked`].
    pub fn new(seed: u64, script: &Script) -> Result<Clip, SynthError> {
        script.checked()?;
        let root = Rng::new(seed);
        let mut rng = root.split("motion");
        let number = script.person.unwrap_or_else(|| root.split("person").below(PEOPLE as usize) as u32);
        let person = Person::draw(script.hands, &mut Rng::new(0x5045_4f50).split(&format!("person {number}")));
        let drawn_main = if root.split("main").chance(0.5) { Side::Left } else { Side::Right };
        let main = script.main.filter(|s| *s != Side::Unknown).unwrap_or(drawn_main);
        let present = [Side::Left, Side::Right].map(|s| !script.one_handed || s == main);
        let eyes = person.eyes_m;
        let shoulders = person.shoulders_m;
        let anatomies = person.hands;
        let mut stage = Stage::new(person, present, rng.split("stage"));
        stage.speed = pace(script.speed, &mut rng);
        stage.hesitation = match script.hesitant {
            Some(true) => 0.7,
            Some(false) => 0.0,
            None => 0.15,
        };
        let speed = stage.speed;
        let props = set_table(&mut stage, script, main, &mut root.split("objects"));
        let labels = perform(&mut stage, script, main, &props);
        let seconds = stage.t;
        let Played { mut tracks, looks, mut phases, things } = stage.into_tracks();
        phases.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut actors: Vec<Actor> = [0, 1]
            .into_iter()
            .filter(|k| present[*k])
            .map(|k| Actor { owner: Owner::Wearer, anatomy: anatomies[k], shoulder_m: shoulders[k] })
            .collect();
        let mut other = root.split("bystander");
        let drawn = other.chance(0.15);
        if script.bystander.unwrap_or(drawn) {
            let b = Bystander::draw(seconds, &mut other);
            for (k, track) in b.tracks.into_iter().enumerate() {
                actors.push(Actor { owner: Owner::Bystander, anatomy: b.hands[k], shoulder_m: b.shoulders_m[k] });
                tracks.hands.push(track);
            }
        }
        let mut head_rng = root.split("head");
        let drawn = head_rng.range(0.4, 1.6);
        let restless = match script.shake {
            Shake::Any => drawn,
            Shake::Steady => 0.05,
            Shake::Shaky => 3.2 + drawn,
        };
        let head = HeadTrack::new(eyes, looks, restless, &mut head_rng);
        let camera = &script.camera;
        let fov = camera.hfov_deg.unwrap_or_else(|| root.split("lens").range(66.0, 98.0));
        Ok(Clip {
            seed,
            fps: camera.fps,
            frames: ((seconds * camera.fps) as u64).max(1),
            intrinsics: pinhole(fov, camera.width, camera.height),
            recipe: SceneRecipe::draw(seed, &script.look),
            main,
            speed,
            labels,
            phases,
            actors,
            models: things.into_iter().map(|t| t.model).collect(),
            tracks,
            head,
        })
    }

    /// The seed it was made from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Number of frames.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Frames a second.
    pub fn fps(&self) -> f64 {
        self.fps
    }

    /// The camera's intrinsics, the same in all frames.
    pub fn intrinsics(&self) -> Intrinsics {
        self.intrinsics
    }

    /// How it looks.
    pub fn recipe(&self) -> &SceneRecipe {
        &self.recipe
    }

    /// The hand that does the main part.
    pub fn main(&self) -> Side {
        self.main
    }

    /// Pace of its motion, 1 = everyday.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// What happens when, in order of time.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The action at `t` (seconds); `None` is background.
    pub fn label_at(&self, t: f64) -> Option<Action> {
        self.labels.iter().find(|l| (l.start_s..=l.end_s).contains(&t)).map(|l| l.action)
    }

    /// The phase at `t` (seconds).
    pub fn phase_at(&self, t: f64) -> Phase {
        let next = self.phases.partition_point(|p| p.0 <= t);
        next.checked_sub(1).and_then(|i| self.phases.get(i)).map_or(Phase::Idle, |p| p.1)
    }

    /// Time of a frame, seconds.
    pub fn time_s(&self, frame: u64) -> f64 {
        frame as f64 / self.fps
    }

    /// The scene at a frame; frames beyond the end show the last posture.
    pub fn moment(&self, frame: u64) -> Moment {
        self.moment_at(self.time_s(frame))
    }

    /// The scene at any time, seconds: for shutters and rolling shutters.
    pub fn moment_at(&self, t: f64) -> Moment {
        let mut moment = Moment {
            time_s: t,
            camera: Camera { camera_from_world: Pose::identity(), intrinsics: self.intrinsics },
            hands: Vec::with_capacity(self.actors.len()),
            objects: Vec::with_capacity(self.models.len()),
        };
        self.moment_into(t, &mut moment);
        moment
    }

    /// The same as [`Clip::moment_at`], into a moment whose memory is used again.
    pub fn moment_into(&self, t: f64, moment: &mut Moment) {
        moment.time_s = t;
        moment.camera = Camera { camera_from_world: self.head.at(t).inverse(), intrinsics: self.intrinsics };
        moment.objects.clear();
        for (k, model) in self.models.iter().enumerate() {
            let mut parts = [Pose::identity(); MAX_PARTS];
            for (p, at) in parts.iter_mut().enumerate().take(model.parts.len()) {
                *at = self.tracks.part(k, p, t);
            }
            moment.objects.push(ObjectState { model: Arc::clone(model), parts, in_hand: InHand::None });
        }
        moment.hands.clear();
        for (k, actor) in self.actors.iter().enumerate() {
            let (wrist, pose, angles, holding) = self.hand(k, actor, t);
            let held = holding.map(|h| Held { object: h.object, part: h.part, contact: h.contact });
            let touched = held.map(|h| h.object).or_else(|| self.tracks.handled(k, t));
            if let Some(object) = touched.and_then(|object| moment.objects.get_mut(object)) {
                object.in_hand = object.in_hand.and(actor.anatomy.side);
            }
            moment.hands.push(HandState {
                owner: actor.owner,
                side: actor.anatomy.side,
                anatomy: actor.anatomy,
                angles,
                pose,
                forearm: forearm(&actor.anatomy, &wrist, actor.shoulder_m),
                held,
            });
        }
    }

    /// Pose of the camera (`world_from_camera`) at any time, seconds.
    pub fn camera_pose(&self, t: f64) -> Pose {
        self.head.at(t)
    }

    /// Pose of one of the wearer's wrists (`world_from_wrist`) at any time; `None` when there is no such hand.
    pub fn wrist_pose(&self, side: Side, t: f64) -> Option<Pose> {
        let (k, actor) = self.actors.iter().enumerate().find(|(_, a)| a.owner == Owner::Wearer && a.anatomy.side == side)?;
        Some(self.hand(k, actor, t).0)
    }

    fn hand(&self, k: usize, actor: &Actor, t: f64) -> (Pose, HandPose, HandAngles, Option<Holding>) {
        let (mut wrist, holding) = self.tracks.wrist(k, t);
        let angles = self.tracks.fingers(k, t);
        let mut hand = HandPose::new(&actor.anatomy, &wrist, &angles);
        if holding.is_none() {
            let lift = table_lift(&actor.anatomy, &hand);
            if lift > 0.0 {
                wrist.translation.vector.z += lift;
                hand.bones.iter_mut().for_each(|b| b.translation.vector.z += lift);
                hand.joints_m.iter_mut().for_each(|j| j.z += lift);
            }
        }
        (wrist, hand, angles, holding)
    }
}

/// How far the table pushes a free hand up: as deep as its flesh would be in the top, a millimetre allowed. Hands on their way to
/// the lap pass before the table's edge.
fn table_lift(anatomy: &Anatomy, hand: &HandPose) -> f64 {
    let mut lift = 0.0f64;
    for (j, at) in hand.joints_m.iter().enumerate() {
        let radius = match j.checked_sub(1) {
            None => anatomy.palm_half_m,
            Some(k) => anatomy.radii_m[k / 4][k % 4],
        };
        let over_table = ((at.y - 0.09) / 0.06).clamp(0.0, 1.0) * ((at.z + 0.10) / 0.06).clamp(0.0, 1.0);
        lift = lift.max((radius - 0.001 - at.z) * over_table);
    }
    lift
}

/// Square pixels and a centred axis, with the pixel convention of `ego_core`.
fn pinhole(hfov_deg: f64, width: u32, height: u32) -> Intrinsics {
    let f = f64::from(width) / 2.0 / libm::tan(deg(hfov_deg) / 2.0);
    Intrinsics { fx: f, fy: f, cx: f64::from(width) / 2.0, cy: f64::from(height) / 2.0, width, height }
}

fn pace(speed: Speed, rng: &mut Rng) -> f64 {
    let drawn = libm::exp(0.25 * rng.normal().clamp(-2.2, 2.2));
    match speed {
        Speed::Any => drawn,
        Speed::Slow => 0.52 * (0.8 + 0.2 * drawn),
        Speed::Normal => 0.9 + 0.1 * drawn,
        Speed::Quick => 1.55 * (0.8 + 0.2 * drawn),
    }
}
