//! Conditions on what is known of a call besides its names and arguments.
//!
//! Must never hold where the fact that it asks for was not found.

use ringfence_model::effect::Effects;
use ringfence_model::finding::{Category, Finding, Severity};
use ringfence_model::id::Timestamp;
use ringfence_model::label::{Confidentiality, Integrity, Label};
use ringfence_model::provenance::{Origin, Provenance, Role, Word};
use ringfence_model::tally::{Counts, Recent, Window};

use super::Doubt;
use super::pattern::Names;

/// Conditions on the effects of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EffectsMatch {
    /// At least one of these, where there are any.
    pub(crate) any: Effects,
    /// Being unknown counts as one of `any`.
    pub(crate) unknown: bool,
    /// Each of these.
    pub(crate) all: Effects,
}

/// Conditions that one finding must meet together.
#[derive(Debug)]
pub(crate) struct FindingMatch {
    pub(crate) categories: Option<Vec<Category>>,
    pub(crate) at_least: Severity,
    pub(crate) id: Option<Names>,
}

/// Labels that the session must at least have reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FloorMatch {
    pub(crate) confidentiality: Option<Confidentiality>,
    pub(crate) integrity: Option<Integrity>,
    pub(crate) pii: Option<bool>,
}

/// Conditions on where values of the arguments came from. `pointer` and `role` choose the values that are looked at.
#[derive(Debug)]
pub(crate) struct ProvenanceMatch {
    /// JSON pointers; a value at or below one of them.
    pub(crate) pointers: Option<Vec<Box<str>>>,
    pub(crate) role: Option<Role>,
    /// One of these, or worse in the case of `at_least`.
    pub(crate) word: Option<WordMatch>,
    pub(crate) confidentiality: Option<Confidentiality>,
    pub(crate) pii: Option<bool>,
    /// The server that a source of the value came from.
    pub(crate) server: Option<Names>,
}

/// Whose word a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WordMatch {
    /// This or a less trustworthy one.
    AtLeast(Word),
    /// One of these.
    OneOf(Vec<Word>),
}

/// A part of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeMatch {
    /// Bit 0 is Monday.
    pub(crate) days: u8,
    /// Minutes of the day, from here on.
    pub(crate) from: u32,
    /// Up to here; before `from` where it spans midnight, and the day is then the one on which it began.
    pub(crate) to: u32,
    /// Minutes east of UTC.
    pub(crate) offset: i32,
}

/// How often something happened lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateMatch {
    pub(crate) what: Counted,
    pub(crate) above: u32,
    pub(crate) per: Window,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Calls that were judged, this one with them.
    Calls,
    /// Calls that were denied.
    Denied,
}

impl EffectsMatch {
    pub(crate) fn holds(self, known: Effects) -> bool {
        let none_of_any = self.any.is_unknown() && !self.unknown;
        let any = none_of_any
            || (self.unknown && known.is_unknown())
            || self.any.iter().any(|effect| known.contains(effect));
        any && self.all.iter().all(|effect| known.contains(effect))
    }
}

impl FindingMatch {
    /// True where personal data is one of the categories that it names.
    pub(super) fn names_personal_data(&self) -> bool {
        self.categories.as_ref().is_some_and(|categories| categories.contains(&Category::Pii))
    }

    /// The ids that can match, where they can be listed.
    pub(crate) fn ids(&self) -> Option<Vec<&str>> {
        self.id.as_ref()?.literals()
    }

    pub(super) fn holds(&self, finding: &Finding) -> bool {
        finding.severity >= self.at_least
            && self.categories.as_ref().is_none_or(|categories| categories.contains(&finding.category))
            && self.id.as_ref().is_none_or(|id| id.matches(&finding.id))
    }
}

impl FloorMatch {
    /// True where a label that the session takes on can make it hold.
    pub(crate) fn is_raised_by_labels(self) -> bool {
        self.confidentiality.is_some() || self.integrity.is_some() || self.pii == Some(true)
    }

