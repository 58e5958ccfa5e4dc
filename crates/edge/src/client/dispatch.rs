//! Methods: each one of both eras becomes a call with its target, and the released end of the call its answer.

use std::sync::Arc;

use http::HeaderMap;
use ringfence_kernel::Wire;
use ringfence_kernel::call::{Request as KernelRequest, Target};
use ringfence_kernel::exchange::{Ability, ClientTerms, Exchange, Interim, LogLevel, Way};
use ringfence_mcp::message::{Answer, MISSING_REQUIRED_CLIENT_CAPABILITY, Request, RequestId, RpcError};
use ringfence_mcp::meta;
use ringfence_mcp::version::Era as ProtocolEra;
use ringfence_model::call::{Action, Call, Listing, Notice, TaskRequest};
use ringfence_model::id::CallId;
use ringfence_model::json::{Json, JsonText, Kind};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Client, Era, greeting, terms};

/// The notices that a legacy client hears.
const LEGACY_NOTICES: [Notice; 7] = [
    Notice::ToolsChanged,
    Notice::ResourcesChanged,
    Notice::PromptsChanged,
    Notice::Log,
    Notice::ResourceUpdated,
    Notice::ElicitationComplete,
    Notice::TaskStatus,
];

/// A request on its way into the path.
pub(super) struct Inbound {
    pub(super) params: JsonText,
    pub(super) terms: Arc<ClientTerms>,
    pub(super) param_headers: Option<HeaderMap>,
    pub(super) out: mpsc::Sender<Interim>,
    /// Where the client hears what belongs to no request.
    pub(super) aside: Option<mpsc::Sender<Interim>>,
    pub(super) cancel: CancellationToken,
}

impl Client {
    /// Runs one request to its answer. What is rare is on the heap, so that a call is not as large as that.
    pub(super) async fn dispatch(
        &self,
        era: Era,
        request: Request,
        out: mpsc::Sender<Interim>,
        cancel: CancellationToken,
    ) -> Answer {
        let params = request.params.unwrap_or_else(JsonText::empty_object);
        match era {
            Era::Modern(modern, param_headers) => {
                let terms = Arc::new(terms::of_modern(&modern));
                let inbound = Inbound { params, terms, param_headers, out, aside: None, cancel };
                match &*request.method {
                    "server/discover" => Ok(greeting::discover_result(&Box::pin(self.greet(inbound)).await?)),
                    method => self.shared(method, inbound).await,
                }
            }
            Era::Legacy => match &*request.method {
                "initialize" => Box::pin(self.initialize(params, out, cancel)).await,
                "ping" => Ok(JsonText::empty_object()),
                method => {
                    let terms = self.agreed().ok_or_else(|| RpcError::invalid_params("initialize first"))?;
                    let aside = self.aside();
                    let inbound = Inbound { params, terms, param_headers: None, out, aside, cancel };
                    match method {
                        "logging/setLevel" => Box::pin(self.set_log_level(inbound)).await,
                        "resources/subscribe" => {
                            let found = self.endpoint.resource(&self.kernel, &text(&inbound.params, "uri")?);
                            let action = Action::Subscribe { server: found.server, uri: found.name };
                            self.run(action, found.target, inbound).await
                        }
                        "resources/unsubscribe" => {
                            let found = self.endpoint.resource(&self.kernel, &text(&inbound.params, "uri")?);
                            let action = Action::Unsubscribe { server: found.server, uri: found.name };
                            self.run(action, found.target, inbound).await
                        }
                        method => self.shared(method, inbound).await,
                    }
                }
            },
        }
    }

    async fn initialize(
        &self,
        params: JsonText,
        out: mpsc::Sender<Interim>,
        cancel: CancellationToken,
    ) -> Answer {
        if self.agreed().is_some() {
            return Err(RpcError::invalid_params("already initialized"));
        }
        let terms = Arc::new(terms::of_initialize(&params));
        let greeted = self
            .greet(Inbound {
                params,
                terms: Arc::clone(&terms),
                param_headers: None,
                out,
                aside: None,
                cancel,
            })
            .await?;
        if let Some(aside) = self.aside() {
            self.hear(&terms, &LEGACY_NOTICES, aside);
        }
        let result = greeting::initialize_result(terms.version, &greeted);
        *self.agreed.lock() = Some(terms);
        Ok(result)
    }

