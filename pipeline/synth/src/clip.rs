//! A clip: everything that happens for one seed and one script, at any instant.

use std::sync::Arc;

use ego_core::camera::Intrinsics;
use ego_core::hands::Side;

use crate::cast::{Action, noun, objects, verb};
use crate::error::SynthError;
use crate::hand::forward::{HandPose, forearm};
use crate::hand::{Anatomy, HandAngles, Posture};
use crate::moment::{Camera, HandState, Held, InHand, Moment, ObjectState, Owner};
use crate::motion::bystander::Bystander;
use crate::motion::head::HeadTrack;
use crate::motion::programmes::{self, Cast};
use crate::motion::stage::{Phase, Stage};
use crate::motion::tracks::{Holding, Tracks};
use crate::people::Person;
use crate::recipe::SceneRecipe;
use crate::rng::Rng;
use crate::script::{Script, Shake, Speed, Step};
use crate::shape::{MAX_PARTS, ObjectModel};
use crate::space::{Pose, Vec3, deg, pose, turn_x, vec3};

/// A stretch of time with one action, seconds; outside of all of them is background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// Begins.
    pub start_s: f64,
    /// Ends.
    pub end_s: f64,
    /// What happens.
    pub action: Action,
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
        let (things, cup) = set_table(&mut stage, script, main, &mut root.split("objects"));
        let labels = perform(&mut stage, script, main, &things, cup);
        let seconds = stage.t;
        let (mut tracks, looks, mut phases, played) = stage.into_tracks();
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
            models: played.into_iter().map(|t| t.model).collect(),
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
            if let Some(object) = held.and_then(|h| moment.objects.get_mut(h.object)) {
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

/// Puts the objects of the script, a cup when one is poured into, and a few others on the table.
fn set_table(stage: &mut Stage, script: &Script, main: Side, rng: &mut Rng) -> (Vec<(u32, usize)>, Option<usize>) {
    let scale = stage.person.scale;
    let hand = stage.person.hands[0].length_m;
    let sign = if main == Side::Left { -1.0 } else { 1.0 };
    let mut things: Vec<(u32, usize)> = Vec::new();
    let pours = script.steps.iter().any(|s| matches!(s, Step::Play(a) if a.verb == verb::POUR));
    for step in &script.steps {
        let Step::Play(action) = step else { continue };
        if things.iter().any(|(class, _)| *class == action.noun) {
            continue;
        }
        let n = things.len();
        // On the side of the acting hand first, then beside it.
        let lane = if n % 2 == 0 { n as f64 / 2.0 } else { -((n + 1) as f64) / 2.0 };
        let x = sign * (0.055 + 0.15 * lane + rng.range(-0.035, 0.035)) * scale;
        let y = (rng.range(0.29, 0.37) + 0.03 * (n / 3) as f64) * scale;
        let heading = rng.range(-0.25, 0.25);
        things.push((action.noun, stage.put(objects::draw(action.noun, hand, rng), x, y, heading)));
    }
    let cup = pours.then(|| {
        let x = -sign * rng.range(0.07, 0.12) * scale;
        let y = rng.range(0.31, 0.37) * scale;
        stage.put(objects::draw(0, hand, rng), x, y, 0.0)
    });
    // Others stand behind, where no programme puts anything.
    for n in 0..rng.below(4) {
        let class = 1 + rng.below(8) as u32;
        if things.iter().any(|(c, _)| *c == class) || (class == noun::BOOK && rng.chance(0.5)) {
            continue;
        }
        let x = (-0.24 + 0.22 * n as f64 + rng.range(-0.03, 0.03)) * scale.max(0.9);
        let number = stage.put(objects::draw(class, hand.max(0.16), rng), x, rng.range(0.50, 0.60), rng.range(-0.6, 0.6));
        things.push((class, number));
    }
    (things, cup)
}

/// Plays all steps; returns the labels.
fn perform(stage: &mut Stage, script: &Script, main: Side, things: &[(u32, usize)], cup: Option<usize>) -> Vec<Label> {
    let mut labels = Vec::new();
    let lead = stage.rng.range(0.15, 0.8);
    stage.wait(lead);
    let mut first = true;
    for step in &script.steps {
        match step {
            Step::Play(action) => {
                let Some((_, object)) = things.iter().find(|(class, _)| *class == action.noun) else { continue };
                let cast = Cast { main, object: *object, cup };
                if let Some((start_s, end_s)) = programmes::play(stage, *action, cast, first) {
                    labels.push(Label { start_s, end_s, action: *action });
                }
                let pause = stage.rng.range(0.1, 0.7);
                let now = stage.t;
                stage.phase(now, Phase::Idle);
                stage.wait(pause);
            }
            Step::Idle(seconds) => idle(stage, seconds.unwrap_or(2.0)),
            Step::Leave(side) => leave(stage, *side),
        }
        first = false;
    }
    let tail = stage.rng.range(0.15, 0.6);
    stage.wait(tail);
    labels
}

/// Hands at rest, which never are quite at rest.
fn idle(stage: &mut Stage, seconds: f64) {
    let begin = stage.t;
    stage.phase(begin, Phase::Idle);
    let around = vec3(stage.rng.range(-0.2, 0.2), 0.35, 0.0);
    stage.look(begin, around);
    for side in [Side::Left, Side::Right] {
        let mut t = begin + stage.rng.range(0.2, 1.5);
        while t + 1.0 < begin + seconds {
            let Some(p) = stage.hand(side) else { break };
            if p.hold.is_some() {
                break;
            }
            let (home, relaxed) = (p.home, p.relaxed);
            let rng = &mut stage.rng;
            let up = rng.range(0.01, 0.05);
            let to = pose(
                home.translation.vector + vec3(rng.range(-0.03, 0.03), rng.range(-0.03, 0.03), up),
                home.rotation * turn_x(rng.range(0.0, 0.15)),
            );
            let bend = rng.range(0.0, 0.5);
            let posture = [Posture::Flat, Posture::Cup, Posture::Fist][rng.below(3)];
            let fingers = relaxed.towards(&HandAngles::posture(posture), bend * up / 0.05).clamped();
            let d = stage.pace(0.6);
            stage.pose_fingers(side, t, t + d, fingers);
            stage.go(side, t, t + d, crate::motion::path::Anchor::world(to), vec3(0.0, 0.0, 0.02), vec3(0.0, 0.0, 0.02));
            let rest = t + d + stage.rng.range(0.2, 1.0);
            let back = stage.pace(0.6);
            stage.pose_fingers(side, rest, rest + back, relaxed);
            stage.go(side, rest, rest + back, crate::motion::path::Anchor::world(home), vec3(0.0, 0.0, 0.02), vec3(0.0, 0.0, 0.02));
            t = rest + back + stage.rng.range(0.3, 2.0);
        }
    }
    let busy = [Side::Left, Side::Right].iter().filter_map(|s| stage.hand(*s)).map(|p| p.busy_until).fold(0.0, f64::max);
    stage.t = (begin + seconds).max(busy);
}

/// A hand goes out of the picture and comes back.
fn leave(stage: &mut Stage, side: Option<Side>) {
    programmes::empty_hands(stage);
    let drawn = if stage.rng.chance(0.5) { Side::Left } else { Side::Right };
    let side = side.unwrap_or(drawn);
    let side = if stage.hand(side).is_some() { side } else { side.mirrored() };
    let Some(p) = stage.hand(side) else { return };
    let (away, turned) = (p.away, p.home.rotation);
    let begin = stage.t;
    stage.phase(begin, Phase::Idle);
    // First in view, then away, then back.
    let sign = if side == Side::Left { -1.0 } else { 1.0 };
    let scale = stage.person.scale;
    let shown = pose(vec3(sign * 0.12 * scale, 0.26 * scale, 0.09), turned);
    let t1 = stage.let_go(side, begin, Some(shown)) + stage.rng.range(0.2, 0.6);
    let t2 = stage.let_go(side, t1, Some(away)) + stage.rng.range(0.8, 1.8);
    let t3 = stage.let_go(side, t2, Some(shown)) + stage.rng.range(0.3, 0.6);
    stage.t = stage.let_go(side, t3, None);
}
