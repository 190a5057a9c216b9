//! The properties of `egotestsrc`, and the plan of recordings that they make together.

use ego_synth::cast::Action;
use ego_synth::error::SynthError;
use ego_synth::recipe::LightWish;
use ego_synth::renderer::RendererKind;
use ego_synth::script::{Script, Shake, Step, prompt};
use ego_synth::split::Split;
use gst::glib;
use gst::prelude::*;

use crate::values::take;

/// Range of the field of view that the camera can have, degrees.
const HFOV_DEG: [f64; 2] = [20.0, 150.0];
/// Actions of one recording of the pattern `chains`.
const CHAIN: u64 = 4;
/// Length of one recording of the pattern `idle`, seconds.
const IDLE_S: f64 = 8.0;

/// Which people, rooms and actions take part; no two casts share one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "EgoTestSrcCast")]
pub enum Cast {
    /// Three quarters of people and rooms.
    #[default]
    #[enum_value(name = "Train: three quarters of people and rooms, the 36 actions", nick = "train")]
    Train,
    /// An eighth.
    #[enum_value(name = "Validation: an eighth of people and rooms, the 36 actions", nick = "val")]
    Val,
    /// The last eighth.
    #[enum_value(name = "Test: the last eighth of people and rooms, the 36 actions", nick = "test")]
    Test,
    /// The last eighth with other actions.
    #[enum_value(name = "Unseen: the test cast with 14 verb-object pairs that no other cast plays", nick = "unseen")]
    Unseen,
}

impl From<Cast> for Split {
    fn from(cast: Cast) -> Split {
        match cast {
            Cast::Train => Split::Train,
            Cast::Val => Split::Val,
            Cast::Test => Split::Test,
            Cast::Unseen => Split::Unseen,
        }
    }
}

/// What each recording shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "EgoTestSrcPattern")]
pub enum Pattern {
    /// One action each.
    #[default]
    #[enum_value(name = "One action a recording, in balanced rounds", nick = "actions")]
    Actions,
    /// Four actions each.
    #[enum_value(name = "Four actions in a row", nick = "chains")]
    Chains,
    /// None.
    #[enum_value(name = "Hands that rest", nick = "idle")]
    Idle,
    /// A hand leaves, then one action.
    #[enum_value(name = "A hand leaves the picture and comes back, then an action", nick = "leaving")]
    Leaving,
}

/// How hard the picture is to understand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "EgoTestSrcDifficulty")]
pub enum Difficulty {
    /// Nothing disturbs.
    #[enum_value(name = "Steady camera without noise or blur, nobody else", nick = "easy")]
    Easy,
    /// As the seed has it.
    #[default]
    #[enum_value(name = "As the seed has it", nick = "normal")]
    Normal,
    /// Everything disturbs.
    #[enum_value(name = "Shaky camera, dim light, somebody across the table, hesitation", nick = "hard")]
    Hard,
}

/// What draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "EgoTestSrcRenderer")]
pub enum Renderer {
    /// The graphics card where there is one, else the processor.
    #[default]
    #[enum_value(name = "The graphics card where there is one, else the processor", nick = "auto")]
    Auto,
    /// The processor.
    #[enum_value(name = "The processor", nick = "cpu")]
    Cpu,
    /// A graphics device.
    #[enum_value(name = "A graphics device (Vulkan), a software one if there is no other", nick = "wgpu")]
    Wgpu,
}

impl From<Renderer> for RendererKind {
    fn from(renderer: Renderer) -> RendererKind {
        match renderer {
            Renderer::Auto => RendererKind::Auto,
            Renderer::Cpu => RendererKind::Cpu,
            Renderer::Wgpu => RendererKind::Wgpu,
        }
    }
}

/// The values of all properties but those of the base class.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) live: bool,
    pub(super) prompt: Option<String>,
    pub(super) pattern: Pattern,
    pub(super) seed: u64,
    pub(super) cast: Cast,
    pub(super) difficulty: Difficulty,
    /// 0: the seed decides.
    pub(super) hfov_deg: f64,
    pub(super) lens_distortion: bool,
    pub(super) hand_mesh: Option<String>,
    pub(super) depth: bool,
    pub(super) mask: bool,
    /// 0: as many as there are cores.
    pub(super) threads: u32,
    pub(super) renderer: Renderer,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            live: false,
            prompt: None,
            pattern: Pattern::default(),
            seed: 0,
            cast: Cast::default(),
            difficulty: Difficulty::default(),
            hfov_deg: 0.0,
            lens_distortion: false,
            hand_mesh: None,
            depth: true,
            mask: false,
            threads: 0,
            renderer: Renderer::default(),
        }
    }
}

