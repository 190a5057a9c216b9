//! A fitted classifier as an ONNX file and its manifest, family `kinematic-window`.
//!
//! One input `features` (1 x width, NaN = not known), one output `probabilities` (1 x classes). The whole arithmetic is inside the
//! file, so everything that runs ONNX can use it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::classifier::{KinematicClassifier, NOTHING};
use super::pca::CLIP;
use crate::error::{ModelError, Result};
use crate::import::onnx::{Attribute, Data, Graph, Initializer, Node, Port};
use crate::import::write_whole;
use crate::network::sha256_hex;

/// Name of the family.
pub const FAMILY: &str = "kinematic-window";
/// Version of the operators: 13 is the first with Softmax along one axis.
const OPSET: u64 = 13;
/// A window of which the best class has less than this, and the others equal shares of the rest, is called unknown.
const LEAST_KNOWN: f64 = 0.6;

/// What the manifest says beside what the classifier knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// Short unique name, also of the files.
    pub name: String,
    /// `fast` or `gesture`.
    pub head: String,
    /// SPDX name of the licence.
    pub licence: String,
    /// How it was made, in words.
    pub source: String,
    /// The command that makes it.
    pub command: String,
    /// Lines of the card: key and text.
    pub card: Vec<(String, String)>,
}

/// The two files of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The network.
    pub onnx: PathBuf,
    /// The manifest.
    pub manifest: PathBuf,
}

/// Writes `NAME.onnx` and `NAME.toml` into a folder, which is made when it is not there; each appears whole or not at all.
///
/// # Errors
/// When the name is no file name, or a file cannot be written.
pub fn write(classifier: &KinematicClassifier, description: &Description, folder: &Path) -> Result<Written> {
    let name = &description.name;
    let sound = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !sound {
        let reason = format!("{name:?} cannot be the name of a model: use letters, digits, - and _");
        return Err(ModelError::Setting { setting: "name", reason });
    }
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| ModelError::Io { action: "write", path, source }
    };
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    let (onnx, manifest) = (folder.join(format!("{name}.onnx")), folder.join(format!("{name}.toml")));
    let bytes = onnx_bytes(classifier, description);
    write_whole(&onnx, &bytes).map_err(failed(&onnx))?;
    write_whole(&manifest, manifest_text(classifier, description, &bytes).as_bytes()).map_err(failed(&manifest))?;
    Ok(Written { onnx, manifest })
}

/// The bytes of the network.
pub fn onnx_bytes(classifier: &KinematicClassifier, description: &Description) -> Vec<u8> {
    let (width, classes) = (classifier.width(), classifier.labels.len());
    let (kept, landmarks) = (classifier.components.ncols(), classifier.landmarks.nrows());
    let gamma = classifier.gamma;
    let constant = |name: &str, shape: &[usize], values: Vec<f64>| Initializer {
        name: name.to_owned(),
        shape: shape.to_vec(),
        data: Data::Float(values.into_iter().map(|v| v as f32).collect()),
    };
    // nalgebra stores columns, ONNX rows.
    let rows = |m: &nalgebra::DMatrix<f64>| m.transpose().as_slice().to_vec();
    let c = &classifier.landmarks;
    let initializers = vec![
        constant("mean", &[1, width], classifier.scaling.mean.as_slice().to_vec()),
        constant("inverse_deviation", &[1, width], classifier.scaling.inverse.as_slice().to_vec()),
        constant("lowest", &[], vec![-CLIP]),
        constant("highest", &[], vec![CLIP]),
        constant("components", &[width, kept], rows(&classifier.components)),
        // exp(-gamma |p - c|^2) = exp(2 gamma p c - gamma p p - gamma c c)
        constant("landmarks_2_gamma", &[kept, landmarks], rows(&(c.transpose() * (2.0 * gamma)))),
        constant("minus_gamma", &[kept, 1], vec![-gamma; kept]),
        constant("landmarks_square", &[1, landmarks], c.row_iter().map(|r| -gamma * r.norm_squared()).collect()),
        constant("zero", &[], vec![0.0]),
        constant("weights", &[landmarks, classes], rows(&classifier.weights)),
        constant("bias", &[1, classes], classifier.bias.as_slice().to_vec()),
    ];
    let mut nodes = Vec::new();
    let mut add = |op: &'static str, inputs: &[&str], output: &str| {
        let mut node = Node::new(op, inputs.iter().map(|i| (*i).to_owned()).collect());
        if op == "Softmax" {
            node = node.with("axis", Attribute::Int(-1));
        }
        node.name = output.to_owned();
        node.output = output.to_owned();
        nodes.push(node);
    };
    add("IsNaN", &["features"], "not_known");
    add("Where", &["not_known", "mean", "features"], "filled");
    add("Sub", &["filled", "mean"], "centred");
    add("Mul", &["centred", "inverse_deviation"], "scaled");
    add("Clip", &["scaled", "lowest", "highest"], "clipped");
    add("MatMul", &["clipped", "components"], "points");
    add("Mul", &["points", "points"], "squares");
    add("MatMul", &["squares", "minus_gamma"], "points_square");
    add("MatMul", &["points", "landmarks_2_gamma"], "products");
    add("Add", &["products", "points_square"], "two_terms");
    add("Add", &["two_terms", "landmarks_square"], "exponent");
    add("Min", &["exponent", "zero"], "not_above_zero");
    add("Exp", &["not_above_zero"], "nearness");
    add("MatMul", &["nearness", "weights"], "evidence");
    add("Add", &["evidence", "bias"], "logits");
    add("Softmax", &["logits"], "probabilities");
    let graph = Graph {
        name: description.name.clone(),
        opset: OPSET,
        nodes,
        initializers,
        inputs: vec![Port { name: "features".into(), shape: vec![1, width] }],
        outputs: vec![Port { name: "probabilities".into(), shape: vec![1, classes] }],
        properties: vec![("layout", classifier.layout.clone()), ("labels", classifier.labels.join(","))],
    };
    graph.encode()
}

