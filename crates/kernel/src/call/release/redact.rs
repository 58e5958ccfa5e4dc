//! What a verdict asks to be taken out of what is released, and taking it out. Must never leave what the verdict names, nor
//! take what it does not.

use ringfence_detect::Message;
use ringfence_detect::injection::{Context, is_removed};
use ringfence_detect::media::{self, Attachment};
use ringfence_detect::secret::{InJson, Sought};
use ringfence_model::finding::{Category, Finding};
use ringfence_model::json::JsonText;
use ringfence_model::verdict::Obligation;

use crate::call::Permitted;
use crate::kernel::Kernel;

/// What stands in place of a content that is no text and holds what was to be taken out.
const WITHHELD: &str =
    "[content withheld: it holds what may not be released, and no part of it can be taken out]";

/// What is taken out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Redaction {
    secrets: bool,
    personal_data: bool,
    hidden: bool,
}

impl Redaction {
    /// As the verdict asks.
    pub(in crate::call) fn of(permitted: &Permitted) -> Self {
        let asks = |category| {
            permitted.verdict.obligations.iter().any(|(_, obligation)| match obligation {
                Obligation::Redact { categories } => categories.contains(&category),
                Obligation::Limit { .. }
                | Obligation::Budget { .. }
                | Obligation::Record
                | Obligation::Notify
                | Obligation::Approvers { .. } => false,
            })
        };
        // What comes of a task is released as its call was to be.
        let of_call = permitted.assessed.known.task.as_ref().map(|task| task.redacts);
        Self {
            secrets: asks(Category::Secret) || of_call.is_some_and(|call| call.secrets),
            personal_data: asks(Category::Pii) || of_call.is_some_and(|call| call.personal_data),
            hidden: asks(Category::Hidden) || of_call.is_some_and(|call| call.hidden),
        }
    }

    /// `json` without it; the same bytes where nothing of it was `seen`.
    pub(super) fn message(
        self,
        kernel: &Kernel,
        json: &JsonText,
        seen: &Message,
        context: Option<Context>,
    ) -> JsonText {
        let mut clean = json.clone();
        let attached: Vec<&Attachment> = seen
            .attachments
            .iter()
            .filter(|one| one.findings.iter().any(|found| self.takes(found, &one.findings)))
            .collect();
        if !attached.is_empty() {
            clean = media::without(&clean, &attached, WITHHELD);
        }
        if let Some(sought) = self.sought() {
            let named = |value: &&InJson| self.names(value.finding.category);
            let values: Vec<InJson> = match attached.is_empty() {
                true => seen.values.iter().filter(named).cloned().collect(),
                false => kernel.secrets().find_in_json(&clean, sought),
            };
            if !values.is_empty() {
                clean = kernel.secrets().clean_json_of(&clean, &values, sought);
            }
        }
        match context.filter(|_| self.hidden && self.hides(seen)) {
            Some(context) => kernel.detectors.without_hidden(&clean, context),
            None => clean,
        }
    }

    /// The same for a text.
    pub(super) fn text(self, kernel: &Kernel, text: &str, context: Option<Context>) -> String {
        let clean = match self.sought() {
            Some(sought) => kernel.secrets().clean_text_of(text, sought),
            None => text.to_owned(),
        };
        match context.filter(|_| self.hidden) {
            Some(context) => kernel.detectors.text_without_hidden(&clean, context),
            None => clean,
        }
    }

    /// How many of the findings it takes out.
    pub(super) fn count(self, seen: &Message, in_error: &[Finding]) -> usize {
        let values = seen.values.iter().map(|value| &value.finding).chain(in_error);
        let orders: Vec<Finding> = seen.orders.iter().map(|order| order.finding.clone()).collect();
        let attached =
            seen.attachments.iter().flat_map(|one| one.findings.iter().map(|found| (found, &one.findings)));
        values.filter(|found| self.names(found.category)).count()
            + orders.iter().filter(|found| self.takes(found, &orders)).count()
            + attached.filter(|(found, others)| self.takes(found, others)).count()
    }

    /// True where it takes hidden content out of the message.
    pub(super) fn hides(self, seen: &Message) -> bool {
        let orders: Vec<Finding> = seen.orders.iter().map(|order| order.finding.clone()).collect();
        self.hidden && orders.iter().any(|found| is_removed(found, &orders))
    }

    fn takes(self, found: &Finding, others: &[Finding]) -> bool {
        self.names(found.category) || self.hidden && is_removed(found, others)
    }

    /// True for values that it replaces.
    fn names(self, category: Category) -> bool {
        match category {
            Category::Secret => self.secrets,
            Category::Pii => self.personal_data,
            Category::Code
            | Category::Command
            | Category::Sql
            | Category::Injection
            | Category::Hidden
            | Category::Url
            | Category::Uninspected => false,
        }
    }

    const fn sought(self) -> Option<Sought> {
        match (self.secrets, self.personal_data) {
            (true, true) => Some(Sought::Both),
            (true, false) => Some(Sought::Secrets),
            (false, true) => Some(Sought::PersonalData),
            (false, false) => None,
        }
    }
}
