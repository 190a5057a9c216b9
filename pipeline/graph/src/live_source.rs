//! What the SOURCE of `ego live` means, and the bin that delivers its frames.

use gst::prelude::*;

use crate::batch::{NO_VIDEO, is_video};
use crate::chain::{add_and_link, expose_last};
use crate::decoder::{decoder, leave_sound_alone};
use crate::devices;
use crate::error::{GraphError, Result};
use crate::properties::make;
use crate::settings::Settings;

/// A live source as the user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveSource {
    /// A moving test picture of GStreamer (`videotestsrc`), with the name of its pattern.
    Test(String),
    /// The synthetic head camera (`egotestsrc`), with the words of its prompt; empty = every action in turn.
    Synthetic(String),
    /// A camera: its stable id, device path or name; `None` = the first one.
    Camera(Option<String>),
    /// A stream over a bare TCP connection, in any container.
    Tcp {
        /// Name or number of the other machine.
        host: String,
        /// Its port.
        port: u16,
    },
    /// An address that GStreamer can open: `rtsp://`, `http://`, `file://` ...
    Uri(String),
}

/// What is asked of a source when it leaves the choice.
#[derive(Clone, Debug)]
pub(crate) struct SourceWishes {
    size: (u32, u32),
    fps: f64,
    latency_ms: u32,
    timeout_s: u32,
}

impl SourceWishes {
    pub(crate) fn from_settings(settings: &Settings) -> Result<SourceWishes> {
        Ok(SourceWishes {
            size: (settings.program_count("live", "width")?, settings.program_count("live", "height")?),
            fps: settings.program("live", "fps")?.as_float().unwrap_or(0.0),
            latency_ms: settings.program_count("live", "latency-ms")?,
            timeout_s: settings.program_secs("live", "silence-s")?.as_secs().max(1) as u32,
        })
    }

    /// Caps with only the fields that were asked for.
    fn caps(&self, media: &str) -> gst::Caps {
        let mut caps = gst::Caps::builder(media);
        if self.size.0 > 0 {
            caps = caps.field("width", self.size.0 as i32);
        }
        if self.size.1 > 0 {
            caps = caps.field("height", self.size.1 as i32);
        }
        if let Some(rate) = gst::Fraction::approximate_f64(self.fps).filter(|_| self.fps > 0.0) {
            caps = caps.field("framerate", rate);
        }
        caps.build()
    }
}

impl LiveSource {
    /// Reads what the user wrote; `None` = the first camera.
    ///
    /// # Errors
    /// When an address has no port where it needs one, or a file is not there.
    pub fn parse(word: Option<&str>) -> Result<LiveSource> {
        let Some(word) = word else { return Ok(LiveSource::Camera(None)) };
        if let Some(pattern) = word.strip_prefix("test:") {
            let pattern = if pattern.is_empty() { "ball" } else { pattern };
            return Ok(LiveSource::Test(pattern.to_owned()));
        }
        if let Some(prompt) = word.strip_prefix("synth:") {
            return Ok(LiveSource::Synthetic(prompt.trim().to_owned()));
        }
        if let Some(address) = word.strip_prefix("tcp://") {
            let parsed = address.trim_end_matches('/').rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
            let Some((host, port)) = parsed.filter(|(host, _)| !host.is_empty()) else {
                return Err(source_error(word, "it names no port", "write it as tcp://HOST:PORT"));
            };
            return Ok(LiveSource::Tcp { host: host.trim_matches(['[', ']']).to_owned(), port });
        }
        if word.contains("://") {
            return Ok(LiveSource::Uri(word.to_owned()));
        }
        let path = std::path::Path::new(word);
        if path.is_file() {
            let absolute = std::path::absolute(path).map_err(|source| GraphError::Open { path: path.into(), source })?;
            let uri = gst::glib::filename_to_uri(absolute, None).map_err(|e| GraphError::Build(e.to_string()))?;
            return Ok(LiveSource::Uri(uri.to_string()));
        }
        if names_a_file(path) {
            let source = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file");
            return Err(GraphError::Open { path: path.into(), source });
        }
        Ok(LiveSource::Camera(Some(word.to_owned())))
    }