    async fn greet(&self, inbound: Inbound) -> Answer {
        let (target, server) = self.endpoint.whole(&self.kernel);
        self.run(Action::Greet { server }, target, inbound).await
    }

    async fn set_log_level(&self, inbound: Inbound) -> Answer {
        let name = text(&inbound.params, "level")?;
        let level = LogLevel::named(&name)
            .ok_or_else(|| RpcError::invalid_params(format!("unknown level: {name}")))?;
        let terms = Arc::new(ClientTerms { log_level: Some(level), ..(*inbound.terms).clone() });
        let (target, _) = self.endpoint.whole(&self.kernel);
        let set = self.run(Action::SetLogLevel { level: name }, target, inbound).await?;
        *self.agreed.lock() = Some(Arc::clone(&terms));
        if let Some(aside) = self.aside() {
            self.hear(&terms, &LEGACY_NOTICES, aside);
        }
        Ok(set)
    }

    /// The methods that both eras have.
    async fn shared(&self, method: &str, inbound: Inbound) -> Answer {
        if let Some(what) = Listing::ALL.into_iter().find(|what| what.method() == method) {
            let (target, server) = self.endpoint.whole(&self.kernel);
            return self.run(Action::List { server, what }, target, inbound).await;
        }
        let (action, target) = match method {
            "tools/call" => {
                let found = self.endpoint.tool(&self.kernel, &text(&inbound.params, "name")?);
                let arguments = object(&inbound.params, "arguments")?;
                (Action::CallTool { server: found.server, tool: found.name, arguments }, found.target)
            }
            "resources/read" => {
                let found = self.endpoint.resource(&self.kernel, &text(&inbound.params, "uri")?);
                (Action::ReadResource { server: found.server, uri: found.name }, found.target)
            }
            "prompts/get" => {
                let found = self.endpoint.prompt(&self.kernel, &text(&inbound.params, "name")?);
                let arguments = object(&inbound.params, "arguments")?;
                (Action::GetPrompt { server: found.server, prompt: found.name, arguments }, found.target)
            }
            "completion/complete" => self.completion(&inbound.params)?,
            _ => {
                return match TaskRequest::of_method(method) {
                    Some(wanted) => Box::pin(self.task(wanted, inbound)).await,
                    None => Err(unknown_method(method)),
                };
            }
        };
        self.run(action, target, inbound).await
    }

    fn completion(&self, params: &JsonText) -> Result<(Action, Target), RpcError> {
        let reference = object(params, "ref")?;
        let argument = object(params, "argument")?;
        let found = match &*text(&reference, "type")? {
            "ref/prompt" => self.endpoint.prompt(&self.kernel, &text(&reference, "name")?),
            "ref/resource" => self.endpoint.resource(&self.kernel, &text(&reference, "uri")?),
            other => return Err(RpcError::invalid_params(format!("unknown reference type: {other}"))),
        };
        Ok((Action::Complete { server: found.server, reference: found.name, argument }, found.target))
    }

    /// What the client wants of a task, in the form of its era (2025-11-25, "Tasks"; the extension of 2026-07-28).
    pub(super) async fn task(&self, wanted: TaskRequest, inbound: Inbound) -> Answer {
        let client = &inbound.terms;
        let of_its_era = match (client.version.era(), wanted) {
            (_, TaskRequest::Get | TaskRequest::Cancel) => true,
            (ProtocolEra::Legacy, TaskRequest::Result | TaskRequest::List) => true,
            (ProtocolEra::Modern, TaskRequest::Update) => true,
            (ProtocolEra::Legacy, TaskRequest::Update)
            | (ProtocolEra::Modern, TaskRequest::Result | TaskRequest::List) => false,
        };
        let somebody_has_them = self.endpoint.servers(&self.kernel).iter().any(|server| server.has_tasks());
        if !of_its_era || !somebody_has_them {
            return Err(RpcError::method_not_found(wanted.method()));
        }
        if !client.abilities.has(Ability::Tasks) {
            return Err(match client.version.era() {
                ProtocolEra::Legacy => RpcError::method_not_found(wanted.method()),
                ProtocolEra::Modern => needs_tasks(),
            });
        }
        if wanted == TaskRequest::List {
            let (target, server) = self.endpoint.whole(&self.kernel);
            let action = Action::Task { server, wanted, answers: JsonText::empty_object() };
            return self.run(action, target, inbound).await;
        }
        let id = text(&inbound.params, "taskId")?;
        let answers = match wanted {
            TaskRequest::Update => object(&inbound.params, "inputResponses")?,
            TaskRequest::Get | TaskRequest::Result | TaskRequest::Cancel | TaskRequest::List => {
                JsonText::empty_object()
            }
        };
        let (target, server, began) = self.endpoint.task(&self.kernel, self.link.session(), &id);
        self.run_within(began, Action::Task { server, wanted, answers }, target, inbound).await
    }

