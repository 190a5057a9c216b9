//! Models by URL: `ego models pull`.
//!
//! The manifest names the address, the size and the SHA-256. What arrives is kept beside the target as `NAME.part` until it is
//! complete and checked, so an interrupted download goes on where it stopped and a wrong file never appears under a model's name.
//!
//! A manifest may say `pin = "first-pull"` instead of a SHA-256 that nobody has published: what comes first is then the right one. Its
//! hash is kept beside it as `NAME.sha256`, and the model opens only while its file has this hash. With `archive` the address is
//! that of a ZIP file, and `archive` the name of the file in it; SHA-256 and size are those of the file in it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::{Response, StatusCode, header};

use crate::error::{ModelError, Result};
use crate::manifest::{self, Manifest, Pin};
use crate::network::hex;
use crate::own;
use crate::paths::{pin_path, pinned};

/// Time for the connection and for the first line of the answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);
/// Slowest transfer that is waited for, bytes per second; an interrupted download goes on at the next call.
const SLOWEST: u64 = 10_000;
/// Size that a file of unknown size is given time for, and that a file in a ZIP file may have.
const LARGE: u64 = 1 << 30;
/// Bytes read at once.
const CHUNK: usize = 64 << 10;

/// A model file that is complete and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledModel {
    /// Name of the model.
    pub name: String,
    /// The ONNX file.
    pub path: PathBuf,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// SPDX name of the licence.
    pub licence: String,
    /// Size of the file.
    pub bytes: u64,
    /// Bytes that came over the network in this call; 0 when the file was already there.
    pub transferred: u64,
    /// Whether the file comes with the program, so that there was nothing to pull.
    pub built_in: bool,
}

