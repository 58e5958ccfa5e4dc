//! What an expression may cost at most: a polynomial in the length of the longest list that it can walk.
//!
//! Must never be less than what it can really cost.

use cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// Deepest loop within loops.
const DEEPEST: usize = 2;

/// Most steps of one evaluation; a step takes some 100 ns.
const BUDGET: u64 = 50_000;

/// Bytes of text that one step may look at.
const STEP: u64 = 4_096;

/// Steps by depth of the loop in which they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    steps: [u64; DEEPEST + 2],
    /// Lists that can be put together to one.
    joins: u64,
    /// Elements that the expression itself writes down.
    literals: u64,
}

impl Cost {
    /// `None` where loops stand deeper in one another than can be bounded.
    pub(super) fn of(expression: &IdedExpr) -> Option<Self> {
        let mut cost = Self { steps: [0; DEEPEST + 2], joins: 1, literals: 0 };
        cost.add(expression, 0)?;
        Some(cost)
    }

    /// True where lists of up to `longest` elements and `bytes` of text can be looked at.
    pub(super) fn within_budget(&self, longest: usize, bytes: usize) -> bool {
        let length = u64::try_from(longest)
            .unwrap_or(u64::MAX)
            .saturating_mul(self.joins)
            .saturating_add(self.literals)
            .max(1);
        let steps = self
            .steps
            .iter()
            .rev()
            .fold(0_u64, |sum, steps| sum.saturating_mul(length).saturating_add(*steps));
        let weight = u64::try_from(bytes).unwrap_or(u64::MAX) / STEP + 1;
        steps.saturating_mul(weight) <= BUDGET
    }

    fn add(&mut self, node: &IdedExpr, depth: usize) -> Option<()> {
        *self.steps.get_mut(depth)? += 1;
        match &node.expr {
            Expr::Comprehension(loop_) => {
                self.add(&loop_.iter_range, depth)?;
                self.add(&loop_.accu_init, depth)?;
                self.add(&loop_.result, depth)?;
                if depth == DEEPEST {
                    return None;
                }
                self.add(&loop_.loop_cond, depth + 1)?;
                self.add(&loop_.loop_step, depth + 1)?;
                // `map` and `filter` copy what they have gathered at each step.
                *self.steps.get_mut(depth + 2)? += u64::from(joins(&loop_.loop_step));
                Some(())
            }
            Expr::Call(call) => {
                self.joins += u64::from(call.func_name == "_+_");
                children(node).into_iter().try_for_each(|child| self.add(child, depth))
            }
            Expr::List(list) => {
                self.literals += list.elements.len() as u64;
                children(node).into_iter().try_for_each(|child| self.add(child, depth))
            }
            Expr::Map(map) => {
                self.literals += map.entries.len() as u64;
                children(node).into_iter().try_for_each(|child| self.add(child, depth))
            }
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Select(_) | Expr::Struct(_) => {
                children(node).into_iter().try_for_each(|child| self.add(child, depth))
            }
        }
    }
}

fn joins(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Call(call) if call.func_name == "_+_") || children(node).into_iter().any(joins)
}

/// What stands directly in a node.
pub(super) fn children(node: &IdedExpr) -> Vec<&IdedExpr> {
    match &node.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call.target.iter().map(|target| &**target).chain(&call.args).collect(),
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Map(map) => map.entries.iter().flat_map(|inner| entries(&inner.expr)).collect(),
        Expr::Struct(fields) => fields.entries.iter().flat_map(|inner| entries(&inner.expr)).collect(),
        Expr::Comprehension(loop_) => {
            vec![&loop_.iter_range, &loop_.accu_init, &loop_.loop_cond, &loop_.loop_step, &loop_.result]
        }
    }
}

fn entries(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(map) => vec![&map.key, &map.value],
    }
}
