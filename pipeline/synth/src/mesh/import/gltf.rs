//! Skinned hands in glTF 2.0, as text with buffers inside or beside it, or binary.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Trouble;
use super::names::{Role, left, role};
use super::rigged::{PARTS, Rigged};
use crate::mesh::vec3::{V3, v3};

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
struct Document {
    buffers: Vec<Buffer>,
    buffer_views: Vec<View>,
    accessors: Vec<Accessor>,
    meshes: Vec<Mesh>,
    nodes: Vec<Node>,
    skins: Vec<Skin>,
}

#[derive(Deserialize)]
struct Buffer {
    uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct View {
    buffer: usize,
    #[serde(default)]
    byte_offset: usize,
    byte_length: usize,
    byte_stride: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accessor {
    buffer_view: Option<usize>,
    #[serde(default)]
    byte_offset: usize,
    component_type: u32,
    count: usize,
    r#type: String,
    sparse: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Mesh {
    primitives: Vec<Primitive>,
}

#[derive(Deserialize)]
struct Primitive {
    attributes: BTreeMap<String, usize>,
    indices: Option<usize>,
    mode: Option<u32>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    name: String,
    mesh: Option<usize>,
    skin: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Skin {
    joints: Vec<usize>,
    inverse_bind_matrices: Option<usize>,
}

const WHOLE: &str = "copy the file again, it seems damaged";
const EXPORT: &str = "export it as plain glTF 2.0 with skin and weights, without compression";

/// A file that is a hand; `beside` reads a file next to it.
pub(super) fn read(bytes: &[u8], beside: &dyn Fn(&str) -> Result<Vec<u8>, Trouble>) -> Result<Rigged, Trouble> {
    let (json, binary) = if bytes.starts_with(b"glTF") { chunks(bytes)? } else { (bytes, None) };
    let document: Document = serde_json::from_slice(json).map_err(|e| Trouble::new(format!("its JSON cannot be read ({e})"), WHOLE))?;
    let mut buffers = Vec::new();
    for buffer in &document.buffers {
        buffers.push(match &buffer.uri {
            None => binary.ok_or_else(|| Trouble::new("its binary part is missing", WHOLE))?.to_vec(),
            Some(uri) if uri.starts_with("data:") => base64(uri.split_once(',').map_or("", |(_, data)| data))?,
            Some(name) => beside(name)?,
        });
    }
    Scene { document: &document, buffers }.hand()
}

/// The JSON and binary chunks of a GLB container.
fn chunks(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), Trouble> {
    let word = |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(|b| u32::from_le_bytes(b) as usize);
    let promised = word(8).unwrap_or(0);
    if promised != bytes.len() || promised < 20 {
        return Err(Trouble::new(format!("it has {} bytes but says it has {promised}", bytes.len()), WHOLE));
    }
    let (mut json, mut binary, mut at) = (None, None, 12);
    while let (Some(length), Some(kind)) = (word(at), word(at + 4)) {
        let chunk = bytes.get(at + 8..at + 8 + length).ok_or_else(|| Trouble::new("a chunk reaches past its end", WHOLE))?;
        match kind {
            0x4E4F_534A => json = json.or(Some(chunk)),
            0x004E_4942 => binary = binary.or(Some(chunk)),
            _ => {}
        }
        at += 8 + length;
    }
    Ok((json.ok_or_else(|| Trouble::new("it holds no JSON", WHOLE))?, binary))
}

fn base64(text: &str) -> Result<Vec<u8>, Trouble> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut have) = (0u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(Trouble::new("its buffer is not base64", WHOLE)),
        };
        bits = (bits << 6) | u32::from(six);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    Ok(out)
}

struct Scene<'a> {
    document: &'a Document,
    buffers: Vec<Vec<u8>>,
}

impl Scene<'_> {
    fn hand(&self) -> Result<Rigged, Trouble> {
        if self.document.skins.is_empty() {
            return Err(Trouble::new("it has no skin: its mesh hangs on no bones", EXPORT));
        }
        let mut first = None;
        for (i, skin) in self.document.skins.iter().enumerate() {
            match self.of_skin(i, skin) {
                Ok(hand) => return Ok(hand),
                Err(trouble) => first = first.or(Some(trouble)),
            }
        }
        Err(first.unwrap_or_else(|| Trouble::new("it has no skin", EXPORT)))
    }