    pub(crate) fn holds(self, floor: Label) -> bool {
        self.confidentiality.is_none_or(|least| floor.confidentiality >= least)
            && self.integrity.is_none_or(|least| floor.integrity >= least)
            && self.pii.is_none_or(|pii| floor.pii == pii)
    }
}

impl ProvenanceMatch {
    /// In doubt one of the chosen values is enough; else there must be some, and each must meet the conditions.
    pub(super) fn holds(&self, provenance: &Provenance, doubt: Doubt) -> bool {
        let mut chosen = provenance.values.iter().filter(|origin| self.chooses(origin)).peekable();
        match doubt {
            Doubt::Matches => chosen.any(|origin| self.meets(origin)),
            Doubt::Misses => chosen.peek().is_some() && chosen.all(|origin| self.meets(origin)),
        }
    }

    /// The servers of which a source must be, where they can be listed.
    pub(crate) fn servers(&self) -> Option<Vec<&str>> {
        self.server.as_ref()?.literals()
    }

    /// True where a label that a value takes on, or a less trustworthy word, can make it hold.
    pub(crate) fn is_raised_by_labels(&self) -> bool {
        let below = matches!(self.word, Some(WordMatch::AtLeast(least)) if least > Word::User);
        below || self.confidentiality.is_some() || self.pii == Some(true)
    }

    fn chooses(&self, origin: &Origin) -> bool {
        let below = |pointer: &str| {
            origin.pointer.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.role.is_none_or(|role| role == origin.role)
            && self.pointers.as_ref().is_none_or(|pointers| pointers.iter().any(|pointer| below(pointer)))
    }

    fn meets(&self, origin: &Origin) -> bool {
        let source = |names: &Names| {
            origin
                .sources
                .iter()
                .any(|source| source.server.as_ref().is_some_and(|server| names.matches(server.as_str())))
        };
        self.word.as_ref().is_none_or(|word| word.holds(origin.word))
            && self.confidentiality.is_none_or(|least| origin.label.confidentiality >= least)
            && self.pii.is_none_or(|pii| origin.label.pii == pii)
            && self.server.as_ref().is_none_or(source)
    }
}

impl WordMatch {
    fn holds(&self, word: Word) -> bool {
        match self {
            Self::AtLeast(least) => word >= *least,
            Self::OneOf(words) => words.contains(&word),
        }
    }
}

impl TimeMatch {
    /// Every minute of the week.
    pub(crate) const ALWAYS: Self = Self { days: 0x7F, from: 0, to: DAY, offset: 0 };

    pub(super) fn holds(self, time: Timestamp) -> bool {
        let (day, minute) = self.local(time);
        let on = |day: u32| self.days & (1 << day) != 0;
        if self.from < self.to {
            return on(day) && (self.from..self.to).contains(&minute);
        }
        (minute >= self.from && on(day)) || (minute < self.to && on((day + 6) % 7))
    }

    /// Day of the week, 0 for Monday, and minute of the day.
    fn local(self, time: Timestamp) -> (u32, u32) {
        let minutes = i64::try_from(time.0 / 60_000_000_000).unwrap_or(i64::MAX) + i64::from(self.offset);
        let (day, minute) = (minutes.div_euclid(i64::from(DAY)), minutes.rem_euclid(i64::from(DAY)));
        // 1970-01-01 was a Thursday.
        let day = (day + 3).rem_euclid(7);
        (u32::try_from(day).unwrap_or(0), u32::try_from(minute).unwrap_or(0))
    }
}

/// Minutes of a day.
pub(crate) const DAY: u32 = 1_440;

impl RateMatch {
    pub(super) fn holds(self, recent: &Recent) -> bool {
        let counts: &Counts = match self.what {
            Counted::Calls => &recent.calls,
            Counted::Denied => &recent.denied,
        };
        counts.within(self.per) > self.above
    }
}
