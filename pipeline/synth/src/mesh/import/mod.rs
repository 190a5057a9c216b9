//! Rigged hand meshes from files, bound to the skeleton of this crate: glTF 2.0 (`.gltf`, `.glb`) and the MakeHuman base body.
//!
//! The only place in this crate that reads files. Parsers take bytes and know nothing of folders.

mod forearm;
mod gltf;
mod makehuman;
mod names;
mod rest;
mod rigged;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use forearm::section as arm_section;

use super::anatomy::{HandField, rest_hand};
use super::decimate::decimate;
use super::hand::{HandMeshes, SkinnedMesh, deserves, region};
use super::polygonise::Field;
use super::skeleton::{BONES, FOREARM, HAND, Influence, WRIST_HELPER, across};
use super::vec3::V3;
use crate::error::SynthError;

/// Triangles of an imported hand in pictures less than 500 pixels wide, about.
const COARSE: usize = 1800;
/// More triangles than this are thinned out even for large pictures.
const FINE: usize = 6000;
/// Largest file that is read, bytes.
const LARGEST: u64 = 256 << 20;

/// A hand mesh from a file, as a right hand in the rest space of [`super::anatomy`]; left hands are its mirror image.
///
/// Bones take each person's lengths when it is posed, as those of the built-in mesh do.
pub struct HandMesh {
    meshes: HandMeshes,
    file: PathBuf,
    own_forearm: bool,
}

/// What is wrong with a file, before it is known which one.
#[derive(Debug)]
pub(crate) struct Trouble {
    problem: String,
    remedy: &'static str,
}

impl Trouble {
    fn new(problem: impl Into<String>, remedy: &'static str) -> Trouble {
        Trouble { problem: problem.into(), remedy }
    }

    fn at(self, path: &Path) -> SynthError {
        SynthError::HandMesh { path: path.to_owned(), problem: self.problem, remedy: self.remedy }
    }
}

impl HandMesh {
    /// Reads the hand in a folder, or in one glTF file.
    ///
    /// A folder with MakeHuman's `base.obj`, `default.mhskel` and `default_weights.mhw` is that body; otherwise its glTF hands are
    /// tried, right ones with the shortest name first (`hand_r.gltf` before `hand_low_r.gltf` and `hand_l.gltf`), until one will do.
    ///
    /// # Errors
    /// [`SynthError::HandMesh`] when nothing is there, nothing of it is a hand, or a file is damaged.
    pub fn load(path: &Path) -> Result<HandMesh, SynthError> {
        const NOWHERE: &str = "give a folder with a .gltf or .glb hand, or with MakeHuman's base.obj and default.mhskel";
        if path.is_file() {
            return HandMesh::load_gltf(path);
        }
        let entries = fs::read_dir(path).map_err(|e| Trouble::new(format!("cannot be read ({e})"), NOWHERE).at(path))?;
        let [mesh, skeleton, weights] = ["base.obj", "default.mhskel", "default_weights.mhw"].map(|n| path.join(n));
        if mesh.is_file() && skeleton.is_file() {
            let files = (bytes(&mesh)?, bytes(&skeleton)?, bytes(&weights)?);
            let hand = makehuman::read(&files.0, &files.1, &files.2).map_err(|t| t.at(path))?;
            return HandMesh::bind(hand, path).map_err(|t| t.at(path));
        }
        let mut found: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| is_gltf(p)).collect();
        found.sort_by_key(|p| preference(p));
        let mut first = None;
        for file in found {
            match HandMesh::load_gltf(&file) {
                Ok(hand) => return Ok(hand),
                Err(e) => first = first.or(Some(e)),
            }
        }
        Err(first.unwrap_or_else(|| Trouble::new("holds no hand mesh", NOWHERE).at(path)))
    }

    fn load_gltf(file: &Path) -> Result<HandMesh, SynthError> {
        let beside = |name: &str| {
            // A name, not a way out of the folder.
            let plain = Path::new(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
            let path = file.parent().filter(|_| plain).map(|p| p.join(name));
            path.and_then(|p| fs::read(p).ok())
                .ok_or_else(|| Trouble::new(format!("its buffer {name} cannot be read"), "keep the .bin file beside the .gltf file"))
        };
        let mut hand = gltf::read(&bytes(file)?, &beside).map_err(|t| t.at(file))?;
        hand.left = hand.left.or_else(|| names::left(&file.file_stem().unwrap_or_default().to_string_lossy()));
        HandMesh::bind(hand, file).map_err(|t| t.at(file))
    }

    fn bind(hand: rigged::Rigged, file: &Path) -> Result<HandMesh, Trouble> {
        let mut hand = hand.right();
        let own_forearm = rest::to_rest(&mut hand)?;
        let mut weights: Vec<[f32; BONES]> = hand.weights.iter().map(rest::with_helpers).collect();
        if !own_forearm {
            forearm::join(&mut hand.points, &mut hand.triangles)?;
            let mut tube = [0.0; BONES];
            tube[HAND] = 1.0;
            weights.resize(hand.points.len(), tube);
        }
        for (p, w) in hand.points.iter().zip(&mut weights) {
            // Cloth and watches bend at the wrist as the built-in skin does; this skin must not come through them.
            let palm = w[HAND] + w[WRIST_HELPER] + w[FOREARM];
            let [arm, helper, rest] = across(p.y + 0.004, 0.030);
            (w[FOREARM], w[WRIST_HELPER], w[HAND]) = (palm * arm, palm * helper, palm * rest);
        }
        forearm::fit(&mut hand.points);
        let whole = Whole { points: hand.points, triangles: hand.triangles, weights };
        let meshes = HandMeshes { fine: whole.thinned(FINE), coarse: whole.thinned(COARSE) };
        if meshes.fine.points.iter().any(|p| !p.norm().is_finite()) {
            return Err(Trouble::new("its bones have no length", "export it in its rest pose"));
        }
        Ok(HandMesh { meshes, file: file.to_owned(), own_forearm })
    }

    /// The surface with many triangles (`fine`) or fewer.
    pub fn surface(&self, fine: bool) -> &SkinnedMesh {
        if fine { &self.meshes.fine } else { &self.meshes.coarse }
    }

    /// The file or folder it was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Whether the fore-arm is the file's own; otherwise one was joined to the wrist.
    pub fn own_forearm(&self) -> bool {
        self.own_forearm
    }
}

