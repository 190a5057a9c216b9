//! The parts of the window. Each is a function that draws a part of the state and adds what the person does to a list of actions;
//! nothing in here knows streams or threads.

mod controls;
mod decision;
mod drop;
mod help;
mod icons;
mod notices;
mod palette;
mod picture;
mod sources;
mod space;
mod thumbnails;
mod timeline;
mod top;
mod trust;

pub use controls::controls_ui;
pub use decision::{decision_line_ui, decision_ui, selection_ui};
pub use drop::drop_ui;
pub use help::help_ui;
pub use notices::notices_ui;
pub use palette::palette_ui;
pub use picture::picture_ui;
pub use sources::sources_ui;
pub use space::space_ui;
pub use thumbnails::{Thumbnail, Thumbnails};
pub use timeline::timeline_ui;
pub use top::top_ui;
pub use trust::trust_ui;

use egui::{RichText, Ui};

use crate::theme::Palette;

/// What the panels share in one frame.
pub struct Shared<'a> {
    /// Colours.
    pub palette: Palette,
    /// What the person does.
    pub actions: &'a mut Vec<crate::state::Action>,
    /// The picture as a texture.
    pub picture: Option<egui::TextureId>,
    /// The way of the hands in the last second.
    pub trail: &'a crate::scene::Trail,
    /// Previews of sources that are not open.
    pub thumbnails: &'a mut Thumbnails,
}

impl Shared<'_> {
    /// Asks for a command.
    pub fn command(&mut self, command: crate::state::command::Command) {
        self.actions.push(crate::state::Action::Do(command));
    }
}

/// The heading of a section.
fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(2.0);
    ui.label(RichText::new(text).strong().size(12.0));
}
