//! What the names and types of a tool's arguments say: how it works, and which arguments steer it.
//!
//! Must never walk without a bound: a server wrote the schema.

use ringfence_model::effect::Effect;
use ringfence_model::json::{Json, Kind};

use super::words::split_name;

/// Most properties looked at in one schema, and most levels of nested objects.
const PROPERTIES: usize = 256;
const LEVELS: usize = 3;

/// What an input schema says.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// An argument is a command line, a script or a SQL statement.
    pub(super) runs_code: bool,
    /// An argument can carry text.
    pub(super) carries_data: bool,
    /// JSON pointers (RFC 6901) of the arguments that steer the effect.
    pub(super) consequential: Vec<String>,
    takes_url: bool,
    recipient: bool,
    content: bool,
    amount: bool,
    payee: bool,
}

impl Facts {
    pub(super) fn of(schema: Option<Json<'_>>) -> Self {
        let mut facts = Self::default();
        let Some(schema) = schema else {
            // Without a schema any argument may be passed.
            facts.carries_data = true;
            return facts;
        };
        let mut seen = 0;
        facts.walk(schema, "", LEVELS, &mut seen);
        let open = schema.get("additionalProperties").is_some_and(|more| more.as_bool() != Some(false));
        facts.carries_data |= open;
        facts
    }

    /// The effects that the arguments add; what only looks neither sends nor pays, whatever its filters are called.
    pub(super) fn effects(&self, only_reads: bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        effects.extend(self.runs_code.then_some(Effect::Execute));
        effects.extend(self.takes_url.then_some(Effect::Network));
        if !only_reads {
            effects.extend((self.recipient && self.content).then_some(Effect::Send));
            effects.extend((self.amount && self.payee).then_some(Effect::Pay));
        }
        effects
    }

    fn walk(&mut self, schema: Json<'_>, path: &str, levels: usize, seen: &mut usize) {
        let Some(properties) = schema.get("properties") else { return };
        let has_language = properties.get("language").is_some();
        for (key, property) in properties.members() {
            *seen += 1;
            if *seen > PROPERTIES {
                return;
            }
            let Some(name) = key.as_str() else { continue };
            let pointer = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.argument(&name, property, has_language);
            if steers(&name) {
                self.consequential.push(pointer.clone());
            } else if levels > 1 {
                self.walk(property, &pointer, levels - 1, seen);
            }
        }
    }

    fn argument(&mut self, name: &str, property: Json<'_>, has_language: bool) {
        let text = takes_text(property);
        self.carries_data |= text;
        if !text {
            self.amount |= matches!(name, "amount" | "total" | "price");
            return;
        }
        let words = split_name(name);
        let last = words.last().map_or("", String::as_str);
        match last {
            "command" | "cmd" | "shell" | "script" | "sql" => self.runs_code = true,
            "code" => self.runs_code |= has_language,
            "url" | "urls" | "href" | "endpoint" => self.takes_url = true,
            "to" | "cc" | "bcc" | "recipient" | "recipients" | "attendees" | "channel" => {
                self.recipient = true
            }
            "body" | "message" | "text" | "content" | "subject" => self.content = true,
            "amount" | "total" | "price" => self.amount = true,
            "account" | "iban" | "card" | "payee" | "beneficiary" | "wallet" => self.payee = true,
            _ => {}
        }
        self.payee |= last == "recipient" || last == "to";
    }
}

/// True for arguments that name whom, where, how much or what an effect is about.
fn steers(name: &str) -> bool {
    split_name(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "to" | "cc"
                | "bcc"
                | "recipient"
                | "recipients"
                | "email"
                | "emails"
                | "phone"
                | "attendees"
                | "participants"
                | "invitees"
                | "channel"
                | "amount"
                | "price"
                | "currency"
                | "account"
                | "iban"
                | "bic"
                | "payee"
                | "beneficiary"
                | "wallet"
                | "url"
                | "urls"
                | "uri"
                | "endpoint"
                | "href"
                | "host"
                | "domain"
                | "path"
                | "paths"
                | "file"
                | "files"
                | "filename"
                | "directory"
                | "folder"
                | "destination"
                | "source"
                | "target"
                | "command"
                | "cmd"
                | "script"
                | "sql"
                | "code"
                | "role"
                | "permission"
                | "permissions"
                | "attachments"
                | "id"
                | "ids"
                | "uuid"
                | "number"
                | "numbers"
                | "project"
                | "workspace"
                | "environment"
                | "namespace"
                | "cluster"
                | "contact"
                | "customer"
                | "employee"
                | "room"
                | "seat"
                | "flight"
                | "zone"
                | "user"
                | "users"
                | "username"
                | "member"
                | "members"
                | "assignee"
                | "owner"
                | "guests"
                | "product"
                | "sku"
                | "order"
                | "ticket"
                | "address"
                | "password"
                | "webhook"
                | "branch"
                | "repo"
                | "repository"
                | "pipeline"
                | "job"
                | "tag"
                | "seller"
                | "item"
                | "event"
                | "group"
                | "team"
                | "database"
                | "table"
                | "bucket"
                | "device"
                | "service"
                | "hotel"
                | "restaurant"
                | "company"
                | "street"
                | "city"
        )
    })
}

/// True unless the schema limits the argument to numbers, booleans or a fixed list.
fn takes_text(property: Json<'_>) -> bool {
    if property.get("enum").is_some() || property.get("const").is_some() {
        return false;
    }
    let numeric = |name: &str| matches!(name, "number" | "integer" | "boolean" | "null");
    match property.get("type") {
        Some(kind) if kind.kind() == Kind::Array => {
            !kind.elements().all(|kind| kind.as_str().is_some_and(|name| numeric(&name)))
        }
        Some(kind) => !kind.as_str().is_some_and(|name| numeric(&name)),
        None => true,
    }
}
