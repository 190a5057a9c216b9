//! An endless row of recordings, frame by frame.

use ego_synth::clip::Clip;
use ego_synth::error::SynthError;
use ego_synth::moment::Moment;
use ego_synth::recipe::SceneRecipe;
use ego_synth::script::CameraWish;

use super::settings::Plan;

/// Size and rate of the pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) fps: f64,
}

/// One frame of the show: the scene, and the scene one frame earlier for what moves while the shutter is open.
pub(super) struct Scene {
    pub(super) now: Moment,
    pub(super) before: Moment,
}

/// The show and the place in it.
pub(super) struct Show {
    plan: Plan,
    format: Format,
    lens_distortion: bool,
    number: u64,
    clip: Clip,
    recipe: SceneRecipe,
    /// Frame of the show that is the recording's first.
    first: u64,
}

impl Show {
    /// The show from its beginning.
    ///
    /// # Errors
    /// When no camera has this size or rate.
    pub(super) fn new(plan: Plan, format: Format, lens_distortion: bool) -> Result<Show, SynthError> {
        let clip = record(&plan, 0, format)?;
        let recipe = look(&clip, lens_distortion);
        Ok(Show { plan, format, lens_distortion, number: 0, clip, recipe, first: 0 })
    }

    /// Pictures of another size or rate from now on; the place is kept when the rate is the same, else the show is at its beginning.
    ///
    /// # Errors
    /// When no camera has this size or rate.
    pub(super) fn set_format(&mut self, format: Format) -> Result<(), SynthError> {
        if format.fps != self.format.fps {
            *self = Show::new(self.plan.clone(), format, self.lens_distortion)?;
        } else if format != self.format {
            self.format = format;
            self.clip = record(&self.plan, self.number, format)?;
        }
        Ok(())
    }

    /// Goes to a frame, counted from the show's beginning; gives up, `false`, when `go_on` says so. Going back starts over.
    ///
    /// # Errors
    /// When a recording cannot be played.
    pub(super) fn go_to(&mut self, frame: u64, go_on: impl Fn() -> bool) -> Result<bool, SynthError> {
        if frame < self.first {
            self.first = 0;
            self.play(0)?;
        }
        while frame - self.first >= self.clip.frames() {
            if !go_on() {
                return Ok(false);
            }
            self.first += self.clip.frames();
            self.play(self.number + 1)?;
        }
        Ok(true)
    }

    fn play(&mut self, number: u64) -> Result<(), SynthError> {
        self.clip = record(&self.plan, number, self.format)?;
        self.recipe = look(&self.clip, self.lens_distortion);
        self.number = number;
        Ok(())
    }

    /// The recording that is playing, and its running number.
    pub(super) fn clip(&self) -> (&Clip, u64) {
        (&self.clip, self.number)
    }

    /// How it looks.
    pub(super) fn recipe(&self) -> &SceneRecipe {
        &self.recipe
    }

    /// The scene at a frame of the recording that is playing, into memory that is used again.
    pub(super) fn scene<'a>(&self, frame: u64, memory: &'a mut Option<Scene>) -> &'a Scene {
        let at = frame.saturating_sub(self.first);
        let (now, before) = (self.clip.time_s(at), (at as f64 - 1.0) / self.clip.fps());
        let scene = memory.get_or_insert_with(|| Scene { now: self.clip.moment_at(now), before: self.clip.moment_at(before) });
        self.clip.moment_into(now, &mut scene.now);
        self.clip.moment_into(before, &mut scene.before);
        scene
    }
}

fn record(plan: &Plan, number: u64, format: Format) -> Result<Clip, SynthError> {
    let (seed, mut script) = plan.recording(number);
    script.camera = CameraWish { width: format.width, height: format.height, fps: format.fps, ..script.camera };
    Clip::new(seed, &script)
}

fn look(clip: &Clip, lens_distortion: bool) -> SceneRecipe {
    let mut recipe = clip.recipe().clone();
    if !lens_distortion {
        recipe.effects.distortion = [0.0; 2];
    }
    recipe
}

#[cfg(test)]
mod tests {
    use super::super::settings::Settings;
    use super::*;

    const SMALL: Format = Format { width: 64, height: 36, fps: 10.0 };

    fn show() -> Option<Show> {
        Settings::default().plan().and_then(|plan| Show::new(plan, SMALL, false)).ok()
    }

    #[test]
    fn a_frame_is_the_same_by_going_on_and_by_jumping() {
        let (Some(mut steps), Some(mut jumps)) = (show(), show()) else { panic!("no show") };
        let (mut a, mut b) = (None, None);
        let frames: Vec<u64> = (0..400).collect();
        let seen: Vec<(u64, Moment)> = frames
            .iter()
            .map(|frame| {
                assert_eq!(steps.go_to(*frame, || true), Ok(true));
                (steps.clip().1, steps.scene(*frame, &mut a).now.clone())
            })
            .collect();
        assert!(seen[399].0 >= 3, "only {} recordings in 400 frames", seen[399].0);
        for frame in [399, 7, 250, 0, 251] {
            assert_eq!(jumps.go_to(frame, || true), Ok(true));
            assert_eq!(jumps.clip().1, seen[frame as usize].0);
            assert_eq!(jumps.scene(frame, &mut b).now, seen[frame as usize].1, "frame {frame}");
        }
    }

    #[test]
    fn a_long_way_can_be_given_up() {
        let Some(mut show) = show() else { panic!("no show") };
        assert_eq!(show.go_to(u64::MAX / 2, || false), Ok(false));
        assert_eq!(show.go_to(0, || false), Ok(true), "there is no way to the first frame");
    }

    #[test]
    fn another_size_keeps_the_place() {
        let Some(mut show) = show() else { panic!("no show") };
        assert_eq!(show.go_to(200, || true), Ok(true));
        let (mut memory, number) = (None, show.clip().1);
        let hands = show.scene(200, &mut memory).now.hands.clone();
        assert_eq!(show.set_format(Format { width: 128, height: 72, ..SMALL }), Ok(()));
        let scene = show.scene(200, &mut memory);
        assert_eq!((show.clip().1, &scene.now.hands), (number, &hands));
        assert_eq!(scene.now.camera.intrinsics.width, 128);
        assert!(show.set_format(Format { width: 3, ..SMALL }).is_err());
    }
}
