//! `subscriptions/listen` (2026-07-28): what a modern client hears outside calls, for as long as it keeps the request open.
//!
//! Must never acknowledge what will not be told.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use ringfence_kernel::Wire;
use ringfence_kernel::exchange::{Ability, ClientTerms, Interim, QUEUE};
use ringfence_kernel::upstream::Listener;
use ringfence_mcp::headers::ModernRequest;
use ringfence_mcp::message::{Answer, Request, RpcError, encode_notification};
use ringfence_mcp::meta;
use ringfence_model::call::{Action, Notice, TaskRequest};
use ringfence_model::json::{Json, JsonText, Splice};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::dispatch::{Inbound, needs_tasks};
use super::{Client, terms};

/// Most resources that one `subscriptions/listen` names, and most tasks.
const MOST_NAMED: usize = 256;

/// Who listens, and until when.
struct Listening {
    terms: Arc<ClientTerms>,
    out: mpsc::Sender<Interim>,
    cancel: CancellationToken,
}

/// What a `SubscriptionFilter` asks for.
struct Wanted {
    lists: Vec<(&'static str, Notice)>,
    resources: Vec<String>,
    tasks: Vec<String>,
}

impl Client {
    /// Acknowledged first, then notices under the request's id until it is cancelled or the kernel ends.
    pub(super) async fn listen(
        &self,
        modern: &ModernRequest,
        request: Request,
        cancel: CancellationToken,
        piece: &mut impl FnMut(Bytes) -> bool,
    ) -> Answer {
        let id = request.id.text().clone();
        let params = request.params.unwrap_or_else(JsonText::empty_object);
        let wanted = Wanted::of(&params)?;
        let (out, mut heard) = mpsc::channel(QUEUE);
        let listening = Listening { terms: Arc::new(terms::of_modern(modern)), out, cancel };
        if !wanted.tasks.is_empty() && !listening.terms.abilities.has(Ability::Tasks) {
            return Err(needs_tasks());
        }
        let (target, server) = self.endpoint.whole(&self.kernel);
        self.run(Action::Listen { server }, target, listening.within(params)).await?;
        self.hear(&listening.terms, &wanted.notices(), listening.out.clone());
        let resources = self.follow_resources(&listening, wanted.resources).await;
        let tasks = self.follow_tasks(&listening, &wanted.tasks).await;
        let meta = JsonText::object([(meta::SUBSCRIPTION_ID, id.clone())]);
        let honoured = honoured(&wanted.lists, &resources, &tasks);
        let acknowledged = JsonText::object([("notifications", honoured), ("_meta", meta.clone())]);
        piece(encode_notification("notifications/subscriptions/acknowledged", Some(&acknowledged)));
        loop {
            tokio::select! {
                biased;
                () = listening.cancel.cancelled() => break,
                () = self.stop.cancelled() => break,
                Some(interim) = heard.recv() => if let Interim::Notice(released) = interim
                    && let Wire::Notice { method, params } = released.into_wire()
                    && let Some(params) = self.told(&listening, method, params).await
                {
                    piece(encode_notification(method, Some(&tagged(&params, &id))));
                },
            }
        }
        // The client has gone, the subscriptions at the servers have not.
        let parting = Listening { cancel: CancellationToken::new(), ..listening };
        for uri in resources {
            let found = self.endpoint.resource(&self.kernel, &uri);
            let action = Action::Unsubscribe { server: found.server, uri: found.name };
            let _told = self.run(action, found.target, parting.within(JsonText::empty_object())).await;
        }
        Ok(JsonText::object([("resultType", JsonText::string("complete")), ("_meta", meta)]))
    }

    /// Hears what the servers behind the endpoint say outside calls.
    pub(super) fn hear(&self, terms: &Arc<ClientTerms>, wants: &[Notice], out: mpsc::Sender<Interim>) {
        for server in self.endpoint.servers(&self.kernel) {
            server.listen(Listener {
                session: Arc::clone(self.link.session()),
                client: Arc::clone(terms),
                wants: wants.to_vec(),
                uris: BTreeSet::new(),
                tasks: BTreeSet::new(),
                naming: self.endpoint.naming(),
                out: out.clone(),
            });
        }
    }

    /// Follows each of these that may be: each is judged for itself.
    async fn follow_resources(&self, listening: &Listening, uris: Vec<String>) -> Vec<String> {
        let mut followed = Vec::with_capacity(uris.len());
        for uri in uris {
            let found = self.endpoint.resource(&self.kernel, &uri);
            let action = Action::Subscribe { server: found.server, uri: found.name };
            if self.run(action, found.target, listening.within(JsonText::empty_object())).await.is_ok() {
                followed.push(uri);
            }
        }
        followed
    }

