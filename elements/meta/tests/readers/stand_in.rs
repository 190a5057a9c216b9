//! Finds the plugin of `examples/prepared_hands.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The folder of the profile that this test program was built with, e.g. `target/debug`.
pub(crate) fn profile_folder() -> PathBuf {
    let program = std::env::current_exe().expect("this test program");
    program.ancestors().nth(2).expect("the folder of the profile").to_owned()
}

/// The plugin file. A test run of the whole workspace has built it; one of a single test program has not, and it is built here.
pub(crate) fn stand_in() -> PathBuf {
    let profile = profile_folder();
    let name = format!("{}prepared_hands{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let plugin = profile.join("examples").join(name);
    let meta = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|p| p.join("elements/meta")).find(|p| p.is_dir());
    let meta = meta.expect("the folder of ego-meta");
    let sources = ["Cargo.toml", "src", "examples"].map(|part| newest(&meta.join(part)));
    let built = plugin.metadata().and_then(|m| m.modified()).ok();
    if built < sources.into_iter().max() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--offline", "-p", "ego-meta", "--example", "prepared_hands", "--target-dir"]);
        build.arg(profile.parent().expect("the target folder"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success());
    }
    assert!(plugin.exists(), "{} is missing", plugin.display());
    plugin
}

/// When the newest file of a folder, or a file, was changed.
fn newest(path: &Path) -> SystemTime {
    let own = path.metadata().and_then(|m| m.modified()).expect("a source file");
    let inside = path.read_dir().into_iter().flatten().flatten().map(|entry| newest(&entry.path()));
    inside.fold(own, SystemTime::max)
}
