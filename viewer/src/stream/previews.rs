//! Small pictures of sources that are not open, for the source picker: the first picture of a file, one of the synthetic camera. A thread
//! of its own makes them, one after the other; cameras are never opened for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use ego_graph::{Input, LivePlan, LiveSource, PlayPlan, Player, PlayerEvent, Settings, Tap};
use gst_video::VideoInfo;

use super::opening::{FILE_ENDINGS, What};
use crate::error::ViewError;
use crate::frame::{Picture, PlaneLayout};

/// Wishes that may wait; what does not fit is asked for again with the next picture of the window.
const WISHES: usize = 32;
/// Answers that may wait.
const ANSWERS: usize = 32;
/// A source that shows nothing for so long has no preview.
const PATIENCE: Duration = Duration::from_secs(4);
/// The synthetic camera is looked at when its hands have come into the picture, nanoseconds.
const SYNTHETIC_NS: u64 = 1_500_000_000;
/// Largest width of a preview, pixels.
const WIDTH: u32 = 160;
/// Most files of a folder that are listed.
const MOST_FILES: usize = 40;

/// A small picture: red, green, blue; rows without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Pixels a row and rows.
    pub size: [usize; 2],
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
}

/// What is asked for.
enum Wish {
    Files(Vec<PathBuf>),
    Picture(String, Box<What>),
}

/// What comes back.
#[derive(Debug)]
pub enum Found {
    /// Videos in the folders that were asked for, newest first.
    Files(Vec<PathBuf>),
    /// The preview of the source with this key; `None` when there is none.
    Picture(String, Option<Preview>),
}

/// The window's end of the thread.
pub struct Previews {
    wishes: Option<Sender<Wish>>,
    found: Receiver<Found>,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Previews {
    /// Starts the thread; `wake` is called when there is something new.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(wake: impl Fn() + Send + 'static) -> Result<Previews, ViewError> {
        let (wishes, asked) = bounded::<Wish>(WISHES);
        let (tell, found) = bounded(ANSWERS);
        let closing = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&closing);
        let work = move || {
            for wish in asked.iter().take_while(|_| !closed.load(Ordering::Relaxed)) {
                let answer = match wish {
                    Wish::Files(folders) => Found::Files(files_in(&folders)),
                    Wish::Picture(key, what) => Found::Picture(key, preview(&what, &closed)),
                };
                if tell.send(answer).is_err() {
                    return;
                }
                wake();
            }
        };
        let thread = std::thread::Builder::new().name("ego-previews".into()).spawn(work).map_err(ViewError::Thread)?;
        Ok(Previews { wishes: Some(wishes), found, closing, thread: Some(thread) })
    }

    /// Asks for the videos in folders; `false` when too much waits already.
    pub fn list(&self, folders: Vec<PathBuf>) -> bool {
        self.ask(Wish::Files(folders))
    }

    /// Asks for the preview of a source; `false` when too much waits already.
    pub fn picture(&self, key: &str, what: &What) -> bool {
        self.ask(Wish::Picture(key.to_owned(), Box::new(what.clone())))
    }

    fn ask(&self, wish: Wish) -> bool {
        self.wishes.as_ref().is_some_and(|wishes| wishes.try_send(wish).is_ok())
    }

    /// What has come; never waits.
    pub fn take(&self) -> Option<Found> {
        self.found.try_recv().ok()
    }
}

