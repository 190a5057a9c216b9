//! From the numbers of a detector to boxes; one function for each layout of [`super`]'s table.

/// Sizes of the anchors of YOLOv7 at strides 8, 16 and 32, pixels (cfg/training/yolov7.yaml).
const YOLOV7_ANCHORS: [[[f32; 2]; 3]; 3] = [
    [[12.0, 16.0], [19.0, 36.0], [40.0, 28.0]],
    [[36.0, 75.0], [76.0, 55.0], [72.0, 146.0]],
    [[142.0, 110.0], [192.0, 243.0], [459.0, 401.0]],
];
/// Strides of the YOLO family.
pub(super) const STRIDES: [usize; 3] = [8, 16, 32];

/// A box that a detector gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Number of its class.
    pub class: u32,
    /// Confidence, 0..1.
    pub score: f32,
    /// Left, top, right, bottom.
    pub corners: [f32; 4],
}

impl Candidate {
    /// From centre and size.
    fn centred(class: u32, score: f32, [cx, cy, w, h]: [f32; 4]) -> Candidate {
        Candidate { class, score, corners: [cx - w / 2.0, cy - h / 2.0, cx + w / 2.0, cy + h / 2.0] }
    }
}

fn sigmoid(v: f32) -> f32 {
    1.0 / (1.0 + (-v).exp())
}

/// Number and value of the largest, the first of equals.
fn best(values: impl Iterator<Item = f32>) -> Option<(u32, f32)> {
    values.zip(0..).fold(None, |best: Option<(u32, f32)>, (value, class)| match best {
        Some((_, least)) if value.is_nan() || value <= least => best,
        _ if value.is_nan() => best,
        _ => Some((class, value)),
    })
}

fn four(row: &[f32]) -> Option<[f32; 4]> {
    row.first_chunk().copied()
}

/// YOLOv7, decoded: rows of centre, size, object, classes.
pub(super) fn yolov7(values: &[f32], labels: usize, min_score: f32, into: &mut Vec<Candidate>) {
    for row in values.chunks_exact(5 + labels) {
        let (Some(box4), object) = (four(row), row[4]) else { continue };
        if object < min_score {
            continue;
        }
        if let Some((class, share)) = best(row[5..].iter().copied()).filter(|(_, share)| object * share >= min_score) {
            into.push(Candidate::centred(class, object * share, box4));
        }
    }
}

/// YOLOv7, one head before decoding: [3, rows, columns, 5 + C].
pub(super) fn yolov7_head(
    values: &[f32],
    [columns, rows]: [usize; 2],
    level: usize,
    labels: usize,
    min_score: f32,
    into: &mut Vec<Candidate>,
) {
    let (Some(anchors), Some(stride)) = (YOLOV7_ANCHORS.get(level), STRIDES.get(level)) else { return };
    let stride = *stride as f32;
    for (at, row) in values.chunks_exact(5 + labels).enumerate() {
        let object = sigmoid(row[4]);
        let Some(raw) = four(row).filter(|_| object >= min_score) else { continue };
        let Some((class, logit)) = best(row[5..].iter().copied()) else { continue };
        let score = object * sigmoid(logit);
        let Some(anchor) = anchors.get(at / (rows * columns).max(1)).filter(|_| score >= min_score) else { continue };
        let (x, y) = ((at % columns) as f32, (at / columns % rows) as f32);
        let [tx, ty, tw, th] = raw.map(sigmoid);
        let centre = [(2.0 * tx - 0.5 + x) * stride, (2.0 * ty - 0.5 + y) * stride];
        let size = [4.0 * tw * tw * anchor[0], 4.0 * th * th * anchor[1]];
        into.push(Candidate::centred(class, score, [centre[0], centre[1], size[0], size[1]]));
    }
}

/// Rows of picture number, corners, class, score.
pub(super) fn end_to_end(values: &[f32], min_score: f32, into: &mut Vec<Candidate>) {
    for row in values.as_chunks::<7>().0 {
        let [picture, x0, y0, x1, y1, class, score] = *row;
        if picture == 0.0 && score >= min_score && class >= 0.0 {
            into.push(Candidate { class: class as u32, score, corners: [x0, y0, x1, y1] });
        }
    }
}

/// What TensorRT's plug-in gives: how many, corners, scores, classes.
pub(super) fn counted(count: f32, boxes: &[f32], scores: &[f32], classes: &[f32], min_score: f32, into: &mut Vec<Candidate>) {
    let rows = boxes.as_chunks::<4>().0.iter().zip(scores).zip(classes).take(count.max(0.0) as usize);
    into.extend(rows.filter(|((_, score), class)| **score >= min_score && **class >= 0.0).map(|((corners, score), class)| Candidate {
        class: *class as u32,
        score: *score,
        corners: *corners,
    }));
}

/// YOLOv8: columns of centre, size, classes.
pub(super) fn yolov8(values: &[f32], count: usize, labels: usize, min_score: f32, into: &mut Vec<Candidate>) {
    /// Boxes that are looked at together, so that each class is read along its row.
    const CHUNK: usize = 64;
    let row = |row: usize, start: usize, end: usize| values.get(row * count + start..row * count + end).unwrap_or_default();
    for start in (0..count).step_by(CHUNK) {
        let end = (start + CHUNK).min(count);
        let mut scores = [f32::NEG_INFINITY; CHUNK];
        let mut classes = [0u32; CHUNK];
        for class in 0..labels {
            for ((best, number), score) in scores.iter_mut().zip(&mut classes).zip(row(4 + class, start, end)) {
                // A score that is not a number is never larger.
                if *score > *best {
                    (*best, *number) = (*score, class as u32);
                }
            }
        }
        for (at, (score, class)) in (start..end).zip(scores.iter().zip(classes)) {
            if *score >= min_score {
                let centred = std::array::from_fn(|k| values.get(k * count + at).copied().unwrap_or(f32::NAN));
                into.push(Candidate::centred(class, *score, centred));
            }
        }
    }
}

