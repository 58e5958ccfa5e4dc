//! What an attack is built like, in any language: concepts that stand together. Must never depend on the words themselves.

use ringfence_model::finding::Severity;

use super::concept::Concept;
use super::concept::Concept::{
    Act, Alter, Answer, Authority, Begin, Conceal, Earlier, Encoding, Freedom, Harm, Mode, Model, Override,
    Path, Persona, Personal, Prefer, Probe, Question, Request, Reveal, Rules, Secret, Tag, Tool, Urgent,
    User, You,
};
use super::context::Context;
use super::lexicon::Hit;

/// A combination that tells.
#[derive(Debug)]
pub(super) struct Rule {
    /// Finding id.
    pub(super) id: &'static str,
    /// For a person.
    pub(super) what: &'static str,
    /// One of each of these must stand within `near`.
    all: &'static [&'static [Concept]],
    /// Characters.
    near: usize,
    /// In a tool's definition, where nobody has to give the model orders.
    pub(super) in_definition: Severity,
    /// Anywhere else.
    pub(super) elsewhere: Severity,
    /// 0 to 100.
    pub(super) confidence: u8,
}

impl Rule {
    /// How bad a hit is in `context`.
    pub(super) const fn severity(&self, context: Context) -> Severity {
        match context {
            Context::ToolDefinition | Context::Instructions | Context::Unknown => self.in_definition,
            Context::ToolResult
            | Context::Resource
            | Context::Prompt
            | Context::Interim
            | Context::Argument => self.elsewhere,
        }
    }

    /// The first place where all concepts stand together: the bytes from the first to the last of them.
    pub(super) fn find(&self, hits: &[Hit]) -> Option<std::ops::Range<usize>> {
        let first = self.all.first()?;
        hits.iter().filter(|hit| first.contains(&hit.concept)).find_map(|hit| {
            let from = hits.partition_point(|other| other.position + self.near < hit.position);
            let near = hits.get(from..).unwrap_or_default();
            let near = || near.iter().take_while(|other| other.position <= hit.position + self.near);
            let mut range = hit.start..hit.end;
            for wanted in self.all.iter().skip(1) {
                let apart = |other: &&Hit| other.end <= hit.start || other.start >= hit.end;
                let other = near()
                    .filter(|other| wanted.contains(&other.concept))
                    .filter(apart)
                    .min_by_key(|other| other.position.abs_diff(hit.position))?;
                range = range.start.min(other.start)..range.end.max(other.end);
            }
            Some(range)
        })
    }
}

const fn rule(
    id: &'static str,
    what: &'static str,
    all: &'static [&'static [Concept]],
    near: usize,
    severity: (Severity, Severity),
    confidence: u8,
) -> Rule {
    Rule { id, what, all, near, in_definition: severity.0, elsewhere: severity.1, confidence }
}

/// The structure rules. What they need is rare in honest text; what is merely suspicious is left to the model.
pub(super) const RULES: [Rule; 13] = [
    rule(
        "override_instructions",
        "Asks to ignore the instructions given before",
        &[&[Override], &[Earlier], &[Rules]],
        40,
        (Severity::High, Severity::High),
        90,
    ),
    rule(
        "override_and_reveal",
        "Asks to drop what was said before and to give something away",
        &[&[Override], &[Earlier], &[Secret, Personal], &[Reveal, Question]],
        90,
        (Severity::High, Severity::Medium),
        70,
    ),
    rule(
        "role_impersonation",
        "Poses as the system or as a turn of the conversation",
        &[&[Tag], &[Override, Conceal, Urgent, Persona, Rules, Answer, Begin, Request, Model, Act, Reveal]],
        120,
        (Severity::High, Severity::Medium),
        80,
    ),
    rule(
        "secrecy_request",
        "Asks to keep something from the user",
        &[&[Conceal], &[User], &[You, Begin, Urgent, Rules, Request]],
        100,
        (Severity::High, Severity::Medium),
        75,
    ),
    rule(
        "sensitive_file_request",
        "Asks for a file that holds credentials",
        &[&[Path], &[Begin, Conceal, Reveal, Urgent, You], &[Tool, Reveal, Act]],
        120,
        (Severity::High, Severity::Medium),
        80,
    ),
    rule(
        "conversation_exfiltration",
        "Asks to pass on the conversation, the system prompt or credentials with a call",
        &[&[Secret], &[Tool, Reveal], &[Conceal], &[Urgent, Begin, You]],
        120,
        (Severity::High, Severity::Medium),
        80,
    ),
    rule(
        "persona_override",
        "Gives the assistant another role, without its limits",
        &[&[Persona], &[Freedom], &[Freedom, Model, Override, Mode], &[You]],
        160,
        (Severity::High, Severity::High),
        70,
    ),
    rule(
        "prompt_extraction",
        "Asks for the instructions or secrets of the assistant",
        &[&[Secret], &[Reveal, Question], &[Override, Mode, Authority, Model, Tag], &[You, Earlier]],
        90,
        (Severity::High, Severity::Medium),
        65,
    ),
    rule(
        "forged_authority",
        "Claims an authority to get at secrets",
        &[&[Authority], &[Secret, Personal], &[Reveal, Question], &[You, Mode, Authority]],
        140,
        (Severity::High, Severity::Medium),
        60,
    ),
    rule(
        "encoded_smuggling",
        "Asks to give away a secret in an encoding",
        &[&[Encoding], &[Secret, Personal], &[Request, Reveal, You]],
        120,
        (Severity::Medium, Severity::Medium),
        55,
    ),
    rule(
        "harmful_order",
        "Asks the assistant to add or run something harmful",
        &[&[Harm], &[Answer, Model, Override], &[Alter, Act, Tool]],
        140,
        (Severity::High, Severity::Medium),
        60,
    ),
    rule(
        "out_of_scope_parameter",
        "A tool asks for what it does not need: the model, the prompt, the conversation",
        &[&[Probe]],
        0,
        (Severity::Medium, Severity::Info),
        60,
    ),
    rule(
        "preference_manipulation",
        "A tool praises itself over others",
        &[&[Prefer], &[Prefer]],
        120,
        (Severity::Medium, Severity::Info),
        60,
    ),
];
