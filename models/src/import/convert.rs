//! A TFLite network as an ONNX graph.
//!
//! Activations with four axes are NCHW inside; inputs and outputs keep the TFLite names, shapes and NHWC order. What ONNX
//! Runtime needs to be fast decides the form: SAME padding becomes explicit pads, a zero PAD in front of VALID convolutions is
//! merged into them, fused activations stand right behind their convolution, and PRELU is split (see [`operators`]).
//! The operators themselves are in [`operators`]; here are the graph and its names.
//!
//! [`operators`]: super::operators

use std::collections::{BTreeMap, BTreeSet};

use super::onnx::{Data, Graph, Initializer, Node, Port};
use super::tflite::{self, Constant, Operator, Step, Tensor};
use crate::error::{ModelError, Result};

/// Operator set of the files that are written.
const OPSET: u64 = 17;
/// Axes of an NHWC tensor in NCHW order, and back.
pub(super) const NCHW: [usize; 4] = [0, 3, 1, 2];
pub(super) const NHWC: [usize; 4] = [0, 2, 3, 1];

/// Zero padding: top, left, bottom, right, pixels.
pub(super) type Pads = [usize; 4];

/// The graph under construction.
pub(super) struct Converter<'a> {
    model: &'a str,
    pub(super) tensors: Vec<Tensor>,
    nodes: Vec<Node>,
    initializers: Vec<Initializer>,
    initializer_names: BTreeSet<String>,
    /// ONNX name of each tensor that has been made.
    pub(super) values: BTreeMap<usize, String>,
    /// PADs that wait to be merged into the convolutions that read them: output -> (input, pads).
    pub(super) pads: BTreeMap<usize, (usize, Pads)>,
    /// Outputs of PADs that only VALID convolutions read.
    pub(super) mergeable: BTreeSet<usize>,
}

/// Converts the bytes of a TFLite file into those of an ONNX file.
///
/// `drop` names outputs to leave out, with everything that only they need. `source` goes into the file as free text.
///
/// # Errors
/// When the file is damaged or uses an operator, type or shape that is not known here. Nothing is left out silently.
pub(super) fn convert(model: &str, bytes: &[u8], drop: &[&str], source: &str) -> Result<Vec<u8>> {
    let network = tflite::read(model, bytes)?;
    let name_of = |i: &usize| network.tensors.get(*i).map_or("", |t| t.name.as_str());
    if let Some(missing) = drop.iter().find(|d| !network.outputs.iter().any(|o| name_of(o) == **d)) {
        return Err(ModelError::Unsupported { model: model.to_owned(), what: format!("there is no output {missing} to leave out") });
    }
    let outputs: Vec<usize> = network.outputs.iter().copied().filter(|o| !drop.contains(&name_of(o))).collect();
    let mergeable = mergeable(&network.steps, &outputs)?;
    let mut converter = Converter {
        model,
        tensors: network.tensors,
        nodes: Vec::new(),
        initializers: Vec::new(),
        initializer_names: BTreeSet::new(),
        values: BTreeMap::new(),
        pads: BTreeMap::new(),
        mergeable,
    };
    converter.graph(&network.inputs, &outputs, &network.steps, source).map(|graph| graph.encode())
}

