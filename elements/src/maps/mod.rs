//! One number a pixel, as samples that ride on buffers: how elements make them and read them.

mod read;
mod write;

pub(crate) use read::MappedMap;
pub(crate) use write::{Maps, write_millimetres};
