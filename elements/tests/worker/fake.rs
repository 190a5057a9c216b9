//! An analysis element whose model does nothing but what the test tells it: `EgoFake`.
//!
//! Its results are empty `EgoHandsMeta`; what matters is their stamp.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ego_meta::{HandsMeta, MetaError, Stamp};
use gst::glib;
use gst::prelude::*;
use gst_base::subclass::prelude::*;
use gstego::worker::{AnalysisError, AnalysisImpl, Analyzer, EgoAnalysis, Frame, OpenSettings, Opened, Outcome};

/// A test that waits longer than this for another thread has found a deadlock.
const DEADLOCK: Duration = Duration::from_secs(30);

/// What the model does with one frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    BadFrame,
    Fail,
    Panic,
}

/// What the model saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) number: u64,
    pub(crate) pts_ns: Option<u64>,
    pub(crate) discont: bool,
    pub(crate) live: bool,
    pub(crate) size: (u32, u32),
    /// Resets before this frame.
    pub(crate) resets: u32,
}

/// How the element opens its model.
#[derive(Clone, Debug, Default)]
pub(crate) enum Opening {
    #[default]
    Good,
    Warns(&'static str),
    Fails(AnalysisError),
    Panics,
}

#[derive(Default)]
struct State {
    held: bool,
    permits: u64,
    interruptible: bool,
    interrupted: bool,
    spin: Duration,
    acts: VecDeque<(u64, Act)>,
    seen: Vec<Seen>,
    resets: u32,
    opening: Opening,
    opened_with: Option<OpenSettings>,
    models: i64,
}

/// The test's side of the model.
#[derive(Default)]
pub(crate) struct Control {
    state: Mutex<State>,
    changed: Condvar,
}

impl Control {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, f: impl FnOnce(&mut State)) {
        f(&mut self.lock());
        self.changed.notify_all();
    }

    fn wait_until(&self, what: &str, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let (state, timeout) = self.changed.wait_timeout_while(self.lock(), DEADLOCK, |s| !done(s)).unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "deadlock: waited for {what}");
        state
    }

    /// From now on an analysis ends only when it is released.
    pub(crate) fn hold(&self) {
        self.change(|s| s.held = true);
    }

    /// Lets this many analyses end.
    pub(crate) fn release(&self, analyses: u64) {
        self.change(|s| s.permits += analyses);
    }

    /// Lets all analyses end, now and later.
    pub(crate) fn release_all(&self) {
        self.change(|s| s.held = false);
    }

    /// Waits until this many analyses have begun.
    pub(crate) fn wait_begun(&self, analyses: usize) {
        drop(self.wait_until("an analysis to begin", |s| s.seen.len() >= analyses));
    }

    /// Waits until the model has been dropped.
    pub(crate) fn wait_dropped(&self) {
        drop(self.wait_until("the model to be dropped", |s| s.models == 0));
    }

    /// From now on a held analysis ends when it is interrupted.
    pub(crate) fn make_interruptible(&self) {
        self.change(|s| s.interruptible = true);
    }

    /// From now on an analysis takes so long.
    pub(crate) fn take_time(&self, duration: Duration) {
        self.change(|s| s.spin = duration);
    }

    /// What to do with frame `number` instead of analysing it.
    pub(crate) fn act(&self, number: u64, act: Act) {
        self.change(|s| s.acts.push_back((number, act)));
    }

    pub(crate) fn open_by(&self, opening: Opening) {
        self.change(|s| s.opening = opening);
    }

    pub(crate) fn opened_with(&self) -> Option<OpenSettings> {
        self.lock().opened_with.clone()
    }

    pub(crate) fn forget_seen(&self) {
        self.change(|s| s.seen = Vec::new());
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// Numbers of the frames that were seen.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.lock().seen.iter().map(|s| s.number).collect()
    }
}

struct FakeModel {
    control: Arc<Control>,
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        self.control.change(|s| s.models -= 1);
    }
}

impl Analyzer for FakeModel {
    fn model(&self) -> &str {
        "fake-model"
    }

    fn provider(&self) -> &str {
        "nowhere"
    }

