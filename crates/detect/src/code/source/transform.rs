//! Functions that make a text of texts: formats, joins, decoders. Must never make a constant of what is not one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::catalogue::last;
use super::evaluate::{formatted, joined_path, member_of};
use super::grammar::Tongue;
use super::judge::Arguments;
use super::literal::Marks;
use super::value::{Clean, Shape, Value};
use super::walk::Walk;

/// Methods of a table that find a value by a key.
const LOOKED_UP: &[&str] = &["get", "fetch", "getOrDefault"];

/// Longest text that is decoded.
const LONGEST_ENCODED: usize = 1 << 16;

impl Walk<'_, '_, '_> {
    /// The value of a call that only makes a text of texts.
    pub(super) fn transformed(&self, path: &str, callee: &Value, args: &Arguments<'_>) -> Option<Value> {
        let receiver = callee.receiver.as_deref();
        let method = last(path);
        let first = args.at(0);
        if REPLACING.contains(&method)
            && let Some(kept) = args.0.iter().filter_map(Value::constant).find_map(keeps_only)
        {
            let flows = args.0.iter().fold(Value::unknown(), Value::flowing);
            return Some(receiver.map_or(flows.clone(), |receiver| flows.flowing(receiver)).cleaned(kept));
        }
        let text = receiver.filter(|value| value.cases().iter().any(|case| case.as_text().is_some()));
        if let Some(text) = text {
            match method {
                "format" => return Some(formatted(text, args.0, Marks::Braces)),
                "formatted" => return Some(formatted(text, args.0, Marks::Percent)),
                "concat" => {
                    return Some(args.0.iter().fold(text.clone(), |sum, value| sum.concatenated(value)));
                }
                "join" => return first.map(|list| joined(text, list)),
                "replace" | "replaceAll" | "gsub" | "substring" | "slice" => {
                    let value = Value { shape: Shape::Unknown, ..text.clone() };
                    return Some(args.0.iter().fold(value, Value::flowing));
                }
                _ => {}
            }
        }
        if let Some(list) = receiver.filter(|value| matches!(value.shape, Shape::List(_)))
            && method == "join"
        {
            let separator = first.cloned().unwrap_or_else(|| Value::text(","));
            return Some(joined(&separator, list));
        }
        if let Some(table) = receiver
            && LOOKED_UP.contains(&method)
            && let Some(value) = member_of(table)
        {
            return Some(args.at(1).map_or(value.clone(), |default| value.clone().or(default.clone())));
        }
        match method {
            "strip" | "trim" | "lower" | "upper" | "encode" | "decode" | "toString" | "to_string"
            | "to_s" | "lstrip" | "rstrip" | "casefold" | "toLowerCase" | "toUpperCase" | "clone"
            | "to_owned" | "as_str" | "into" | "as_ref" | "unwrap" | "read" | "c_str" | "valueOf"
            | "ToString" | "Trim" | "ToLower" | "split" | "shell_escape_none" | "unwrap_or_default"
            | "expect" | "freeze" | "as_bytes" | "getBytes" | "splitlines" | "copy"
                if receiver.is_some() =>
            {
                let receiver = receiver?;
                if method == "split" && receiver.constant().is_some() {
                    let words = receiver.constant()?.split_whitespace().take(100).map(Value::text).collect();
                    return Some(Value::group(words, Shape::List));
                }
                let kept = if method == "split" || method == "read" {
                    Value { shape: Shape::Unknown, ..receiver.clone() }
                } else {
                    receiver.clone()
                };
                let text = matches!(method, "toString" | "ToString" | "to_s" | "to_string");
                return Some(if text { kept.cleaned(Clean::OBJECT) } else { kept });
            }
            _ => {}
        }
        match path {
            // `new File(folder, name)`
            "File" | "java.io.File" if args.at(1).is_some() => {
                let parts: Vec<&Value> = args.0.iter().collect();
                let flows = args.0.iter().fold(Value::unknown(), Value::flowing);
                return Some(Value { shape: joined_path(&parts), ..flows });
            }
            "str"
            | "String"
            | "bytes"
            | "unicode"
            | "list"
            | "tuple"
            | "dict"
            | "iter"
            | "reversed"
            | "sorted"
            | "string"
            | "String.from"
            | "new String"
            | "Box.new"
            | "Some"
            | "Ok"
            | "Arc.new"
            | "os.path.expanduser"
            | "os.path.expandvars"
            | "Path"
            | "pathlib.Path"
            | "pathlib.PurePath"
            | "os.fspath"
            | "sqlalchemy.text"
            | "text"
            | "sqlalchemy.sql.text"
            | "psycopg2.sql.SQL"
            | "bytearray"
            | "[]byte"
            | "[]rune"
            | "io.StringIO"
            | "io.BytesIO"
            | "StringIO"
            | "open().read"
            | "File"
            | "URL"
            | "java.net.URL"
            | "URI"
            | "Uri"
            | "strings.TrimSpace"
            | "strings.ToLower"
            | "filepath.Clean"
            | "path/filepath.Clean" => {
                let first = first?;
                // What it is called stays with a constant only: `str(e)` is no `e`.
                let path = first.path.clone().filter(|_| first.constant().is_some());
                let value = Value { path, ..first.clone() };
                // A text has no members that a query would take for operators.
                let text = matches!(method, "str" | "String" | "string");
                return Some(if text { value.cleaned(Clean::OBJECT) } else { value });
            }
            "os.path.join" | "path.join" | "path.resolve" | "path/filepath.Join" | "filepath.Join"
            | "Paths.get" | "Path.of" | "File.join" | "Path.Combine" | "path.Join" | "posixpath.join" => {
                let parts: Vec<&Value> = args.0.iter().collect();
                let flows = args.0.iter().fold(Value::unknown(), Value::flowing);
                return Some(Value { shape: joined_path(&parts), ..flows });
            }
            "fmt.Sprintf" | "sprintf" | "String.format" | "Kernel.format" | "format" | "fmt.Errorf"
            | "util.format" | "vsprintf" => {
                let (first, rest) = args.0.split_first()?;
                return Some(formatted(first, rest, Marks::Percent));
            }
            "string.Format" | "String.Format" | "FormattableString.Create" => {
                let (first, rest) = args.0.split_first()?;
                return Some(formatted(first, rest, Marks::Braces));
            }
            "string.Concat" | "String.Concat" | "strings.Join" | "implode" | "join" => {
                let flows = args.0.iter().fold(Value::unknown(), Value::flowing);
                let (first, rest) = args.0.split_first()?;
                return Some(match method {
                    "Concat" => rest.iter().fold(first.clone(), |sum, value| sum.concatenated(value)),
                    "implode" => rest.first().map_or(flows, |list| joined(first, list)),
                    _ => rest.first().map_or(flows, |separator| joined(separator, first)),
                });
            }
            _ => {}
        }
        self.decoded(path, receiver, args)
    }

    /// `base64.b64decode("…")`, `bytes.fromhex("…")`, `atob("…")` of a constant; `Command::new("sh").arg("-c")`.
    fn decoded(&self, path: &str, receiver: Option<&Value>, args: &Arguments<'_>) -> Option<Value> {
        let method = last(path);
        if self.grammar.tongue == Tongue::Rust && matches!(method, "arg" | "args") {
            let receiver = receiver?;
            let first = args.at(0)?;
            let more = if method == "args" { first.elements().to_vec() } else { vec![first.clone()] };
            let words = receiver.elements().iter().cloned().chain(more).collect();
            return Some(Value { path: receiver.path.clone(), ..Value::group(words, Shape::List) });
        }
        if self.grammar.tongue == Tongue::Rust && path.ends_with("Command.new") {
            let words = args.0.to_vec();
            return Some(Value::group(words, Shape::List));
        }
        // `.stdout(…)`, `.spawn()` and the rest keep the words of the command.
        let command = self.grammar.tongue == Tongue::Rust && path.contains("Command.new()");
        if let Some(receiver) = receiver.filter(|value| command && matches!(value.shape, Shape::List(_))) {
            return Some(receiver.clone());
        }
        let encoded = args.at(0).and_then(Value::constant).filter(|text| text.len() <= LONGEST_ENCODED)?;
        let bytes = match method {
            "b64decode" | "standard_b64decode" | "urlsafe_b64decode" | "decodebytes" | "atob"
            | "base64_decode" => {
                let plain: String = encoded.chars().filter(|character| !character.is_whitespace()).collect();
                STANDARD.decode(plain).ok()?
            }
            "fromhex" | "unhexlify" | "hex2bin" => hex(encoded)?,
            _ => return None,
        };
        let text = String::from_utf8(bytes).ok()?;
        Some(Value { path: Some(format!("{path}()").into()), ..Value::text(&text) })
    }
}

