//! Import of models: what a damaged or foreign file says, a small network end to end, and the real package.

// clippy.toml allows this in test functions only; the functions that they share are test code as well.
#![allow(clippy::expect_used)]

use std::io::Write;
use std::path::Path;

use ego_models::import::{self, tflite_to_onnx};
use ego_models::{ErrorKind, ModelError, manifest};

/// A TFLite file is built here byte by byte, with the field numbers of the public schema.
mod flat {
    /// A value of a table's field.
    pub(super) enum Field {
        I8(i8),
        U32(u32),
        I32(i32),
        Numbers(Vec<i32>),
        Bytes(Vec<u8>),
        Tables(Vec<Table>),
        Table(Table),
    }

    /// Fields by number.
    pub(super) type Table = Vec<(usize, Field)>;

    pub(super) fn text(s: &str) -> Field {
        Field::Bytes(s.as_bytes().to_vec())
    }

    pub(super) fn floats(values: &[f32]) -> Field {
        Field::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    pub(super) fn file(root: &Table) -> Vec<u8> {
        let mut out = vec![0, 0, 0, 0];
        out.extend(b"TFL3");
        let at = table(&mut out, root);
        patch(&mut out, 0, at);
        out
    }

    /// Writes a table, then what it refers to; each field takes four bytes.
    fn table(out: &mut Vec<u8>, fields: &Table) -> usize {
        let slots = fields.iter().map(|(n, _)| n + 1).max().unwrap_or(0);
        let vtable = out.len();
        let mut offsets = vec![0u16; slots];
        for (i, (number, _)) in fields.iter().enumerate() {
            offsets[*number] = 4 + 4 * i as u16;
        }
        out.extend((4 + 2 * slots as u16).to_le_bytes());
        out.extend((4 + 4 * fields.len() as u16).to_le_bytes());
        offsets.iter().for_each(|o| out.extend(o.to_le_bytes()));
        let at = out.len();
        out.extend(((at - vtable) as i32).to_le_bytes());
        let first = out.len();
        out.resize(first + 4 * fields.len(), 0);
        for (i, (_, field)) in fields.iter().enumerate() {
            let slot = first + 4 * i;
            match field {
                Field::I8(v) => out[slot] = *v as u8,
                Field::U32(v) => out[slot..slot + 4].copy_from_slice(&v.to_le_bytes()),
                Field::I32(v) => out[slot..slot + 4].copy_from_slice(&v.to_le_bytes()),
                Field::Table(t) => {
                    let to = table(out, t);
                    patch(out, slot, to);
                }
                Field::Numbers(values) => {
                    let to = vector(out, values.len(), values.iter().flat_map(|v| v.to_le_bytes()));
                    patch(out, slot, to);
                }
                Field::Bytes(bytes) => {
                    let to = vector(out, bytes.len(), bytes.iter().copied());
                    patch(out, slot, to);
                }
                Field::Tables(tables) => {
                    let to = vector(out, tables.len(), std::iter::repeat_n(0, 4 * tables.len()));
                    patch(out, slot, to);
                    for (j, t) in tables.iter().enumerate() {
                        let target = table(out, t);
                        patch(out, to + 4 + 4 * j, target);
                    }
                }
            }
        }
        at
    }

    fn vector(out: &mut Vec<u8>, len: usize, bytes: impl Iterator<Item = u8>) -> usize {
        let at = out.len();
        out.extend((len as u32).to_le_bytes());
        out.extend(bytes);
        at
    }

    fn patch(out: &mut [u8], slot: usize, target: usize) {
        out[slot..slot + 4].copy_from_slice(&((target - slot) as u32).to_le_bytes());
    }
}

use flat::{Field, Table};

fn tensor(name: &str, shape: &[i32], kind: i8, buffer: u32) -> Table {
    vec![(0, Field::Numbers(shape.to_vec())), (1, Field::I8(kind)), (2, Field::U32(buffer)), (3, flat::text(name))]
}

/// A 1x1 convolution that adds up red, green and blue of a 2x2 picture, times one, two and three, then PRELU with slope 0.5.
struct Tiny {
    version: u32,
    prelu_code: i32,
    weight_kind: i8,
    made_shape: [i32; 4],
    inputs: [i32; 3],
}

impl Default for Tiny {
    fn default() -> Tiny {
        Tiny { version: 3, prelu_code: 54, weight_kind: 0, made_shape: [1, 2, 2, 1], inputs: [0, 1, 2] }
    }
}

impl Tiny {
    fn file(&self) -> Vec<u8> {
        let code = |code: i32| vec![(0, Field::I8(code as i8)), (3, Field::I32(code))];
        let step = |index: u32, inputs: &[i32], output: i32, options: Table| {
            vec![
                (0, Field::U32(index)),
                (1, Field::Numbers(inputs.to_vec())),
                (2, Field::Numbers(vec![output])),
                (4, Field::Table(options)),
            ]
        };
        let graph = vec![
            (
                0,
                Field::Tables(vec![
                    tensor("picture", &[1, 2, 2, 3], 0, 0),
                    tensor("weight", &[1, 1, 1, 3], self.weight_kind, 1),
                    tensor("bias", &[1], 0, 2),
                    tensor("sum", &self.made_shape, 0, 0),
                    tensor("slope", &[1, 1, 1], 0, 3),
                    tensor("result", &self.made_shape, 0, 0),
                ]),
            ),
            (1, Field::Numbers(vec![0])),
            (2, Field::Numbers(vec![5])),
            (3, Field::Tables(vec![step(0, &self.inputs, 3, vec![(1, Field::I32(1)), (2, Field::I32(1))]), step(1, &[3, 4], 5, vec![])])),
        ];
        flat::file(&vec![
            (0, Field::U32(self.version)),
            (1, Field::Tables(vec![code(3), code(self.prelu_code)])),
            (2, Field::Tables(vec![graph])),
            (
                4,
                Field::Tables(vec![
                    vec![],
                    vec![(0, flat::floats(&[1.0, 2.0, 3.0]))],
                    vec![(0, flat::floats(&[-10.0]))],
                    vec![(0, flat::floats(&[0.5]))],
                ]),
            ),
        ])
    }
}

/// The error that a file gives names the model and says all of `words`.
fn check_refused(file: &[u8], words: &[&str]) {
    let error = tflite_to_onnx("tiny", file, &[]).expect_err("refused");
    assert!(matches!(error, ModelError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let text = error.to_string();
    assert!(text.contains("tiny"), "{text}");
    for word in words {
        assert!(text.contains(word), "{text:?} should say {word:?}");
    }
}

#[test]
fn a_small_network_computes_what_it_should() {
    let onnx = tflite_to_onnx("tiny", &Tiny::default().file(), &[]).expect("converted");
    assert_eq!(onnx, tflite_to_onnx("tiny", &Tiny::default().file(), &[]).expect("converted"), "the bytes are always the same");
    let dir = tempfile::tempdir().expect("temporary folder");
    let file = dir.path().join("tiny.onnx");
    std::fs::write(&file, &onnx).expect("written");
    let text = r#"
        name = "tiny"
        version = "1"
        task = "features"
        family = "test"
        file = "tiny.onnx"
        licence = "CC0-1.0"
        [input]
        names = ["picture"]
        layout = "nhwc"
        size = [2, 2]
        channels = "rgb"
        resize = "stretch"
        mean = [0, 0, 0]
        std = [1, 1, 1]
        [output.result]
        shape = [1, 2, 2, 1]
        meaning = "weighted sums"
    "#;
    std::fs::write(dir.path().join("tiny.toml"), text).expect("written");
    let located = ego_models::paths::find_model(&file.display().to_string()).expect("found");
    let options = ego_models::SessionOptions { device: ego_models::Device::Cpu, ..Default::default() };
    let mut network = match ego_models::Network::open(&located, &options) {
        Err(ModelError::Library { .. }) if std::env::var_os("CI").is_none() => {
            println!("skipped: ONNX Runtime is not installed, run ./x setup");
            return;
        }
        other => other.expect("opened"),
    };
    // Four pixels; sums 1 + 4 + 9 - 10 = 4 and so on, halved where negative.
    let pixels = [1., 2., 3., 0., 0., 0., 1., 1., 1., 5., 0., 0.];
    assert_eq!(run(&mut network, &pixels), [4.0, -5.0, -2.0, -2.5]);
}

fn run(network: &mut ego_models::Network, pixels: &[f32]) -> Vec<f32> {
    network.input_mut().copy_from_slice(pixels);
    network.run().expect("runs");
    network.output(network.output_index("result").expect("named")).to_vec()
}

#[test]
fn a_foreign_or_damaged_file_is_an_error_that_says_so() {
    check_refused(b"", &["not a TFLite file"]);
    check_refused(b"\x08\x08\x12\x07pytorch", &["not a TFLite file"]);
    check_refused(&Tiny { version: 4, ..Tiny::default() }.file(), &["schema version 4", "3"]);
}

#[test]
fn what_is_not_known_is_named() {
    // 97 is RESIZE_NEAREST_NEIGHBOR.
    check_refused(&Tiny { prelu_code: 97, ..Tiny::default() }.file(), &["operator 97"]);
    // 9 is INT8.
    check_refused(&Tiny { weight_kind: 9, ..Tiny::default() }.file(), &["weight", "type 9"]);
    check_refused(&Tiny { made_shape: [1, 3, 2, 1], ..Tiny::default() }.file(), &["sum", "[1, 3, 2, 1]", "[1, 2, 2, 1]"]);
    check_refused(&Tiny { inputs: [0, 1, 77], ..Tiny::default() }.file(), &["tensor 77"]);
    let error = tflite_to_onnx("tiny", &Tiny::default().file(), &["mask"]).expect_err("no such output").to_string();
    assert!(error.contains("mask"), "{error}");
}

#[test]
fn no_cut_off_or_altered_file_makes_the_importer_panic() {
    let whole = Tiny::default().file();
    for length in 0..whole.len() {
        // The last bytes are data of a constant; everything before must be missed.
        assert!(tflite_to_onnx("tiny", &whole[..length], &[]).is_err(), "{length} bytes of {}", whole.len());
    }
    for at in 0..whole.len() {
        for value in [0, 1, 0x7f, 0xff] {
            let mut altered = whole.clone();
            altered[at] = value;
            // An altered number may still be a sound network; it must only not panic.
            let _ = tflite_to_onnx("tiny", &altered, &[]);
        }
    }
}

/// The error that a wheel gives names the file, the package and the remedy, and nothing is written.
fn check_wheel(wheel: &Path, why: &str) {
    let out = wheel.with_extension("out");
    let error = import::mediapipe(wheel, &out).expect_err("refused");
    let text = error.to_string();
    assert!(text.contains(&wheel.display().to_string()) && text.contains(why), "{text:?} should say {why:?}");
    if !matches!(error, ModelError::Io { .. }) {
        assert!(text.contains("mediapipe 0.10.21"), "{text}");
    }
    assert!(!out.exists(), "nothing is written");
}

#[test]
fn a_file_that_is_not_the_wheel_is_refused() {
    let dir = tempfile::tempdir().expect("temporary folder");
    check_wheel(&dir.path().join("missing.whl"), "cannot read");
    let text = dir.path().join("text.whl");
    std::fs::write(&text, "no archive").expect("written");
    check_wheel(&text, "not a wheel");

    let archive = |name: &str, entry: &str, content: &[u8]| {
        let path = dir.path().join(name);
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).expect("created"));
        zip.start_file(entry, zip::write::SimpleFileOptions::default()).expect("entry");
        zip.write_all(content).expect("written");
        zip.finish().expect("finished");
        path
    };
    check_wheel(&archive("other.whl", "numpy/__init__.py", b""), "palm_detection_full.tflite");
    let entry = "mediapipe/modules/palm_detection/palm_detection_full.tflite";
    let older = archive("older.whl", entry, &Tiny::default().file());
    check_wheel(&older, "another one");
    // Cut off: the list of files at the end is missing.
    let bytes = std::fs::read(&older).expect("read");
    std::fs::write(&older, &bytes[..bytes.len() / 2]).expect("written");
    check_wheel(&older, "not a wheel");
}

#[test]
fn the_real_wheel_gives_the_files_that_the_manifests_pin() {
    let Some(wheel) = std::env::var_os("EGO_MEDIAPIPE_WHEEL") else {
        println!("skipped: EGO_MEDIAPIPE_WHEEL does not name the wheel of mediapipe 0.10.21");
        return;
    };
    let dir = tempfile::tempdir().expect("temporary folder");
    let imported = import::mediapipe(Path::new(&wheel), dir.path()).expect("imported");
    assert_eq!(imported.len(), 6);
    let mut pinned = 0;
    for manifest in manifest::built_in_names().into_iter().map(|name| manifest::built_in(name).expect(name)) {
        let Some(model) = imported.iter().find(|m| m.path.file_name() == manifest.file.file_name()) else { continue };
        assert_eq!(Some(&model.sha256), manifest.sha256.as_ref(), "{}", manifest.name);
        assert_eq!(Some(model.bytes), manifest.bytes, "{}", manifest.name);
        assert_eq!(std::fs::metadata(&model.path).expect("written").len(), model.bytes);
        pinned += 1;
    }
    assert_eq!(pinned, 6, "every imported file has a manifest");
    let names: Vec<_> = std::fs::read_dir(dir.path()).expect("listed").flatten().map(|e| e.file_name()).collect();
    assert_eq!(names.len(), 6, "no temporary files are left: {names:?}");
}

#[test]
fn an_unwritable_folder_is_named() {
    let Some(wheel) = std::env::var_os("EGO_MEDIAPIPE_WHEEL") else {
        println!("skipped: EGO_MEDIAPIPE_WHEEL does not name the wheel of mediapipe 0.10.21");
        return;
    };
    let dir = tempfile::tempdir().expect("temporary folder");
    let blocked = dir.path().join("file");
    std::fs::write(&blocked, "").expect("written");
    let out = blocked.join("models");
    let error = import::mediapipe(Path::new(&wheel), &out).expect_err("no folder there").to_string();
    assert!(error.contains("cannot write") && error.contains(&out.display().to_string()), "{error}");
}
