//! Previews as the source picker shows them: asked for when their row is on the screen, kept as small textures, the oldest give way.

use std::path::PathBuf;

use egui::{ColorImage, Context, TextureHandle, TextureOptions};

use crate::stream::{Found, Previews, What};

/// Most previews that are kept: 160 x 90 pixels each, 4 MB together.
const MOST: usize = 64;

/// The preview of one source.
#[derive(Clone)]
pub enum Thumbnail {
    /// It is being made.
    Asked,
    /// There is none.
    Missing,
    /// Here it is.
    Here(TextureHandle),
}

/// Previews of the source picker. Never waits for anything.
#[derive(Default)]
pub struct Thumbnails {
    previews: Option<Previews>,
    kept: Vec<(String, Thumbnail)>,
}

impl Thumbnails {
    /// With somebody who makes them; without, every source has none.
    pub fn new(previews: Option<Previews>) -> Thumbnails {
        Thumbnails { previews, kept: Vec::new() }
    }

    /// Looks for videos in folders; they come with [`Thumbnails::take`].
    pub fn list(&self, folders: Vec<PathBuf>) {
        if let Some(previews) = &self.previews {
            // Too much waits: the list of last time stays.
            previews.list(folders);
        }
    }

    /// Takes what has come; gives a list of files where one was asked for.
    pub fn take(&mut self, context: &Context) -> Option<Vec<PathBuf>> {
        let previews = self.previews.as_ref()?;
        let mut files = None;
        while let Some(found) = previews.take() {
            match found {
                Found::Files(list) => files = Some(list),
                Found::Picture(key, preview) => {
                    let thumbnail = match preview {
                        Some(p) => {
                            let image = ColorImage::from_rgb(p.size, &p.rgb);
                            Thumbnail::Here(context.load_texture(&key, image, TextureOptions::LINEAR))
                        }
                        None => Thumbnail::Missing,
                    };
                    if let Some(kept) = self.kept.iter_mut().find(|(k, _)| *k == key) {
                        kept.1 = thumbnail;
                    }
                }
            }
        }
        files
    }

    /// The preview of a source; asks for it the first time.
    pub fn of(&mut self, key: &str, what: &What) -> Thumbnail {
        if let Some((_, thumbnail)) = self.kept.iter().find(|(k, _)| k == key) {
            return thumbnail.clone();
        }
        let Some(previews) = &self.previews else { return Thumbnail::Missing };
        if previews.picture(key, what) {
            if self.kept.len() >= MOST {
                self.kept.remove(0);
            }
            self.kept.push((key.to_owned(), Thumbnail::Asked));
        }
        Thumbnail::Asked
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.kept.iter().filter(|(_, thumbnail)| matches!(thumbnail, Thumbnail::Here(_))).count()
    }

    /// Whether some are being made.
    pub fn under_way(&self) -> bool {
        self.kept.iter().any(|(_, thumbnail)| matches!(thumbnail, Thumbnail::Asked))
    }
}
