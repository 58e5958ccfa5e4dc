//! Verbs of the command line and of the HTTP API as calls on the path; operator verbs need the credential.
//!
//! Must never make an operator of anybody who has not shown it, where one is set.

use std::sync::Arc;
use std::time::Duration;

use ringfence_identity::OperatorCredential;
use ringfence_kernel::Wire;
use ringfence_kernel::call::{Naming, Request, Target};
use ringfence_kernel::exchange::{Abilities, ClientTerms, Exchange};
use ringfence_kernel::session::Session;
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::call::{Action, Call};
use ringfence_model::control::Credential;
use ringfence_model::json::JsonText;
use ringfence_model::principal::Principal;
use ringfence_model::problem::{Problem, ProblemKind};

use crate::gate::Gate;

/// What a wrong credential costs, so that guessing is slow.
const WRONG: Duration = Duration::from_secs(1);

/// Where somebody of this user asks for verbs.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    pub(crate) gate: &'a Arc<Gate>,
    pub(crate) session: &'a Arc<Session>,
    pub(crate) uid: u32,
}

impl Desk<'_> {
    /// Runs a verb as a call of `principal`; an object with the member `items`.
    pub(crate) async fn operate(
        &self,
        verb: &str,
        params: JsonText,
        principal: Arc<Principal>,
    ) -> Result<JsonText, Problem> {
        self.run(Action::Operate { verb: verb.into() }, Target::Kernel, params, principal).await
    }

    /// Runs a call of `principal`.
    pub(crate) async fn run(
        &self,
        action: Action,
        target: Target,
        params: JsonText,
        principal: Arc<Principal>,
    ) -> Result<JsonText, Problem> {
        let kernel = &self.gate.kernel;
        let is_verb = matches!(action, Action::Operate { .. });
        let terms = ClientTerms {
            version: ProtocolVersion::V2025_11_25,
            abilities: Abilities::default(),
            extensions: None,
            log_level: None,
            claimed: None,
        };
        let call = Call {
            id: kernel.env.call_id(),
            session: self.session.id,
            principal,
            action,
            parent: None,
            retries: None,
            received: kernel.env.now(),
        };
        let request = Request {
            call,
            params,
            target,
            session: Arc::clone(self.session),
            exchange: Exchange::silent(Arc::new(terms)),
            naming: Naming::Prefixed,
        };
        match kernel.run(request).await.into_wire() {
            Wire::Result(result) => Ok(result),
            Wire::Error(error) => {
                // A verb's own problem comes whole; what a server says is never taken for one.
                let whole = error.data.as_ref().filter(|_| is_verb);
                if let Some(problem) = whole.and_then(|data| serde_json::from_str(data.as_str()).ok()) {
                    return Err(problem);
                }
                let kind = match error.code {
                    1001 | 1002 | 1006 => ProblemKind::Denied,
                    1003..=1005 => ProblemKind::Upstream,
                    -32602 => ProblemKind::User,
                    _ => ProblemKind::Internal,
                };
                Err(Problem::new(kind, format!("code-{}", error.code), error.message))
            }
            Wire::Notice { .. } | Wire::Ask { .. } => {
                Err(Problem::new(ProblemKind::Internal, "internal", "no answer"))
            }
        }
    }

    /// The principal for an operator verb: the operator by credential, or the unattested user where none is set.
    pub(crate) async fn operator(&self, credential: Option<Credential>) -> Result<Principal, Problem> {
        let keys_dir = self.gate.keys_dir.clone();
        let checked = tokio::task::spawn_blocking(move || {
            // Argon2 takes tens of milliseconds on purpose.
            let known = OperatorCredential::load(&keys_dir)?;
            Ok::<_, ringfence_identity::KeysError>(
                known.map(|known| credential.map(|given| known.identify(&given))),
            )
        });
        let refused = |message: &str| Problem::new(ProblemKind::Denied, "operator-credential", message);
        match checked.await {
            Ok(Ok(None)) => {
                self.gate.principals.unattested(self.uid).map_err(|error| refused(&error.to_string()))
            }
            Ok(Ok(Some(Some(Some(shown))))) => Ok(self.gate.principals.operator(&shown)),
            Ok(Ok(Some(Some(None)))) => {
                self.gate.kernel.refused("ringfence.operator_credential");
                tokio::time::sleep(WRONG).await;
                Err(refused("the operator credential is wrong"))
            }
            Ok(Ok(Some(None))) => Err(refused("this needs the operator credential")
                .hint("run it on a terminal, or set RINGFENCE_OPERATOR_TOKEN to a token from `ringfence init --token`")),
            Ok(Err(error)) => Err(Problem::new(ProblemKind::Config, "operator-credential", error.to_string())),
            Err(_) => Err(refused("checking the operator credential was interrupted")),
        }
    }
}

/// Something of ours as JSON text.
pub(crate) fn text(value: &impl serde::Serialize) -> Result<JsonText, Problem> {
    let text = serde_json::to_string(value).map_err(|error| internal(&error))?;
    JsonText::try_from(text).map_err(|error| internal(&error))
}

pub(crate) fn internal(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "a verb failed");
    Problem::new(ProblemKind::Internal, "internal", error.to_string())
}
