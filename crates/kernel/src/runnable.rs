//! What the texts of the arguments would do if they were run, for rules that ask for it.
//!
//! Must never call harmless what it did not look at: what is left out is left to the doubt of the rule.

use ringfence_detect::code::{self, Language, Safety, sql};
use ringfence_detect::secret::SecretScanner;
use ringfence_model::code::{CommandClass, Runnable, SqlClass};
use ringfence_model::json::{Json, JsonText, Kind};

/// Most texts of one call that are looked at.
const MOST: usize = 32;

/// A text of the arguments, and what it would do.
#[derive(Debug)]
pub struct Text {
    raw: JsonText,
    sql: SqlClass,
    command: CommandClass,
}

impl Text {
    /// As policy sees it.
    #[must_use]
    pub fn runnable(&self) -> Runnable<'_> {
        Runnable { raw: self.raw.as_str(), sql: self.sql, command: self.command }
    }
}

/// The strings of `arguments`, and the lists of strings, which may be the words of a command.
#[must_use]
pub fn of(arguments: &JsonText, secrets: &SecretScanner) -> Vec<Text> {
    let mut found = Vec::new();
    walk(arguments, arguments.value(), secrets, &mut found);
    found
}

fn walk(whole: &JsonText, value: Json<'_>, secrets: &SecretScanner, found: &mut Vec<Text>) {
    if found.len() >= MOST {
        return;
    }
    match value.kind() {
        Kind::Null | Kind::Bool | Kind::Number => {}
        Kind::Object => value.members().for_each(|(_, member)| walk(whole, member, secrets, found)),
        Kind::String => {
            let text = value.as_str().unwrap_or_default();
            found.push(Text {
                raw: whole.share(value),
                sql: sql_class(&text),
                command: command_class(&text, secrets),
            });
        }
        Kind::Array => {
            if let Some(command) = code::command_line(value) {
                found.push(Text {
                    raw: whole.share(value),
                    sql: SqlClass::Unknown,
                    command: command_class(&command, secrets),
                });
            }
            value.elements().for_each(|element| walk(whole, element, secrets, found));
        }
    }
}

fn sql_class(text: &str) -> SqlClass {
    match sql::classify(text, sql::Dialect::Any) {
        sql::Class::Read => SqlClass::Read,
        sql::Class::Write => SqlClass::Write,
        sql::Class::Unknown => SqlClass::Unknown,
        sql::Class::Destructive => SqlClass::Destructive,
    }
}

fn command_class(text: &str, secrets: &SecretScanner) -> CommandClass {
    match code::check(text, &Language::Shell, secrets).verdict {
        Safety::Safe => CommandClass::Safe,
        Safety::Unknown => CommandClass::Unknown,
        Safety::Unsafe => CommandClass::Unsafe,
    }
}
