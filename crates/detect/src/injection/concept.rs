//! What the detector knows a word to be about, whatever its language. Must never hold a word itself: those stand in
//! `data/lexicon.txt`.

/// Something that a phrase of an attack is made of. The order is part of the format of the weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concept {
    /// To ignore, forget, bypass.
    Override,
    /// Previous, above, so far.
    Earlier,
    /// Instructions, rules, orders.
    Rules,
    /// Passwords, keys, the system prompt.
    Secret,
    /// Where somebody lives, birth dates, balances.
    Personal,
    /// Tell, show, send.
    Reveal,
    /// The assistant, the model, products by name.
    Model,
    /// The user, as somebody who is talked about.
    User,
    /// Do not tell, secretly.
    Conceal,
    /// Important, at once, must.
    Urgent,
    /// You are now, pretend.
    Persona,
    /// Without restrictions, illegal, anything.
    Freedom,
    /// Your answer, your code, say that.
    Answer,
    /// Modify, embed, translate.
    Alter,
    /// Tools, functions, calls.
    Tool,
    /// I am your developer, audit, on behalf of.
    Authority,
    /// Maintenance mode, activated.
    Mode,
    /// Imagine, hypothetically, in a world.
    Suppose,
    /// Best tool, always use, instead of others.
    Prefer,
    /// Before you, first, the following.
    Begin,
    /// Please, can you.
    Request,
    /// What is, where does.
    Question,
    /// You, your.
    You,
    /// A file that holds credentials.
    Path,
    /// The tags of chat templates and what looks like them.
    Tag,
    /// Base64, Morse, backwards.
    Encoding,
    /// Phishing, malware, a download into a shell.
    Harm,
    /// Delete, pay, book: what is asked of an agent.
    Act,
    /// A tool that wants to know who calls it: its model, prompt, conversation.
    Probe,
}

impl Concept {
    /// All of them with their name in the lexicon, in order.
    pub const ALL: [(Self, &'static str); 29] = [
        (Self::Override, "override"),
        (Self::Earlier, "earlier"),
        (Self::Rules, "rules"),
        (Self::Secret, "secret"),
        (Self::Personal, "personal"),
        (Self::Reveal, "reveal"),
        (Self::Model, "model"),
        (Self::User, "user"),
        (Self::Conceal, "conceal"),
        (Self::Urgent, "urgent"),
        (Self::Persona, "persona"),
        (Self::Freedom, "freedom"),
        (Self::Answer, "answer"),
        (Self::Alter, "alter"),
        (Self::Tool, "tool"),
        (Self::Authority, "authority"),
        (Self::Mode, "mode"),
        (Self::Suppose, "suppose"),
        (Self::Prefer, "prefer"),
        (Self::Begin, "begin"),
        (Self::Request, "request"),
        (Self::Question, "question"),
        (Self::You, "you"),
        (Self::Path, "path"),
        (Self::Tag, "tag"),
        (Self::Encoding, "encoding"),
        (Self::Harm, "harm"),
        (Self::Act, "act"),
        (Self::Probe, "probe"),
    ];

    /// The concept that the lexicon calls `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(concept, _)| *concept)
    }

    /// Its place in [`Self::ALL`].
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}
