//! `ego live` in the viewer: the window shows and runs the source, a thread beside it listens.

use crossbeam_channel::{Receiver, bounded};
use ego_graph::{LivePlan, Outcome};
use ego_viewer::stream::{LiveNews, LiveOutputs, Opening};
use ego_viewer::{ViewError, ViewOptions};

use crate::cli::LiveArgs;
use crate::interrupt::Interrupt;
use crate::live::Listener;

/// News that may wait for the listener.
const NEWS: usize = 256;

/// Shows the source until the window is closed; gives what came of the source that was asked for.
pub(crate) fn show(plan: &LivePlan, args: &LiveArgs, listener: &mut Listener<'_>, interrupt: &Interrupt) -> Result<Outcome, ViewError> {
    let (tell, news) = bounded(NEWS);
    let outputs =
        LiveOutputs { stream: plan.stream.clone(), json: plan.json.clone(), record: plan.record.clone(), duration: plan.duration, tell };
    let options = ViewOptions {
        opening: Some(Opening::live(plan.source.clone(), Some(plan.settings.clone()))),
        settings: Some(plan.settings.clone()),
        folder: args.out.clone().unwrap_or_else(|| ".".into()),
        close_at_end: plan.duration.is_some(),
        quit: Some(interrupt.flag()),
        outputs: Some(outputs),
        ..ViewOptions::default()
    };
    std::thread::scope(|scope| {
        let heard = scope.spawn(|| listen(&news, listener, interrupt));
        // Closes the channel when it returns, whether or not a window opened.
        let opened = ego_viewer::open_window(options, |_| {});
        let outcome = heard.join().unwrap_or_default();
        opened.map(|()| outcome)
    })
}

/// Until the last word.
fn listen(news: &Receiver<LiveNews>, listener: &mut Listener<'_>, interrupt: &Interrupt) -> Outcome {
    let mut outcome = Outcome::default();
    for news in news {
        match news {
            LiveNews::Started(stopper) => interrupt.watch(stopper),
            LiveNews::Event(event) => {
                // Nobody reads standard output any more: the window goes on.
                let _ = listener.hear(&event);
            }
            LiveNews::Ended(ended) => outcome = *ended,
        }
    }
    outcome
}
