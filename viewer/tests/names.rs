//! The window as a screen reader and a keyboard see it: every part has a name, buttons do what they say, keys work.
#![allow(clippy::expect_used, reason = "the whole file is tests")]

mod common;

use ego_viewer::Viewer;
use ego_viewer::state::Errand;
use ego_viewer::state::layers::Layer;
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn harness() -> Harness<'static, Viewer> {
    let mut harness =
        Harness::builder().with_size([1280.0, 800.0]).build_ui_state(|ui, viewer: &mut Viewer| viewer.ui(ui), common::viewer(None, 200));
    harness.run_steps(3);
    harness
}

#[test]
fn parts_that_are_painted_have_names() {
    let harness = harness();
    harness.get_by_label_contains("picture, two hands, pour milk");
    harness.get_by_label_contains("hands in space, view angle");
    harness.get_by_label_contains("timeline, 00:06.7 of 01:00");
    harness.get_by_label_contains("pour milk 64 percent");
    harness.get_by_label("next: place milk 62 %");
    for layer in Layer::ALL.into_iter().filter(|l| !matches!(l, Layer::Depth | Layer::Features)) {
        harness.get_by_role_and_label(Role::Button, &format!("Hide {}", layer.name()));
    }
    harness.get_by_role_and_label(Role::Button, "Show features");
    harness.get_by_label_contains("depth blend between picture and depth");
}

#[test]
fn buttons_do_what_they_say() {
    let mut harness = harness();
    harness.get_by_label("Hide hands").click();
    harness.run_steps(2);
    assert!(!harness.state().state.layers.shade(Layer::Hands).visible);
    harness.get_by_label("Play").click();
    harness.run_steps(2);
    assert!(harness.state().state.play.playing);
    harness.get_by_label("Pause").click();
    harness.run_steps(2);
    harness.get_by_label("first person").click();
    harness.run_steps(2);
    assert_eq!(harness.state().state.look.eye.view.name(), "first person");
    harness.get_by_label("Classes").click();
    harness.run_steps(2);
    assert!(harness.state().state.look.strips);
}

#[test]
fn keys_work_and_leave_writing_alone() {
    let mut harness = harness();
    let press = |harness: &mut Harness<'static, Viewer>, key| {
        harness.key_press(key);
        harness.run_steps(2);
    };
    press(&mut harness, Key::Num2);
    assert!(!harness.state().state.layers.shade(Layer::Hands).visible);
    let before = harness.state().state.play.position_ns;
    press(&mut harness, Key::ArrowRight);
    assert_eq!(harness.state().state.play.position_ns, before + 1_000_000_000);
    press(&mut harness, Key::C);
    press(&mut harness, Key::F1);
    harness.get_by_label("Close");
    press(&mut harness, Key::Escape);
    assert!(!harness.state().state.look.help);
    let visible = harness.state().state.layers.shade(Layer::Video).visible;
    harness.get_by_label("Example").focus();
    harness.run_steps(2);
    press(&mut harness, Key::Num1);
    assert_eq!(harness.state().state.layers.shade(Layer::Video).visible, visible, "a digit that is written is not a command");
}

#[test]
fn results_go_into_the_clipboard() {
    let mut harness = harness();
    let copied = |harness: &Harness<'static, Viewer>| harness.state().state.errands.iter().filter(|e| matches!(e, Errand::Copy(_))).count();
    harness.event(egui::Event::Copy);
    harness.run_steps(2);
    assert_eq!(copied(&harness), 1);
    harness.get_by_label("Example").focus();
    harness.run_steps(2);
    harness.event(egui::Event::Copy);
    harness.run_steps(2);
    assert_eq!(copied(&harness), 1, "while something is written the key copies that");
}

#[test]
fn the_palette_runs_the_first_command_that_fits() {
    let mut harness = harness();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::P);
    harness.run_steps(2);
    let field = harness.get_all_by_role(Role::TextInput).find(|field| field.is_focused()).expect("one has the focus");
    field.type_text("high con");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert!(harness.state().state.look.high_contrast && harness.state().state.look.palette.is_none());
}

#[test]
fn teaching_is_holding_a_key() {
    let mut harness = harness();
    harness.state_mut().state.marks.label = "wave".into();
    harness.key_down(Key::T);
    harness.run_steps(2);
    harness.key_press(Key::ArrowRight);
    harness.run_steps(2);
    harness.key_up(Key::T);
    harness.run_steps(2);
    let marks = &harness.state().state.marks.marks;
    assert_eq!(marks.len(), 1);
    assert_eq!(marks[0].end_ns - marks[0].start_ns, 1_000_000_000);
}

#[derive(Debug)]
struct File(std::path::PathBuf);

impl egui::DroppedFile for File {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

#[test]
fn a_file_that_is_dropped_is_opened() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("kitchen.mp4");
    std::fs::write(&path, "x").expect("written");
    let mut harness = harness();
    harness.input_mut().dropped_files.push(std::sync::Arc::new(File(path)));
    harness.run_steps(2);
    assert_eq!(harness.state().state.source.title, "kitchen.mp4");
}