impl Drop for Previews {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        self.wishes = None;
        // A graph that is left running when the program ends would meet libraries that are gone.
        let until = Instant::now() + PATIENCE;
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) && Instant::now() < until {
            while self.found.try_recv().is_ok() {}
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Videos in folders, newest first, each once.
fn files_in(folders: &[PathBuf]) -> Vec<PathBuf> {
    let is_video = |path: &Path| {
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        FILE_ENDINGS.iter().any(|ending| name.ends_with(ending))
    };
    let mut files = Vec::new();
    for folder in folders {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let videos = entries.filter_map(|entry| entry.ok().map(|e| e.path())).filter(|path| is_video(path));
        let dated = videos.filter_map(|path| Some((path.metadata().ok().filter(|m| m.is_file())?.modified().ok()?, path)));
        let mut dated: Vec<_> = dated.collect();
        dated.sort_by(|a, b| b.cmp(a));
        dated.truncate(MOST_FILES);
        for (_, path) in dated {
            // `./clip.mp4` and `clip.mp4` are one file.
            let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
            if !files.contains(&path) {
                files.push(path);
            }
        }
    }
    files
}

fn preview(what: &What, closing: &AtomicBool) -> Option<Preview> {
    match what {
        What::File(input) => of_file(input, closing),
        What::Live(source @ LiveSource::Synthetic(_)) => of_synthetic(source, closing),
        // A camera's light goes on when it is opened, and a stream may have one place only.
        What::Live(_) | What::ResultsOnly(_) | What::Bad(_) => None,
    }
}

/// The first picture that a tap hears from a time on.
fn first_from(from_ns: u64) -> (Tap, Receiver<Preview>) {
    let (send, first) = bounded(1);
    let tap = Tap::new(move |sample, _| {
        let late_enough = || sample.buffer().and_then(gst::BufferRef::pts).is_none_or(|pts| pts.nseconds() >= from_ns);
        if !send.is_full()
            && late_enough()
            && let Some(preview) = of_sample(sample)
        {
            // Full: there is one already.
            let _ = send.try_send(preview);
        }
    });
    (tap, first)
}

fn of_file(input: &Input, closing: &AtomicBool) -> Option<Preview> {
    let (tap, first) = first_from(0);
    let player = Player::open(&PlayPlan { input: input.clone(), settings: None, fps: None, tap }).ok()?;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until && !closing.load(Ordering::Relaxed) {
        match player.poll(Duration::from_millis(50)) {
            Some(PlayerEvent::Failed(_) | PlayerEvent::Ended) => return first.try_recv().ok(),
            Some(PlayerEvent::Arrived | PlayerEvent::Warning(_)) | None => {}
        }
        if let Ok(preview) = first.try_recv() {
            return Some(preview);
        }
    }
    None
}

fn of_synthetic(source: &LiveSource, closing: &AtomicBool) -> Option<Preview> {
    let (tap, first) = first_from(SYNTHETIC_NS);
    let plan = LivePlan {
        source: source.clone(),
        settings: Settings::empty(),
        stream: "preview".into(),
        json: None,
        record: None,
        window: false,
        tap: Some(tap),
        pictures_first: true,
        duration: None,
    };
    let session = ego_graph::live(&plan).ok()?;
    let until = Instant::now() + PATIENCE;
    let mut preview = None;
    while preview.is_none() && Instant::now() < until && !closing.load(Ordering::Relaxed) {
        preview = first.recv_timeout(Duration::from_millis(50)).ok();
    }
    session.stopper().stop();
    session.finish();
    preview
}

fn of_sample(sample: &gst::Sample) -> Option<Preview> {
    let info = VideoInfo::from_caps(sample.caps()?).ok()?;
    let picture = Picture::map(&sample.buffer_owned()?, &info)?;
    shrunk(&picture)
}

/// A small picture: brightness is the mean of the pixels that become one, colour that of the first.
fn shrunk(picture: &Picture) -> Option<Preview> {
    let step = picture.width.div_ceil(WIDTH).max(1) as usize;
    let [luma, second, third] = picture.planes()?.planes;
    let size = [picture.width as usize / step, picture.height as usize / step];
    let matrix = picture.colour;
    let (kr, kb) = (matrix.kr as f32, matrix.kb as f32);
    let (black, luma_span, chroma_span) = if matrix.full_range { (0.0, 255.0, 255.0) } else { (16.0, 219.0, 224.0) };
    let mut rgb = Vec::with_capacity(3 * size[0] * size[1]);
    for row in 0..size[1] {
        for column in 0..size[0] {
            let mut sum = 0_u32;
            for y in row * step..(row + 1) * step {
                let start = y * luma.1 as usize + column * step;
                sum += luma.0.get(start..start + step)?.iter().map(|v| u32::from(*v)).sum::<u32>();
            }
            let y = (sum as f32 / (step * step) as f32 - black) / luma_span;
            let (cx, cy) = (column * step / 2, row * step / 2);
            let (blue, red) = match picture.layout {
                PlaneLayout::Nv12 => {
                    let at = cy * second.1 as usize + 2 * cx;
                    (*second.0.get(at)?, *second.0.get(at + 1)?)
                }
                PlaneLayout::I420 => (*second.0.get(cy * second.1 as usize + cx)?, *third.0.get(cy * third.1 as usize + cx)?),
            };
            let [cb, cr] = [blue, red].map(|v| (f32::from(v) - 128.0) / chroma_span);
            let (r, b) = (y + 2.0 * (1.0 - kr) * cr, y + 2.0 * (1.0 - kb) * cb);
            let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
            rgb.extend([r, g, b].map(|v| (v * 255.0).round().clamp(0.0, 255.0) as u8));
        }
    }
    Some(Preview { size, rgb })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::YuvColour;

    #[test]
    fn a_preview_has_the_colours_of_its_picture() {
        // 640x2 of studio-range BT.601 red: Y 81, Cb 90, Cr 240 (ITU-R BT.601, 8 bits).
        let mut bytes = vec![81; 640 * 4];
        bytes.extend(vec![90; 320 * 2]);
        bytes.extend(vec![240; 320 * 2]);
        let picture = Picture::from_bytes(PlaneLayout::I420, 640, 4, [640, 320, 320], YuvColour::BT601, bytes);
        let preview = shrunk(&picture).expect("whole");
        assert_eq!((preview.size, preview.rgb.len()), ([160, 1], 480));
        let [r, g, b] = [0, 1, 2].map(|channel| preview.rgb[channel]);
        assert!(r >= 253 && g <= 2 && b <= 2, "{r} {g} {b}");
    }

    #[test]
    fn videos_of_a_folder_are_listed_once_and_newest_first() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let at = |name: &str| dir.path().join(name);
        for (age, name) in ["new.MP4", "notes.txt", "old.mkv"].into_iter().enumerate() {
            let file = std::fs::File::create(at(name)).expect("made");
            let modified = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(10_000 - age as u64);
            file.set_modified(modified).expect("set");
        }
        std::fs::create_dir(at("folder.mp4")).expect("made");
        let folders = [dir.path().to_owned(), dir.path().to_owned(), at("nowhere")];
        assert_eq!(files_in(&folders), [at("new.MP4"), at("old.mkv")]);
    }
}
