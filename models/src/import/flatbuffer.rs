//! Reading of flatbuffers, as far as TFLite files need it: tables, scalars, vectors, strings.
//!
//! Every access is checked, so a cut-off or damaged file is an error and never a panic.

use crate::error::{ModelError, Result};

/// A number as it lies in a flatbuffer: little-endian.
pub(super) trait Scalar: Copy + Sized {
    const SIZE: usize;
    fn from_le(bytes: &[u8]) -> Option<Self>;
}

macro_rules! scalar {
    ($($t:ty),*) => {$(
        impl Scalar for $t {
            const SIZE: usize = size_of::<$t>();
            fn from_le(bytes: &[u8]) -> Option<$t> {
                Some(<$t>::from_le_bytes(bytes.try_into().ok()?))
            }
        }
    )*};
}
scalar!(i8, u8, u16, i32, u32, f32);

/// One table. Fields are addressed by their number in the schema; schemas only ever append fields.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    /// For errors only.
    model: &'a str,
    bytes: &'a [u8],
    at: usize,
    vtable: usize,
    vtable_len: usize,
}

impl<'a> Table<'a> {
    /// The root table of a file.
    pub(super) fn root(model: &'a str, bytes: &'a [u8]) -> Result<Table<'a>> {
        let empty = Table { model, bytes, at: 0, vtable: 0, vtable_len: 0 };
        empty.follow(0)
    }

    fn scalar<T: Scalar>(&self, at: usize) -> Result<T> {
        at.checked_add(T::SIZE).and_then(|end| self.bytes.get(at..end)).and_then(T::from_le).ok_or_else(|| self.damaged(at))
    }

    fn damaged(&self, at: usize) -> ModelError {
        let what = format!("the file is cut off or damaged (byte {at} of {})", self.bytes.len());
        ModelError::Unsupported { model: self.model.to_owned(), what }
    }

    /// Where the offset stored at `at` points to.
    fn target(&self, at: usize) -> Result<usize> {
        let offset: u32 = self.scalar(at)?;
        at.checked_add(offset as usize).ok_or_else(|| self.damaged(at))
    }

    /// The table that the offset stored at `at` points to.
    fn follow(&self, at: usize) -> Result<Table<'a>> {
        let at = self.target(at)?;
        let back: i32 = self.scalar(at)?;
        let vtable = usize::try_from(at as i64 - i64::from(back)).map_err(|_| self.damaged(at))?;
        let vtable_len = usize::from(self.scalar::<u16>(vtable)?);
        Ok(Table { at, vtable, vtable_len, ..*self })
    }

    /// Position of a field's value; `None` when the field has its default.
    fn field(&self, number: usize) -> Result<Option<usize>> {
        let slot = 4 + 2 * number;
        if slot + 2 > self.vtable_len {
            return Ok(None);
        }
        let offset = usize::from(self.scalar::<u16>(self.vtable + slot)?);
        Ok((offset != 0).then_some(self.at + offset))
    }

    /// A number, or the schema's default.
    pub(super) fn number<T: Scalar>(&self, field: usize, default: T) -> Result<T> {
        self.field(field)?.map_or(Ok(default), |at| self.scalar(at))
    }

    /// A table inside this one.
    pub(super) fn table(&self, field: usize) -> Result<Option<Table<'a>>> {
        self.field(field)?.map(|at| self.follow(at)).transpose()
    }

    /// First byte and number of the elements of a vector, whose bytes are all there.
    fn vector(&self, field: usize, element: usize) -> Result<(usize, usize)> {
        let Some(at) = self.field(field)? else { return Ok((0, 0)) };
        let at = self.target(at)?;
        let len = self.scalar::<u32>(at)? as usize;
        let start = at + 4;
        let fits = len.checked_mul(element).and_then(|n| n.checked_add(start)).is_some_and(|end| end <= self.bytes.len());
        if fits { Ok((start, len)) } else { Err(self.damaged(at)) }
    }

    /// A vector of numbers; empty when absent.
    pub(super) fn numbers<T: Scalar>(&self, field: usize) -> Result<Vec<T>> {
        let (start, len) = self.vector(field, T::SIZE)?;
        (0..len).map(|i| self.scalar(start + i * T::SIZE)).collect()
    }

    /// A vector of bytes, in place; empty when absent.
    pub(super) fn bytes(&self, field: usize) -> Result<&'a [u8]> {
        let (start, len) = self.vector(field, 1)?;
        Ok(self.bytes.get(start..start + len).unwrap_or_default())
    }

    /// A vector of tables; empty when absent.
    pub(super) fn tables(&self, field: usize) -> Result<Vec<Table<'a>>> {
        let (start, len) = self.vector(field, 4)?;
        (0..len).map(|i| self.follow(start + i * 4)).collect()
    }

    /// A string; empty when absent.
    pub(super) fn text(&self, field: usize) -> Result<&'a str> {
        let bytes = self.bytes(field)?;
        std::str::from_utf8(bytes).map_err(|_| self.damaged(self.at))
    }
}