/// [`LEAST_KNOWN`] as an uncertainty, which is the normalised entropy (`ego_core::action::evidence`): it depends on the number of
/// classes, as the same share says more among many.
fn unknown(classes: usize) -> f64 {
    let rest = 1.0 - LEAST_KNOWN;
    let others = classes.max(2) as f64 - 1.0;
    let entropy = -LEAST_KNOWN * LEAST_KNOWN.ln() - rest * (rest / others).ln();
    (entropy / (others + 1.0).ln() * 1e3).round() / 1e3
}

/// The text of the manifest of a network with these bytes.
pub fn manifest_text(classifier: &KinematicClassifier, description: &Description, onnx: &[u8]) -> String {
    let text = |s: &str| toml::Value::String(s.to_owned()).to_string();
    let (width, classes) = (classifier.width(), classifier.labels.len());
    let labels: Vec<String> = classifier.labels.iter().map(|l| text(l)).collect();
    let mut out = format!(
        "name = {name}\nversion = \"1\"\ntask = \"action\"\nfamily = \"{FAMILY}\"\nhead = {head}\nscores = \"probabilities\"\n\
         file = {file}\nsha256 = \"{hash}\"\nbytes = {bytes}\nlicence = {licence}\nlabels = [{labels}]\n",
        name = text(&description.name),
        head = text(&description.head),
        file = text(&format!("{}.onnx", description.name)),
        hash = sha256_hex(onnx),
        bytes = onnx.len(),
        licence = text(&description.licence),
        labels = labels.join(", "),
    );
    // Writing to a String cannot fail.
    if classifier.labels.iter().any(|l| l == NOTHING) {
        let _ = writeln!(out, "nothing = \"{NOTHING}\"");
    }
    let _ = write!(
        out,
        "\n[origin]\nsource = {source}\ncommand = {command}\n\n[window]\nframes = 1\nseconds = 0.0\n\n\
         [features]\nlayout = {layout}\ncount = {width}\n\n[input]\nnames = [\"features\"]\nshape = [1, {width}]\n\n\
         [output.probabilities]\nshape = [1, {classes}]\nmeaning = \"probability of each label\"\n\n\
         [thresholds]\nunknown = {unknown}\n\n[card]\n",
        source = text(&description.source),
        command = text(&description.command),
        layout = text(&classifier.layout),
        unknown = unknown(classes),
    );
    for (key, value) in &description.card {
        let _ = writeln!(out, "{key} = {}", text(value));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ego_core::action::evidence::Scores;

    #[test]
    fn an_answer_is_unknown_where_the_best_class_has_less_than_its_share() {
        for classes in [2usize, 4, 7] {
            let uncertainty = |best: f32| {
                let mut answer = vec![(1.0 - best) / (classes as f32 - 1.0); classes];
                answer[0] = best;
                f64::from(Scores::Probabilities.read(&answer).expect("finite").uncertainty)
            };
            assert!(uncertainty(0.59) > unknown(classes) && uncertainty(0.61) < unknown(classes), "{classes} classes");
        }
    }
}
