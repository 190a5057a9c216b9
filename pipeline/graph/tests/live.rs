//! Live graphs: a test pattern, a source that is pulled out and put back, a recording beside the results.
#![allow(clippy::expect_used, clippy::panic, reason = "the whole file is tests")]

use std::path::Path;
use std::time::Duration;

use ego_graph::{Event, GraphError, LivePlan, LiveSource, Settings, Tap, live};
use ego_tests::clips;
use ego_tests::server::{Dress, Server};

fn plan(dir: &Path, source: &str, settings: &str) -> LivePlan {
    gst::init().expect("GStreamer");
    let path = dir.join("settings.toml");
    std::fs::write(&path, format!("stages = ['identity']\n{settings}")).expect("write");
    LivePlan {
        source: LiveSource::parse(Some(source)).expect("is a source"),
        settings: Settings::load(&path.display().to_string(), &[]).expect("reads"),
        stream: "live".into(),
        json: None,
        record: None,
        window: false,
        tap: None,
        pictures_first: false,
        duration: None,
    }
}

#[test]
fn the_test_pattern_runs_for_the_time_asked_and_is_recorded() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let recording = dir.path().join("raw.mkv");
    let plan = LivePlan {
        record: Some(recording.clone()),
        duration: Some(Duration::from_millis(700)),
        ..plan(dir.path(), "test:", "[live]\nwidth = 320\nheight = 240\nfps = 20\n")
    };
    let outcome = live(&plan).expect("starts").finish();
    assert!(outcome.failure.is_none() && !outcome.stopped, "{outcome:?}");
    assert!((8..=24).contains(&outcome.frames), "{outcome:?}");
    assert_eq!(outcome.size, Some((320, 240)));
    let (frames, size) = clips::decode(&recording);
    assert_eq!(size, (320, 240));
    assert_eq!(frames + outcome.recording_dropped, outcome.frames + outcome.dropped, "{outcome:?}");
}

#[test]
fn pictures_come_before_the_stages_and_go_on_in_order_when_these_join() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let (send, times) = crossbeam_channel::unbounded();
    let tap = Tap::new(move |sample, now| {
        // The very first picture comes twice: when the sink is ready, without a time, and when it plays.
        if now.is_some() {
            let _ = send.send(sample.buffer().and_then(|b| b.pts()));
        }
    });
    let plan = LivePlan { tap: Some(tap), pictures_first: true, ..plan(dir.path(), "test:", "[live]\nfps = 60\n") };
    let session = live(&plan).expect("starts");
    let staged = session.events().iter().find(|e| matches!(e, Event::Progress(p) if p.frames > 20));
    assert!(staged.is_some(), "the stages never joined");
    session.stopper().stop();
    let outcome = session.finish();
    assert!(outcome.failure.is_none(), "{outcome:?}");
    let times: Vec<_> = times.try_iter().collect();
    assert!(times.len() as u64 >= outcome.frames && times.windows(2).all(|pair| pair[0] < pair[1]), "{outcome:?} {times:?}");
}

#[test]
fn a_source_that_comes_back_goes_on_in_the_same_run() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = std::fs::read(clips::plain(dir.path(), "clip.ts", 15)).expect("read");
    for (dress, scheme) in [(Dress::Bare, "tcp"), (Dress::Http, "http")] {
        let server = Server::start(vec![clip.clone(), clip.clone()], dress);
        let address = format!("{scheme}://127.0.0.1:{}", server.port());
        let plan = plan(dir.path(), &address, "[live]\nretry-first-s = 0.05\nretry-most-s = 0.1\n");
        let session = live(&plan).expect("starts");
        let (mut back, mut frames_at_loss) = (false, 0);
        for event in session.events() {
            match event {
                Event::SourceBack { .. } => back = true,
                // The second loss: both clips have been sent.
                Event::SourceLost { .. } if back => break,
                Event::Progress(p) => frames_at_loss = p.frames,
                _ => {}
            }
        }
        session.stopper().stop();
        let outcome = session.finish();
        assert!(back && outcome.stopped && outcome.failure.is_none(), "{scheme}: {outcome:?}");
        assert_eq!(outcome.reconnects, 2, "{scheme}");
        assert_eq!(outcome.frames + outcome.dropped, 30, "{scheme}: {outcome:?}, {frames_at_loss} before");
        assert_eq!(server.finish(), 2);
    }
}

#[test]
fn a_source_that_was_never_there_is_an_error_at_once() {
    let dir = tempfile::tempdir().expect("temporary folder");
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let outcome = live(&plan(dir.path(), &format!("tcp://127.0.0.1:{port}"), "")).expect("builds").finish();
    assert!(
        matches!(&outcome.failure, Some(GraphError::Source { source_name, .. }) if source_name.contains(&port.to_string())),
        "{outcome:?}"
    );
    let error = live(&plan(dir.path(), "no-such-camera", "")).expect_err("there is no such camera");
    assert!(error.hint().is_some_and(|h| h.contains("ego devices")), "{error}");
    let error = live(&plan(dir.path(), "test:nonsense", "")).expect_err("there is no such pattern");
    assert!(error.to_string().contains("nonsense"), "{error}");
}

#[test]
fn a_file_plays_once_at_its_own_pace() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let clip = clips::plain(dir.path(), "clip.mp4", 15);
    let started = std::time::Instant::now();
    let plan = plan(dir.path(), &clip.display().to_string(), "");
    let outcome = live(&plan).expect("starts").finish();
    assert!(outcome.failure.is_none(), "{outcome:?}");
    assert_eq!(outcome.frames, 15);
    // The last frame is shown 14/30 s after the first.
    assert!(started.elapsed() > Duration::from_millis(450), "{:?}", started.elapsed());
}