    /// Follows each of these that this client may ask after.
    async fn follow_tasks(&self, listening: &Listening, ids: &[String]) -> Vec<String> {
        let mut known = Vec::with_capacity(ids.len());
        for id in ids {
            let asked = listening.within(about(&JsonText::string(id)));
            if self.task(TaskRequest::Get, asked).await.is_ok() {
                known.push(id.as_str());
            }
        }
        tokio::select! {
            biased;
            () = listening.cancel.cancelled() => Vec::new(),
            followed = self.kernel.follow_tasks(self.link.session(), &known, &listening.out) => followed,
        }
    }

    /// A notice as the client gets it. Of a task its server said no more than that it has changed: what it has come to is
    /// asked for, and judged, here.
    async fn told(&self, listening: &Listening, method: &str, params: JsonText) -> Option<JsonText> {
        if method != Notice::TaskChanged.method() {
            return Some(params);
        }
        let id = params.share(params.get("taskId")?);
        let now = self.task(TaskRequest::Get, listening.within(about(&id))).await.ok()?;
        let mut splice = Splice::new(&now);
        splice.remove(now.value(), "resultType");
        Some(splice.finish())
    }
}

impl Listening {
    fn within(&self, params: JsonText) -> Inbound {
        Inbound {
            params,
            terms: Arc::clone(&self.terms),
            param_headers: None,
            out: self.out.clone(),
            aside: Some(self.out.clone()),
            cancel: self.cancel.clone(),
        }
    }
}

impl Wanted {
    fn of(params: &JsonText) -> Result<Self, RpcError> {
        let lists = [
            ("toolsListChanged", Notice::ToolsChanged),
            ("promptsListChanged", Notice::PromptsChanged),
            ("resourcesListChanged", Notice::ResourcesChanged),
        ];
        let filter = params.value().get("notifications");
        let is_set = |name| filter.and_then(|filter| filter.get(name)).and_then(Json::as_bool) == Some(true);
        Ok(Self {
            lists: lists.into_iter().filter(|(name, _)| is_set(name)).collect(),
            resources: named(params, "resourceSubscriptions")?,
            tasks: named(params, "taskIds")?,
        })
    }

    fn notices(&self) -> Vec<Notice> {
        let of_resources = (!self.resources.is_empty()).then_some(Notice::ResourceUpdated);
        let of_tasks = (!self.tasks.is_empty()).then_some(Notice::TaskChanged);
        self.lists.iter().map(|(_, notice)| *notice).chain(of_resources).chain(of_tasks).collect()
    }
}

/// The resources or tasks that a `SubscriptionFilter` names.
fn named(params: &JsonText, member: &str) -> Result<Vec<String>, RpcError> {
    let listed = params.value().get("notifications").and_then(|filter| filter.get(member));
    let names: Option<Vec<String>> = listed
        .into_iter()
        .flat_map(Json::elements)
        .take(MOST_NAMED + 1)
        .map(|name| name.as_str().map(Cow::into_owned))
        .collect();
    names
        .filter(|names| names.len() <= MOST_NAMED)
        .ok_or_else(|| RpcError::invalid_params(format!("`{member}` must be at most {MOST_NAMED} strings")))
}

/// The `SubscriptionFilter` that is honoured.
fn honoured(lists: &[(&'static str, Notice)], resources: &[String], tasks: &[String]) -> JsonText {
    let all = |member: &'static str, named: &[String]| {
        let named: Vec<JsonText> = named.iter().map(|one| JsonText::string(one)).collect();
        (!named.is_empty()).then(|| (member, JsonText::array(named.iter().map(JsonText::value))))
    };
    let lists = lists.iter().map(|(name, _)| (*name, true.into()));
    JsonText::object(lists.chain(all("resourceSubscriptions", resources)).chain(all("taskIds", tasks)))
}

fn about(task: &JsonText) -> JsonText {
    JsonText::object([("taskId", task.clone())])
}

/// The params with the subscription's id in `_meta`.
fn tagged(params: &JsonText, id: &JsonText) -> JsonText {
    let meta = params.value().get("_meta").map_or_else(JsonText::empty_object, |meta| params.share(meta));
    let mut splice = Splice::new(&meta);
    splice.set(meta.value(), meta::SUBSCRIPTION_ID, id);
    let meta = splice.finish();
    let mut splice = Splice::new(params);
    splice.set(params.value(), "_meta", &meta);
    splice.finish()
}
