//! A TFLite file as lists of tensors and operators, with every constant as dense numbers.
//!
//! Field numbers are those of the public schema (`schema.fbs`, version 3).

use super::flatbuffer::{Scalar, Table};
use super::sparse;
use crate::error::{ModelError, Result};

/// Bytes 4..8 of a TFLite file.
const IDENTIFIER: &[u8] = b"TFL3";
/// The one version of the schema that there is.
const VERSION: u32 = 3;

/// Most numbers that a tensor may have: far above any network for video, and small enough that no size computed from such
/// tensors overflows.
const MAX_NUMBERS: usize = 1 << 28;

/// Numbers of a constant tensor; half floats are widened when they are read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Float(Vec<f32>),
    Int(Vec<i32>),
}

/// One tensor.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) name: String,
    /// Pictures are row, column, channel behind the batch.
    pub(super) shape: Vec<usize>,
    pub(super) constant: Option<Constant>,
}

/// The operators that can be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Concatenation,
    Conv2d,
    DepthwiseConv2d,
    DepthToSpace,
    Dequantize,
    FullyConnected,
    Logistic,
    MaxPool2d,
    Relu,
    Relu6,
    Reshape,
    ResizeBilinear,
    Pad,
    Mean,
    Prelu,
    Densify,
}

impl Operator {
    /// From the schema's `BuiltinOperator`.
    fn from_code(code: i32) -> Option<Operator> {
        Some(match code {
            0 => Operator::Add,
            2 => Operator::Concatenation,
            3 => Operator::Conv2d,
            4 => Operator::DepthwiseConv2d,
            5 => Operator::DepthToSpace,
            6 => Operator::Dequantize,
            9 => Operator::FullyConnected,
            14 => Operator::Logistic,
            17 => Operator::MaxPool2d,
            19 => Operator::Relu,
            21 => Operator::Relu6,
            22 => Operator::Reshape,
            23 => Operator::ResizeBilinear,
            34 => Operator::Pad,
            40 => Operator::Mean,
            54 => Operator::Prelu,
            124 => Operator::Densify,
            _ => return None,
        })
    }
}

/// One step of the network.
pub(super) struct Step<'a> {
    pub(super) operator: Operator,
    /// Indices of tensors; `None` where an optional input is left out.
    pub(super) inputs: Vec<Option<usize>>,
    /// Index of the tensor that is made.
    pub(super) output: usize,
    options: Option<Table<'a>>,
}

impl Step<'_> {
    /// A number of the operator's option table, or the schema's default.
    pub(super) fn option<T: Scalar>(&self, field: usize, default: T) -> Result<T> {
        self.options.map_or(Ok(default), |table| table.number(field, default))
    }
}

/// A network.
pub(super) struct Network<'a> {
    pub(super) tensors: Vec<Tensor>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    pub(super) steps: Vec<Step<'a>>,
}

/// Reads a TFLite file; `model` names it in errors.
///
/// # Errors
/// When the file is not TFLite, is damaged, or has an operator or a constant of a type that is not known here.
pub(super) fn read<'a>(model: &'a str, bytes: &'a [u8]) -> Result<Network<'a>> {
    let unsupported = |what: String| ModelError::Unsupported { model: model.to_owned(), what };
    if bytes.get(4..8) != Some(IDENTIFIER) {
        return Err(unsupported("it is not a TFLite file (no TFL3 mark)".into()));
    }
    let root = Table::root(model, bytes)?;
    let version: u32 = root.number(0, 0)?;
    if version != VERSION {
        return Err(unsupported(format!("TFLite schema version {version}, only {VERSION} is known")));
    }
    let [graph] = root.tables(2)?[..] else {
        return Err(unsupported("a TFLite file with exactly one graph is expected".into()));
    };
    let buffers = root.tables(4)?;
    let tensors = graph.tables(0)?.into_iter().map(|t| tensor(model, t, &buffers)).collect::<Result<Vec<_>>>()?;
    let index =
        |i: i32| usize::try_from(i).ok().filter(|i| *i < tensors.len()).ok_or_else(|| unsupported(format!("there is no tensor {i}")));
    let indices = |list: Vec<i32>| list.into_iter().map(index).collect::<Result<Vec<_>>>();
    let codes = root.tables(1)?;
    let mut steps = Vec::new();
    for step in graph.tables(3)? {
        let code: u32 = step.number(0, 0)?;
        let code = codes.get(code as usize).ok_or_else(|| unsupported(format!("there is no operator code {code}")))?;
        // -1 marks an optional input that is left out.
        let inputs = step.numbers(1)?.into_iter().map(|i| if i == -1 { Ok(None) } else { index(i).map(Some) }).collect::<Result<_>>()?;
        let [output] = indices(step.numbers(2)?)?[..] else {
            return Err(unsupported("an operator with other than one output".into()));
        };
        steps.push(Step { operator: operator(model, *code)?, inputs, output, options: step.table(4)? });
    }
    let (inputs, outputs) = (indices(graph.numbers(1)?)?, indices(graph.numbers(2)?)?);
    Ok(Network { tensors, inputs, outputs, steps })
}