    fn of_skin(&self, index: usize, skin: &Skin) -> Result<Rigged, Trouble> {
        let names: Vec<&str> = skin.joints.iter().map(|&n| self.document.nodes.get(n).map_or("", |n| n.name.as_str())).collect();
        // Of a body with two hands the right one.
        let right = names.iter().any(|n| role(n).is_some() && left(n) == Some(false));
        let roles: Vec<Option<Role>> = names.iter().map(|n| role(n).filter(|_| !(right && left(n) == Some(true)))).collect();
        let matrices = skin.inverse_bind_matrices.ok_or_else(|| Trouble::new("its skin has no inverse bind matrices", EXPORT))?;
        let heads: Vec<V3> = self.numbers(matrices, 16)?.chunks_exact(16).map(head).collect();
        let place = |wanted: Role| roles.iter().position(|r| *r == Some(wanted)).and_then(|i| heads.get(i)).copied();
        let mut missing = Vec::new();
        let mut need = |wanted: Role, name: String| {
            place(wanted).unwrap_or_else(|| {
                missing.push(name);
                V3::ZERO
            })
        };
        let wrist = need(Role::Wrist, "wrist".into());
        let joints: [[V3; 4]; 5] = std::array::from_fn(|f| {
            let name = ["thumb", "index", "middle", "ring", "little"][f];
            let mut at: [V3; 4] =
                std::array::from_fn(|b| if b < 3 { need(Role::Finger(f, b), format!("{name} {}", b + 1)) } else { V3::ZERO });
            // Without a mark for the tip the end bone goes on as the one before it.
            at[3] = place(Role::Finger(f, 3)).unwrap_or(at[2] * 2.0 - at[1]);
            at
        });
        if !missing.is_empty() {
            return Err(Trouble::new(
                format!("its skin lacks the bones {} (it has: {})", missing.join(", "), some(&names)),
                "name the bones as WebXR does (wrist, index-finger-phalanx-proximal, ..)",
            ));
        }
        let mut hand = Rigged { wrist, joints, elbow: place(Role::Forearm), ..Rigged::default() };
        let sides: Vec<bool> = names.iter().zip(&roles).filter(|(_, r)| r.is_some()).filter_map(|(n, _)| left(n)).collect();
        hand.left = sides.first().copied();
        let mut outside = Vec::new();
        for node in self.document.nodes.iter().filter(|n| n.skin == Some(index)) {
            let mesh = node.mesh.and_then(|m| self.document.meshes.get(m)).ok_or_else(|| Trouble::new("its skin has no mesh", EXPORT))?;
            for primitive in mesh.primitives.iter().filter(|p| p.mode.unwrap_or(4) == 4) {
                self.add(primitive, &roles, &mut hand, &mut outside)?;
            }
        }
        hand.trimmed(&outside)
    }

