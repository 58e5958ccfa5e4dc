//! Approvals over HTTP: `GET /api/approvals`, `GET` and `POST /api/approvals/ID` with an operator token, and signed decisions
//! (`POST /hooks/approvals`). Each is a verb on the path.
//!
//! Must never take an answer without the operator's token where one is set: whoever holds a webhook's secret is nobody yet.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use ringfence_govern::decisions::{Signed, Unheard};
use ringfence_govern::signature;
use ringfence_kernel::session::SessionKey;
use ringfence_model::approval::{Answer, Lasts};
use ringfence_model::control::{ApprovalReply, Credential};
use ringfence_model::id::ApprovalId;
use ringfence_model::json::{Json, JsonText};
use ringfence_model::principal::{Authentication, Principal};
use ringfence_model::problem::{Problem, ProblemKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Site;
use super::body::{self, Body};
use super::post;
use crate::desk::{Desk, text};

/// Most bytes of a body.
const MOST: usize = 64 << 10;

/// What can be asked for here.
pub(super) enum Place {
    /// All requests.
    Approvals,
    /// One of them, by the id as it stands in the path.
    Approval(String),
    /// Signed decisions.
    Decisions,
}

/// An answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    answer: Answer,
    #[serde(default = "Lasts::once", rename = "for")]
    lasts: Lasts,
    #[serde(default)]
    comment: Option<String>,
}

/// A decision: which request, the operator's token of whoever decided, and the answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    approval: ApprovalId,
    #[serde(default)]
    token: Option<String>,
    answer: Answer,
    #[serde(default = "Lasts::once", rename = "for")]
    lasts: Lasts,
    #[serde(default)]
    comment: Option<String>,
}

impl Place {
    /// What a path names.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/api/approvals" => Some(Self::Approvals),
            "/hooks/approvals" => Some(Self::Decisions),
            path => path.strip_prefix("/api/approvals/").map(|id| Self::Approval(id.to_owned())),
        }
    }
}

pub(super) async fn serve(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    place: Place,
    request: Request<Incoming>,
) -> Response<Body> {
    let answered = match (place, request.method()) {
        (Place::Approvals, &Method::GET) => list(site, principal, request.headers()).await,
        (Place::Approval(id), &Method::GET) => show(site, principal, request.headers(), &id).await,
        (Place::Approval(id), &Method::POST) => answer(site, principal, request, &id).await,
        (Place::Decisions, &Method::POST) => decide(site, principal, request).await,
        (Place::Approvals, _) => return body::not_allowed("GET"),
        (Place::Approval(_), _) => return body::not_allowed("GET, POST"),
        (Place::Decisions, _) => return body::not_allowed("POST"),
    };
    match answered {
        Ok(value) => body::json(StatusCode::OK, Bytes::from(value.to_string())),
        Err(Refusal::Unread(response)) => response,
        Err(Refusal::Problem(status, problem)) => rendered(status, &problem),
    }
}

