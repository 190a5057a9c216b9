//! Binary tables: fixed-size little-endian rows in one `GBytes`.

use std::marker::PhantomData;

use bytemuck::Pod;
use gst::glib;

use crate::{MetaError, fields};

/// A row of a table. Rows grow at their end under the same layout name; any other change takes a new name.
pub trait Row: Pod {
    /// Name of the layout, e.g. `hand21-v1`.
    const LAYOUT: &'static str;
}

/// Writes `count`, `stride`, `layout` and `data`; the rows are copied.
pub(crate) fn write<R: Row>(s: &mut gst::StructureRef, rows: &[R]) {
    fields::COUNT.put(s, u32::try_from(rows.len()).unwrap_or(u32::MAX));
    fields::STRIDE.put(s, size_of::<R>() as u32);
    fields::LAYOUT.put(s, R::LAYOUT);
    fields::DATA.put(s, glib::Bytes::from(bytemuck::cast_slice::<R, u8>(rows)));
}

/// A checked table.
pub(crate) struct Table<'a, R> {
    data: &'a [u8],
    stride: usize,
    row: PhantomData<R>,
}

impl<'a, R: Row> Table<'a, R> {
    /// Checks layout and sizes.
    pub(crate) fn read(s: &'a gst::StructureRef, meta: &'static str) -> Result<Table<'a, R>, MetaError> {
        let layout: &str = fields::LAYOUT.need(s, meta)?;
        if layout != R::LAYOUT {
            return Err(MetaError::UnknownLayout {
                meta,
                source_name: fields::SOURCE.get::<&str>(s, meta)?.unwrap_or_default().to_owned(),
                found: layout.to_owned(),
                known: R::LAYOUT,
            });
        }
        let (count, stride): (u32, u32) = (fields::COUNT.need(s, meta)?, fields::STRIDE.need(s, meta)?);
        let bytes: &glib::Bytes = fields::DATA.need(s, meta)?;
        let needed = size_of::<R>();
        let total = usize::try_from(u64::from(count) * u64::from(stride)).ok();
        let data = total.filter(|_| stride as usize >= needed).and_then(|total| bytes.get(..total));
        let Some(data) = data else {
            return Err(MetaError::Table { meta, count, stride, needed, bytes: bytes.len() });
        };
        Ok(Table { data, stride: stride as usize, row: PhantomData })
    }

    /// The rows, copied out one by one because the table may start at any address.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = R> + 'a {
        self.data.chunks_exact(self.stride).map(|row| bytemuck::pod_read_unaligned(&row[..size_of::<R>()]))
    }
}