    /// A short name for files and messages.
    pub fn name(&self) -> String {
        match self {
            LiveSource::Test(pattern) => format!("test:{pattern}"),
            LiveSource::Synthetic(prompt) => format!("synth:{prompt}"),
            LiveSource::Camera(Some(id)) => id.clone(),
            LiveSource::Camera(None) => "the first camera".to_owned(),
            LiveSource::Tcp { host, port } => format!("tcp://{host}:{port}"),
            LiveSource::Uri(uri) => uri.clone(),
        }
    }

    /// Whether the end of the source is the end of the run.
    pub(crate) fn ends_for_good(&self) -> bool {
        matches!(self, LiveSource::Uri(uri) if uri.starts_with("file:"))
    }

    /// The error of a source that never delivered a frame.
    pub(crate) fn cannot_open(&self, reason: String) -> GraphError {
        let hint = match self {
            LiveSource::Camera(_) => "`ego devices` lists the cameras; another program may be using this one",
            LiveSource::Test(_) => "`gst-inspect-1.0 videotestsrc` lists the patterns",
            LiveSource::Synthetic(_) => "write what happens, as in synth:slowly pour milk, dim light; `ego synth --help` lists the words",
            LiveSource::Tcp { .. } | LiveSource::Uri(_) => "check the address and that the other side is sending",
        };
        source_error(&self.name(), &reason, hint)
    }

    /// Makes a bin with one source pad `src`, not yet in any pipeline.
    ///
    /// # Errors
    /// When the camera is not there or an element is not installed.
    pub(crate) fn open(&self, wishes: &SourceWishes) -> Result<gst::Element> {
        let bin = gst::Bin::with_name("source");
        match self {
            LiveSource::Test(pattern) => {
                let source = make("videotestsrc")?;
                source.set_property("is-live", true);
                let spec = source.find_property("pattern").ok_or_else(|| GraphError::Build("videotestsrc has no patterns".into()))?;
                let value = gst::glib::Value::deserialize_with_pspec(pattern, &spec);
                let value = value.map_err(|_| self.cannot_open(format!("there is no test pattern `{pattern}`")))?;
                source.set_property_from_value("pattern", &value);
                let or = |asked: u32, default: u32| if asked > 0 { asked } else { default };
                let size = (or(wishes.size.0, 640), or(wishes.size.1, 480));
                let fps = if wishes.fps > 0.0 { wishes.fps } else { 30.0 };
                let filter = make("capsfilter")?;
                filter.set_property("caps", SourceWishes { size, fps, ..wishes.clone() }.caps("video/x-raw"));
                let line = [source, filter];
                add_and_link(&bin, &line)?;
                expose_last(&bin, &line)?;
            }
            LiveSource::Synthetic(prompt) => {
                let source = make("egotestsrc")?;
                source.set_property("is-live", true);
                if !prompt.is_empty() {
                    source.set_property("prompt", prompt);
                }
                let filter = make("capsfilter")?;
                filter.set_property("caps", wishes.caps("video/x-raw"));
                let line = [source, filter];
                add_and_link(&bin, &line)?;
                expose_last(&bin, &line)?;
            }
            LiveSource::Camera(id) => {
                let camera = devices::open(id.as_deref())?;
                let filter = make("capsfilter")?;
                let mut caps = wishes.caps("video/x-raw");
                if let Some(caps) = caps.get_mut() {
                    caps.append(wishes.caps("image/jpeg"));
                }
                filter.set_property("caps", caps);
                decode_into(&bin, &[camera, filter])?;
            }
            LiveSource::Tcp { host, port } => {
                let source = make("tcpclientsrc")?;
                source.set_property("host", host);
                source.set_property("port", i32::from(*port));
                source.set_property("timeout", wishes.timeout_s);
                decode_into(&bin, &[source])?;
            }
            LiveSource::Uri(uri) => {
                let decoder = decoder(uri)?;
                let (latency, timeout) = (wishes.latency_ms, wishes.timeout_s);
                decoder.connect("source-setup", false, move |arguments| {
                    let source = arguments.get(1)?.get::<gst::Element>().ok()?;
                    for (property, value) in [("latency", latency), ("timeout", timeout)] {
                        // `rtspsrc` counts its timeout in microseconds and as a 64-bit number: left at its default.
                        if source.find_property(property).is_some_and(|p| p.value_type() == gst::glib::Type::U32) {
                            source.set_property(property, value);
                        }
                    }
                    None
                });
                bin.add(&decoder).map_err(|e| GraphError::Build(e.to_string()))?;
                expose_video_when_found(&bin, &decoder)?;
            }
        }
        Ok(bin.upcast())
    }
}

