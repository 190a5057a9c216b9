//! The state under a person's hands and a stream's words, without a window, a graph or a clock.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ego_graph::LiveSource;
use ego_outputs::{ActionRecord, FrameRecord, RankedLabel};

use super::command::Command;
use super::layers::Layer;
use super::*;
use crate::frame::Trace;
use crate::stream::{Request, StreamEvent, Trouble};

fn frame(state: &State, number: u64, pts_ns: u64) -> ViewFrame {
    ViewFrame {
        opening: state.opening(),
        number,
        pts_ns,
        picture: None,
        results: Arc::new(FrameRecord::new("clip", number, Some(pts_ns), 640, 360)),
        truth: None,
        depth: None,
        mask: None,
        camera: None,
        trace: Trace { handed_over: Instant::now(), since_capture: None },
    }
}

fn opened(live: bool) -> State {
    let mut state = State::new(PathBuf::from("."));
    let opening = Opening::live(LiveSource::Test("ball".into()), None);
    let requests = state.act(Action::Open(Box::new(opening)));
    assert!(matches!(requests.as_slice(), [Request::Open(o)] if o.number == 1), "{requests:?}");
    state.hear(StreamEvent::Opened { live, stream: "clip".into(), has_results: false });
    state.hear(StreamEvent::Duration(10_000_000_000));
    state
}

/// A decision that is certain.
fn action(label: &str) -> ActionRecord {
    ActionRecord {
        label: label.to_owned(),
        class: 0,
        score: 0.9,
        top: vec![RankedLabel(label.to_owned(), 0.9)],
        unknown: false,
        uncertainty: 0.0,
        stable: true,
        window_ns: [0, 0],
        about_ns: None,
        since_ns: None,
        next: None,
    }
}

/// Ten rows a second, a new decision every two seconds.
fn with_rows(state: &mut State) {
    for n in 0..100_u64 {
        let mut record = FrameRecord::new("clip", n, Some(n * 100_000_000), 640, 360);
        record.action = Some(action(&format!("action {}", n / 20)));
        let opening = state.opening();
        state.add_results(&(opening, Arc::new(record), None));
    }
}

fn press(state: &mut State, command: Command) -> Vec<Request> {
    state.act(Action::Do(command))
}

#[test]
fn a_file_plays_pauses_jumps_and_steps() {
    let mut state = opened(false);
    with_rows(&mut state);
    assert!(state.play.playing);
    assert_eq!(press(&mut state, Command::PlayPause), [Request::Pause]);
    assert_eq!(press(&mut state, Command::PlayPause), [Request::Play]);
    assert_eq!(state.act(Action::Seek(3_000_000_000)), [Request::Seek(3_000_000_000)]);
    // Pictures of the old place do not move the cursor back.
    let old = frame(&state, 1, 100_000_000);
    state.show(old, Instant::now());
    assert_eq!(state.play.position_ns, 3_000_000_000);
    state.hear(StreamEvent::Arrived(1));
    assert_eq!(state.play.jumping_to, Some(3_000_000_000), "the answer to an earlier jump");
    state.hear(StreamEvent::Arrived(3_000_000_000));
    assert_eq!(press(&mut state, Command::FrameBack), [Request::Pause, Request::Seek(2_900_000_000)]);
    assert_eq!(press(&mut state, Command::FrameOn), [Request::Step]);
    assert_eq!(press(&mut state, Command::TenOn), [Request::Seek(9_999_000_000)], "never beyond the end");
    assert_eq!(press(&mut state, Command::ToStart), [Request::Seek(0)]);
    assert_eq!(press(&mut state, Command::Faster), [Request::Rate(2.0)]);
    for _ in 0..10 {
        press(&mut state, Command::Faster);
    }
    assert_eq!(state.play.rate, 8.0);
}

#[test]
fn a_cursor_in_a_paused_file_stays_where_it_was_put_whichever_of_picture_and_arrival_comes_first() {
    for picture_first in [true, false] {
        let mut state = opened(false);
        with_rows(&mut state);
        press(&mut state, Command::PlayPause);
        state.act(Action::Seek(3_020_000_000));
        let shown = frame(&state, 30, 3_000_000_000);
        if picture_first {
            state.show(shown.clone(), Instant::now());
        }
        state.hear(StreamEvent::Arrived(3_020_000_000));
        if !picture_first {
            state.show(shown, Instant::now());
        }
        assert_eq!((state.play.position_ns, state.play.jumping_to), (3_020_000_000, None), "picture first: {picture_first}");
        // A step goes on from there, and what plays takes the cursor along.
        assert_eq!(press(&mut state, Command::FrameOn), [Request::Step]);
        let next = frame(&state, 31, 3_100_000_000);
        state.show(next, Instant::now());
        assert_eq!(state.play.position_ns, 3_100_000_000);
    }
}