/// Rows of corners, score, class.
pub(super) fn yolo26(values: &[f32], min_score: f32, into: &mut Vec<Candidate>) {
    for row in values.as_chunks::<6>().0 {
        let [x0, y0, x1, y1, score, class] = *row;
        if score >= min_score && class >= 0.0 {
            into.push(Candidate { class: class as u32, score, corners: [x0, y0, x1, y1] });
        }
    }
}

/// Cells of all levels: column, row, stride.
pub(super) fn cells([width, height]: [usize; 2]) -> impl Iterator<Item = [f32; 3]> {
    STRIDES.into_iter().flat_map(move |stride| {
        let columns = width / stride;
        (0..columns * (height / stride)).map(move |at| [(at % columns) as f32, (at / columns) as f32, stride as f32])
    })
}

/// YOLOX before decoding: rows of offset from the cell, logarithm of the size, object, classes.
pub(super) fn yolox(values: &[f32], size: [usize; 2], labels: usize, min_score: f32, into: &mut Vec<Candidate>) {
    for (row, [x, y, stride]) in values.chunks_exact(5 + labels).zip(cells(size)) {
        let (Some([dx, dy, lw, lh]), object) = (four(row), row[4]) else { continue };
        if object < min_score {
            continue;
        }
        if let Some((class, share)) = best(row[5..].iter().copied()).filter(|(_, share)| object * share >= min_score) {
            let centred = [(x + dx) * stride, (y + dy) * stride, lw.exp() * stride, lh.exp() * stride];
            into.push(Candidate::centred(class, object * share, centred));
        }
    }
}

/// D-FINE, DEIM, RT-DETR with their post-processor: classes, corners, scores.
pub(super) fn dfine(classes: &[f32], boxes: &[f32], scores: &[f32], min_score: f32, into: &mut Vec<Candidate>) {
    counted(scores.len() as f32, boxes, scores, classes, min_score, into);
}

/// DETR and RF-DETR: logits and boxes (centre and size, 0..1) of each query; `size` brings them to pixels.
///
/// With one column more than labels the last one is "nothing" and a query has one class (softmax); else every class that is likely
/// enough makes a box (sigmoid), as in the reference post-processors.
pub(super) fn detr(
    logits: &[f32],
    boxes: &[f32],
    columns: usize,
    labels: usize,
    [width, height]: [usize; 2],
    min_score: f32,
    into: &mut Vec<Candidate>,
) {
    let (w, h) = (width as f32, height as f32);
    for (row, [cx, cy, bw, bh]) in logits.chunks_exact(columns.max(1)).zip(boxes.as_chunks::<4>().0) {
        let centred = [cx * w, cy * h, bw * w, bh * h];
        if columns == labels + 1 {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total: f32 = row.iter().map(|v| (v - largest).exp()).sum();
            let Some((class, logit)) = best(row.iter().take(labels).copied()) else { continue };
            let score = (logit - largest).exp() / total;
            if score >= min_score {
                into.push(Candidate::centred(class, score, centred));
            }
            continue;
        }
        for (logit, class) in row.iter().zip(0..) {
            let score = sigmoid(*logit);
            if score >= min_score {
                into.push(Candidate::centred(class, score, centred));
            }
        }
    }
}

/// Leaves of the boxes of one class that overlap by more than `max_iou` only the best. The boxes must be sorted, best first.
pub fn suppress(boxes: &mut Vec<Candidate>, max_iou: f32) {
    let mut kept = 0;
    for at in 0..boxes.len() {
        let Some(candidate) = boxes.get(at).copied() else { break };
        let double = boxes.iter().take(kept).any(|k| k.class == candidate.class && iou(&k.corners, &candidate.corners) > max_iou);
        if !double {
            boxes.swap(kept, at);
            kept += 1;
        }
    }
    boxes.truncate(kept);
}

fn iou(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let w = (a[2].min(b[2]) - a[0].max(b[0])).max(0.0);
    let h = (a[3].min(b[3]) - a[1].max(b[1])).max(0.0);
    let area = |c: &[f32; 4]| (c[2] - c[0]).max(0.0) * (c[3] - c[1]).max(0.0);
    let union = area(a) + area(b) - w * h;
    if union > 0.0 { w * h / union } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_of_one_class_go_and_other_classes_stay() {
        let at = |class, score, x: f32| Candidate { class, score, corners: [x, 0.0, x + 10.0, 10.0] };
        let mut boxes = vec![at(0, 0.9, 0.0), at(0, 0.8, 1.0), at(1, 0.7, 0.0), at(0, 0.6, 8.0), at(1, 0.5, 0.5)];
        suppress(&mut boxes, 0.45);
        assert_eq!(boxes, [at(0, 0.9, 0.0), at(1, 0.7, 0.0), at(0, 0.6, 8.0)]);
        suppress(&mut Vec::new(), 0.45);
    }

    #[test]
    fn the_cells_of_a_yolox_416_are_3549() {
        let all: Vec<_> = cells([416, 416]).collect();
        assert_eq!(all.len(), 3549);
        assert_eq!((all[0], all[52], all[2704], all[3548]), ([0.0, 0.0, 8.0], [0.0, 1.0, 8.0], [0.0, 0.0, 16.0], [12.0, 12.0, 32.0]));
    }

    #[test]
    fn what_is_not_a_number_is_never_the_best() {
        assert_eq!(best([f32::NAN, 0.2, 0.5, 0.5].into_iter()), Some((2, 0.5)));
        assert_eq!(best([f32::NAN].into_iter()), None);
    }
}