impl Settings {
    pub(super) fn specifications() -> Vec<glib::ParamSpec> {
        let default = Settings::default();
        let switch = |name: &'static str, nick: &'static str, blurb: &'static str, default: bool| {
            glib::ParamSpecBoolean::builder(name).nick(nick).blurb(blurb).default_value(default).mutable_ready().build()
        };
        vec![
            switch("is-live", "Is live", "Show what is due by the clock and skip what there is no time for", default.live),
            glib::ParamSpecString::builder("prompt")
                .nick("Prompt")
                .blurb("What happens, in words, e.g. \"slowly pour milk with the left hand, dim light, shaky\"; takes the place of pattern")
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("pattern", default.pattern)
                .nick("Pattern")
                .blurb("What each recording shows when there is no prompt")
                .mutable_ready()
                .build(),
            glib::ParamSpecUInt64::builder("seed")
                .nick("Seed")
                .blurb("Decides everything that is left open")
                .default_value(default.seed)
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("cast", default.cast)
                .nick("Cast")
                .blurb("Which people, rooms and actions take part; no two casts share one")
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("difficulty", default.difficulty)
                .nick("Difficulty")
                .blurb("How hard the picture is to understand; the words of a prompt count more")
                .mutable_ready()
                .build(),
            glib::ParamSpecDouble::builder("hfov")
                .nick("Horizontal field of view")
                .blurb("Degrees, 20 to 150; 0 = another one for each recording, as the seed has it")
                .minimum(0.0)
                .maximum(HFOV_DEG[1])
                .default_value(default.hfov_deg)
                .mutable_ready()
                .build(),
            switch(
                "lens-distortion",
                "Lens distortion",
                "Bend the picture as a real lens does. Joints and boxes are then where the picture shows them; intrinsics, camera space \
                 and depth stay those of the ideal camera",
                default.lens_distortion,
            ),
            glib::ParamSpecString::builder("hand-mesh")
                .nick("Hand mesh")
                .blurb("Folder or file with a rigged hand (glTF, MakeHuman) that is drawn instead of the built-in one")
                .mutable_ready()
                .build(),
            switch("depth", "Depth", "Attach exact depth in millimetres as EgoDepthMeta", default.depth),
            switch("mask", "Mask", "Attach a mask of the wearer's hands and arms as EgoMaskMeta", default.mask),
            glib::ParamSpecUInt::builder("threads")
                .nick("Threads")
                .blurb("Threads that draw on the processor; 0 = as many as there are cores")
                .maximum(64)
                .default_value(default.threads)
                .mutable_ready()
                .build(),
            glib::ParamSpecEnum::builder_with_default("renderer", default.renderer)
                .nick("Renderer")
                .blurb(
                    "What draws. Pictures differ by a few grey levels at edges, and so does which joints are seen there; no other truth does. wgpu \
                     without any Vulkan device is an error",
                )
                .mutable_ready()
                .build(),
            glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                .nick("Statistics")
                .blurb("frames, skipped, clips (uint64), draw-ms (double, a running mean)")
                .read_only()
                .build(),
        ]
    }

    /// Takes a value that GObject has checked against the specification.
    pub(super) fn set(&mut self, name: &str, value: &glib::Value) {
        match name {
            "is-live" => take(&mut self.live, value),
            "prompt" => take(&mut self.prompt, value),
            "pattern" => take(&mut self.pattern, value),
            "seed" => take(&mut self.seed, value),
            "cast" => take(&mut self.cast, value),
            "difficulty" => take(&mut self.difficulty, value),
            "hfov" => take(&mut self.hfov_deg, value),
            "lens-distortion" => take(&mut self.lens_distortion, value),
            "hand-mesh" => take(&mut self.hand_mesh, value),
            "depth" => take(&mut self.depth, value),
            "mask" => take(&mut self.mask, value),
            "threads" => take(&mut self.threads, value),
            "renderer" => take(&mut self.renderer, value),
            _ => {}
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<glib::Value> {
        Some(match name {
            "is-live" => self.live.to_value(),
            "prompt" => self.prompt.to_value(),
            "pattern" => self.pattern.to_value(),
            "seed" => self.seed.to_value(),
            "cast" => self.cast.to_value(),
            "difficulty" => self.difficulty.to_value(),
            "hfov" => self.hfov_deg.to_value(),
            "lens-distortion" => self.lens_distortion.to_value(),
            "hand-mesh" => self.hand_mesh.to_value(),
            "depth" => self.depth.to_value(),
            "mask" => self.mask.to_value(),
            "threads" => self.threads.to_value(),
            "renderer" => self.renderer.to_value(),
            _ => return None,
        })
    }

    /// Number of threads that draw.
    pub(super) fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n as usize,
        }
    }

    /// What is played, one recording after another.
    ///
    /// # Errors
    /// When the prompt cannot be read or played, or there is no such field of view.
    pub(super) fn plan(&self) -> Result<Plan, SynthError> {
        let mut base = Script::default();
        match self.difficulty {
            Difficulty::Easy => {
                (base.shake, base.look.clean, base.bystander, base.hesitant) = (Shake::Steady, true, Some(false), Some(false));
            }
            Difficulty::Normal => {}
            Difficulty::Hard => {
                (base.shake, base.look.light, base.bystander, base.hesitant) = (Shake::Shaky, LightWish::Dim, Some(true), Some(true));
            }
        }
        if self.hfov_deg != 0.0 {
            base.camera.hfov_deg = Some(self.hfov_deg);
        }
        if let Some(prompt) = self.prompt.as_deref() {
            base = prompt::parse(prompt, &base)?;
        }
        let plan = Plan { base, pattern: self.pattern, split: self.cast.into(), seed: self.seed };
        plan.recording(0).1.checked()?;
        Ok(plan)
    }
}