#[test]
fn at_the_end_playing_begins_anew() {
    let mut state = opened(false);
    state.act(Action::Seek(9_990_000_000));
    state.hear(StreamEvent::Ended);
    assert_eq!(press(&mut state, Command::PlayPause), [Request::Seek(0), Request::Play]);
}

#[test]
fn changes_of_the_decision_are_found_and_looped() {
    let mut state = opened(false);
    with_rows(&mut state);
    state.act(Action::Seek(2_500_000_000));
    state.hear(StreamEvent::Arrived(2_500_000_000));
    assert_eq!(press(&mut state, Command::EdgeOn), [Request::Seek(4_000_000_000)]);
    state.act(Action::Seek(2_500_000_000));
    state.hear(StreamEvent::Arrived(2_500_000_000));
    assert_eq!(press(&mut state, Command::Loop), []);
    assert_eq!(state.play.looping, Some([2_000_000_000, 4_000_000_000]));
    let end = frame(&state, 2, 4_000_000_000);
    assert_eq!(state.show(end, Instant::now()), [Request::Seek(2_000_000_000)]);
    let late = frame(&state, 3, 4_100_000_000);
    assert_eq!(state.show(late, Instant::now()), [], "one jump at a time");
    press(&mut state, Command::Loop);
    assert_eq!(state.play.looping, None);
    press(&mut state, Command::MarkIn);
    state.act(Action::Seek(5_000_000_000));
    press(&mut state, Command::MarkOut);
    assert_eq!(state.play.selected(), Some([2_000_000_000, 5_000_000_000]));
}

#[test]
fn a_live_stream_goes_on_while_one_looks_back() {
    let mut state = opened(true);
    let mut shown = 0;
    for n in 0..100 {
        let next = frame(&state, n, n * 33_000_000);
        state.show(next, Instant::now());
        shown = n * 33_000_000;
    }
    assert_eq!(state.act(Action::Seek(1_000_000_000)), [], "the stream itself is never moved");
    assert!(state.play.looking_back);
    let next = frame(&state, 100, 3_300_000_000);
    state.show(next, Instant::now());
    assert_eq!((state.play.position_ns, state.play.live_ns), (1_000_000_000, 3_300_000_000));
    assert!((state.play.behind_s() - 2.3).abs() < 1e-9);
    press(&mut state, Command::ToEnd);
    assert!(!state.play.looking_back && state.play.position_ns > shown);
    press(&mut state, Command::PlayPause);
    assert!(state.play.looking_back);
}

#[test]
fn what_comes_of_an_earlier_source_is_left_aside() {
    let mut state = opened(false);
    let old = frame(&state, 1, 5);
    let opening = state.source.opening.clone().expect("is open");
    state.act(Action::Open(Box::new(opening)));
    assert_eq!(state.opening(), 2);
    state.show(old, Instant::now());
    assert!(state.frame.is_none());
    state.add_results(&(1, Arc::new(FrameRecord::new("clip", 0, Some(0), 1, 1)), None));
    state.add_rows(RowBatch { opening: 1, rows: vec![Default::default()], labels: None, last: true });
    assert!(state.track.rows().is_empty());
}

#[test]
fn troubles_are_sentences_with_a_button_that_helps() {
    let mut state = opened(true);
    let text = |t: &str| t.to_owned();
    state.hear(StreamEvent::Trouble(Trouble::Source { text: text("cannot open camera"), hint: Some(text("plug it in")) }));
    state.hear(StreamEvent::Trouble(Trouble::LiveAnalysis { text: text("model is missing"), hint: None }));
    state.hear(StreamEvent::Trouble(Trouble::Warning(text("slow"))));
    state.hear(StreamEvent::Trouble(Trouble::Warning(text("slow"))));
    let buttons: Vec<_> = state.notices.iter().map(|n| n.button.as_ref().map(|(label, _)| label.as_str())).collect();
    assert_eq!(buttons, [Some("Choose another source"), Some("Show the pictures without it"), None]);
    assert_eq!(state.notices[2].count, 2);
    let (_, action) = state.notices[1].button.clone().expect("one");
    let requests = state.act(action);
    assert!(matches!(requests.as_slice(), [Request::Open(o)] if !o.analyse), "{requests:?}");
    for n in 0..10 {
        state.notify(Level::Info, format!("{n}"), None, None);
    }
    state.notify(Level::Error, "broken", None, None);
    assert!(state.notices.len() <= 4 && state.notices.iter().any(|n| n.text == "broken"));
}

