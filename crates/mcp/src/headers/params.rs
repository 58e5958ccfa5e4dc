//! `Mcp-Param-*`: tool arguments that a client repeats in headers, as `x-mcp-header` in the tool's `inputSchema` asks
//! (2026-07-28, "Streamable HTTP", section "Custom Headers from Tool Parameters"). Must never take an annotation that
//! the rules do not allow.

use http::{HeaderMap, HeaderName, HeaderValue};
use ringfence_model::json::{Json, JsonText, Kind};

use super::{mismatch, one, value};
use crate::message::{HEADER_MISMATCH, RpcError};

const ANNOTATION: &str = "x-mcp-header";
/// Keywords whose members are schemas under names of their own.
const NAMED: [&str; 5] = ["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"];
/// Keywords whose values are data, not schemas.
const DATA: [&str; 5] = ["default", "const", "enum", "examples", "required"];

/// The annotated parameters of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParamHeaders {
    params: Vec<ParamHeader>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ParamHeader {
    header: HeaderName,
    /// Names of properties from the arguments down.
    path: Vec<String>,
}

/// Why a schema's annotations are invalid. A client must not offer such a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAnnotation {
    /// Not a header name (RFC 9110 section 5.1).
    #[error("`x-mcp-header` must be the rest of a header name")]
    Name,
    /// Two that differ at most in case.
    #[error("`x-mcp-header` names one header twice")]
    Twice,
    /// On something else than a string, an integer or a boolean.
    #[error("`x-mcp-header` stands on a parameter that is no string, integer or boolean")]
    Type,
    /// Where `properties` alone do not lead.
    #[error("`x-mcp-header` stands where `properties` alone do not lead")]
    Unreachable,
}

impl ParamHeaders {
    /// The annotations in an `inputSchema`.
    ///
    /// # Errors
    /// [`BadAnnotation`] for the first that is invalid.
    pub fn of(schema: &JsonText) -> Result<Self, BadAnnotation> {
        let mut found = Self::default();
        if memchr::memmem::find(schema.as_str().as_bytes(), b"x-mcp-header").is_some()
            || memchr::memmem::find(schema.as_str().as_bytes(), b"\\u").is_some()
        {
            found.walk(schema.value(), Some(&mut Vec::new()))?;
        }
        Ok(found)
    }

    /// True where the tool has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// The headers for a call with these arguments.
    #[must_use]
    pub fn emit(&self, arguments: &JsonText) -> Vec<(HeaderName, HeaderValue)> {
        let pairs = self.params.iter().filter_map(|param| {
            let text = mirrored(param.value(arguments)?)?;
            Some((param.header.clone(), value::encode(&text)?))
        });
        pairs.collect()
    }

    /// Checks the headers of a call against its arguments.
    ///
    /// # Errors
    /// `-32020` for a header that is missing, stands twice, has invalid characters or differs from the argument.
    pub fn check(&self, headers: &HeaderMap, arguments: &JsonText) -> Result<(), RpcError> {
        for param in &self.params {
            let header = one(headers, &param.header)?;
            let in_body = param.value(arguments).filter(|value| !value.is_null());
            match (header, in_body) {
                (None, None) => {}
                (Some(header), Some(in_body)) => {
                    let header = value::decode(header).ok_or_else(|| mismatch(&param.header))?;
                    if !agree(&header, in_body) {
                        return Err(mismatch(&param.header));
                    }
                }
                (None, Some(_)) => {
                    let name = &param.header;
                    return Err(RpcError::new(HEADER_MISMATCH, format!("header `{name}` is missing")));
                }
                (Some(_), None) => return Err(mismatch(&param.header)),
            }
        }
        Ok(())
    }