/// Which recording is played when.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    base: Script,
    pattern: Pattern,
    split: Split,
    seed: u64,
}

impl Plan {
    /// Seed and script of a recording, without its camera's size and rate.
    pub(super) fn recording(&self, number: u64) -> (u64, Script) {
        if !self.base.steps.is_empty() {
            return self.split.clip(self.seed, number, &self.base);
        }
        let (seed, mut script) = self.split.clip(self.seed, number, &self.base);
        match self.pattern {
            Pattern::Actions => {}
            Pattern::Chains => {
                script.main = self.base.main;
                script.steps = (0..CHAIN).filter_map(|k| self.action(number.wrapping_mul(CHAIN).wrapping_add(k))).map(Step::Play).collect();
            }
            Pattern::Idle => script.steps = vec![Step::Idle(Some(IDLE_S))],
            Pattern::Leaving => script.steps.insert(0, Step::Leave(None)),
        }
        (seed, script)
    }

    /// The action of a place in the balanced rounds.
    fn action(&self, place: u64) -> Option<Action> {
        match self.split.clip(self.seed, place, &self.base).1.steps.first() {
            Some(Step::Play(action)) => Some(*action),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_what_the_documentation_says() {
        let steps = |pattern, number| Settings { pattern, ..Settings::default() }.plan().map(|plan| plan.recording(number).1.steps);
        let mut singles = Vec::new();
        for number in 0..8 {
            singles.extend(steps(Pattern::Actions, number).into_iter().flatten());
        }
        assert!(singles.len() == 8 && singles.iter().all(|s| matches!(s, Step::Play(_))), "{singles:?}");
        assert_eq!(steps(Pattern::Chains, 1), Ok(singles[4..8].to_vec()));
        assert_eq!(steps(Pattern::Idle, 3), Ok(vec![Step::Idle(Some(8.0))]));
        assert_eq!(steps(Pattern::Leaving, 2), Ok(vec![Step::Leave(None), singles[2]]));
        let unseen = Settings { cast: Cast::Unseen, ..Settings::default() }.plan().map(|plan| plan.recording(0).1.steps);
        assert!(matches!(unseen.as_deref(), Ok([Step::Play(action)]) if action.id().is_none()), "{unseen:?}");
    }

    #[test]
    fn a_prompt_counts_more_than_pattern_and_difficulty() {
        let settings = Settings {
            prompt: Some("pour milk, bright light, alone".into()),
            pattern: Pattern::Idle,
            difficulty: Difficulty::Hard,
            ..Settings::default()
        };
        let script = settings.plan().map(|plan| plan.recording(5).1);
        let script = script.unwrap_or_default();
        assert_eq!(script.steps.len(), 1);
        assert_eq!((script.look.light, script.bystander, script.shake), (LightWish::Bright, Some(false), Shake::Shaky));
    }

    #[test]
    fn a_prompt_of_adverbs_only_leaves_the_pattern() {
        let settings = Settings { prompt: Some("slowly, gloves".into()), pattern: Pattern::Idle, ..Settings::default() };
        assert_eq!(settings.plan().map(|plan| plan.recording(0).1.steps), Ok(vec![Step::Idle(Some(8.0))]));
    }
}