#[test]
fn a_lost_camera_is_told_until_it_is_back() {
    let mut state = opened(true);
    state.hear(StreamEvent::Lost { reason: "unplugged".into(), retry_in_s: 1.0 });
    assert!(state.source.lost.is_some());
    let next = frame(&state, 1, 1);
    state.show(next, Instant::now());
    assert!(state.source.lost.is_none());
}

#[test]
fn only_live_sources_are_recorded() {
    let mut state = opened(false);
    assert_eq!(press(&mut state, Command::Record), []);
    assert_eq!(state.notices.len(), 1);
    let mut state = opened(true);
    assert!(matches!(press(&mut state, Command::Record).as_slice(), [Request::Record { .. }]));
    state.hear(StreamEvent::Recording(Some(crate::stream::Recorded::default())));
    assert_eq!(press(&mut state, Command::Record), [Request::StopRecording]);
}

#[test]
fn every_command_can_be_given_at_any_time() {
    for make in [|| State::new(PathBuf::from("/no/such/folder")), || opened(false), || opened(true)] {
        let mut state = make();
        for info in command::COMMANDS {
            press(&mut state, info.command);
            press(&mut state, info.command);
        }
        assert!(state.errands.contains(&Errand::Quit) && state.errands.contains(&Errand::Screenshot));
    }
}

#[test]
fn an_example_is_marked_by_holding_and_needs_a_name() {
    let mut state = opened(false);
    state.act(Action::Teach(true));
    state.act(Action::Teach(false));
    assert!(state.notices[0].text.contains("Example") && state.marks.marks.is_empty());
    state.marks.label = "open jar".into();
    state.act(Action::Seek(1_000_000_000));
    state.act(Action::Teach(true));
    state.act(Action::Seek(2_500_000_000));
    state.act(Action::Teach(false));
    assert_eq!(state.marks.marks.len(), 1);
    assert_eq!((state.marks.marks[0].recording.as_str(), state.marks.marks[0].end_ns), ("clip", 2_500_000_000));
    state.act(Action::UndoMark);
    assert!(state.marks.marks.is_empty());
}

#[test]
fn layers_and_sizes_stay_in_their_ranges() {
    let mut state = opened(false);
    press(&mut state, Command::ToggleLayer(Layer::Hands));
    assert_eq!(state.layers.opacity(Layer::Hands), 0.0);
    for _ in 0..30 {
        press(&mut state, Command::Larger);
    }
    assert_eq!(state.look.scale, 2.0);
    for _ in 0..30 {
        press(&mut state, Command::Smaller);
    }
    assert_eq!(state.look.scale, 0.75);
}

#[test]
fn latency_counts_from_capture_when_there_is_one() {
    let mut state = opened(true);
    let now = Instant::now();
    let trace = Trace { handed_over: now, since_capture: Some(Duration::from_millis(40)) };
    let next = ViewFrame { trace, ..frame(&state, 1, 1) };
    state.show(next, now + Duration::from_millis(10));
    assert_eq!(state.trust.to_paint.quantile(0.5), Some(50.0));
    assert_eq!(state.trust.in_window.quantile(0.5), Some(10.0));
    assert_eq!(state.trust.table().last().map(|l| l.name.as_str()), Some("capture to paint"));
}

#[test]
fn results_and_the_path_of_a_screenshot_are_copied() {
    let mut state = State::new(".".into());
    for (command, word) in [(Command::CopyResults, "no frame"), (Command::CopyScreenshotPath, "no screenshot")] {
        press(&mut state, command);
        assert!(state.errands.is_empty() && state.notices.iter().any(|n| n.text.contains(word)), "{:?}", state.notices);
    }
    let first = frame(&state, 1, 0);
    state.show(first, Instant::now());
    press(&mut state, Command::CopyResults);
    let Some(Errand::Copy(text)) = state.errands.pop() else { panic!("nothing copied") };
    assert!(text.starts_with("{\"schema\":\"ego.frame/1\""), "{text}");
    state.screenshot_saved("ego-1.png".into());
    press(&mut state, Command::CopyScreenshotPath);
    let Some(Errand::Copy(text)) = state.errands.pop() else { panic!("nothing copied") };
    assert!(std::path::Path::new(&text).is_absolute() && text.ends_with("ego-1.png"), "{text}");
}

