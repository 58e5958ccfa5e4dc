//! Where a text stands and which engines look at it. Must never hold how an engine looks.

use crate::injection::Context;
use crate::secret::Sought;

/// An engine that looks at text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Credentials.
    Secrets,
    /// Numbers and addresses of persons.
    PersonalData,
    /// Orders to the model.
    Injection,
    /// What a person does not see and a model reads.
    Hidden,
}

/// Where a text stands, and which engines look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    context: Context,
    /// A bit for each [`Engine`].
    engines: u8,
}

impl Profile {
    /// The `engines`, for text that stands in `context`.
    #[must_use]
    pub fn new(context: Context, engines: &[Engine]) -> Self {
        Self { context, engines: engines.iter().fold(0, |set, engine| set | engine.bit()) }
    }

    /// True where orders to the model or hidden content are looked for.
    pub(crate) const fn has_orders(self) -> bool {
        self.has(Engine::Injection) || self.has(Engine::Hidden)
    }

    /// Every engine, for text that stands in `context`.
    #[must_use]
    pub fn whole(context: Context) -> Self {
        Self::new(context, &[Engine::Secrets, Engine::PersonalData, Engine::Injection, Engine::Hidden])
    }

    /// Where the text stands.
    #[must_use]
    pub const fn context(self) -> Context {
        self.context
    }

    /// True when `engine` looks.
    #[must_use]
    pub const fn has(self, engine: Engine) -> bool {
        self.engines & engine.bit() != 0
    }

    /// The values that are looked for.
    pub(crate) const fn sought(self) -> Sought {
        match (self.has(Engine::Secrets), self.has(Engine::PersonalData)) {
            (true, true) => Sought::Both,
            (true, false) => Sought::Secrets,
            (false, true) => Sought::PersonalData,
            (false, false) => Sought::Nothing,
        }
    }
}

impl Engine {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}
