//! `when`: an expression in CEL (Common Expression Language, github.com/google/cel-spec) over the facts of a call.
//!
//! What it may cost is bounded before it runs. Must never let an error decide in the caller's favour.

mod cost;
mod values;

use std::fmt;
use std::sync::Arc;

use cel::common::ast::{Expr, IdedExpr};
use cel::{Context, Env, Program, Value};

use super::Doubt;
use super::case::Case;
use cost::Cost;
pub(super) use values::Values;
use values::{FIELDS, NAMES};

/// Most bytes of an expression.
const LONGEST: usize = 2_048;

/// Deepest brackets, and most operators: parser and interpreter recurse over both.
const DEEPEST: usize = 8;
const MOST_OPERATORS: usize = 64;

/// Functions of the standard library that an expression may use. `matches` would compile its pattern for each call.
const FUNCTIONS: [&str; 12] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "int",
    "uint",
    "double",
    "string",
    "bool",
    "bytes",
    "type",
    "dyn",
];

/// A compiled expression.
pub(crate) struct Expression {
    program: Program,
    env: Arc<Env>,
    cost: Cost,
    reads_arguments: bool,
}

/// Why a text is not an expression that can be judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadExpression {
    pub(crate) why: String,
    /// The word that is not known, and those that are.
    pub(crate) unknown: Option<(String, &'static [&'static str])>,
}

impl Expression {
    /// Compiles `text` and bounds its cost.
    pub(crate) fn parse(text: &str) -> Result<Self, BadExpression> {
        if text.len() > LONGEST {
            return Err(bad(format!("it is longer than {LONGEST} bytes")));
        }
        if let Some(why) = unwieldy(text) {
            return Err(bad(why));
        }
        let env = Arc::new(Env::stdlib());
        let program = env.compile(text).map_err(|errors| {
            let first = errors.errors.first().map_or_else(|| errors.to_string(), |error| error.msg.clone());
            bad(first)
        })?;
        let mut names = Vec::new();
        words(program.expression(), &mut Vec::new(), &mut names)?;
        for function in program.references().functions() {
            let operator = function.starts_with(|c: char| !c.is_ascii_alphabetic());
            if function == "matches" {
                return Err(bad(
                    "`matches` cannot be used here: write a `regex` under `arguments`".to_owned()
                ));
            }
            if !operator && !FUNCTIONS.contains(&function) {
                let unknown = Some((function.to_owned(), &FUNCTIONS[..]));
                return Err(BadExpression { why: format!("there is no function `{function}`"), unknown });
            }
        }
        let cost = Cost::of(program.expression())
            .ok_or_else(|| bad("it is too costly: loops stand in loops of loops".to_owned()))?;
        if !cost.within_budget(8, 1_024) {
            return Err(bad(
                "it is too costly: even of a small call it could not be worked out in time".to_owned()
            ));
        }
        let reads_arguments = names.iter().any(|name| name == "args");
        Ok(Self { program, env, cost, reads_arguments })
    }

    /// Its value; an error counts as [`Doubt`] says.
    pub(super) fn holds(&self, case: &Case<'_>, doubt: Doubt) -> bool {
        self.value(case.values()).unwrap_or(doubt == Doubt::Matches)
    }

    fn value(&self, values: &Values) -> Option<bool> {
        let size = values.size(self.reads_arguments)?;
        if !self.cost.within_budget(size.longest, size.bytes) {
            return None;
        }
        let mut context = Context::with_env(Arc::clone(&self.env));
        context.set_variable_resolver(values);
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Some(holds),
            Ok(_) | Err(_) => None,
        }
    }

    /// True where it looks at the fact `name`.
    pub(crate) fn reads(&self, name: &str) -> bool {
        self.program.references().has_variable(name)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expression").field("cost", &self.cost).finish_non_exhaustive()
    }
}

const fn bad(why: String) -> BadExpression {
    BadExpression { why, unknown: None }
}

/// Why `text` is too much for a recursive parser. Counts in strings, too: a pattern belongs under `arguments`.
fn unwieldy(text: &str) -> Option<String> {
    let (mut depth, mut operators) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' | b'?' | b'&' | b'|' | b'.' => {
                operators += 1
            }
            _ => {}
        }
        if depth > DEEPEST {
            return Some(format!("brackets stand more than {DEEPEST} deep in it"));
        }
        if operators > MOST_OPERATORS {
            return Some(format!(
                "it has more than {MOST_OPERATORS} characters of operators; split the rule"
            ));
        }
    }
    None
}

/// Checks each name, and each field of what has fixed ones. `bound` are the variables of the macros around.
fn words(node: &IdedExpr, bound: &mut Vec<String>, used: &mut Vec<String>) -> Result<(), BadExpression> {
    match &node.expr {
        Expr::Ident(name) => {
            if !name.starts_with('@') && !bound.contains(name) {
                if !NAMES.contains(&name.as_str()) {
                    let unknown = Some((name.clone(), &NAMES[..]));
                    return Err(BadExpression { why: format!("there is no fact `{name}`"), unknown });
                }
                used.push(name.clone());
            }
            Ok(())
        }
        Expr::Select(select) => {
            if let Expr::Ident(name) = &select.operand.expr
                && !bound.contains(name)
                && let Some((_, fields)) = FIELDS.iter().find(|(of, _)| of == name)
                && !fields.contains(&select.field.as_str())
            {
                let why = format!("`{name}` has no `{}`", select.field);
                return Err(BadExpression { why, unknown: Some((select.field.clone(), fields)) });
            }
            words(&select.operand, bound, used)
        }
        Expr::Comprehension(loop_) => {
            words(&loop_.iter_range, bound, used)?;
            let before = bound.len();
            bound.push(loop_.iter_var.clone());
            bound.extend(loop_.iter_var2.clone());
            bound.push(loop_.accu_var.clone());
            let inner = [&loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result];
            let checked = inner.into_iter().try_for_each(|node| words(node, bound, used));
            bound.truncate(before);
            checked
        }
        Expr::Unspecified
        | Expr::Literal(_)
        | Expr::Call(_)
        | Expr::List(_)
        | Expr::Map(_)
        | Expr::Struct(_) => cost::children(node).into_iter().try_for_each(|node| words(node, bound, used)),
    }
}

#[cfg(test)]
mod tests;
