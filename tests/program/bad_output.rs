//! Results that cannot be written.

use std::path::Path;

use ego_tests::clips;

use crate::{ego_run, folder, json_lines, report};

/// Whether the tests may do what only root may.
fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("there is /proc")) == 0
}

#[test]
fn a_folder_that_cannot_be_made() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    // A file stands where the folder should be: refused to root as well.
    std::fs::write(dir.path().join("out"), b"").expect("write");
    ego_run(dir.path(), &["clip.mp4"]).ended_with(2).says(&["error: cannot write into the folder out", "hint: "]);
}

#[test]
fn a_folder_without_permission() {
    if is_root() {
        eprintln!("skipped: permissions do not hold for root");
        return;
    }
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    let out = dir.path().join("out");
    std::fs::create_dir(&out).expect("make");
    std::fs::set_permissions(&out, std::os::unix::fs::PermissionsExt::from_mode(0o500)).expect("set");
    ego_run(dir.path(), &["clip.mp4"]).ended_with(2).says(&["error: cannot write into the folder out", "ermission denied", "hint: "]);
}

#[test]
fn a_full_disk_keeps_the_whole_lines_before() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 10);
    // A device that is always full stands in for the results.
    let out = dir.path().join("out");
    std::fs::create_dir(&out).expect("make");
    std::os::unix::fs::symlink("/dev/full", out.join("clip.jsonl")).expect("link");
    ego_run(dir.path(), &["clip.mp4", "--overwrite"]).ended_with(1).says(&[
        "error: ",
        "clip.jsonl",
        "no space left on the disk",
        "hint: free some space",
    ]);
    let report = report(&out.join("run.json"));
    assert!(report["inputs"][0]["failure"].as_str().is_some_and(|f| f.contains("no space left")), "{report}");
}

#[test]
fn a_disk_that_fills_up_on_the_way() {
    let dir = folder();
    let small = dir.path().join("out");
    std::fs::create_dir(&small).expect("make");
    let Some(_mounted) = SmallDisk::mount(&small, 1) else {
        eprintln!("skipped: only root may mount a small disk");
        return;
    };
    // Noise does not compress: the annotated video needs more than the disk has.
    clips::launch(&format!(
        "videotestsrc pattern=snow num-buffers=240 ! video/x-raw,width=320,height=240,framerate=30/1 ! jpegenc ! matroskamux ! filesink location=\"{}/noise.mkv\"",
        dir.path().display()
    ));
    ego_run(dir.path(), &["noise.mkv", "--annotate"]).ended_with(1).says(&[
        "error: ",
        "noise.annotated.mp4",
        "no space left on the disk",
        "hint: free some space",
    ]);
    let (lines, _) = json_lines(&small.join("noise.jsonl"));
    assert!(!lines.is_empty());
    // What there is of the video can be played.
    assert!(clips::frames_readable(&small.join("noise.annotated.mp4")) > 0);
}

/// A disk of a few megabytes that is taken off again.
pub(crate) struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    pub(crate) fn mount(at: &Path, megabytes: u32) -> Option<SmallDisk<'_>> {
        let mounted =
            std::process::Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "ego-test"]).arg(at).output();
        mounted.is_ok_and(|o| o.status.success()).then_some(SmallDisk(at))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn results_are_not_overwritten_by_accident() {
    let dir = folder();
    clips::plain(dir.path(), "clip.mp4", 5);
    ego_run(dir.path(), &["clip.mp4"]).ended_with(0);
    ego_run(dir.path(), &["clip.mp4"]).ended_with(2).says(&["clip.jsonl is there already", "hint: --overwrite"]);
    ego_run(dir.path(), &["clip.mp4", "--overwrite"]).ended_with(0);
    // An input is never overwritten, whatever the user says.
    clips::plain(dir.path(), "clip.annotated.mp4", 5);
    let words = ["run", "clip.mp4", "clip.annotated.mp4", "--annotate", "--overwrite", "--out", ".", "--config", "none.toml"];
    crate::ego(dir.path(), &words).ended_with(2).says(&["clip.annotated.mp4 is an input and would be overwritten"]);
}
