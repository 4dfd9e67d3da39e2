//! Objects that are written again: the statements of policies, most of all, which a large app gives to many roles.

use super::Json;
use super::members::{Member, Members};
use crate::bytes::fingerprint;

/// How much of an object tells where to look for it. Shorter ones are read faster than looked for.
const HEAD: usize = 96;

/// What repeats does so soon: so few are remembered.
const SLOTS: u64 = 64;
const IN_A_SLOT: usize = 4;

/// Objects of lists that were read lately, from any text. One that is written again is not read again but
/// [shared](super::Source::read).
#[derive(Debug)]
pub struct Repeats<'t> {
    /// What is written, and what it says; the latest come first.
    slots: Box<[Vec<(&'t str, Members<'t>)>]>,
    /// Room for who reads the next text.
    pub(super) open: Open<'t>,
}

/// What was read of the lists and objects that have not ended yet, the inner ones last: so that each gets exactly the
/// room it needs.
#[derive(Debug, Default)]
pub(super) struct Open<'t> {
    pub(super) values: Vec<Json<'t>>,
    pub(super) members: Vec<Member<'t>>,
}

impl Default for Repeats<'_> {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| Vec::new()).collect(), open: Open::default() }
    }
}

/// Where to look for an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot(usize);

impl Slot {
    /// That of the object at the start of a text; `None` if what is left is short.
    pub(super) fn of(text: &str) -> Option<Self> {
        let print = fingerprint(text.get(..HEAD)?);
        Some(Self(usize::try_from(print % SLOTS).ok()?))
    }
}

impl<'t> Repeats<'t> {
    /// The object that is written at the start of a text, and its length, if it is remembered.
    pub(super) fn find(&mut self, slot: Slot, text: &str) -> Option<(usize, Members<'t>)> {
        let slot = &mut self.slots[slot.0];
        let place = slot.iter().position(|(written, _)| text.starts_with(written))?;
        slot[..=place].rotate_right(1);
        let (written, members) = &slot[0];
        Some((written.len(), members.clone()))
    }

    /// Remembers an object, if it is long enough.
    pub(super) fn note(&mut self, slot: Slot, written: &'t str, members: Members<'t>) -> Members<'t> {
        if written.len() < HEAD {
            return members;
        }
        let words = members.words_in(written);
        let members = members.shared(words);
        let slot = &mut self.slots[slot.0];
        slot.truncate(IN_A_SLOT - 1);
        slot.insert(0, (written, members.clone()));
        members
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::Source;
    use super::super::samples::nested;
    use super::*;

    fn statement(resource: &str) -> String {
        format!(
            "{{ \"Effect\": \"Allow\", \"Action\": [{}], \"Resource\": \"{resource}\" }}",
            "\"s3:GetObject\", ".repeat(9) + "\"x\""
        )
    }

    fn words<'t>(json: &Json<'t>, text: &'t str) -> Vec<Option<&'t str>> {
        json.as_array().into_iter().flatten().map(|item| Source::of(text).words_of(item)).collect()
    }

    #[test]
    fn what_is_written_again_is_held_once() {
        let texts = [format!("[{}, {}]", statement("a"), statement("b")), format!("[{}, {{}}]", statement("b"))];
        let mut repeats = Repeats::default();
        let read: Vec<Json<'_>> = texts.iter().map(|text| Source::read(text, &mut repeats).expect("JSON").0).collect();
        let place = |json: &Json<'_>| json["Action"].as_array().map(|actions| actions.as_ptr().addr());
        let (b, again) = (read[0].at(1).expect("b"), read[1].at(0).expect("b"));
        // They borrow from different texts otherwise.
        assert_eq!(place(b), place(again));
        for (json, text) in read.iter().zip(&texts) {
            let alone = Json::read(text).expect("JSON");
            assert_eq!((json, words(json, text)), (&alone, words(&alone, text)));
        }
    }

    #[test]
    fn what_is_changed_is_changed_for_one() {
        let text = format!("[{0}, {0}]", statement("a"));
        let (mut json, _) = Source::read(&text, &mut Repeats::default()).expect("JSON");
        let Json::Array(items) = &mut json else { panic!("a list") };
        *items[1].get_mut("Resource").expect("a member") = "b".into();
        let resources: Vec<_> = json.one_or_many().iter().map(|item| item["Resource"].as_str()).collect();
        assert_eq!(resources, [Some("a"), Some("b")]);
        let told = words(&json, &text);
        assert!(told[0].is_some_and(|words| words.ends_with('a')) && told[1].is_none(), "{told:?}");
    }

    /// Few different objects, so that many repeat; some differ in their ends alone.
    fn any_texts() -> impl Strategy<Value = Vec<String>> {
        let leaf =
            prop_oneof!["[ab]".prop_map(Value::from), Just(json!("x".repeat(90))), Just(json!([])), Just(json!(1))];
        let value = nested(leaf, "[ab]", 4);
        prop::collection::vec((value, any::<bool>()), 1..4).prop_map(|values| {
            let written = |(value, pretty): (Value, bool)| {
                if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() }
            };
            let texts: Vec<String> = values.into_iter().map(written).collect();
            // All of them once more, in one list.
            let all = format!("[{}]", texts.join(", "));
            texts.into_iter().chain([all.clone(), all]).collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_is_read_alone(texts in any_texts()) {
            let mut repeats = Repeats::default();
            for text in &texts {
                let (json, alone) = (Source::read(text, &mut repeats).unwrap().0, Json::read(text).unwrap());
                prop_assert_eq!(&json, &alone);
                // What ends with an object that is shared may end in another text, so that nothing is told of it.
                for (told, alone) in words(&json, text).into_iter().zip(words(&alone, text)) {
                    prop_assert!(told.is_none() || told == alone, "{told:?}, and not {alone:?}");
                }
                prop_assert_eq!(Value::from(&json), serde_json::from_str::<Value>(text).unwrap());
            }
        }
    }
}
