//! What a tool's definition says where nobody reads it: names of parameters, defaults, values to choose from. Must never
//! judge what a tool does, only what its definition asks of the model.

use std::borrow::Cow;

use ringfence_model::finding::{Category, Finding, Severity, Span};
use ringfence_model::json::{Json, Kind};

use crate::injection::{Context, InjectionScanner};

/// Deeper schemas are not followed; real ones are four or five deep.
const DEEPEST: usize = 24;
/// A description beyond this hides something or wastes the model's attention.
const LONGEST_DESCRIPTION: usize = 4000;
/// A default or a value to choose from that is longer than this and has so many words is a text, not a value.
const LONGEST_VALUE: usize = 80;
const MOST_WORDS: usize = 8;
/// Most findings of one definition.
const MOST_FINDINGS: usize = 128;

/// Parameters that ask for the model's own context, by their folded names.
const OF_THE_MODEL: [&str; 30] = [
    "systemprompt",
    "sysprompt",
    "initialprompt",
    "originalprompt",
    "fullprompt",
    "systeminstructions",
    "systemmessage",
    "chainofthought",
    "reasoningtrace",
    "innerthoughts",
    "conversation",
    "conversationhistory",
    "chathistory",
    "chatlog",
    "messagehistory",
    "previousmessages",
    "conversationcontext",
    "fullconversation",
    "conversationsummary",
    "fullcontext",
    "llmmodelname",
    "llmname",
    "callingmodel",
    "modelnameofcaller",
    "toolslist",
    "availabletools",
    "toolcallhistory",
    "othertools",
    "environmentvariables",
    "envvars",
];
/// Parameters that ask for what the user keeps to himself.
const OF_THE_USER: [&str; 16] = [
    "sshkey",
    "privatekey",
    "sshprivatekey",
    "awssecretaccesskey",
    "usercredentials",
    "credentials",
    "seedphrase",
    "mnemonic",
    "creditcard",
    "creditcardnumber",
    "userpassword",
    "masterpassword",
    "dotenv",
    "envfile",
    "sessioncookie",
    "browsercookies",
];

/// A tool's definition, as far as a model reads it.
#[derive(Debug, Clone, Copy)]
pub struct ToolDefinition<'a> {
    /// `name`.
    pub name: &'a str,
    /// `title`, or that of its annotations.
    pub title: Option<&'a str>,
    /// `description`.
    pub description: Option<&'a str>,
    /// `inputSchema`.
    pub schema: Option<Json<'a>>,
}

/// A finding in a definition.
#[derive(Debug, Clone, PartialEq)]
pub struct InDefinition {
    /// RFC 6901, from the definition: `/inputSchema/properties/note/description`.
    pub pointer: String,
    /// What, and where in the string at `pointer` with its escapes decoded.
    pub finding: Finding,
}

impl InjectionScanner {
    /// Orders and tricks in a tool's definition, by where they stand; at most 128.
    #[must_use]
    pub fn scan_definition(&self, tool: ToolDefinition<'_>) -> Vec<InDefinition> {
        let mut walk = Walk { scanner: self, found: Vec::new() };
        walk.text("/name", tool.name);
        if let Some(title) = tool.title {
            walk.text("/title", title);
        }
        if let Some(description) = tool.description {
            walk.description("/description", description);
        }
        if let Some(schema) = tool.schema {
            walk.schema("/inputSchema", schema, 0);
        }
        walk.found.truncate(MOST_FINDINGS);
        walk.found
    }
}

struct Walk<'a> {
    scanner: &'a InjectionScanner,
    found: Vec<InDefinition>,
}