    pub(super) async fn run(&self, action: Action, target: Target, inbound: Inbound) -> Answer {
        self.run_within(None, action, target, inbound).await
    }

    async fn run_within(
        &self,
        parent: Option<CallId>,
        action: Action,
        target: Target,
        inbound: Inbound,
    ) -> Answer {
        let session = self.link.session();
        let env = &self.kernel.env;
        let call = Call {
            id: env.call_id(),
            session: session.id,
            principal: Arc::clone(&session.principal),
            action,
            parent,
            retries: None,
            received: env.now(),
        };
        let progress_token = inbound
            .params
            .get("_meta")
            .and_then(|meta| meta.get("progressToken"))
            .and_then(|token| RequestId::read(&inbound.params, token))
            .map(|token| token.text().clone());
        let request = KernelRequest {
            call,
            target,
            session: Arc::clone(session),
            exchange: Exchange {
                way: Way::of(inbound.terms.version.era()),
                client: inbound.terms,
                progress_token,
                param_headers: inbound.param_headers,
                out: Some(inbound.out),
                aside: inbound.aside,
                cancel: inbound.cancel,
            },
            naming: self.endpoint.naming(),
            params: inbound.params,
        };
        match self.kernel.run(request).await.into_wire() {
            Wire::Result(result) => Ok(result),
            Wire::Error(error) => Err(error),
            Wire::Notice { .. } | Wire::Ask { .. } => Err(RpcError::internal("a request came to no answer")),
        }
    }

    /// `notifications/roots/list_changed` (legacy). Nobody waits for what it comes to.
    pub(super) async fn roots_changed(&self) {
        let Some(terms) = self.agreed() else { return };
        let (out, _) = mpsc::channel(1);
        let params = JsonText::empty_object();
        let cancel = CancellationToken::new();
        let inbound = Inbound { params, terms, param_headers: None, out, aside: None, cancel };
        let (target, server) = self.endpoint.whole(&self.kernel);
        let _told = self.run(Action::RootsChanged { server }, target, inbound).await;
    }
}

/// A method that we do not carry: an extension may have it, but nobody would look at what it holds.
fn unknown_method(method: &str) -> RpcError {
    let mut error = RpcError::method_not_found(method);
    error
        .message
        .push_str(": methods of extensions are not passed on, since their content would not be inspected");
    error
}

/// `-32021`: tasks are for clients that say in the request that they come back for them (SEP-2663).
pub(super) fn needs_tasks() -> RpcError {
    let extension = JsonText::object([(meta::TASKS_EXTENSION, JsonText::empty_object())]);
    let required = JsonText::object([("extensions", extension)]);
    RpcError {
        data: Some(JsonText::object([("requiredCapabilities", required)])),
        ..RpcError::new(MISSING_REQUIRED_CLIENT_CAPABILITY, "this needs a client with tasks")
    }
}

fn text(params: &JsonText, member: &str) -> Result<Arc<str>, RpcError> {
    let text = params.get(member).and_then(Json::as_str);
    text.map(|text| text.as_ref().into())
        .ok_or_else(|| RpcError::invalid_params(format!("`{member}` must be a string")))
}

/// A member that must be an object where it is there.
fn object(params: &JsonText, member: &str) -> Result<JsonText, RpcError> {
    match params.get(member) {
        None => Ok(JsonText::empty_object()),
        Some(value) if value.kind() == Kind::Object => Ok(params.share(value)),
        Some(_) => Err(RpcError::invalid_params(format!("`{member}` must be an object"))),
    }
}