/// What a text is harmless for once all but the characters of a class is taken out of it: `[^a-z0-9_]`.
fn keeps_only(pattern: &str) -> Option<Clean> {
    let pattern = pattern.trim_matches('/');
    let class = pattern.strip_prefix("[^")?.trim_end_matches(['/', 'g', 'i', 'u', 'm']);
    let class = class.trim_end_matches(['+', '*']).strip_suffix(']')?;
    if class.contains([';', '|', '&', '$', '<', '>', '"', '\'', '`', '(', ')', '{', '}', '!', '%', ' ', '~'])
        || ["\\s", "\\S", "\\W", "\\D", "\\n"].iter().any(|escape| class.contains(escape))
    {
        return None;
    }
    Some(if class.contains('/') { Clean::EVERYTHING.without(Clean::PATH) } else { Clean::EVERYTHING })
}

/// Functions that replace what a pattern matches.
const REPLACING: &[&str] = &[
    "replace",
    "replaceAll",
    "sub",
    "gsub",
    "preg_replace",
    "Replace",
    "ReplaceAllString",
    "replace_all",
    "tr",
];

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|character| character.to_digit(16)).collect::<Option<_>>()?;
    digits
        .chunks(2)
        .map(|pair| pair.iter().try_fold(0, |sum, digit| u8::try_from(sum * 16 + digit).ok().map(u32::from)))
        .map(|byte| byte.and_then(|byte| u8::try_from(byte).ok()))
        .collect()
}

/// The elements of `list` with `separator` between them.
fn joined(separator: &Value, list: &Value) -> Value {
    let mut elements = list.elements().iter();
    let Some(first) = elements.next() else {
        let unknown = Value::unknown().flowing(list).flowing(separator);
        return Value { clean: unknown.clean, ..Value::text(&unknown.in_text()) }.flowing(&unknown);
    };
    let start = Value::text(&first.in_text()).flowing(first);
    let whole = elements.fold(start, |sum, value| sum.concatenated(separator).concatenated(value));
    if list.clean == Clean::EVERYTHING { whole.cleaned(Clean::EVERYTHING) } else { whole }
}
