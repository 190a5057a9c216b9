//! The examples in C and Python compile, run, print the same, and say what is wrong.
#![allow(clippy::expect_used, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[path = "../meta/tests/readers/stand_in.rs"]
mod stand_in;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A Python with GStreamer, or a line that says that there is none.
fn python() -> Option<&'static str> {
    let import = "import gi; gi.require_version('Gst', '1.0'); from gi.repository import Gst";
    let found = ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| Command::new(python).args(["-c", import]).stderr(Stdio::null()).status().is_ok_and(|status| status.success()));
    if found.is_none() {
        eprintln!("skipped: no python3 with GStreamer here (python3-gi, gir1.2-gstreamer-1.0)");
    }
    found
}

/// The compiled C example, or a line that says why there is none.
fn c_example(folder: &Path) -> Option<PathBuf> {
    let flags = Command::new("pkg-config").args(["--cflags", "--libs", "gstreamer-1.0", "gstreamer-app-1.0"]).output();
    let Some(flags) = flags.ok().filter(|o| o.status.success()) else {
        eprintln!("skipped: pkg-config knows no gstreamer-1.0 and gstreamer-app-1.0 here");
        return None;
    };
    let program = folder.join("read_hands");
    let compiled = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(here("meta/include"))
        .arg(here("examples/read_hands.c"))
        .arg("-o")
        .arg(&program)
        .args(String::from_utf8_lossy(&flags.stdout).split_whitespace())
        .output();
    let Ok(compiled) = compiled else {
        eprintln!("skipped: no C compiler here");
        return None;
    };
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    Some(program)
}

/// Runs every example that can run here on a pipeline.
fn run_examples(pipeline: &str, plugin: &Path) -> Vec<Output> {
    let folder = tempfile::tempdir().expect("temp folder");
    let plugins = folder.path().join("plugins");
    std::fs::create_dir(&plugins).expect("new folder");
    std::os::unix::fs::symlink(plugin, plugins.join(plugin.file_name().expect("a file"))).expect("links");
    let mut commands = Vec::new();
    if let Some(program) = c_example(folder.path()) {
        commands.push(Command::new(program));
    }
    if let Some(python) = python() {
        let mut command = Command::new(python);
        command.arg(here("examples/read_hands.py")).env("PYTHONDONTWRITEBYTECODE", "1");
        commands.push(command);
    }
    let run = |mut command: Command| {
        command.arg(pipeline).env("GST_PLUGIN_PATH", &plugins).env("GST_REGISTRY", folder.path().join("registry")).output().expect("runs")
    };
    commands.into_iter().map(run).collect()
}

#[test]
fn both_examples_print_the_prepared_hands() {
    let plugin = stand_in::stand_in();
    let pipeline = "videotestsrc num-buffers=2 ! video/x-raw,width=320,height=240,framerate=10/1 ! egoprepared";
    for output in run_examples(pipeline, &plugin) {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "frame 0  0.000 s  left #1  score 0.88  index tip (80.0, 60.0) px  (-0.125, 0.125, 0.500) m\n\
             frame 0  0.000 s  right #2  score 0.88  index tip (80.0, 120.0) px\n\
             frame 1  0.100 s  left #1  score 0.88  index tip (80.0, 60.0) px  (-0.125, 0.125, 0.500) m\n\
             frame 1  0.100 s  right #2  score 0.88  index tip (80.0, 120.0) px\n"
        );
    }
}

#[test]
fn both_examples_say_what_is_wrong() {
    let plugin = stand_in::stand_in();
    for (pipeline, stdout, complaint) in [
        ("videotestsrc num-buffers=1 ! video/x-raw,framerate=10/1", "frame 0  0.000 s  no hands\n", ""),
        ("videotestsrc num-buffers=9 ! egoprepared layout=hand21-v2", "", "hand21-v2"),
        ("filesrc location=missing.mp4 ! decodebin", "", "not found"),
        ("videotestsrc ! noelementofthisname", "", "noelementofthisname"),
    ] {
        for output in run_examples(pipeline, &plugin) {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), complaint.is_empty(), "{pipeline}: {stderr}");
            assert_eq!(String::from_utf8_lossy(&output.stdout), stdout, "{pipeline}");
            assert!(stderr.contains(complaint), "{pipeline}: {stderr}");
        }
    }
}

#[test]
fn both_examples_read_a_real_clip() {
    let Some(shared) = std::env::var_os("EGO_SHARED") else {
        eprintln!("skipped: EGO_SHARED is not set");
        return;
    };
    let clip = Path::new(&shared).join("data/mediapipe-samples-hands/open_palm.mp4");
    assert!(clip.exists(), "EGO_SHARED holds no {}", clip.display());
    gst::init().expect("GStreamer");
    gstego::plugin_register_static().expect("plugin");
    if gst::ElementFactory::find("egohands").is_none() {
        eprintln!("skipped: this plugin has no egohands");
        return;
    }
    if let Err(e) = ego_models::paths::find_model("mediapipe-hands") {
        eprintln!("skipped: {e}");
        return;
    }
    let name = format!("{}gstego{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let plugin = stand_in::profile_folder().join("deps").join(name);
    let pipeline = format!("filesrc location={} ! decodebin ! videoconvert ! egohands model=mediapipe-hands mode=sync", clip.display());
    let outputs = run_examples(&pipeline, &plugin);
    for output in &outputs {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stdout, outputs[0].stdout);
        let text = String::from_utf8_lossy(&output.stdout);
        let frames = text.lines().filter_map(|l| l.split_whitespace().nth(1)).collect::<std::collections::BTreeSet<_>>().len();
        let with_hand = text.lines().filter(|l| l.contains("index tip")).count();
        assert!(frames > 10 && with_hand * 10 >= frames * 9, "hands in {with_hand} of {frames} frames");
    }
}
