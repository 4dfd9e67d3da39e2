//! Text put together of parts, of which not all may be known.

use serde_json::Value as Json;

use crate::written::{self, Shape, Sink, Tree};

/// Takes the parts, one after the other: what is known of them becomes one text.
#[derive(Debug, Default)]
pub(super) struct Joined {
    done: Vec<Json>,
    /// The text behind what is done.
    known: String,
    is_known: bool,
    /// The part that is no text.
    part: Tree,
}

impl Joined {
    /// No parts yet. The text may have room from another one.
    pub(super) fn new(mut room: String) -> Self {
        room.clear();
        Self { known: room, ..Self::default() }
    }

    /// Writes the text, or what makes it of the parts; gives the room back.
    pub(super) fn write(mut self, out: &mut impl Sink) -> String {
        if self.is_known && self.done.is_empty() {
            out.text(&self.known);
            return self.known;
        }
        self.end_text();
        out.begin(Shape::Map);
        out.key("Fn::Join");
        written::value(&Json::Array(vec!["".into(), Json::Array(self.done)]), out);
        out.end(Shape::Map);
        self.known
    }

    fn end_text(&mut self) {
        if std::mem::take(&mut self.is_known) {
            self.done.push(self.known.as_str().into());
            self.known.clear();
        }
    }

    fn put(&mut self, json: Json) {
        self.end_text();
        self.done.push(json);
    }
}

impl Sink for Joined {
    fn text(&mut self, text: &str) {
        if self.part.is_open() {
            return self.part.text(text);
        }
        self.known.push_str(text);
        self.is_known = true;
    }

    fn scalar(&mut self, scalar: Json) {
        match self.part.is_open() {
            true => self.part.scalar(scalar),
            false => self.put(scalar),
        }
    }

    fn begin(&mut self, shape: Shape) {
        self.part.begin(shape);
    }

    fn item(&mut self) {
        self.part.item();
    }

    fn key(&mut self, key: &str) {
        self.part.key(key);
    }

    fn end(&mut self, shape: Shape) {
        self.part.end(shape);
        if !self.part.is_open() {
            let part = std::mem::take(&mut self.part).finish();
            self.put(part);
        }
    }
}