struct Whole {
    points: Vec<V3>,
    triangles: Vec<[u32; 3]>,
    weights: Vec<[f32; BONES]>,
}

impl Whole {
    /// About this many triangles of it, ready to be posed.
    fn thinned(&self, most: usize) -> SkinnedMesh {
        let (field, hand) = (HandField::new(), rest_hand());
        let (points, triangles) = decimate(&self.points, &self.triangles, most, deserves);
        // Points stay where they were when triangles go: each is found again by its place.
        let key = |p: &V3| [p.x, p.y, p.z].map(f32::to_bits);
        let places: std::collections::HashMap<[u32; 3], usize> = self.points.iter().enumerate().rev().map(|(i, p)| (key(p), i)).collect();
        let mut mesh = SkinnedMesh::from_faces(points, triangles, &field, &hand);
        for (p, influence) in mesh.points.iter().zip(&mut mesh.influences) {
            if let Some(weights) = places.get(&key(p)).and_then(|&i| self.weights.get(i)) {
                *influence = Influence::strongest(weights);
            }
        }
        for ((p, n), openness) in mesh.points.iter().zip(&mesh.normals).zip(&mut mesh.openness) {
            // The generated skin lies near enough to tell how hollow a place is, not at which height it lies.
            let own = field.distance(*p);
            let lack: f32 = [0.004f32, 0.010, 0.020].iter().map(|&h| (h - (field.distance(*p + *n * h) - own)).max(0.0) / h).sum();
            *openness = (1.0 - 0.28 * lack).clamp(0.25, 1.0);
        }
        mesh.regions = mesh
            .triangles
            .iter()
            .map(|t| region(&field, &hand, t.iter().fold(V3::ZERO, |s, &i| s + mesh.points[i as usize]) * (1.0 / 3.0)))
            .collect();
        mesh
    }
}

fn is_gltf(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gltf") || e.eq_ignore_ascii_case("glb"))
}

/// Right hands first, then plain names.
fn preference(path: &Path) -> (u8, usize, String) {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let side = match names::left(&name) {
        Some(false) => 0,
        None => 1,
        Some(true) => 2,
    };
    (side, name.len(), name)
}

fn bytes(file: &Path) -> Result<Vec<u8>, SynthError> {
    let trouble = |problem: String| Trouble::new(problem, "check its name and your right to read it").at(file);
    let size = fs::metadata(file).map_err(|e| trouble(format!("cannot be read ({e})")))?.len();
    if size > LARGEST {
        return Err(Trouble::new(format!("has {} MiB", size >> 20), "give a mesh of a hand, below 256 MiB").at(file));
    }
    fs::read(file).map_err(|e| trouble(format!("cannot be read ({e})")))
}
