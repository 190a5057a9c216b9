//! One function for each TFLite operator.
//!
//! Every function checks that the shape it makes is the one that the file says.

use super::convert::{Converter, NCHW, Pads};
use super::onnx::{Attribute, Data, Node};
use super::tflite::{Operator, Step, Tensor};
use crate::error::Result;

/// Sizes of a sliding window: height, width.
struct Window {
    kernel: [usize; 2],
    stride: [usize; 2],
    dilation: [usize; 2],
    /// The schema's `Padding`: 0 same, 1 valid.
    padding: i8,
}

impl Window {
    /// Pixels from the first to the last tap.
    fn extent(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilation[axis] + 1
    }

    /// TensorFlow's SAME padding along one axis: before, after.
    fn same(&self, axis: usize, size: usize) -> (usize, usize) {
        let total = ((size.div_ceil(self.stride[axis]) - 1) * self.stride[axis] + self.extent(axis)).saturating_sub(size);
        (total / 2, total - total / 2)
    }

    /// Number of positions along one axis.
    fn positions(&self, axis: usize, padded: usize) -> usize {
        padded.checked_sub(self.extent(axis)).map_or(0, |room| room / self.stride[axis] + 1)
    }
}

impl Converter<'_> {
    /// Adds what one TFLite operator does.
    pub(super) fn step(&mut self, step: &Step<'_>) -> Result<()> {
        match step.operator {
            Operator::Add => self.add(step),
            Operator::Concatenation => self.concatenation(step),
            Operator::Conv2d => self.convolution(step),
            Operator::DepthwiseConv2d => self.depthwise_convolution(step),
            Operator::DepthToSpace => self.depth_to_space(step),
            Operator::Dequantize | Operator::Densify => self.fold(step),
            Operator::FullyConnected => self.fully_connected(step),
            Operator::Logistic => self.logistic(step),
            Operator::MaxPool2d => self.max_pool(step),
            Operator::Relu => self.relu(step, 1),
            Operator::Relu6 => self.relu(step, 3),
            Operator::Reshape => self.reshape(step),
            Operator::ResizeBilinear => self.resize_bilinear(step),
            Operator::Pad => self.pad(step),
            Operator::Mean => self.mean(step),
            Operator::Prelu => self.prelu(step),
        }
    }

    /// Index of an input that must be there.
    fn input(&self, step: &Step<'_>, position: usize) -> Result<usize> {
        let found = step.inputs.get(position).copied().flatten();
        found.ok_or_else(|| self.unsupported(format!("{:?} without its input {position}", step.operator)))
    }

    fn size<const N: usize>(&self, step: &Step<'_>, fields: [usize; N], default: i32) -> Result<[usize; N]> {
        let mut sizes = [0; N];
        for (size, field) in sizes.iter_mut().zip(fields) {
            *size = usize::try_from(step.option(field, default)?).unwrap_or(0);
            if *size == 0 {
                return Err(self.unsupported(format!("{:?} with a size that is not positive", step.operator)));
            }
        }
        Ok(sizes)
    }

    /// DEQUANTIZE and DENSIFY: constants were widened and unfolded when they were read.
    fn fold(&mut self, step: &Step<'_>) -> Result<()> {
        let source = self.input(step, 0)?;
        self.expect_shape(step.output, &self.shape(source)?)?;
        let constant = self.floats(source)?.to_vec();
        if let Some(tensor) = self.tensors.get_mut(step.output) {
            tensor.constant = Some(super::tflite::Constant::Float(constant));
        }
        Ok(())
    }

    /// The tensor that a window slides over, its size with pads, and the pads; a PAD in front is merged when the window is VALID.
    fn window_source(&self, index: usize, window: &Window) -> Result<(usize, [usize; 2], Pads)> {
        let (source, pads) = match (window.padding, self.pads.get(&index)) {
            (1, Some(merged)) => *merged,
            (1, None) => (index, [0; 4]),
            _ => {
                let [_, height, width, _] = self.shape4(index)?;
                let ((top, bottom), (left, right)) = (window.same(0, height), window.same(1, width));
                (index, [top, left, bottom, right])
            }
        };
        let [_, height, width, _] = self.shape4(source)?;
        let [top, left, bottom, right] = pads;
        Ok((source, [height + top + bottom, width + left + right], pads))
    }

    fn convolution(&mut self, step: &Step<'_>) -> Result<()> {
        let weight = self.input(step, 1)?;
        let [out, height, width, _] = self.shape4(weight)?;
        let window = Window {
            kernel: [height, width],
            stride: self.size(step, [2, 1], 0)?,
            dilation: self.size(step, [5, 4], 1)?,
            padding: step.option(0, 0)?,
        };
        self.convolve(step, &window, [0, 3, 1, 2], out, 1, step.option(3, 0)?)
    }

    fn depthwise_convolution(&mut self, step: &Step<'_>) -> Result<()> {
        let weight = self.input(step, 1)?;
        let [_, height, width, out] = self.shape4(weight)?;
        let [_, _, _, channels] = self.shape4(self.input(step, 0)?)?;
        let window = Window {
            kernel: [height, width],
            stride: self.size(step, [2, 1], 0)?,
            dilation: self.size(step, [6, 5], 1)?,
            padding: step.option(0, 0)?,
        };
        self.convolve(step, &window, [3, 0, 1, 2], out, channels, step.option(4, 0)?)
    }

    /// `order` brings the weights to output channel, input channel, height, width.
    fn convolve(
        &mut self,
        step: &Step<'_>,
        window: &Window,
        order: [usize; 4],
        channels: usize,
        group: usize,
        activation: i8,
    ) -> Result<()> {
        let (source, padded, pads) = self.window_source(self.input(step, 0)?, window)?;
        let batch = self.shape4(source)?[0];
        let [rows, columns] = [0, 1].map(|axis| window.positions(axis, padded[axis]));
        self.expect_shape(step.output, &[batch, rows, columns, channels])?;
        let weight = self.input(step, 1)?;
        let (shape, values) = transpose(self.shape4(weight)?, self.floats(weight)?, order);
        let name = self.name(weight)?;
        let mut inputs = vec![self.get(source)?, self.constant(name, &shape, Data::Float(values))];
        if let Some(bias) = step.inputs.get(2).copied().flatten() {
            inputs.push(self.get(bias)?);
        }
        let node = Node::new("Conv", inputs)
            .with_ints("dilations", &window.dilation)
            .with("group", Attribute::Int(group as i64))
            .with_ints("kernel_shape", &window.kernel)
            .with_ints("pads", &pads)
            .with_ints("strides", &window.stride);
        self.put(step.output, activation, node)
    }

    fn max_pool(&mut self, step: &Step<'_>) -> Result<()> {
        let window = Window {
            kernel: self.size(step, [4, 3], 0)?,
            stride: self.size(step, [2, 1], 0)?,
            dilation: [1, 1],
            padding: step.option(0, 0)?,
        };
        let (source, padded, pads) = self.window_source(self.input(step, 0)?, &window)?;
        let [batch, _, _, channels] = self.shape4(source)?;
        let [rows, columns] = [0, 1].map(|axis| window.positions(axis, padded[axis]));
        self.expect_shape(step.output, &[batch, rows, columns, channels])?;
        let node = Node::new("MaxPool", vec![self.get(source)?])
            .with_ints("kernel_shape", &window.kernel)
            .with_ints("pads", &pads)
            .with_ints("strides", &window.stride);
        self.put(step.output, step.option(5, 0)?, node)
    }

    fn pad(&mut self, step: &Step<'_>) -> Result<()> {
        let source = self.input(step, 0)?;
        let before_after: Vec<[usize; 2]> = {
            let list = self.integers(self.input(step, 1)?)?;
            let sizes: Vec<usize> = list.iter().map(|v| usize::try_from(*v).unwrap_or(usize::MAX)).collect();
            sizes.as_chunks().0.to_vec()
        };
        let shape = self.shape(source)?;
        let made: Vec<usize> = shape.iter().zip(&before_after).map(|(s, [b, a])| s.saturating_add(*b).saturating_add(*a)).collect();
        self.expect_shape(step.output, &made)?;
        if let ([[0, 0], [top, bottom], [left, right], [0, 0]], true) = (&before_after[..], self.mergeable.contains(&step.output)) {
            self.pads.insert(step.output, (source, [*top, *left, *bottom, *right]));
            return Ok(());
        }
        let ordered: Vec<[usize; 2]> = match before_after[..] {
            [batch, rows, columns, channels] => vec![batch, channels, rows, columns],
            _ => before_after,
        };
        let pads: Vec<usize> = ordered.iter().map(|p| p[0]).chain(ordered.iter().map(|p| p[1])).collect();
        let input = self.get(source)?;
        let pads = self.list(format!("{}/pads", self.name(step.output)?), &pads);
        self.put(step.output, 0, Node::new("Pad", vec![input, pads]))
    }

    fn add(&mut self, step: &Step<'_>) -> Result<()> {
        let (a, b) = (self.input(step, 0)?, self.input(step, 1)?);
        self.expect_shape(step.output, &broadcast(&self.shape(a)?, &self.shape(b)?))?;
        let rank = self.shape(step.output)?.len();
        let mut inputs = Vec::new();
        for index in [a, b] {
            let tensor = self.tensor(index)?;
            if tensor.constant.is_some() && rank == 4 {
                let mut shape = [1; 4];
                shape.iter_mut().rev().zip(tensor.shape.iter().rev()).for_each(|(to, from)| *to = *from);
                let (shape, values) = transpose(shape, self.floats(index)?, NCHW);
                let name = self.name(index)?;
                inputs.push(self.constant(name, &shape, Data::Float(values)));
            } else {
                inputs.push(self.get(index)?);
            }
        }
        self.put(step.output, step.option(0, 0)?, Node::new("Add", inputs))
    }

    /// `a x + (1 - a) relu(x)` as two 1x1 depthwise convolutions.
    ///
    /// ONNX Runtime's blocked layout has no PRelu kernel: one PRelu node costs two changes of layout and more than doubles the
    /// palm detector's time.
    fn prelu(&mut self, step: &Step<'_>) -> Result<()> {
        let (source, slope) = (self.input(step, 0)?, self.input(step, 1)?);
        let shape = self.shape4(source)?;
        self.expect_shape(step.output, &shape)?;
        let (slope_name, output) = (self.name(slope)?, self.name(step.output)?);
        let slopes = self.floats(slope)?.to_vec();
        let channels = shape[3];
        if slopes.len() != channels {
            return Err(self.unsupported(format!("tensor {slope_name}: one slope for each channel expected")));
        }
        let rest: Vec<f32> = slopes.iter().map(|a| 1.0 - a).collect();
        let input = self.get(source)?;
        let positive = self.emit(Node::new("Relu", vec![input.clone()]), format!("{output}/relu"));
        let mut scaled = |tag: &str, values: Vec<f32>, input: String, output: String| {
            let weight = self.constant(format!("{slope_name}/{tag}"), &[channels, 1, 1, 1], Data::Float(values));
            let node =
                Node::new("Conv", vec![input, weight]).with("group", Attribute::Int(channels as i64)).with_ints("kernel_shape", &[1, 1]);
            self.emit(node, output)
        };
        let a = scaled("a", slopes, input, format!("{output}/neg"));
        let b = scaled("b", rest, positive, format!("{output}/pos"));
        self.put(step.output, 0, Node::new("Add", vec![a, b]))
    }

    fn relu(&mut self, step: &Step<'_>, kind: i8) -> Result<()> {
        let source = self.input(step, 0)?;
        self.expect_shape(step.output, &self.shape(source)?)?;
        let (input, output) = (self.get(source)?, self.name(step.output)?);
        let value = self.activation(input, kind, output)?;
        self.values.insert(step.output, value);
        Ok(())
    }

    fn logistic(&mut self, step: &Step<'_>) -> Result<()> {
        let source = self.input(step, 0)?;
        self.expect_shape(step.output, &self.shape(source)?)?;
        let input = self.get(source)?;
        self.put(step.output, 0, Node::new("Sigmoid", vec![input]))
    }

    fn resize_bilinear(&mut self, step: &Step<'_>) -> Result<()> {
        let source = self.input(step, 0)?;
        let [batch, height, width, channels] = self.shape4(source)?;
        let [rows, columns] = self.integers(self.input(step, 1)?)? else {
            return Err(self.unsupported("ResizeBilinear: a height and a width expected"));
        };
        let [rows, columns] = [*rows, *columns].map(|v| usize::try_from(v).unwrap_or(0));
        self.expect_shape(step.output, &[batch, rows, columns, channels])?;
        let mode = match (step.option::<i8>(2, 0)?, step.option::<i8>(3, 0)?) {
            (0, 0) => "asymmetric",
            (0, _) => "half_pixel",
            _ => "align_corners",
        };
        let mut inputs = vec![self.get(source)?, String::new()];
        if mode == "align_corners" || rows % height.max(1) != 0 || columns % width.max(1) != 0 {
            inputs.push(String::new());
            inputs.push(self.list(format!("{}/sizes", self.name(step.output)?), &[batch, channels, rows, columns]));
        } else {
            // Whole factors given as scales let ONNX Runtime stay in its blocked layout.
            let (down, right) = (rows / height.max(1), columns / width.max(1));
            let scales = vec![1.0, 1.0, down as f32, right as f32];
            inputs.push(self.constant(format!("scales_{down}_{right}"), &[4], Data::Float(scales)));
        }
        let node = Node::new("Resize", inputs)
            .with("coordinate_transformation_mode", Attribute::Text(mode))
            .with("mode", Attribute::Text("linear"));
        self.put(step.output, 0, node)
    }

    fn depth_to_space(&mut self, step: &Step<'_>) -> Result<()> {
        let source = self.input(step, 0)?;
        let [block] = self.size(step, [0], 0)?;
        let [batch, height, width, channels] = self.shape4(source)?;
        self.expect_shape(step.output, &[batch, height * block, width * block, channels / (block * block)])?;
        let node = Node::new("DepthToSpace", vec![self.get(source)?])
            .with("blocksize", Attribute::Int(block as i64))
            .with("mode", Attribute::Text("DCR"));
        self.put(step.output, 0, node)
    }

    fn concatenation(&mut self, step: &Step<'_>) -> Result<()> {
        let rank = self.shape(step.output)?.len();
        let axis = step.option::<i32>(0, 0)?.rem_euclid(rank.max(1) as i32) as usize;
        let mut made: Option<Vec<usize>> = None;
        let mut inputs = Vec::new();
        for position in 0..step.inputs.len() {
            let index = self.input(step, position)?;
            let shape = self.shape(index)?;
            made = Some(match made {
                None => shape,
                Some(sum) => sum
                    .iter()
                    .zip(&shape)
                    .enumerate()
                    .map(|(i, (a, b))| {
                        if i == axis {
                            a.saturating_add(*b)
                        } else if a == b {
                            *a
                        } else {
                            0
                        }
                    })
                    .collect(),
            });
            inputs.push(self.get(index)?);
        }
        self.expect_shape(step.output, &made.unwrap_or_default())?;
        let onnx_axis = if rank == 4 { NCHW.iter().position(|a| *a == axis).unwrap_or(axis) } else { axis };
        let node = Node::new("Concat", inputs).with("axis", Attribute::Int(onnx_axis as i64));
        self.put(step.output, step.option(1, 0)?, node)
    }

    fn mean(&mut self, step: &Step<'_>) -> Result<()> {
        let source = self.input(step, 0)?;
        let [batch, _, _, channels] = self.shape4(source)?;
        let mut axes: Vec<i32> = self.integers(self.input(step, 1)?)?.iter().map(|a| a.rem_euclid(4)).collect();
        axes.sort_unstable();
        if axes != [1, 2] {
            return Err(self.unsupported("Mean over other axes than the two of the picture"));
        }
        let pool = Node::new("GlobalAveragePool", vec![self.get(source)?]);
        if step.option::<i8>(0, 0)? != 0 {
            self.expect_shape(step.output, &[batch, 1, 1, channels])?;
            return self.put(step.output, 0, pool);
        }
        self.expect_shape(step.output, &[batch, channels])?;
        let pooled = self.emit(pool, format!("{}/pool", self.name(step.output)?));
        self.put(step.output, 0, Node::new("Flatten", vec![pooled]))
    }

    fn fully_connected(&mut self, step: &Step<'_>) -> Result<()> {
        let (source, weight) = (self.input(step, 0)?, self.input(step, 1)?);
        let [out, width] = self.shape(weight)?[..] else {
            return Err(self.unsupported("FullyConnected: weights with two axes expected"));
        };
        let shape = self.shape(source)?;
        let rows = shape.iter().product::<usize>().checked_div(width).unwrap_or(0);
        self.expect_shape(step.output, &[rows, out])?;
        let mut input = self.get_nhwc(source, None)?;
        if shape.len() != 2 {
            // -1: whatever is left.
            let flat = self.constant(format!("shape_m1_{width}"), &[2], Data::Int(vec![-1, width as i64]));
            input = self.emit(Node::new("Reshape", vec![input, flat]), format!("{}/flat", self.name(step.output)?));
        }
        let mut inputs = vec![input, self.get(weight)?];
        if let Some(bias) = step.inputs.get(2).copied().flatten() {
            inputs.push(self.get(bias)?);
        }
        self.put(step.output, step.option(0, 0)?, Node::new("Gemm", inputs).with("transB", Attribute::Int(1)))
    }

    fn reshape(&mut self, step: &Step<'_>) -> Result<()> {
        let source = self.input(step, 0)?;
        let Tensor { name, shape, .. } = self.tensor(step.output)?.clone();
        if shape.iter().product::<usize>() != self.shape(source)?.iter().product() {
            return Err(self.unsupported(format!("tensor {name}: Reshape to another number of values")));
        }
        let value = self.get_nhwc(source, None)?;
        let target = self.list(format!("{name}/shape"), &shape);
        let node = Node::new("Reshape", vec![value, target]);
        if shape.len() != 4 {
            return self.put(step.output, 0, node);
        }
        let reshaped = self.emit(node, format!("{name}/reshaped"));
        self.put(step.output, 0, Node::new("Transpose", vec![reshaped]).with_ints("perm", &NCHW))
    }
}

