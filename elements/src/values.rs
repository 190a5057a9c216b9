//! Values of properties as `set_property` is given them.

use gst::glib;
use gst::glib::value::FromValue;

/// Puts a value into a field of its type; one of another type, which GObject does not let through, leaves the field as it is.
pub(crate) fn take<'a, T: FromValue<'a>>(field: &mut T, value: &'a glib::Value) {
    if let Ok(value) = value.get() {
        *field = value;
    }
}

/// A text; `None` where it is unset or empty.
pub(crate) fn text(value: &glib::Value) -> Option<String> {
    value.get::<Option<String>>().ok().flatten().filter(|text| !text.is_empty())
}
