//! The name at the head of every document, checked when it is read.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! schema {
    ($(#[$doc:meta])* $type:ident = $id:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $type;

        impl $type {
            /// The text in the file.
            pub const ID: &'static str = $id;
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($id)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let found = Cow::<str>::deserialize(deserializer)?;
                if found == $id { Ok($type) } else { Err(D::Error::custom(format_args!("schema \"{found}\" where \"{}\" is needed", $id))) }
            }
        }
    };
}

schema! {
    /// Marks a [`crate::FrameRecord`].
    FrameSchema = "ego.frame/1"
}
schema! {
    /// Marks an [`crate::EndRecord`].
    EndSchema = "ego.end/1"
}
schema! {
    /// Marks a [`crate::RunReport`].
    RunSchema = "ego.run/1"
}
schema! {
    /// Marks a [`crate::SeriesRecord`].
    SeriesSchema = "ego.series/1"
}
schema! {
    /// Marks a [`crate::ClipRecord`].
    ClipSchema = "ego.clip/1"
}
schema! {
    /// Marks a file of [`crate::Marks`].
    MarksSchema = "ego.marks/1"
}
