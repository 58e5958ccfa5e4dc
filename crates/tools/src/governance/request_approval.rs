//! `request_approval`: an agent asks people before it acts, and asks again to hear what they said.
//!
//! Must never lift what policy says of a call: the answer is for the agent to read.

use std::time::Duration;

use ringfence_kernel::approvals::Approval;
use ringfence_kernel::requests::{Wish, WishError};
use ringfence_model::approval::{Answer, ApprovalState};
use ringfence_model::effect::Effect;
use ringfence_model::finding::Severity;
use ringfence_model::id::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tool::{Context, Failure, Tool};

/// Longest time that a request may wait, in hours.
const LONGEST: f64 = 24.0 * 30.0;

/// Most approvers of one request.
const MOST: usize = 32;

/// Ask people to approve an action before taking it. Call it again with the same arguments to learn their answer; until `status`
/// is `approved`, do not act. Actions that delete or touch production or money need two approvers. The answer lifts no policy:
/// a tool call that policy stops is still stopped.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RequestApproval {
    /// The agent on whose behalf it is asked, as it calls itself. Recorded as a claim.
    #[schemars(length(min = 1, max = 200))]
    pub agent_id: String,
    /// What is to be done, e.g. `delete_customer_records`.
    #[schemars(length(min = 1, max = 500))]
    pub action: String,
    /// Why, and what exactly.
    #[schemars(length(min = 1, max = 4000))]
    pub description: String,
    /// Who may answer: `operator`, or the names of operator tokens (`ringfence init --token NAME`), e.g. e-mail addresses.
    #[schemars(length(min = 1, max = 32))]
    pub approvers: Vec<String>,
    /// After how many hours the request expires.
    #[serde(default = "a_day")]
    #[schemars(range(min = 0.01, max = 720))]
    pub expires_in_hours: f64,
}

const fn a_day() -> f64 {
    24.0
}

/// How grave an action is, by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Nothing speaks for more.
    Low,
    /// It makes or sends something.
    Medium,
    /// It changes something, or concerns customers or what is sensitive.
    High,
    /// It deletes, or concerns production or money.
    Critical,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not enough people have answered.
    Pending,
    /// Enough said yes.
    Approved,
    /// One said no.
    Rejected,
    /// Its time is over.
    Expired,
}

/// A request for approval.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Requested {
    /// Its id, for `ringfence approvals`.
    pub id: String,
    /// As given.
    pub agent_id: String,
    /// As given.
    pub action: String,
    /// As given.
    pub description: String,
    /// How grave it is.
    pub risk_level: RiskLevel,
    /// The authenticated caller.
    pub requested_by: String,
    /// RFC 3339.
    pub requested_at: String,
    /// RFC 3339.
    pub expires_at: String,
    /// Where it stands.
    pub status: Status,
    /// How many must say yes.
    pub required_approvals: u8,
    /// Who may answer.
    pub approvers: Vec<Approver>,
    /// The answers so far.
    pub approvals: Vec<Given>,
    /// What to do now.
    pub message: String,
}

/// Somebody who may answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Approver {
    /// As given: an e-mail address or another name.
    pub email: String,
}

/// An answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Given {
    /// Who.
    pub approver: String,
    /// `approved` or `rejected`.
    pub decision: &'static str,
    /// In their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// False where no operator credential was set, so that anybody of this user could have answered.
    pub attested: bool,
}

impl Tool for RequestApproval {
    const NAME: &'static str = "request_approval";
    const TITLE: &'static str = "Ask for approval";
    /// What it makes stands in our own journal, as every call does; it is for people to read.
    const EFFECTS: &'static [Effect] = &[Effect::Read];
    type Output = Requested;