/// Whether a word that is no file was meant as one: by its ending or its beginning. Cameras have ids without endings, as in
/// `usb-046d_C920-video-index0` and `pci-0000:00:14.0-usb-0:3:1.0`, or device paths.
fn names_a_file(path: &std::path::Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let has_ending = (2..=5).contains(&ending.len())
        && ending.chars().all(|c| c.is_ascii_alphanumeric())
        && ending.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_path = path.is_absolute() || path.starts_with(".") || path.starts_with("..") || path.starts_with("~");
    !path.starts_with("/dev") && (has_ending || is_path)
}

fn source_error(name: &str, reason: &str, hint: &str) -> GraphError {
    GraphError::Source { source_name: name.to_owned(), reason: reason.to_owned(), hint: hint.to_owned() }
}

/// Puts `line ! decodebin` into the bin.
fn decode_into(bin: &gst::Bin, line: &[gst::Element]) -> Result<()> {
    let decoder = make("decodebin")?;
    leave_sound_alone(&decoder);
    let mut all = line.to_vec();
    all.push(decoder.clone());
    add_and_link(bin, &all)?;
    expose_video_when_found(bin, &decoder)
}

/// A source pad from the start, which begins to deliver when the decoder finds pictures.
fn expose_video_when_found(bin: &gst::Bin, decoder: &gst::Element) -> Result<()> {
    let ghost = gst::GhostPad::builder(gst::PadDirection::Src).name("src").build();
    bin.add_pad(&ghost).map_err(|e| GraphError::Build(e.to_string()))?;
    let target = ghost.downgrade();
    decoder.connect_pad_added(move |_, pad| {
        if let Some(ghost) = target.upgrade()
            && is_video(pad)
            && ghost.target().is_none()
        {
            // Fails only when the bin is being taken out.
            let _ = ghost.set_target(Some(pad));
        }
    });
    let target = ghost.downgrade();
    decoder.connect_no_more_pads(move |decoder| {
        if target.upgrade().is_some_and(|ghost| ghost.target().is_none()) {
            let message = gst::message::Application::builder(gst::Structure::new_empty(NO_VIDEO)).src(decoder).build();
            let _ = decoder.post_message(message);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_sources() {
        for (word, want) in [
            (None, LiveSource::Camera(None)),
            (Some("test:"), LiveSource::Test("ball".into())),
            (Some("test:smpte"), LiveSource::Test("smpte".into())),
            (Some("synth: pour milk"), LiveSource::Synthetic("pour milk".into())),
            (Some("tcp://10.0.0.2:5000"), LiveSource::Tcp { host: "10.0.0.2".into(), port: 5000 }),
            (Some("tcp://[::1]:5000/"), LiveSource::Tcp { host: "::1".into(), port: 5000 }),
            (Some("rtsp://cam/main"), LiveSource::Uri("rtsp://cam/main".into())),
            (Some("/dev/video7"), LiveSource::Camera(Some("/dev/video7".into()))),
            (Some("usb-046d_C920"), LiveSource::Camera(Some("usb-046d_C920".into()))),
        ] {
            assert_eq!(LiveSource::parse(word).expect("is a source"), want, "{word:?}");
        }
        for word in ["none.mp4", "/no/such/clip", "./clip", "results/none.jsonl"] {
            let error = LiveSource::parse(Some(word)).expect_err("not there").to_string();
            assert!(error.contains(word) && error.contains("no such file"), "{error}");
        }
        for word in ["pci-0000:00:14.0-usb-0:3:1.0", "HD Webcam 1.5"] {
            assert_eq!(LiveSource::parse(Some(word)).expect("a camera"), LiveSource::Camera(Some(word.into())));
        }
        let error = LiveSource::parse(Some("tcp://host")).expect_err("no port");
        assert_eq!(error.hint().as_deref(), Some("write it as tcp://HOST:PORT"));
    }
}
