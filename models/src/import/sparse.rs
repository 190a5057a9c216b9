//! Block-sparse constants of TFLite files as dense numbers.
//!
//! The format: dimensions ("levels") are walked in a traversal order; each is dense, or compressed as in a CSR matrix.
//! Levels past the tensor's rank are the inner dimensions of a block; the block map says which dimension each one splits.

use super::flatbuffer::Table;
use crate::error::Result;

/// No constant of a model that fits this program is larger; keeps a damaged file from taking all memory.
const MAX_VALUES: usize = 1 << 24;

enum Level {
    Dense(usize),
    /// Start of each parent's children, and every child's index.
    Compressed(Vec<usize>, Vec<usize>),
}

/// A value that was reached: its position within the level, and the index chosen at every level so far.
struct Walk {
    node: usize,
    path: Vec<usize>,
}

/// Dense numbers in row-major order of `shape`. The outer error is a damaged file, the inner one says what is not understood.
pub(super) fn densify(shape: &[usize], sparsity: Table<'_>, values: &[f32]) -> Result<Result<Vec<f32>, String>> {
    let order = sparsity.numbers::<i32>(0)?;
    let block_map = sparsity.numbers::<i32>(1)?;
    let mut levels = Vec::new();
    for level in sparsity.tables(2)? {
        levels.push(match level.number::<i8>(0, 0)? {
            0 => Level::Dense(usize::try_from(level.number::<i32>(1, 0)?).unwrap_or(0)),
            _ => Level::Compressed(indices(level, 2)?, indices(level, 4)?),
        });
    }
    Ok(place(shape, &order, &block_map, &levels, values))
}

/// A vector of indices: the field says the width of its numbers, the next one holds them.
fn indices(level: Table<'_>, field: usize) -> Result<Vec<usize>> {
    let Some(vector) = level.table(field + 1)? else { return Ok(Vec::new()) };
    Ok(match level.number::<u8>(field, 0)? {
        1 => vector.numbers::<i32>(0)?.into_iter().map(|v| usize::try_from(v).unwrap_or(usize::MAX)).collect(),
        2 => vector.numbers::<u16>(0)?.into_iter().map(usize::from).collect(),
        3 => vector.numbers::<u8>(0)?.into_iter().map(usize::from).collect(),
        _ => Vec::new(),
    })
}

fn place(shape: &[usize], order: &[i32], block_map: &[i32], levels: &[Level], values: &[f32]) -> Result<Vec<f32>, String> {
    let rank = shape.len();
    let size = shape.iter().try_fold(1usize, |n, s| n.checked_mul(*s)).filter(|n| *n <= MAX_VALUES);
    let size = size.ok_or_else(|| format!("sparse constant of shape {shape:?}"))?;
    if order.len() != levels.len() || levels.len() != rank + block_map.len() {
        return Err("sparse levels do not match the shape".into());
    }
    let order: Vec<usize> = order.iter().map(|level| usize::try_from(*level).unwrap_or(usize::MAX)).collect();
    let mut walks = vec![Walk { node: 0, path: Vec::new() }];
    for level in levels {
        walks = step(&walks, level).filter(|w| w.len() <= MAX_VALUES).ok_or("sparse indices out of range")?;
    }
    if walks.len() != values.len() {
        return Err(format!("its sparse walk finds {} values, the buffer holds {}", walks.len(), values.len()));
    }
    let places = (0..rank).map(|dimension| Place::of(dimension, rank, &order, block_map, levels)).collect::<Result<Vec<_>, _>>()?;
    let mut dense = vec![0.0; size];
    for walk in &walks {
        let offset = shape.iter().zip(&places).try_fold(0, |offset, (length, place)| {
            place.index(&walk.path).filter(|index| index < length).map(|index| offset * length + index)
        });
        let to = offset.and_then(|o| dense.get_mut(o)).ok_or("sparse indices out of range")?;
        *to = *values.get(walk.node).ok_or("sparse indices out of range")?;
    }
    Ok(dense)
}

/// Which levels say where a value lies along one dimension.
struct Place {
    outer: usize,
    /// Level within the block, and the block's size.
    inner: Option<(usize, usize)>,
}

impl Place {
    fn of(dimension: usize, rank: usize, order: &[usize], block_map: &[i32], levels: &[Level]) -> Result<Place, String> {
        let level_of = |d: usize| order.iter().position(|l| *l == d).ok_or("a dimension is missing from the traversal order");
        let outer = level_of(dimension)?;
        let Some(block) = block_map.iter().position(|d| usize::try_from(*d) == Ok(dimension)) else {
            return Ok(Place { outer, inner: None });
        };
        let inner = level_of(rank + block)?;
        match levels.get(inner) {
            Some(Level::Dense(size)) => Ok(Place { outer, inner: Some((inner, *size)) }),
            _ => Err("a compressed level within a block".into()),
        }
    }

    fn index(&self, path: &[usize]) -> Option<usize> {
        let outer = *path.get(self.outer)?;
        let Some((level, size)) = self.inner else { return Some(outer) };
        outer.checked_mul(size)?.checked_add(*path.get(level)?)
    }
}

/// One level further down; `None` when an index leads outside.
fn step(walks: &[Walk], level: &Level) -> Option<Vec<Walk>> {
    let mut next = Vec::new();
    for walk in walks {
        let mut push = |node: usize, index: usize| {
            let path = walk.path.iter().copied().chain([index]).collect();
            next.push(Walk { node, path });
        };
        match level {
            Level::Dense(size) => {
                let first = walk.node.checked_mul(*size)?;
                walks.len().checked_mul(*size).filter(|n| *n <= MAX_VALUES)?;
                (0..*size).for_each(|i| push(first + i, i));
            }
            Level::Compressed(segments, children) => {
                for child in *segments.get(walk.node)?..*segments.get(walk.node + 1)? {
                    push(child, *children.get(child)?);
                }
            }
        }
        (next.len() <= MAX_VALUES).then_some(())?;
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the TFLite schema's comment on sparse tensors: a 4x4 matrix in 2x2 blocks, outer rows dense, outer
    /// columns compressed.
    #[test]
    fn a_block_matrix_is_unfolded() {
        let values: Vec<f32> = (1..=8).map(|v| v as f32).collect();
        let levels = [Level::Dense(2), Level::Compressed(vec![0, 1, 2], vec![1, 0]), Level::Dense(2), Level::Dense(2)];
        let dense = place(&[4, 4], &[0, 1, 2, 3], &[0, 1], &levels, &values).expect("sound");
        #[rustfmt::skip]
        let expected = [
            0., 0., 1., 2.,
            0., 0., 3., 4.,
            5., 6., 0., 0.,
            7., 8., 0., 0.,
        ];
        assert_eq!(dense, expected);
    }

    #[test]
    fn contradictions_are_errors() {
        let values = [1.0; 8];
        let check = |shape: &[usize], order: &[i32], levels: &[Level]| {
            assert!(place(shape, order, &[0, 1], levels, &values).is_err());
        };
        check(&[4, 4], &[0, 1], &[Level::Dense(2), Level::Dense(2)]);
        check(&[4, 4], &[0, 1, 2, 3], &[Level::Dense(9), Level::Dense(2), Level::Dense(2), Level::Dense(2)]);
        let outside = [Level::Dense(2), Level::Compressed(vec![0, 1, 9], vec![1, 0]), Level::Dense(2), Level::Dense(2)];
        check(&[4, 4], &[0, 1, 2, 3], &outside);
        check(&[usize::MAX, 4], &[0, 1, 2, 3], &outside);
    }
}
