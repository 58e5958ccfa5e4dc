//! Whether a condition limits anything: parsed by `sqlparser`, folded where it is constant. Must never take a condition
//! that it could not parse for one that limits.

use sqlparser::ast::{BinaryOperator, Expr, SetExpr, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

/// Longest condition that is parsed. The tree of a chain is as deep as the chain is long.
const LONGEST: usize = 4096;

/// What a condition lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// Some rows, by what it says.
    Some,
    /// Every row.
    None,
    /// Not known.
    Unknown,
}

/// Judges the text of a condition.
pub(super) fn limit(text: &str) -> Limit {
    if text.trim().is_empty() {
        return Limit::None;
    }
    if text.len() > LONGEST {
        return Limit::Unknown;
    }
    // Placeholders of client libraries are values.
    let text = text.replace("%s", "?").replace("%d", "?");
    let text = text.trim().trim_end_matches(';');
    let parsed = Parser::new(&GenericDialect {}).try_with_sql(text).and_then(|mut parser| {
        let expr = parser.parse_expr()?;
        if parser.peek_token().token == sqlparser::tokenizer::Token::EOF { Ok(Some(expr)) } else { Ok(None) }
    });
    match parsed {
        Ok(Some(expr)) => match fold(&expr) {
            Some(Constant::Bool(true)) => Limit::None,
            Some(Constant::Number(number)) if number != 0.0 => Limit::None,
            Some(Constant::Bool(_) | Constant::Number(_) | Constant::Text(_)) | None => Limit::Some,
        },
        Ok(None) | Err(_) => Limit::Unknown,
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Constant {
    Bool(bool),
    Number(f64),
    Text(String),
}

/// The value of a constant expression. A comparison of a column with itself is true: NULL apart, it limits nothing.
fn fold(expr: &Expr) -> Option<Constant> {
    if let Expr::Nested(inner) = expr {
        return fold(inner);
    }
    if let Expr::Value(value) = expr {
        return constant(&value.value);
    }
    if let Expr::UnaryOp { op, expr } = expr {
        return match (op, fold(expr)?) {
            (UnaryOperator::Not, Constant::Bool(value)) => Some(Constant::Bool(!value)),
            (UnaryOperator::Not, Constant::Number(value)) => Some(Constant::Bool(value == 0.0)),
            (UnaryOperator::Minus, Constant::Number(value)) => Some(Constant::Number(-value)),
            (UnaryOperator::Plus, Constant::Number(value)) => Some(Constant::Number(value)),
            (_, _) => None,
        };
    }
    if let Expr::BinaryOp { left, op, right } = expr {
        return binary(left, op, right);
    }
    if let Expr::IsNotNull(inner) | Expr::IsTrue(inner) | Expr::IsNotFalse(inner) = expr {
        return fold(inner).map(|value| Constant::Bool(truth(&value).unwrap_or(true)));
    }
    if let Expr::IsNull(inner) = expr {
        let null = matches!(inner.as_ref(), Expr::Value(value) if value.value == Value::Null);
        return null.then_some(Constant::Bool(true));
    }
    if let Expr::InList { expr, list, negated } = expr {
        let value = fold(expr);
        let found = list.iter().any(|item| item == expr.as_ref() || value.is_some() && fold(item) == value);
        return (found || value.is_some()).then_some(Constant::Bool(found != *negated));
    }
    if let Expr::Between { expr, low, high, negated } = expr {
        let (Constant::Number(value), Constant::Number(low), Constant::Number(high)) =
            (fold(expr)?, fold(low)?, fold(high)?)
        else {
            return None;
        };
        return Some(Constant::Bool((low <= value && value <= high) != *negated));
    }
    if let Expr::Like { expr, pattern, negated, .. } | Expr::ILike { expr, pattern, negated, .. } = expr {
        let Some(Constant::Text(pattern)) = fold(pattern) else { return None };
        let all = !pattern.is_empty() && pattern.chars().all(|character| character == '%');
        let same = fold(expr) == Some(Constant::Text(pattern));
        return (all || same).then_some(Constant::Bool(!negated));
    }
    if let Expr::Exists { subquery, negated } = expr {
        let bare = matches!(subquery.body.as_ref(), SetExpr::Select(select) if select.from.is_empty() && select.selection.is_none());
        return bare.then_some(Constant::Bool(!negated));
    }
    None
}

fn binary(left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Constant> {
    let boolean = |expr: &Expr| fold(expr).as_ref().and_then(truth);
    if matches!(op, BinaryOperator::And) {
        return match (boolean(left), boolean(right)) {
            (Some(false), _) | (_, Some(false)) => Some(Constant::Bool(false)),
            (Some(true), Some(true)) => Some(Constant::Bool(true)),
            (_, _) => None,
        };
    }
    if matches!(op, BinaryOperator::Or) {
        return match (boolean(left), boolean(right)) {
            (Some(true), _) | (_, Some(true)) => Some(Constant::Bool(true)),
            (Some(false), Some(false)) => Some(Constant::Bool(false)),
            (_, _) => is_complement(left, right).then_some(Constant::Bool(true)),
        };
    }
    let reflexive = matches!(
        op,
        BinaryOperator::Eq | BinaryOperator::GtEq | BinaryOperator::LtEq | BinaryOperator::Spaceship
    );
    if reflexive && is_column(left) && left == right {
        return Some(Constant::Bool(true));
    }
    let (left, right) = (fold(left)?, fold(right)?);
    arithmetic(op, &left, &right).or_else(|| comparison(op, &left, &right))
}

fn arithmetic(op: &BinaryOperator, left: &Constant, right: &Constant) -> Option<Constant> {
    match (op, left, right) {
        (BinaryOperator::Plus, Constant::Number(left), Constant::Number(right)) => {
            Some(Constant::Number(left + right))
        }
        (BinaryOperator::Minus, Constant::Number(left), Constant::Number(right)) => {
            Some(Constant::Number(left - right))
        }
        (BinaryOperator::Multiply, Constant::Number(left), Constant::Number(right)) => {
            Some(Constant::Number(left * right))
        }
        (BinaryOperator::StringConcat, Constant::Text(left), Constant::Text(right)) => {
            Some(Constant::Text(format!("{left}{right}")))
        }
        (_, _, _) => None,
    }
}

fn comparison(op: &BinaryOperator, left: &Constant, right: &Constant) -> Option<Constant> {
    let order = match (left, right) {
        (Constant::Number(left), Constant::Number(right)) => left.partial_cmp(right)?,
        (Constant::Text(left), Constant::Text(right)) => left.cmp(right),
        (Constant::Bool(left), Constant::Bool(right)) => left.cmp(right),
        // `'1' = 1` is true where types are converted.
        (Constant::Text(text), Constant::Number(number)) => number_of(text)?.partial_cmp(number)?,
        (Constant::Number(number), Constant::Text(text)) => number.partial_cmp(&number_of(text)?)?,
        (_, _) => return None,
    };
    let tests: [(&[BinaryOperator], bool); 6] = [
        (&[BinaryOperator::Eq, BinaryOperator::Spaceship], order.is_eq()),
        (&[BinaryOperator::NotEq], order.is_ne()),
        (&[BinaryOperator::Lt], order.is_lt()),
        (&[BinaryOperator::LtEq], order.is_le()),
        (&[BinaryOperator::Gt], order.is_gt()),
        (&[BinaryOperator::GtEq], order.is_ge()),
    ];
    tests.iter().find(|(ops, _)| ops.contains(op)).map(|(_, holds)| Constant::Bool(*holds))
}

fn number_of(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// `x IS NULL OR x IS NOT NULL`, `x = 1 OR x <> 1`.
fn is_complement(left: &Expr, right: &Expr) -> bool {
    match (left, right) {
        (Expr::IsNull(left), Expr::IsNotNull(right)) | (Expr::IsNotNull(left), Expr::IsNull(right)) => {
            left == right
        }
        (
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right },
            Expr::BinaryOp { left: other, op: BinaryOperator::NotEq, right: value },
        )
        | (
            Expr::BinaryOp { left, op: BinaryOperator::NotEq, right },
            Expr::BinaryOp { left: other, op: BinaryOperator::Eq, right: value },
        ) => left == other && right == value,
        (_, _) => false,
    }
}

const fn is_column(expr: &Expr) -> bool {
    matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
}

fn truth(value: &Constant) -> Option<bool> {
    match value {
        Constant::Bool(value) => Some(*value),
        Constant::Number(value) => Some(*value != 0.0),
        Constant::Text(text) => number_of(text).map(|number| number != 0.0),
    }
}

fn constant(value: &Value) -> Option<Constant> {
    if let Value::Number(text, _) = value {
        return text.to_string().parse().ok().map(Constant::Number);
    }
    if let Value::Boolean(value) = value {
        return Some(Constant::Bool(*value));
    }
    if let Value::SingleQuotedString(text)
    | Value::DoubleQuotedString(text)
    | Value::NationalStringLiteral(text) = value
    {
        return Some(Constant::Text(text.clone()));
    }
    None
}
