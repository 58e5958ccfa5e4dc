//! The facts of a call as Cedar sees them: who (principal), what (action), where (resource), and what else is known (context).
//!
//! Must never leave out a part of the arguments: what is too large to be looked at in full is not asked about.

use std::collections::HashSet;
use std::fmt::Write as _;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use ringfence_model::finding::Severity;
use ringfence_model::json::{Json, Kind};
use ringfence_model::label::{Confidentiality, Integrity};
use ringfence_model::principal::Scope;

use crate::facts::Facts;
use crate::load::{CATEGORIES, WORDS};

/// Most bytes of arguments.
const MOST_BYTES: usize = 64 << 10;

/// Most values in them.
const MOST_VALUES: usize = 4_096;

/// What is asked, and what is known of all that is named in it.
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) entities: Entities,
}

/// Values of the arguments by JSON pointer (RFC 6901).
struct Leaves {
    texts: Vec<(String, RestrictedExpression)>,
    numbers: Vec<(String, RestrictedExpression)>,
}

impl Asked {
    pub(super) fn of(facts: &Facts<'_>, environment: Option<&str>) -> Result<Self, String> {
        let leaves = Leaves::of(facts)?;
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let flag = RestrictedExpression::new_bool;
        let words = |words: &mut dyn Iterator<Item = &str>| RestrictedExpression::new_set(words.map(text));

        let who = facts.principal;
        let scopes = who.scopes.iter().map(|scope| uid("Scope", scope_word(*scope)));
        let above: HashSet<EntityUid> =
            scopes.chain([uid("Realm", who.realm.as_str())]).collect::<Result<_, String>>()?;
        let principal = uid("Principal", &format!("{}/{}", who.realm.as_str(), who.name))?;

        let server = facts.server.map(|server| uid("Server", server.as_str())).transpose()?;
        let place = facts.server.map_or_else(String::new, |server| format!("{}/", server.as_str()));
        let resource = uid("Target", &format!("{place}{}", facts.target))?;
        let effects: Vec<&str> = match facts.effects() {
            Some(effects) if effects.is_unknown() => vec!["unknown"],
            Some(effects) => effects.iter().map(|effect| effect.as_str()).collect(),
            None => Vec::new(),
        };
        let [arguments, numbers] = [uid("Arguments", "call")?, uid("Numbers", "call")?];

        let entity = |uid, attributes: Vec<(String, RestrictedExpression)>, parents: Vec<EntityUid>, tags| {
            Entity::new_with_tags(uid, attributes, parents, tags).map_err(|error| error.to_string())
        };
        let mut entities = vec![
            entity(
                principal.clone(),
                vec![("name".to_owned(), text(&who.name))],
                above.iter().cloned().collect(),
                Vec::new(),
            )?,
            entity(
                resource.clone(),
                vec![
                    ("name".to_owned(), text(facts.target)),
                    ("effects".to_owned(), words(&mut effects.into_iter())),
                    ("irreversible".to_owned(), flag(facts.tool.is_some_and(|tool| tool.irreversible))),
                    ("egress".to_owned(), flag(facts.leaves())),
                ],
                server.iter().cloned().collect(),
                Vec::new(),
            )?,
            entity(arguments.clone(), Vec::new(), Vec::new(), leaves.texts)?,
            entity(numbers.clone(), Vec::new(), Vec::new(), leaves.numbers)?,
        ];
        entities.extend(above.into_iter().chain(server).map(|uid| Entity::new_no_attrs(uid, HashSet::new())));
        let entities = Entities::from_entities(entities, None).map_err(|error| error.to_string())?;

        let found = |category| facts.findings.iter().any(|finding| finding.category == category);
        let mut categories =
            CATEGORIES.iter().filter(|(_, category)| found(*category)).map(|(word, _)| *word);
        let said = |word| facts.provenance.values.iter().any(|origin| origin.word == word);
        let mut origins = WORDS.iter().filter(|(_, word)| said(*word)).map(|(name, _)| *name);
        let worst = facts.findings.iter().map(|finding| finding.severity).max();
        let mut known = vec![
            ("arguments".to_owned(), RestrictedExpression::new_entity_uid(arguments)),
            ("numbers".to_owned(), RestrictedExpression::new_entity_uid(numbers)),
            ("findings".to_owned(), words(&mut categories)),
            ("severity".to_owned(), RestrictedExpression::new_long(worst.map_or(-1, rank))),
            ("words".to_owned(), words(&mut origins)),
            (
                "confidentiality".to_owned(),
                RestrictedExpression::new_long(height(facts.floor.confidentiality)),
            ),
            ("untrusted".to_owned(), flag(facts.floor.integrity == Integrity::Untrusted)),
            ("pii".to_owned(), flag(facts.floor.pii)),
            ("sandboxed".to_owned(), flag(facts.sandboxed)),
            ("answerable".to_owned(), flag(facts.answerable)),
        ];
        known.extend(environment.map(|name| ("environment".to_owned(), text(name))));
        let context = Context::from_pairs(known).map_err(|error| error.to_string())?;
        let action = uid("Action", facts.action.as_str())?;
        let request =
            Request::new(principal, action, resource, context, None).map_err(|error| error.to_string())?;
        Ok(Self { request, entities })
    }
}

impl Leaves {
    fn of(facts: &Facts<'_>) -> Result<Self, String> {
        let mut leaves = Self { texts: Vec::new(), numbers: Vec::new() };
        if let Some(arguments) = facts.arguments {
            if arguments.as_str().len() > MOST_BYTES {
                return Err(format!("its arguments are more than {MOST_BYTES} bytes"));
            }
            leaves.walk(arguments.value(), &mut String::new())?;
        }
        Ok(leaves)
    }

    /// INVARIANT: as deep as the scanner lets JSON be.
    fn walk(&mut self, value: Json<'_>, pointer: &mut String) -> Result<(), String> {
        let deeper = pointer.len();
        match value.kind() {
            Kind::Object => {
                for (key, value) in value.members() {
                    let name = key.as_str().unwrap_or_default();
                    let _ = write!(pointer, "/{}", name.replace('~', "~0").replace('/', "~1"));
                    self.walk(value, pointer)?;
                    pointer.truncate(deeper);
                }
            }
            Kind::Array => {
                for (at, value) in value.elements().enumerate() {
                    let _ = write!(pointer, "/{at}");
                    self.walk(value, pointer)?;
                    pointer.truncate(deeper);
                }
            }
            Kind::Null => {}
            Kind::String | Kind::Number | Kind::Bool => {
                let text = value.as_str().map_or_else(|| value.raw().to_owned(), |text| text.into_owned());
                self.texts.push((pointer.clone(), RestrictedExpression::new_string(text)));
                if let Some(number) = value.as_i64() {
                    self.numbers.push((pointer.clone(), RestrictedExpression::new_long(number)));
                }
                if self.texts.len() > MOST_VALUES {
                    return Err(format!("its arguments have more than {MOST_VALUES} values"));
                }
            }
        }
        Ok(())
    }
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    let kind: EntityTypeName = kind.parse().map_err(|error: cedar_policy::ParseErrors| error.to_string())?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

const fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Call => "call",
        Scope::Confirm => "confirm",
        Scope::Operate => "operate",
        Scope::Vouch => "vouch",
    }
}

const fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

const fn height(confidentiality: Confidentiality) -> i64 {
    match confidentiality {
        Confidentiality::Public => 0,
        Confidentiality::Internal => 1,
        Confidentiality::Secret => 2,
    }
}