/// Why there is no answer.
enum Refusal {
    /// What was sent could not be read.
    Unread(Response<Body>),
    Problem(StatusCode, Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let status = match (problem.kind, problem.code.as_str()) {
            (ProblemKind::Denied, "operator-credential") => StatusCode::UNAUTHORIZED,
            (ProblemKind::Denied, _) => StatusCode::FORBIDDEN,
            (ProblemKind::User, "approval") => StatusCode::CONFLICT,
            (ProblemKind::User, _) => StatusCode::BAD_REQUEST,
            (ProblemKind::Upstream, _) => StatusCode::BAD_GATEWAY,
            (ProblemKind::Config | ProblemKind::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::Problem(status, problem)
    }
}

/// RFC 9457.
fn rendered(status: StatusCode, problem: &Problem) -> Response<Body> {
    let shown = json!({
        "type": "about:blank",
        "title": problem.message,
        "status": status.as_u16(),
        "code": problem.code,
        "hints": problem.hints,
    });
    let mut response = body::json(status, Bytes::from(shown.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

async fn list(site: &Arc<Site>, principal: &Arc<Principal>, headers: &HeaderMap) -> Result<Value, Refusal> {
    let items = verb(site, principal, bearer(headers)?, "approvals.list", JsonText::empty_object()).await?;
    Ok(Value::Array(items))
}

async fn show(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    headers: &HeaderMap,
    id: &str,
) -> Result<Value, Refusal> {
    let items = verb(site, principal, bearer(headers)?, "approvals.list", JsonText::empty_object()).await?;
    let found = items.into_iter().find(|item| item.get("id").and_then(Value::as_str) == Some(id));
    found.ok_or_else(|| unknown(id))
}

fn unknown(id: &str) -> Refusal {
    let message = format!("there is no request for approval {}", id.escape_debug());
    Refusal::Problem(StatusCode::NOT_FOUND, Problem::new(ProblemKind::User, "approval", message))
}

async fn answer(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    request: Request<Incoming>,
    id: &str,
) -> Result<Value, Refusal> {
    let approval: ApprovalId = id.parse().map_err(|_| unknown(id))?;
    let credential = bearer(request.headers())?;
    let (_, bytes) = post::whole(site, request).await.map_err(Refusal::Unread)?;
    let Given { answer, lasts, comment } = read(&bytes)?;
    reply(site, principal, credential, ApprovalReply { approval, answer, lasts, comment }).await
}

async fn decide(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    request: Request<Incoming>,
) -> Result<Value, Refusal> {
    let kernel = &site.gate.kernel;
    let (head, bytes) = post::whole(site, request).await.map_err(Refusal::Unread)?;
    let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = Signed {
        id: header(signature::ID),
        timestamp: header(signature::TIMESTAMP),
        signature: header(signature::SIGNATURE),
        body: &bytes,
    };
    site.gate.decisions.hear(&message, kernel.env.now()).map_err(|unheard| {
        kernel.refused("ringfence.webhook");
        let status = match unheard {
            Unheard::Nobody => StatusCode::NOT_FOUND,
            Unheard::Form => StatusCode::BAD_REQUEST,
            Unheard::Signature | Unheard::Time => StatusCode::UNAUTHORIZED,
            Unheard::Replayed => StatusCode::CONFLICT,
            Unheard::TooMany => StatusCode::TOO_MANY_REQUESTS,
        };
        Refusal::Problem(status, Problem::new(ProblemKind::Denied, "webhook", unheard.to_string()))
    })?;
    let Decision { approval, token, answer, lasts, comment } = read(&bytes)?;
    let credential = token.map(Credential::Token);
    reply(site, principal, credential, ApprovalReply { approval, answer, lasts, comment }).await
}

async fn reply(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    credential: Option<Credential>,
    reply: ApprovalReply,
) -> Result<Value, Refusal> {
    if site.gate.kernel.approvals.get(reply.approval).is_none() {
        return Err(unknown(&reply.approval.to_string()));
    }
    let items = verb(site, principal, credential, "approvals.answer", text(&reply)?).await?;
    Ok(items.into_iter().next().unwrap_or_default())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let bad = |message: String| Problem::new(ProblemKind::User, "bad-answer", message);
    if bytes.len() > MOST {
        return Err(bad(format!("more than {MOST} bytes")));
    }
    serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))
}

/// The token of the request. The passphrase is for terminals.
fn bearer(headers: &HeaderMap) -> Result<Option<Credential>, Problem> {
    let Some(given) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let token = given.to_str().ok().and_then(|given| {
        let (scheme, token) = given.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    let message = "write `Authorization: Bearer TOKEN`, a token of `ringfence init --token`";
    let bad = || Problem::new(ProblemKind::Denied, "operator-credential", message);
    token.map(|token| Some(Credential::Token(token))).ok_or_else(bad)
}

/// Runs a verb as the operator whose credential it is.
async fn verb(
    site: &Arc<Site>,
    principal: &Arc<Principal>,
    credential: Option<Credential>,
    verb: &str,
    params: JsonText,
) -> Result<Vec<Value>, Problem> {
    let uid = match principal.authentication {
        Authentication::Loopback { uid }
        | Authentication::PeerCredentials { uid }
        | Authentication::Unattested { uid } => uid,
        Authentication::Operator => {
            return Err(Problem::new(ProblemKind::Internal, "internal", "a connection is of a user"));
        }
    };
    let kernel = &site.gate.kernel;
    let session = kernel
        .session(principal, SessionKey::Principal, None)
        .map_err(|error| Problem::new(ProblemKind::Internal, "no-session", error.to_string()))?;
    let _link = session.link();
    let desk = Desk { gate: &site.gate, session: &session, uid };
    let operator = Arc::new(desk.operator(credential).await?);
    let result = desk.operate(verb, params, operator).await?;
    let items = result.value().get("items").into_iter().flat_map(Json::elements);
    let parsed: Result<Vec<Value>, _> = items.map(|item| serde_json::from_str(item.raw())).collect();
    parsed.map_err(|error| crate::desk::internal(&error))
}