fn operator(model: &str, code: Table<'_>) -> Result<Operator> {
    // Codes above 127 did not fit the first field, so there is a second one; the larger counts.
    let number = i32::from(code.number::<i8>(0, 0)?).max(code.number(3, 0)?);
    Operator::from_code(number).ok_or_else(|| {
        let custom = code.text(1).unwrap_or_default();
        let what = if custom.is_empty() {
            format!("TFLite operator {number} is not known to the importer")
        } else {
            format!("TFLite custom operator {custom:?} is not known to the importer")
        };
        ModelError::Unsupported { model: model.to_owned(), what }
    })
}

fn tensor(model: &str, table: Table<'_>, buffers: &[Table<'_>]) -> Result<Tensor> {
    let name = table.text(3)?.to_owned();
    let wrong = |what: String| ModelError::Unsupported { model: model.to_owned(), what: format!("tensor {name}: {what}") };
    let sizes = table.numbers::<i32>(0)?;
    let shape: Vec<usize> = sizes.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect();
    let count = shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size)).filter(|n| (1..=MAX_NUMBERS).contains(n));
    let count = count.ok_or_else(|| wrong(format!("shape {sizes:?} is not usable")))?;
    let buffer: u32 = table.number(2, 0)?;
    let bytes = buffers.get(buffer as usize).ok_or_else(|| wrong(format!("there is no buffer {buffer}")))?.bytes(0)?;
    if bytes.is_empty() {
        return Ok(Tensor { name, shape, constant: None });
    }
    let mut constant = match table.number::<i8>(1, 0)? {
        0 => Constant::Float(numbers(bytes, f32::from_le_bytes)),
        1 => Constant::Float(numbers(bytes, |b| half_to_f32(u16::from_le_bytes(b)))),
        2 => Constant::Int(numbers(bytes, i32::from_le_bytes)),
        other => return Err(wrong(format!("constants of TFLite type {other} are not known to the importer"))),
    };
    if let Some(sparsity) = table.table(6)? {
        let Constant::Float(values) = &constant else {
            return Err(wrong("sparse constants of another type than float".into()));
        };
        constant = Constant::Float(sparse::densify(&shape, sparsity, values)?.map_err(wrong)?);
    }
    let len = match &constant {
        Constant::Float(values) => values.len(),
        Constant::Int(values) => values.len(),
    };
    if len != count {
        return Err(wrong(format!("shape {shape:?} does not fit {len} numbers")));
    }
    Ok(Tensor { name, shape, constant: Some(constant) })
}

fn numbers<T, const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|chunk| read(*chunk)).collect()
}

/// IEEE 754 half to single precision; exact.
fn half_to_f32(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10 & 0x1f);
    let fraction = u32::from(half & 0x3ff);
    match exponent {
        // Subnormal: fraction times 2^-24.
        0 => f32::from_bits(sign | (fraction as f32 * 2f32.powi(-24)).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_are_widened_exactly() {
        // Values from the table of examples in the IEEE 754 half-precision article.
        let known = [
            (0x0000, 0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x3c00, 1.0),
            (0x3c01, 1.000_976_6),
            (0x7bff, 65504.0),
            (0xc000, -2.0),
            (0x7c00, f32::INFINITY),
        ];
        for (half, single) in known {
            assert_eq!(half_to_f32(half), single, "{half:#06x}");
        }
        assert!(half_to_f32(0x7e00).is_nan());
        assert!(half_to_f32(0x8000).is_sign_negative());
    }
}