    fn analyze(&mut self, frame: Frame) -> Result<Box<dyn Outcome>, AnalysisError> {
        let image = frame.image()?;
        let seen = Seen {
            number: frame.number(),
            pts_ns: frame.pts_ns(),
            discont: frame.discont(),
            live: frame.live(),
            size: (image.width, image.height),
            resets: self.control.lock().resets,
        };
        drop(frame);
        self.control.change(|s| s.seen.push(seen.clone()));
        let mut state =
            self.control.wait_until("an analysis to be released", |s| !s.held || s.permits > 0 || (s.interruptible && s.interrupted));
        if std::mem::take(&mut state.interrupted) && state.interruptible && state.held && state.permits == 0 {
            return Err(AnalysisError::Failed("interrupted".to_owned()));
        }
        state.permits = state.permits.saturating_sub(u64::from(state.held));
        let spin = state.spin;
        let act = state.acts.iter().position(|(number, _)| *number == seen.number).and_then(|i| state.acts.remove(i));
        drop(state);
        if !spin.is_zero() {
            std::thread::sleep(spin);
        }
        match act {
            None => Ok(Box::new(FakeOutcome)),
            Some((n, Act::BadFrame)) => Err(AnalysisError::Frame(format!("frame {n} is spoilt"))),
            Some((n, Act::Fail)) => Err(AnalysisError::Failed(format!("frame {n} broke the device; restart it"))),
            Some((n, Act::Panic)) => panic!("frame {n} hit a bug"),
        }
    }

    fn reset(&mut self) {
        self.control.change(|s| s.resets += 1);
    }

    fn interrupter(&self) -> Option<Box<dyn Fn() + Send + Sync>> {
        let control = self.control.clone();
        Some(Box::new(move || control.change(|s| s.interrupted = true)))
    }
}

struct FakeOutcome;

impl Outcome for FakeOutcome {
    fn attach(&self, buffer: &mut gst::BufferRef, stamp: &Stamp) -> Result<(), MetaError> {
        ego_meta::attach_hands(buffer, &HandsMeta { stamp: stamp.clone(), hands: Default::default(), intrinsics: None })
    }
}

mod imp {
    use super::*;
    use gst_base::subclass::base_transform::BaseTransformMode;
    use std::sync::LazyLock;

    #[derive(Default)]
    pub struct EgoFake {
        pub(super) control: Arc<Control>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for EgoFake {
        const NAME: &'static str = "GstEgoFake";
        type Type = super::EgoFake;
        type ParentType = EgoAnalysis;
    }

    impl ObjectImpl for EgoFake {}
    impl GstObjectImpl for EgoFake {}

    impl ElementImpl for EgoFake {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new("Fake analysis", "Filter/Analyzer/Video", "Does what a test says", "egostream")
            });
            Some(&METADATA)
        }
    }

    impl BaseTransformImpl for EgoFake {
        const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
        const PASSTHROUGH_ON_SAME_CAPS: bool = false;
        const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;
    }

    impl AnalysisImpl for EgoFake {
        const DEFAULT_MODEL: &'static str = "fake";

        fn open(&self, settings: &OpenSettings) -> Result<Opened, AnalysisError> {
            let opening = self.control.lock().opening.clone();
            let warning = match opening {
                Opening::Good => None,
                Opening::Warns(text) => Some(text.to_owned()),
                Opening::Fails(e) => return Err(e),
                Opening::Panics => panic!("opening hit a bug"),
            };
            self.control.change(|s| {
                s.models += 1;
                s.opened_with = Some(settings.clone());
                s.interrupted = false;
            });
            Ok(Opened { analyzer: Box::new(FakeModel { control: self.control.clone() }), warning })
        }
    }
}

glib::wrapper! {
    /// The element under test.
    pub struct EgoFake(ObjectSubclass<imp::EgoFake>) @extends EgoAnalysis, gst_base::BaseTransform, gst::Element, gst::Object;
}

impl EgoFake {
    /// A new one, with properties set from text.
    pub(crate) fn new(properties: &[(&str, &str)]) -> EgoFake {
        let fake: EgoFake = glib::Object::new();
        for (name, value) in properties {
            fake.set_property_from_str(name, value);
        }
        fake
    }

    pub(crate) fn control(&self) -> Arc<Control> {
        self.imp().control.clone()
    }
}