/// Shape of a sum by the usual rules of broadcasting; 0 where the sizes contradict each other.
fn broadcast(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len());
    let at = |shape: &[usize], i: usize| (i + shape.len()).checked_sub(rank).and_then(|i| shape.get(i)).copied().unwrap_or(1);
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => 0,
        })
        .collect()
}

/// Row-major numbers with their axes in another order.
fn transpose(shape: [usize; 4], values: &[f32], order: [usize; 4]) -> ([usize; 4], Vec<f32>) {
    let strides = [shape[1] * shape[2] * shape[3], shape[2] * shape[3], shape[3], 1];
    let [a, b, c, d] = order.map(|axis| shape[axis]);
    let [sa, sb, sc, sd] = order.map(|axis| strides[axis]);
    let mut out = Vec::with_capacity(values.len());
    for (i, j) in (0..a).flat_map(|i| (0..b).map(move |j| (i, j))) {
        for (k, l) in (0..c).flat_map(|k| (0..d).map(move |l| (k, l))) {
            out.extend(values.get(i * sa + j * sb + k * sc + l * sd));
        }
    }
    ([a, b, c, d], out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_padding_is_tensorflows() {
        // tensorflow.org, "SAME" notes: 13 wide, kernel 6, stride 5 -> 1 before, 2 after.
        let window = Window { kernel: [6, 6], stride: [5, 5], dilation: [1, 1], padding: 0 };
        assert_eq!(window.same(1, 13), (1, 2));
        let window = Window { kernel: [3, 3], stride: [2, 2], dilation: [1, 1], padding: 0 };
        assert_eq!(window.same(0, 224), (0, 1));
        assert_eq!(window.positions(0, 225), 112);
    }

    #[test]
    fn axes_are_reordered() {
        // One row of two pixels with three channels.
        let (shape, values) = transpose([1, 1, 2, 3], &[1., 2., 3., 4., 5., 6.], NCHW);
        assert_eq!(shape, [1, 3, 1, 2]);
        assert_eq!(values, [1., 4., 2., 5., 3., 6.]);
    }

    #[test]
    fn shapes_broadcast_from_the_right() {
        assert_eq!(broadcast(&[1, 4, 4, 8], &[8]), [1, 4, 4, 8]);
        assert_eq!(broadcast(&[1, 4], &[3, 1]), [3, 4]);
        assert_eq!(broadcast(&[2], &[3]), [0]);
    }
}