    async fn run(self, context: Context<'_>) -> Result<Requested, Failure> {
        self.check()?;
        let risk = RiskLevel::of(&self.action, &self.description);
        let wish = Wish {
            agent: &self.agent_id,
            action: &self.action,
            description: &self.description,
            severity: risk.severity(),
            needed: risk.needed(),
            approvers: &self.approvers,
            waits: Duration::from_secs_f64(self.expires_in_hours * 3_600.0),
        };
        match context.kernel.wish(context.call, &wish) {
            Ok((approval, now)) => Ok(self.requested(risk, &approval, now)),
            Err(error @ WishError::Unsatisfiable { .. }) => Err(Failure::Arguments(error.to_string())),
            Err(error @ WishError::TooMany) => Err(Failure::Unavailable(error.to_string())),
            Err(error @ WishError::Journal(_)) => {
                tracing::error!(%error, "a request for approval could not be recorded");
                Err(Failure::Unavailable("the request could not be recorded".into()))
            }
        }
    }
}

impl RequestApproval {
    fn check(&self) -> Result<(), Failure> {
        let bad = |what: &str| Err(Failure::Arguments(what.to_owned()));
        let within = |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        if !within(&self.agent_id, 200) || !within(&self.action, 500) || !within(&self.description, 4_000) {
            return bad(
                "agentId, action and description must not be empty, nor longer than 200, 500 and 4000 characters",
            );
        }
        if self.approvers.is_empty() || self.approvers.len() > MOST {
            return bad("approvers must name 1 to 32 people");
        }
        if !self.approvers.iter().all(|name| within(name, 200)) {
            return bad("an approver's name must not be empty, nor longer than 200 characters");
        }
        if !(self.expires_in_hours >= 0.01 && self.expires_in_hours <= LONGEST) {
            return bad("expiresInHours must be from 0.01 to 720");
        }
        Ok(())
    }

    fn requested(self, risk_level: RiskLevel, approval: &Approval, now: Timestamp) -> Requested {
        let state = approval.state(now);
        let status = match state {
            ApprovalState::Pending => Status::Pending,
            ApprovalState::Approved | ApprovalState::Used => Status::Approved,
            ApprovalState::Denied => Status::Rejected,
            ApprovalState::Expired => Status::Expired,
        };
        let id = approval.request.id.to_string();
        let message = match status {
            Status::Pending => format!(
                "waits for {} of the approvers (`ringfence approvals show {id}`); ask again later with the same arguments",
                approval.request.needed
            ),
            Status::Approved => "approved: go on with exactly this".to_owned(),
            Status::Rejected => "rejected: do not do it".to_owned(),
            Status::Expired => "expired: ask anew".to_owned(),
        };
        let given = approval.answers.iter().map(|given| Given {
            approver: given.by.name.to_string(),
            decision: match given.answer {
                Answer::Approve => "approved",
                Answer::Deny => "rejected",
            },
            comment: given.comment.clone(),
            attested: given.attested,
        });
        Requested {
            id,
            risk_level,
            requested_by: approval.request.principal.to_string(),
            requested_at: approval.requested.to_string(),
            expires_at: approval.request.expires.to_string(),
            status,
            required_approvals: approval.request.needed,
            approvers: self.approvers.into_iter().map(|email| Approver { email }).collect(),
            approvals: given.collect(),
            message,
            agent_id: self.agent_id,
            action: self.action,
            description: self.description,
        }
    }
}

impl RiskLevel {
    /// By words of the action and of its description, as the users of AgentOS know it.
    fn of(action: &str, description: &str) -> Self {
        let (action, description) = (action.to_lowercase(), description.to_lowercase());
        let acts = |words: &[&str]| words.iter().any(|word| action.contains(word));
        let says = |words: &[&str]| words.iter().any(|word| description.contains(word));
        if acts(&["delete", "drop"]) || says(&["production", "financial"]) {
            Self::Critical
        } else if acts(&["update", "modify", "external"]) || says(&["customer", "sensitive"]) {
            Self::High
        } else if acts(&["create", "send", "post"]) {
            Self::Medium
        } else {
            Self::Low
        }
    }

    const fn needed(self) -> u8 {
        match self {
            Self::Low | Self::Medium => 1,
            Self::High | Self::Critical => 2,
        }
    }

    const fn severity(self) -> Severity {
        match self {
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
        }
    }
}
