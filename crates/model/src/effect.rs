//! What a tool can do to the world, and how we came to know.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One kind of effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Looks, changes nothing.
    Read,
    /// Changes or adds, can be undone or overwritten again.
    Write,
    /// Removes or overwrites.
    Delete,
    /// Runs code or a command.
    Execute,
    /// Reaches over a network.
    Network,
    /// Hands content to somebody: mail, chat, post, upload.
    Send,
    /// Moves money or commits to a purchase.
    Pay,
    /// Changes accounts, rights, keys, settings of a system.
    Admin,
}

impl Effect {
    /// Every effect, weakest first.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Write,
        Self::Delete,
        Self::Execute,
        Self::Network,
        Self::Send,
        Self::Pay,
        Self::Admin,
    ];

    /// The word used in configuration, journal and output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Execute => "execute",
            Self::Network => "network",
            Self::Send => "send",
            Self::Pay => "pay",
            Self::Admin => "admin",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of effects. The empty set means **unknown**: there was nothing to go by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Effects(u8);

impl Effects {
    /// Nothing to go by.
    pub const UNKNOWN: Self = Self(0);

    /// The set of these effects.
    #[must_use]
    pub fn of(effects: &[Effect]) -> Self {
        Self(effects.iter().fold(0, |set, effect| set | effect.bit()))
    }

    /// True when nothing is known.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.0 == 0
    }

    /// True when `effect` is in the set.
    #[must_use]
    pub const fn contains(self, effect: Effect) -> bool {
        self.0 & effect.bit() != 0
    }

    /// Both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The effects, weakest first.
    pub fn iter(self) -> impl Iterator<Item = Effect> {
        Effect::ALL.into_iter().filter(move |effect| self.contains(*effect))
    }
}

impl fmt::Display for Effects {
    /// `read, network`, or `unknown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unknown() {
            return f.write_str("unknown");
        }
        for (index, effect) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(effect.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Effects({self})")
    }
}

impl Serialize for Effects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Effects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Effect>::deserialize(deserializer).map(|effects| Self::of(&effects))
    }
}

impl JsonSchema for Effects {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Effects".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<Effect>::json_schema(generator)
    }
}

/// Where the knowledge of a tool's effects came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectSource {
    /// The operator's configuration.
    Configured,
    /// Our catalogue of well-known servers.
    Catalogue,
    /// Inferred from annotations, name, description and schema.
    Inferred,
    /// A tool of ours that declares them in its code.
    Declared,
    /// Nothing to go by.
    Unknown,
}

/// What policy knows about a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ToolFacts {
    /// What it does.
    pub effects: Effects,
    /// How we know.
    pub source: EffectSource,
    /// What it does cannot be taken back.
    pub irreversible: bool,
    /// It carries data out of the machine or the organisation.
    pub egress: bool,
    /// Whose word its results are.
    pub content: crate::label::Integrity,
    /// How confidential its results are.
    pub confidentiality: crate::label::Confidentiality,
    /// JSON pointers (RFC 6901) of the arguments that steer the effect.
    pub consequential: Vec<String>,
}
