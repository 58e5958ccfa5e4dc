//! What single words say of a tool, and how its name and description are cut into words.
//!
//! Must never match part of a word: `spread` does not read, `broadcaster` does not send.

use ringfence_model::effect::Effect;

use Effect::{Admin, Delete, Execute, Network, Pay, Read, Send, Write};

/// What a word means where it stands as the verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verb {
    pub(super) effect: Effect,
    /// How sure it is that the word is a verb at all.
    pub(super) reading: Reading,
}

/// Whether a word can be anything but a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Only ever a verb in the names of tools: `delete`.
    Verb,
    /// Noun or verb, by its place: `email`, `order`.
    Either,
}

/// The words of a name, lower case: split where a character is not a letter or digit and at `camelCase` and
/// `HTTPServer` boundaries.
pub(super) fn split_name(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = name.chars().peekable();
    let mut before: Option<char> = None;
    while let Some(character) = characters.next() {
        if !character.is_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            before = None;
            continue;
        }
        let hump = character.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || characters.peek().is_some_and(|next| next.is_lowercase())
            });
        if hump {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        word.extend(character.to_lowercase());
        before = Some(character);
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The words of the first sentence of a description, lower case, as far as 400 characters.
pub(super) fn first_sentence(description: &str) -> Vec<String> {
    let start: String = description.trim_start().chars().take(400).collect();
    let end = start.find(['\n', ';', '!', '?']).unwrap_or(start.len());
    let end = start.find(". ").map_or(end, |stop| stop.min(end));
    let sentence = start.get(..end).unwrap_or_default();
    sentence
        .split(|character: char| !character.is_alphanumeric() && character != '\'' && character != '-')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What `word` means as a verb.
pub(super) fn verb(word: &str) -> Option<Verb> {
    let sure = |effect| Some(Verb { effect, reading: Reading::Verb });
    let either = |effect| Some(Verb { effect, reading: Reading::Either });
    match word {
        "read" | "get" | "list" | "search" | "find" | "lookup" | "show" | "view" | "describe" | "count"
        | "check" | "inspect" | "compare" | "echo" | "convert" | "calculate" | "compute" | "parse"
        | "validate" | "verify" | "explain" | "summarize" | "analyze" | "retrieve" | "display" | "return"
        | "resolve" | "detect" | "estimate" | "translate" => sure(Read),
        "query" | "status" | "stat" | "ping" | "diff" | "watch" => either(Read),
        "write" | "create" | "update" | "edit" | "save" | "append" | "set" | "add" | "insert" | "put"
        | "modify" | "rename" | "move" | "copy" | "store" | "upsert" | "replace" | "mkdir" | "touch"
        | "commit" | "mark" | "assign" | "archive" | "merge" | "import" | "restore" | "toggle" | "enable"
        | "disable" | "pause" | "resume" | "complete" | "close" | "reopen" | "register" | "rebase"
        | "schedule" | "reserve" | "attach" | "detach" | "remember" | "init" | "switch" => sure(Write),
        "draft" | "label" | "tag" | "record" | "note" | "patch" | "link" | "pin" => either(Write),
        "delete" | "remove" | "drop" | "truncate" | "purge" | "erase" | "destroy" | "wipe" | "clear"
        | "unlink" | "rm" | "rmdir" | "del" | "trash" | "discard" | "reset" | "kill" | "terminate"
        | "overwrite" | "cancel" | "expunge" | "prune" => sure(Delete),
        "exec" | "execute" | "run" | "eval" | "evaluate" | "spawn" | "launch" | "install" | "invoke" => {
            sure(Execute)
        }
        "shell" | "bash" | "command" | "terminal" | "script" | "python" | "sh" => either(Execute),
        "fetch" | "download" | "browse" | "crawl" | "scrape" | "curl" | "wget" | "navigate" | "visit"
        | "goto" | "pull" | "clone" => sure(Network),
        "http" | "request" | "url" | "web" | "webhook" => either(Network),
        "send" | "publish" | "upload" | "invite" | "notify" | "broadcast" | "submit" | "push" => sure(Send),
        "post" | "email" | "mail" | "message" | "share" | "reply" | "forward" | "comment" | "tweet"
        | "dm" | "sms" => either(Send),
        "pay" | "buy" | "subscribe" | "withdraw" | "donate" | "sell" | "trade" | "bid" => sure(Pay),
        "purchase" | "order" | "refund" | "charge" | "transfer" | "deposit" | "payment" | "book" => {
            either(Pay)
        }
        "grant" | "revoke" | "authorize" | "impersonate" | "provision" | "configure" | "deploy"
        | "approve" | "ban" | "unban" | "reboot" | "shutdown" | "rotate" | "promote" | "demote" => {
            sure(Admin)
        }
        _ => None,
    }
}

/// What `head`, a verb that changes something, does when `noun` is what it acts on: `create_payment` pays. `before` is
/// the word in front of the noun.
pub(super) fn object(head: Effect, before: &str, noun: &str) -> Option<Effect> {
    if !matches!(head, Write | Delete | Send | Execute) {
        return None;
    }
    let effect = acts_on(before, noun)?;
    // A deleted message is not sent, and a message to a user changes no rights.
    let far = (effect == Send && head != Write) || (effect == Admin && head == Send);
    (!far).then_some(effect)
}

fn acts_on(before: &str, noun: &str) -> Option<Effect> {
    match noun {
        "payment" | "payments" | "purchase" | "order" | "orders" | "refund" | "transfer" | "charge"
        | "subscription" | "money" | "funds" | "donation" | "checkout" | "payout" => Some(Pay),
        "user" | "users" | "role" | "roles" | "permission" | "permissions" | "access" | "admin"
        | "credential" | "credentials" | "secret" | "secrets" | "password" | "policy" | "policies"
        | "member" | "members" | "account" | "accounts" | "config" | "configuration" | "settings"
        | "firewall" | "dns" | "acl" | "webhook" | "webhooks" | "collaborator" => Some(Admin),
        "key" | "keys" | "token" | "tokens" => {
            matches!(before, "api" | "ssh" | "access" | "signing" | "deploy" | "auth" | "refresh" | "public")
                .then_some(Admin)
        }
        "email" | "mail" | "message" | "comment" | "post" | "tweet" | "invitation" | "invite"
        | "notification" | "reply" | "dm" | "sms" => (before != "draft").then_some(Send),
        _ => None,
    }
}

/// Words that end the name of a tool which only looks: `order_history`, `directory_tree`.
pub(super) fn looks(last: &str) -> bool {
    matches!(
        last,
        "status"
            | "info"
            | "log"
            | "logs"
            | "diff"
            | "tree"
            | "history"
            | "stats"
            | "statistics"
            | "version"
            | "health"
            | "schema"
            | "help"
            | "details"
            | "metadata"
            | "summary"
            | "sum"
            | "time"
            | "weather"
            | "docs"
            | "forecast"
            | "overview"
            | "report"
            | "count"
            | "preview"
    )
}

/// Words by which whatever is done reaches over a network: `search_web`.
pub(super) fn reaches(word: &str) -> bool {
    matches!(word, "web" | "internet" | "online" | "http" | "https" | "url" | "website" | "webpage")
}

/// Words that say an effect can be taken back.
pub(super) fn undoes(word: &str) -> bool {
    matches!(
        word,
        "trash" | "recycle" | "undo" | "restore" | "restorable" | "recoverable" | "reversible" | "soft"
    )
}

/// Words that join a second verb to the first.
pub(super) fn joins(word: &str) -> bool {
    matches!(word, "and" | "or" | "then")
}

/// Words before the verb of a description that say nothing: `This tool …`, `Allows you to …`.
pub(super) fn fills(word: &str) -> bool {
    matches!(
        word,
        "this"
            | "tool"
            | "function"
            | "the"
            | "a"
            | "an"
            | "to"
            | "that"
            | "which"
            | "use"
            | "used"
            | "allows"
            | "allow"
            | "lets"
            | "let"
            | "you"
            | "can"
            | "will"
            | "it"
            | "for"
            | "helps"
            | "safely"
            | "deprecated"
    ) || adverb(word)
}

/// `recursively`, `completely`, `also`.
pub(super) fn adverb(word: &str) -> bool {
    word == "also" || (word.len() > 4 && word.ends_with("ly") && word != "reply" && word != "apply")
}

/// Words after which what follows is no longer what the verb acts on.
pub(super) fn ends_object(word: &str) -> bool {
    matches!(
        word,
        "in" | "into"
            | "for"
            | "to"
            | "from"
            | "with"
            | "of"
            | "on"
            | "by"
            | "at"
            | "as"
            | "using"
            | "via"
            | "within"
            | "between"
            | "if"
            | "when"
            | "and"
            | "or"
            | "that"
    )
}