impl Walk<'_> {
    fn schema(&mut self, pointer: &str, schema: Json<'_>, depth: usize) {
        if depth > DEEPEST {
            self.add(
                pointer,
                note(
                    "uninspected_schema",
                    Category::Uninspected,
                    Severity::Medium,
                    "The schema is nested too deeply to be looked at",
                    schema.raw(),
                ),
            );
            return;
        }
        for (key, value) in schema.members() {
            let key = key.as_str().unwrap_or_default();
            let inner = format!("{pointer}/{}", escaped(&key));
            match (&*key, value.kind()) {
                ("description" | "title" | "$comment" | "markdownDescription", Kind::String) => {
                    self.description(&inner, &value.as_str().unwrap_or_default());
                }
                ("enum" | "examples", Kind::Array) => {
                    for (at, one) in value.elements().enumerate() {
                        self.value(&format!("{inner}/{at}"), one);
                    }
                }
                ("default" | "const" | "example" | "pattern", _) => self.value(&inner, value),
                ("properties" | "$defs" | "definitions" | "patternProperties", Kind::Object) => {
                    for (name, parameter) in value.members() {
                        let name = name.as_str().unwrap_or_default();
                        let inner = format!("{inner}/{}", escaped(&name));
                        if matches!(&*key, "properties") {
                            self.parameter(&inner, &name, parameter);
                        }
                        self.schema(&inner, parameter, depth + 1);
                    }
                }
                (_, Kind::Object) => self.schema(&inner, value, depth + 1),
                (_, Kind::Array) => {
                    for (at, one) in value.elements().enumerate() {
                        self.schema(&format!("{inner}/{at}"), one, depth + 1);
                    }
                }
                (_, Kind::String) => self.value(&inner, value),
                (_, Kind::Null | Kind::Bool | Kind::Number) => {}
            }
        }
    }

    /// The name of a parameter, and whether anything explains it.
    fn parameter(&mut self, pointer: &str, name: &str, schema: Json<'_>) {
        self.text(pointer, name);
        let folded: String = name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
        if OF_THE_MODEL.contains(&&*folded) {
            self.add(
                pointer,
                note(
                    "out_of_scope_parameter",
                    Category::Injection,
                    Severity::Medium,
                    "A parameter asks for the model's own context",
                    name,
                ),
            );
        } else if OF_THE_USER.contains(&&*folded) {
            self.add(
                pointer,
                note(
                    "credential_parameter",
                    Category::Injection,
                    Severity::Low,
                    "A parameter asks for a credential of the user",
                    name,
                ),
            );
        }
        if schema.kind() == Kind::Object
            && ["description", "title", "$ref"].iter().all(|key| schema.get(key).is_none())
        {
            self.add(
                pointer,
                note(
                    "undescribed_parameter",
                    Category::Injection,
                    Severity::Info,
                    "Nothing says what the parameter is for",
                    name,
                ),
            );
        }
    }

    fn description(&mut self, pointer: &str, text: &str) {
        if text.len() > LONGEST_DESCRIPTION {
            self.add(
                pointer,
                note(
                    "overlong_description",
                    Category::Injection,
                    Severity::Low,
                    "A description so long that nobody reads it",
                    text,
                ),
            );
        }
        self.text(pointer, text);
    }

    /// A default, a value to choose from, or any other value: a text in its place is read by the model alone.
    fn value(&mut self, pointer: &str, value: Json<'_>) {
        let Some(text) = value.as_str() else { return };
        if text.len() > LONGEST_VALUE && text.split_whitespace().count() >= MOST_WORDS {
            self.add(
                pointer,
                note(
                    "prose_in_value",
                    Category::Injection,
                    Severity::Low,
                    "Prose where a value belongs",
                    &text,
                ),
            );
        }
        self.text(pointer, &text);
    }

    fn text(&mut self, pointer: &str, text: &str) {
        for finding in self.scanner.scan_text(text, Context::ToolDefinition) {
            self.add(pointer, finding);
        }
    }

    fn add(&mut self, pointer: &str, finding: Finding) {
        if self.found.len() < MOST_FINDINGS {
            self.found.push(InDefinition { pointer: pointer.to_owned(), finding });
        }
    }
}

fn note(id: &'static str, category: Category, severity: Severity, message: &str, text: &str) -> Finding {
    Finding {
        id: Cow::Borrowed(id),
        category,
        severity,
        confidence: 70,
        span: Span::of(text, 0, text.len()),
        message: message.to_owned(),
        alternative: None,
        reference: None,
    }
}

/// A key as a part of a pointer (RFC 6901, section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