    fn add(&self, primitive: &Primitive, roles: &[Option<Role>], hand: &mut Rigged, outside: &mut Vec<f32>) -> Result<(), Trouble> {
        let attribute =
            |name: &str| primitive.attributes.get(name).copied().ok_or_else(|| Trouble::new(format!("its mesh has no {name}"), EXPORT));
        let points = self.numbers(attribute("POSITION")?, 3)?;
        let start = hand.points.len() as u32;
        let count = points.len() / 3;
        let mut weights = vec![[0.0; PARTS]; count];
        let mut other = vec![0.0; count];
        for set in 0.. {
            let (j, w) = (format!("JOINTS_{set}"), format!("WEIGHTS_{set}"));
            if set > 0 && !primitive.attributes.contains_key(&j) {
                break;
            }
            let (bones, shares) = (self.numbers(attribute(&j)?, 4)?, self.numbers(attribute(&w)?, 4)?);
            for (k, (bone, share)) in bones.iter().zip(&shares).enumerate().take(4 * count) {
                match roles.get(*bone as usize).copied().flatten() {
                    Some(role) => weights[k / 4][role.part()] += share.max(0.0),
                    None => other[k / 4] += share.max(0.0),
                }
            }
        }
        let indices: Vec<u32> = match primitive.indices {
            Some(i) => self.numbers(i, 1)?.iter().map(|&i| i as u32).collect(),
            None => (0..count as u32).collect(),
        };
        if indices.iter().any(|&i| i as usize >= count) {
            return Err(Trouble::new("a triangle names a point that is not there", WHOLE));
        }
        hand.points.extend(points.chunks_exact(3).map(|p| v3(p[0], p[1], p[2])));
        hand.triangles.extend(indices.chunks_exact(3).map(|t| [t[0] + start, t[1] + start, t[2] + start]));
        hand.weights.extend(weights);
        outside.extend(other);
        Ok(())
    }

    /// All numbers of an accessor; integers of weights as shares of their largest value.
    fn numbers(&self, accessor: usize, components: usize) -> Result<Vec<f32>, Trouble> {
        let broken = || Trouble::new(format!("its accessor {accessor} reaches past the data"), WHOLE);
        let a = self.document.accessors.get(accessor).ok_or_else(broken)?;
        let expected = ["SCALAR", "VEC2", "VEC3", "VEC4"].iter().position(|t| *t == a.r#type).map_or(16, |i| i + 1);
        let view = a.buffer_view.and_then(|v| self.document.buffer_views.get(v));
        let Some(view) = view.filter(|_| expected == components && a.sparse.is_none()) else {
            return Err(Trouble::new(format!("its accessor {accessor} is sparse, compressed or of an unexpected kind"), EXPORT));
        };
        let size = match a.component_type {
            5120 | 5121 => 1,
            5122 | 5123 => 2,
            _ => 4,
        };
        let data = view.byte_offset.checked_add(view.byte_length).and_then(|end| self.buffers.get(view.buffer)?.get(view.byte_offset..end));
        let data = data.ok_or_else(broken)?;
        let stride = view.byte_stride.filter(|s| *s > 0).unwrap_or(size * components);
        let mut out = Vec::new();
        for i in 0..a.count {
            let from = i.checked_mul(stride).and_then(|b| b.checked_add(a.byte_offset)).ok_or_else(broken)?;
            let element = data.get(from..from.saturating_add(size * components)).ok_or_else(broken)?;
            for b in element.chunks_exact(size) {
                out.push(match (a.component_type, b) {
                    (5126, &[a, b, c, d]) => f32::from_le_bytes([a, b, c, d]),
                    (5125, &[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]) as f32,
                    (5123, &[a, b]) => f32::from(u16::from_le_bytes([a, b])),
                    (5121, &[a]) => f32::from(a),
                    (kind, _) => return Err(Trouble::new(format!("its numbers are of the unknown kind {kind}"), EXPORT)),
                });
            }
        }
        if out.iter().any(|v| !v.is_finite()) {
            return Err(Trouble::new("some of its numbers are not finite", WHOLE));
        }
        Ok(out)
    }
}

/// Where a bone begins, from its inverse bind matrix (column by column).
fn head(m: &[f32]) -> V3 {
    let [a, b, c, t] = [0, 4, 8, 12].map(|i| v3(m[i], m[i + 1], m[i + 2]));
    let volume = a.dot(b.cross(c));
    let solve = |p: V3| v3(p.dot(b.cross(c)), p.dot(c.cross(a)), p.dot(a.cross(b))) * (1.0 / if volume == 0.0 { 1.0 } else { volume });
    -solve(t)
}

/// A few of these names, for a message.
fn some(names: &[&str]) -> String {
    let shown = names.iter().take(6).copied().collect::<Vec<_>>().join(", ");
    if names.len() > 6 { format!("{shown}, and {} more", names.len() - 6) } else { shown }
}
