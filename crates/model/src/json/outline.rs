//! Where the members of an object stand, remembered: what follows a long argument is found without passing over it again.
//!
//! Must never outlive the text it is about, nor be asked about another one.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::Json;

/// Shorter texts are walked through each time: that costs less than remembering.
const LONG: usize = 256;

/// Objects of more members are walked through, too: a hostile one must not cost many times its size.
const MOST_MEMBERS: usize = 12;

/// The members of one text, once they have been looked for. `None` inside: not worth remembering.
#[derive(Clone)]
pub(super) struct Outline(OnceLock<Option<Arc<Members>>>);

type Members = [Option<Member>; MOST_MEMBERS];

/// Key and value of a member as bytes of the text.
#[derive(Clone, Copy)]
struct Member {
    key: Part,
    value: Part,
}

/// A run of bytes. Texts of 4 GB are not kept.
#[derive(Clone, Copy)]
struct Part {
    start: u32,
    end: u32,
}

impl Outline {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The member `key` of `text`, which must be the text that this is the outline of.
    pub(super) fn find<'a>(&self, text: &'a str, key: &str) -> Option<Json<'a>> {
        if text.len() < LONG {
            return Json::new(text).get(key);
        }
        let Some(members) = self.0.get_or_init(|| outline(text)) else { return Json::new(text).get(key) };
        let named = |member: &&Member| member.key.of(text).is_some_and(|name| name.spells(key));
        members.iter().flatten().find(named).and_then(|member| member.value.of(text))
    }
}

fn outline(text: &str) -> Option<Arc<Members>> {
    let mut members: Members = [None; MOST_MEMBERS];
    let mut places = members.iter_mut();
    for (key, value) in Json::new(text).members() {
        *places.next()? = Some(Member { key: Part::within(text, key)?, value: Part::within(text, value)? });
    }
    Some(Arc::new(members))
}

impl Part {
    fn within(text: &str, part: Json<'_>) -> Option<Self> {
        let start = u32::try_from(part.raw().as_ptr().addr() - text.as_ptr().addr()).ok()?;
        Some(Self { start, end: start.checked_add(u32::try_from(part.raw().len()).ok()?)? })
    }

    fn of(self, text: &str) -> Option<Json<'_>> {
        text.get(Range { start: self.start as usize, end: self.end as usize }).map(Json::new)
    }
}
