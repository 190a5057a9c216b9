use ego_core::camera::IntrinsicsError;

/// Why a result cannot be put on a buffer or read from it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetaError {
    /// [`crate::init`] was not called, or another plugin has taken the name for something else.
    #[error("a buffer cannot carry {meta}: the name is not registered as a custom meta; call ego_meta::init() after gst::init()")]
    NotRegistered {
        /// Name of the meta.
        meta: &'static str,
    },
    /// The rows were written by another version of egostream.
    #[error(
        "{meta} of \"{source_name}\" has rows of layout \"{found}\", this version reads \"{known}\": \
         let all egostream plugins and programs be of the same version"
    )]
    UnknownLayout {
        /// Name of the meta.
        meta: &'static str,
        /// Element that made the result.
        source_name: String,
        /// Layout on the buffer.
        found: String,
        /// Layout that can be read.
        known: &'static str,
    },
    /// A field is missing or has another type.
    #[error("{meta} is damaged: its field `{field}` {problem}")]
    Field {
        /// Name of the meta.
        meta: &'static str,
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Row count, row length and table size contradict each other.
    #[error("{meta} is damaged: {count} rows of {stride} bytes (at least {needed} each) in a table of {bytes} bytes")]
    Table {
        /// Name of the meta.
        meta: &'static str,
        /// Rows that are promised.
        count: u32,
        /// Bytes from one row to the next.
        stride: u32,
        /// Bytes that a row of this layout needs.
        needed: usize,
        /// Bytes that are there.
        bytes: usize,
    },
    /// The intrinsics are not for this picture.
    #[error("intrinsics do not fit the picture: {0}")]
    Intrinsics(#[from] IntrinsicsError),
}