#[test]
fn what_is_good_to_know_goes_by_itself_and_what_is_wrong_stays() {
    let (mut state, now) = (State::new(".".into()), Instant::now());
    state.notify(Level::Info, "saved", None, None);
    state.notify(Level::Error, "broken", None, None);
    for (seconds, left) in [(0, 2), (9, 2), (11, 1), (3600, 1)] {
        state.forget_notices(now + Duration::from_secs(seconds));
        assert_eq!(state.notices.len(), left, "after {seconds} s");
    }
}

#[test]
fn jumps_in_a_file_are_no_gaps() {
    for (live, dropped) in [(false, false), (true, true)] {
        let mut state = opened(live);
        for n in [0_u64, 76] {
            let opening = state.opening();
            state.add_results(&(opening, Arc::new(FrameRecord::new("clip", n, Some(n * 33_333_333), 640, 360)), None));
        }
        let flags = state.track.rows().last().map_or(0, |row| row.flags);
        assert_eq!(flags & crate::timeline::flags::DROPPED != 0, dropped, "live: {live}");
    }
}

#[test]
fn sources_that_were_opened_are_offered_again_newest_first() {
    let mut state = State::new("out".into());
    for word in ["test:ball", "test:snow", "tcp://nowhere", "test:ball"] {
        state.act(Action::Open(Box::new(Opening::word(word, None))));
    }
    let titles: Vec<String> = state.recent.iter().map(Opening::title).collect();
    assert_eq!(titles, ["test picture “ball”", "test picture “snow”"]);
    for n in 0..20 {
        state.act(Action::Open(Box::new(Opening::word(&format!("synth:{n}"), None))));
    }
    assert!(state.recent.len() < 10 && state.recent[0].title().ends_with("19"));
    assert_eq!(state.folders(), [std::path::PathBuf::from("out")]);
    let video = Opening { what: crate::stream::What::File(ego_graph::Input::of_file("clips/a.mp4".as_ref())), ..state.recent[0].clone() };
    state.act(Action::Open(Box::new(video)));
    assert_eq!(state.folders(), ["out", "clips"].map(std::path::PathBuf::from));
}

#[test]
fn hours_of_a_live_stream_stay_in_the_memory_of_its_beginning() {
    const HOURS: u64 = 5;
    let mut state = opened(true);
    let memory = state.track.bytes();
    assert!(memory <= LIVE_BYTES, "{memory}");
    let opening = state.opening();
    let mut record = FrameRecord::new("live", 0, Some(0), 640, 360);
    record.action = Some(action("pour milk"));
    for n in 0..HOURS * 3600 * 30 {
        (record.frame, record.pts_ns) = (n, Some(n * 33_333_333));
        state.add_results(&(opening, Arc::new(record.clone()), None));
        if n % 300 == 0 {
            state.track.settle();
            assert_eq!(state.track.bytes(), memory, "after {n} frames");
        }
    }
    let rows = state.track.rows();
    let kept = rows.last().map_or(0, |r| r.pts_ns) - rows.first().map_or(0, |r| r.pts_ns);
    assert!(kept >= 3_599_000_000_000, "an hour is there: {kept}");
}

#[test]
fn what_was_decided_is_kept_when_a_jump_comes_back_to_it() {
    let mut state = opened(false);
    with_rows(&mut state);
    let (opening, at) = (state.opening(), 5_000_000_000);
    // The same frame after a jump: the stage that decides has not seen enough yet.
    state.add_results(&(opening, Arc::new(FrameRecord::new("clip", 50, Some(at), 640, 360)), None));
    let row = state.track.same(at).expect("there");
    assert_eq!((state.labels.name(row.decision), row.score, row.flags & crate::timeline::flags::UNSURE), ("action 2", 230, 0));
    // A new decision counts.
    let mut record = FrameRecord::new("clip", 50, Some(at), 640, 360);
    record.action = Some(action("another"));
    state.add_results(&(opening, Arc::new(record), None));
    assert_eq!(state.track.same(at).map(|row| state.labels.name(row.decision)), Some("another"));
}

#[test]
fn the_frame_before_is_that_of_the_picture_wherever_in_it_the_cursor_stands() {
    let mut state = opened(false);
    with_rows(&mut state);
    press(&mut state, Command::PlayPause);
    state.act(Action::Seek(5_080_000_000));
    state.hear(StreamEvent::Arrived(5_080_000_000));
    let shown = frame(&state, 50, 5_000_000_000);
    state.show(shown, Instant::now());
    state.play.position_ns = 5_080_000_000;
    assert_eq!(press(&mut state, Command::FrameBack), [Request::Seek(4_900_000_000)]);
}