    /// Looks at a schema; `path` leads to it, or is none where `properties` alone do not.
    fn walk(&mut self, schema: Json<'_>, mut path: Option<&mut Vec<String>>) -> Result<(), BadAnnotation> {
        for (key, value) in schema.members() {
            let key = key.as_str().unwrap_or_default();
            if key == ANNOTATION {
                self.annotate(schema, value, path.as_deref())?;
            } else if key == "properties" {
                for (name, property) in value.members() {
                    if let Some(path) = path.as_deref_mut() {
                        path.push(name.as_str().unwrap_or_default().into_owned());
                    }
                    self.walk(property, path.as_deref_mut())?;
                    if let Some(path) = path.as_deref_mut() {
                        path.pop();
                    }
                }
            } else if NAMED.contains(&&*key) {
                value.members().try_for_each(|(_, schema)| self.walk(schema, None))?;
            } else if !DATA.contains(&&*key) {
                self.walk(value, None)?;
                value.elements().try_for_each(|schema| self.walk(schema, None))?;
            }
        }
        Ok(())
    }

    fn annotate(
        &mut self,
        schema: Json<'_>,
        name: Json<'_>,
        path: Option<&Vec<String>>,
    ) -> Result<(), BadAnnotation> {
        let path = path.filter(|path| !path.is_empty()).ok_or(BadAnnotation::Unreachable)?;
        let name = name.as_str().filter(|name| !name.is_empty()).ok_or(BadAnnotation::Name)?;
        let header = HeaderName::try_from(format!("mcp-param-{name}")).map_err(|_| BadAnnotation::Name)?;
        if !is_primitive(schema.get("type")) {
            return Err(BadAnnotation::Type);
        }
        if self.params.iter().any(|param| param.header == header) {
            return Err(BadAnnotation::Twice);
        }
        self.params.push(ParamHeader { header, path: path.clone() });
        Ok(())
    }
}

impl ParamHeader {
    fn value<'a>(&self, arguments: &'a JsonText) -> Option<Json<'a>> {
        self.path.iter().try_fold(arguments.value(), |value, name| value.get(name))
    }
}

/// `string`, `integer` or `boolean`, alone or beside `null`.
fn is_primitive(kind: Option<Json<'_>>) -> bool {
    let primitive =
        |kind: Json<'_>| kind.as_str().is_some_and(|kind| matches!(&*kind, "string" | "integer" | "boolean"));
    let is_null = |kind: &Json<'_>| kind.as_str().is_some_and(|kind| kind == "null");
    let Some(kind) = kind else { return false };
    if primitive(kind) {
        return true;
    }
    let mut others = kind.elements().filter(|kind| !is_null(kind));
    others.next().is_some_and(primitive) && others.next().is_none()
}

/// The text of a value in a header; none for what no header carries.
fn mirrored(value: Json<'_>) -> Option<String> {
    match value.kind() {
        Kind::String => value.as_str().map(std::borrow::Cow::into_owned),
        Kind::Bool => Some(value.raw().to_owned()),
        Kind::Number => {
            Some(whole(value.raw()).map_or_else(|| value.raw().to_owned(), |number| number.to_string()))
        }
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

/// True when the header says what the body says; numbers are compared as numbers.
fn agree(header: &str, in_body: Json<'_>) -> bool {
    match in_body.kind() {
        Kind::Number => match (whole(header), whole(in_body.raw())) {
            (Some(header), Some(in_body)) => header == in_body,
            (None, _) | (_, None) => header == in_body.raw(),
        },
        Kind::Null | Kind::Bool | Kind::String | Kind::Array | Kind::Object => {
            mirrored(in_body).as_deref() == Some(header)
        }
    }
}

/// A whole number within the range that doubles hold exactly; `42.0` is 42.
fn whole(text: &str) -> Option<i64> {
    const SAFE: i64 = (1 << 53) - 1;
    let written = text.parse::<i64>().ok().filter(|_| !text.starts_with('+'));
    let number = written.or_else(|| {
        let zeros =
            text.split_once('.').filter(|(_, zeros)| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'));
        zeros.and_then(|(number, _)| number.parse().ok())
    })?;
    (-SAFE..=SAFE).contains(&number).then_some(number)
}