/// Downloads a model into `folder`, unless it is there already.
///
/// `name_or_path` is the name of a manifest that comes with the program or lies in `folder`, or the path of one (`.toml`). A network that
/// is compiled into the program is only written there. `progress` is told the bytes that are there and the bytes of the whole file.
///
/// # Errors
/// When the manifest is unknown or does not say `url`, `sha256` and `bytes` (or `pin`); when the transfer fails (what came is kept); when
/// what came is another file (it is removed).
pub fn pull(name_or_path: &str, folder: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<PulledModel> {
    let path = Path::new(name_or_path);
    let is_path = path.components().count() > 1 || path.extension().is_some_and(|e| e == "toml");
    let own = folder.join(format!("{name_or_path}.toml"));
    let manifest = if is_path {
        Manifest::read(path)?
    } else if !manifest::built_in_names().contains(&name_or_path) && own.is_file() {
        Manifest::read(&own)?
    } else {
        manifest::built_in(name_or_path)?
    };
    if !is_path && own::is_compiled_in(&manifest.file) {
        let target = folder.join(&manifest.file);
        own::unpack(&target)?;
        return pulled(manifest, target, None, 0);
    }
    let download = Download::of(&manifest, path, folder)?;
    let config = Agent::config_builder()
        .timeout_connect(Some(ANSWER_TIME))
        .timeout_recv_response(Some(ANSWER_TIME))
        .timeout_recv_body(Some(ANSWER_TIME + Duration::from_secs(download.bytes.unwrap_or(LARGE) / SLOWEST)))
        .http_status_as_error(false)
        .user_agent(concat!("egostream/", env!("CARGO_PKG_VERSION")))
        .build();
    let (transferred, sha256) = download.fetch(&config.new_agent(), progress)?;
    pulled(manifest, download.target, Some(sha256), transferred)
}

/// `sha256` is that of the download; `None` = nothing was downloaded, because the file comes with the program.
fn pulled(manifest: Manifest, path: PathBuf, sha256: Option<String>, transferred: u64) -> Result<PulledModel> {
    let bytes = std::fs::metadata(&path).map_err(|e| io("read", &path, e))?.len();
    let built_in = sha256.is_none();
    let sha256 = sha256.map_or_else(|| hash_file(&path), Ok)?;
    Ok(PulledModel { name: manifest.name, path, sha256, licence: manifest.licence, bytes, transferred, built_in })
}

/// What is to be fetched, from where, to where.
struct Download {
    url: String,
    /// `None`: pinned by this download.
    sha256: Option<String>,
    /// Bytes that are transferred; `None` when the server has to tell.
    bytes: Option<u64>,
    /// The file in the ZIP file that is transferred.
    archive: Option<String>,
    target: PathBuf,
    part: PathBuf,
}

impl Download {
    fn of(manifest: &Manifest, path: &Path, folder: &Path) -> Result<Download> {
        let wrong = |reason: String| ModelError::Manifest { path: path.to_path_buf(), reason };
        let Some(url) = manifest.url.clone() else {
            let remedy = manifest.origin.command.as_ref().map_or_else(String::new, |c| format!("; bring it with `{c}`"));
            return Err(wrong(format!("model {:?} has no url to pull it from{remedy}", manifest.name)));
        };
        let sha256 = manifest.sha256.as_ref().map(|hash| hash.to_lowercase());
        if sha256.is_none() && manifest.pin != Some(Pin::FirstPull) {
            return Err(wrong("a manifest with a url also needs sha256 and bytes, so that what comes can be checked".into()));
        }
        if sha256.is_some() && manifest.bytes.is_none() {
            return Err(wrong("a manifest with a url and sha256 also needs bytes, so that what comes can be checked".into()));
        }
        // The name comes from a file that somebody else may have written: it must not lead out of the folder.
        let name = manifest.file.file_name().filter(|name| Path::new(name) == manifest.file);
        let name = name.ok_or_else(|| wrong(format!("file {:?} should be a name without folders", manifest.file)))?;
        let mut part = name.to_owned();
        part.push(".part");
        // The size of a ZIP file is not that of the file in it.
        let bytes = manifest.bytes.filter(|_| manifest.archive.is_none());
        let target = folder.join(name);
        let sha256 = sha256.or_else(|| pinned(&target));
        Ok(Download { url, sha256, bytes, archive: manifest.archive.clone(), target, part: folder.join(part) })
    }

    fn failed(&self, reason: String) -> ModelError {
        ModelError::Download { url: self.url.clone(), reason }
    }

    /// Brings the file; gives the number of bytes that came over the network, and the file's hash.
    fn fetch(&self, agent: &Agent, progress: &mut dyn FnMut(u64, u64)) -> Result<(u64, String)> {
        if let Some(sha256) = &self.sha256
            && self.target.is_file()
            && hash_file(&self.target)? == *sha256
        {
            return Ok((0, sha256.clone()));
        }
        let folder = self.target.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(|e| io("create", folder, e))?;
        let mut there = std::fs::metadata(&self.part).map_or(0, |m| m.len());
        if self.bytes.is_some_and(|bytes| there > bytes) {
            self.forget()?;
            there = 0;
        }
        let complete = self.bytes.is_some_and(|bytes| there >= bytes);
        let transferred = if complete { 0 } else { self.transfer(agent, there, progress)? };
        if let Some(member) = &self.archive {
            let taken = self.unpack(member);
            if taken.is_err() {
                self.forget()?;
            }
            taken?;
        }
        let found = hash_file(&self.part)?;
        match &self.sha256 {
            Some(sha256) if found != *sha256 => {
                self.forget()?;
                let reason = format!("what came has SHA-256 {found}, the manifest says {sha256}; it was removed, check url and sha256");
                return Err(self.failed(reason));
            }
            Some(_) => {}
            None => {
                let pin = pin_path(&self.target);
                std::fs::write(&pin, format!("{found}\n")).map_err(|e| io("write", &pin, e))?;
            }
        }
        std::fs::rename(&self.part, &self.target).map_err(|e| io("write", &self.target, e))?;
        Ok((transferred, found))
    }

    /// Puts the file of this name, in whatever folder of the ZIP file it lies, in the ZIP file's place.
    fn unpack(&self, member: &str) -> Result<()> {
        let broken =
            |e: &dyn std::fmt::Display| self.failed(format!("what came is not a ZIP file with {member} in it ({e}); it was removed"));
        let file = File::open(&self.part).map_err(|e| io("read", &self.part, e))?;
        let mut archive = zip::ZipArchive::new(file).map_err(|e| broken(&e))?;
        let named = |name: &str| Path::new(name).file_name().is_some_and(|n| n == member);
        let name = archive.file_names().flatten().map(|name| name.into_owned()).find(|name| named(name));
        let name = name.ok_or_else(|| broken(&"there is no such file"))?;
        let mut bytes = Vec::new();
        let entry = archive.by_name(&name).map_err(|e| broken(&e))?;
        entry.take(LARGE).read_to_end(&mut bytes).map_err(|e| broken(&e))?;
        std::fs::write(&self.part, bytes).map_err(|e| io("write", &self.part, e))
    }

    /// Removes what has come so far.
    fn forget(&self) -> Result<()> {
        match std::fs::remove_file(&self.part) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io("remove", &self.part, e)),
            _ => Ok(()),
        }
    }

    /// Brings the part file to its full size, given the bytes that are already there.
    fn transfer(&self, agent: &Agent, there: u64, progress: &mut dyn FnMut(u64, u64)) -> Result<u64> {
        let mut request = agent.get(&self.url);
        if there > 0 {
            request = request.header(header::RANGE, format!("bytes={there}-"));
        }
        let again = "check the network and run the same command again";
        let response = request.call().map_err(|e| self.failed(format!("{e}; {again}")))?;
        let start = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if range_start(&response) == Some(there) => there,
            // What is here does not belong to what is there now, so this is the one case for a second request.
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if there > 0 => {
                self.forget()?;
                return self.transfer(agent, 0, progress);
            }
            status => {
                let remedy = match status.as_u16() {
                    401 | 403 => "the server wants an account; download the file by hand and put it into the models folder",
                    404 | 410 => "check the url in the manifest",
                    _ => "try again later, or check the url in the manifest",
                };
                return Err(self.failed(format!("the server answers {status}; {remedy}")));
            }
        };
        let length = content_length(&response).map(|length| start + length);
        if let (Some(length), Some(bytes)) = (length, self.bytes)
            && length != bytes
        {
            self.forget()?;
            let reason = format!("the file has {length} bytes, the manifest says {bytes}; check url and bytes");
            return Err(self.failed(reason));
        }
        self.receive(response, start, self.bytes.or(length), progress)
    }

    /// Takes what comes; `whole` is the size of the file, when somebody knows it.
    fn receive(&self, response: Response<ureq::Body>, start: u64, whole: Option<u64>, progress: &mut dyn FnMut(u64, u64)) -> Result<u64> {
        let opened = OpenOptions::new().create(true).write(true).append(start > 0).truncate(start == 0).open(&self.part);
        let mut file = opened.map_err(|e| io("write", &self.part, e))?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; CHUNK];
        let mut there = start;
        loop {
            let read = body.read(&mut buffer);
            let ended = match &read {
                Ok(0) => "the connection ended".to_owned(),
                Ok(count) => {
                    there += *count as u64;
                    if let Some(whole) = whole.filter(|whole| there > *whole) {
                        drop(file);
                        self.forget()?;
                        return Err(self.failed(format!("more than the manifest's {whole} bytes came; check url and bytes")));
                    }
                    let chunk = buffer.get(..*count).unwrap_or_default();
                    file.write_all(chunk).map_err(|e| io("write", &self.part, e))?;
                    progress(there, whole.unwrap_or(there));
                    continue;
                }
                Err(e) => e.to_string(),
            };
            if whole.map_or(matches!(read, Ok(0)), |whole| there == whole) {
                file.sync_all().map_err(|e| io("write", &self.part, e))?;
                return Ok(there - start);
            }
            let whole = whole.map_or_else(|| "an unknown number of".to_owned(), |whole| whole.to_string());
            let reason = format!("{ended} after {there} of {whole} bytes; run the same command again to go on from there");
            return Err(self.failed(reason));
        }
    }
}

fn io(action: &'static str, path: &Path, source: std::io::Error) -> ModelError {
    ModelError::Io { action, path: path.to_path_buf(), source }
}

fn content_length<T>(response: &Response<T>) -> Option<u64> {
    response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// First byte of a partial answer: `Content-Range: bytes 100-199/200`.
fn range_start<T>(response: &Response<T>) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

fn hash_file(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|e| io("read", path, e))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = file.read(&mut buffer).map_err(|e| io("read", path, e))?;
        let Some(chunk) = buffer.get(..count).filter(|c| !c.is_empty()) else { break };
        digest.update(chunk);
    }
    Ok(hex(&digest.finalize()))
}