#[test]
fn one_of_several_dropped_files_is_opened_a_video_before_its_results() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let paths = ["clip.jsonl", "clip.mp4", "other.mp4"].map(|name| dir.path().join(name));
    paths.iter().for_each(|path| std::fs::write(path, "x").expect("written"));
    let mut state = State::new(".".into());
    assert_eq!(state.act(Action::Drop(Vec::new())), []);
    let requests = state.act(Action::Drop(paths.to_vec()));
    let [Request::Open(opening)] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((opening.title().as_str(), opening.results.as_ref()), ("clip.mp4", Some(&paths[0])));
    assert!(state.notices.iter().any(|n| n.text.contains("3 files")), "{:?}", state.notices);
    state.act(Action::Drop(vec![paths[0].clone()]));
    assert!(matches!(state.source.opening.as_ref().map(|o| &o.what), Some(crate::stream::What::ResultsOnly(_))));
    assert_eq!(state.notices, []);
}

#[test]
fn a_window_without_analysis_analyses_nothing_that_is_opened_later_either() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("clip.mp4");
    std::fs::write(&path, "x").expect("written");
    for no_analysis in [false, true] {
        let mut state = State { no_analysis, ..State::new(".".into()) };
        for _ in 0..2 {
            let requests = state.act(Action::Drop(vec![path.clone()]));
            let [Request::Open(opening)] = requests.as_slice() else { panic!("{requests:?}") };
            assert_eq!(opening.analyse, !no_analysis);
        }
    }
}

#[test]
fn looking_back_keeps_the_picture_that_is_looked_at_and_jumps_no_further_than_pictures_go() {
    let mut state = opened(true);
    with_rows(&mut state);
    let second = 1_000_000_000;
    let newest = frame(&state, 99, 9 * second);
    state.show(newest, Instant::now());
    state.act(Action::Seek(3 * second));
    let old = frame(&state, 30, 3 * second);
    state.show_old(old);
    // It has given way meanwhile, and the oldest that is left is another.
    let left = frame(&state, 50, 5 * second);
    state.look_back_begins(left.pts_ns);
    state.show_old(left.clone());
    assert_eq!((state.play.position_ns, state.frame.as_ref().map(|f| f.number)), (3 * second, Some(30)));
    press(&mut state, Command::ToStart);
    state.look_back_begins(left.pts_ns);
    state.show_old(left);
    assert_eq!((state.play.position_ns, state.frame.as_ref().map(|f| f.number)), (5 * second, Some(50)));
}

#[test]
fn everything_of_a_live_stream_is_what_is_kept_and_then_the_last_seconds_again() {
    let mut state = opened(true);
    let opening = state.opening();
    for n in 0..600_u64 {
        state.add_results(&(opening, Arc::new(FrameRecord::new("live", n, Some(5_000_000_000 + n * 100_000_000), 640, 360)), None));
    }
    let last = state.time_view();
    assert_eq!(last.span_ns(), 20e9);
    press(&mut state, Command::ZoomAll);
    assert_eq!((state.time_view().start_ns, state.time_view().end_ns), (5e9, 64.9e9));
    press(&mut state, Command::ZoomAll);
    assert_eq!(state.time_view(), last);
}

#[test]
fn a_jump_to_the_end_goes_to_the_last_picture_that_the_results_name() {
    let mut state = opened(false);
    with_rows(&mut state);
    assert_eq!(press(&mut state, Command::ToEnd), [Request::Seek(9_999_000_000)]);
    (state.source.has_results, state.source.results_read) = (true, (100, true));
    assert_eq!(press(&mut state, Command::ToEnd), [Request::Seek(9_900_000_000)]);
    state.hear(StreamEvent::Arrived(9_900_000_000));
    state.play.playing = false;
    assert_eq!(press(&mut state, Command::PlayPause), [Request::Seek(0), Request::Play], "there is nothing left to play");
}

#[test]
fn a_source_that_cannot_be_opened_loads_no_models() {
    let mut state = opened(false);
    state.hear(StreamEvent::Analysis(Analysis::Loading));
    state.hear(StreamEvent::Trouble(Trouble::Source { text: "no video".into(), hint: None }));
    assert_eq!(state.source.analysis, Analysis::Off);
}

#[test]
fn the_start_of_a_file_is_its_first_picture_and_not_the_first_that_was_analysed() {
    let mut state = opened(false);
    let opening = state.opening();
    state.add_results(&(opening, Arc::new(FrameRecord::new("clip", 50, Some(1_680_000_000), 640, 360)), None));
    state.play.position_ns = 3_000_000_000;
    assert_eq!(press(&mut state, Command::ToStart), [Request::Seek(0)]);
}