/// Outputs of PADs whose only readers are VALID convolutions.
fn mergeable(steps: &[Step<'_>], outputs: &[usize]) -> Result<BTreeSet<usize>> {
    let mut found = BTreeSet::new();
    for pad in steps.iter().filter(|s| s.operator == Operator::Pad && !outputs.contains(&s.output)) {
        let mut readers = steps.iter().filter(|s| s.inputs.contains(&Some(pad.output))).peekable();
        let read = readers.peek().is_some();
        let mut all = true;
        for reader in readers {
            let convolution = matches!(reader.operator, Operator::Conv2d | Operator::DepthwiseConv2d);
            all &= convolution && reader.option::<i8>(0, 0)? == 1;
        }
        if read && all {
            found.insert(pad.output);
        }
    }
    Ok(found)
}

impl Converter<'_> {
    pub(super) fn unsupported(&self, what: impl Into<String>) -> ModelError {
        ModelError::Unsupported { model: self.model.to_owned(), what: what.into() }
    }

    /// A tensor by index.
    pub(super) fn tensor(&self, index: usize) -> Result<&Tensor> {
        self.tensors.get(index).ok_or_else(|| self.unsupported(format!("there is no tensor {index}")))
    }

    /// Name of a tensor.
    pub(super) fn name(&self, index: usize) -> Result<String> {
        self.tensor(index).map(|t| t.name.clone())
    }

    /// Shape of a tensor, in TFLite's order.
    pub(super) fn shape(&self, index: usize) -> Result<Vec<usize>> {
        self.tensor(index).map(|t| t.shape.clone())
    }

    /// Shape of a tensor with four axes: batch, height, width, channels.
    pub(super) fn shape4(&self, index: usize) -> Result<[usize; 4]> {
        let tensor = self.tensor(index)?;
        tensor.shape[..].try_into().map_err(|_| self.unsupported(format!("tensor {}: four axes expected", tensor.name)))
    }

    /// Numbers of a constant float tensor, in TFLite's order.
    pub(super) fn floats(&self, index: usize) -> Result<&[f32]> {
        match self.tensor(index)? {
            Tensor { constant: Some(Constant::Float(values)), .. } => Ok(values),
            other => Err(self.unsupported(format!("tensor {}: a float constant expected", other.name))),
        }
    }

    /// Numbers of a constant integer tensor.
    pub(super) fn integers(&self, index: usize) -> Result<&[i32]> {
        match self.tensor(index)? {
            Tensor { constant: Some(Constant::Int(values)), .. } => Ok(values),
            other => Err(self.unsupported(format!("tensor {}: an integer constant expected", other.name))),
        }
    }

    /// Adds a constant once; later constants of the same name are the same.
    pub(super) fn constant(&mut self, name: impl Into<String>, shape: &[usize], data: Data) -> String {
        let name = name.into();
        if self.initializer_names.insert(name.clone()) {
            self.initializers.push(Initializer { name: name.clone(), shape: shape.to_vec(), data });
        }
        name
    }

    /// Adds a list of integers, for the inputs of Reshape, Pad and Resize.
    pub(super) fn list(&mut self, name: impl Into<String>, values: &[usize]) -> String {
        self.constant(name, &[values.len()], Data::Int(values.iter().map(|v| *v as i64).collect()))
    }

    /// Adds a node that makes `output`.
    pub(super) fn emit(&mut self, mut node: Node, output: impl Into<String>) -> String {
        node.name = format!("{}_{}", node.op, self.nodes.len());
        node.output = output.into();
        let output = node.output.clone();
        self.nodes.push(node);
        output
    }

    /// ONNX name of a tensor; a constant becomes an initializer in its own order.
    pub(super) fn get(&mut self, index: usize) -> Result<String> {
        if let Some(name) = self.values.get(&index) {
            return Ok(name.clone());
        }
        let tensor = self.tensor(index)?;
        let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
        if tensor.constant.is_none() {
            return Err(self.unsupported(format!("tensor {name} is used before it is made")));
        }
        let values = self.floats(index)?.to_vec();
        Ok(self.constant(name, &shape, Data::Float(values)))
    }

    /// ONNX name of a tensor in TFLite's own order, called `output` when it has to be made.
    pub(super) fn get_nhwc(&mut self, index: usize, output: Option<String>) -> Result<String> {
        let value = self.get(index)?;
        let tensor = self.tensor(index)?;
        let [_, height, width, channels] = tensor.shape[..] else { return Ok(value) };
        if tensor.constant.is_some() {
            return Ok(value);
        }
        let output = output.unwrap_or_else(|| format!("{}/nhwc", tensor.name));
        if channels == 1 || (height == 1 && width == 1) {
            // The same bytes in either order, and a Reshape costs nothing.
            let shape = tensor.shape.clone();
            let shape = self.list(format!("{output}/shape"), &shape);
            return Ok(self.emit(Node::new("Reshape", vec![value, shape]), output));
        }
        Ok(self.emit(Node::new("Transpose", vec![value]).with_ints("perm", &NHWC), output))
    }

    /// Adds a node that makes a tensor, followed by its fused activation.
    pub(super) fn put(&mut self, index: usize, activation: i8, node: Node) -> Result<()> {
        let name = self.name(index)?;
        let name = match activation {
            0 => self.emit(node, name),
            _ => {
                let linear = self.emit(node, format!("{name}/linear"));
                self.activation(linear, activation, name)?
            }
        };
        self.values.insert(index, name);
        Ok(())
    }

    /// Adds an activation, numbered as in the schema's `ActivationFunctionType`.
    pub(super) fn activation(&mut self, input: String, kind: i8, output: String) -> Result<String> {
        match kind {
            1 => Ok(self.emit(Node::new("Relu", vec![input]), output)),
            3 => {
                let zero = self.constant("zero", &[], Data::Float(vec![0.0]));
                let six = self.constant("six", &[], Data::Float(vec![6.0]));
                Ok(self.emit(Node::new("Clip", vec![input, zero, six]), output))
            }
            other => Err(self.unsupported(format!("fused activation {other} is not known to the importer"))),
        }
    }

    /// Fails when the shape that an operator makes is not the one that the file says.
    pub(super) fn expect_shape(&self, index: usize, made: &[usize]) -> Result<()> {
        let tensor = self.tensor(index)?;
        if tensor.shape == made {
            return Ok(());
        }
        Err(self.unsupported(format!("tensor {}: the file says {:?}, the operator makes {made:?}", tensor.name, tensor.shape)))
    }

    fn graph(&mut self, inputs: &[usize], outputs: &[usize], steps: &[Step<'_>], source: &str) -> Result<Graph> {
        let mut input_ports = Vec::new();
        for &index in inputs {
            let (name, shape) = (self.name(index)?, self.shape4(index)?);
            let nchw = Node::new("Transpose", vec![name.clone()]).with_ints("perm", &NCHW);
            let value = self.emit(nchw, format!("{name}/nchw"));
            self.values.insert(index, value);
            input_ports.push(Port { name, shape: shape.to_vec() });
        }
        let mut output_ports = Vec::new();
        for &index in outputs {
            let tensor = self.tensor(index)?;
            output_ports.push(Port { name: tensor.name.clone(), shape: tensor.shape.clone() });
            if let Some(tensor) = self.tensors.get_mut(index).filter(|t| t.shape.len() == 4) {
                // The name goes to what stands behind the last Transpose.
                tensor.name.push_str("/nchw");
            }
        }
        for step in steps {
            self.step(step)?;
        }
        for (&index, port) in outputs.iter().zip(&output_ports) {
            if port.shape.len() == 4 {
                self.get_nhwc(index, Some(port.name.clone()))?;
            } else {
                self.get(index)?;
            }
        }
        self.leave_out_unused(&output_ports);
        Ok(Graph {
            name: self.model.to_owned(),
            opset: OPSET,
            nodes: std::mem::take(&mut self.nodes),
            initializers: std::mem::take(&mut self.initializers),
            inputs: input_ports,
            outputs: output_ports,
            properties: vec![("source", source.to_owned())],
        })
    }

    /// Removes the nodes and constants that no output needs.
    fn leave_out_unused(&mut self, outputs: &[Port]) {
        let mut needed: BTreeSet<String> = outputs.iter().map(|port| port.name.clone()).collect();
        let mut kept: Vec<Node> = Vec::new();
        for node in std::mem::take(&mut self.nodes).into_iter().rev() {
            if needed.contains(&node.output) {
                needed.extend(node.inputs.iter().cloned());
                kept.push(node);
            }
        }
        kept.reverse();
        self.nodes = kept;
        self.initializers.retain(|constant| needed.contains(&constant.name));
    }
}
