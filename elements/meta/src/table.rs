//! Binary tables: fixed-size little-endian rows in one `GBytes`.

use std::marker::PhantomData;

use bytemuck::Pod;
use gst::glib;

use crate::MetaError;
use crate::fields::{self, Field};

/// A row of a table. Rows grow at their end under the same layout name; any other change takes a new name.
pub trait Row: Pod {
    /// Name of the layout, e.g. `hand21-v1`.
    const LAYOUT: &'static str;
}

/// The four fields of a table.
pub(crate) struct Columns {
    count: &'static Field,
    stride: &'static Field,
    layout: &'static Field,
    data: &'static Field,
}

/// The table that every result has.
pub(crate) const MAIN: Columns = Columns { count: &fields::COUNT, stride: &fields::STRIDE, layout: &fields::LAYOUT, data: &fields::DATA };
/// The second table of a truth.
pub(crate) const OBJECTS: Columns =
    Columns { count: &fields::OBJECT_COUNT, stride: &fields::OBJECT_STRIDE, layout: &fields::OBJECT_LAYOUT, data: &fields::OBJECT_DATA };

/// Writes `count`, `stride`, `layout` and `data`; the rows are copied.
pub(crate) fn write<R: Row>(s: &mut gst::StructureRef, rows: &[R]) {
    write_to(s, &MAIN, rows);
}

/// [`write`] for any table.
pub(crate) fn write_to<R: Row>(s: &mut gst::StructureRef, columns: &Columns, rows: &[R]) {
    columns.count.put(s, u32::try_from(rows.len()).unwrap_or(u32::MAX));
    columns.stride.put(s, size_of::<R>() as u32);
    columns.layout.put(s, R::LAYOUT);
    columns.data.put(s, glib::Bytes::from(bytemuck::cast_slice::<R, u8>(rows)));
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
        Table::read_from(s, &MAIN, meta)
    }

    /// [`Table::read`] for any table.
    pub(crate) fn read_from(s: &'a gst::StructureRef, columns: &Columns, meta: &'static str) -> Result<Table<'a, R>, MetaError> {
        let layout: &str = columns.layout.need(s, meta)?;
        if layout != R::LAYOUT {
            return Err(MetaError::UnknownLayout {
                meta,
                source_name: fields::SOURCE.get::<&str>(s, meta)?.unwrap_or_default().to_owned(),
                found: layout.to_owned(),
                known: R::LAYOUT,
            });
        }
        let (count, stride): (u32, u32) = (columns.count.need(s, meta)?, columns.stride.need(s, meta)?);
        let bytes: &glib::Bytes = columns.data.need(s, meta)?;
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
