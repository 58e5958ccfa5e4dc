//! What a server says outside calls: heard for as long as its conversation lasts, and handed on piece by piece along the
//! path. Must never keep the kernel or the conversation alive.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ringfence_mcp::client::{self, FromServer, RequestOptions, ServerRequest};
use ringfence_mcp::message::{INVALID_REQUEST, RpcError};
use ringfence_mcp::meta;
use ringfence_mcp::version::Era;
use ringfence_model::call::{Notice, TaskRequest};
use ringfence_model::id::CallId;
use ringfence_model::json::{Json, JsonText};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::tasks::tell_of_change;
use super::{Connection, Listener, errands, tell_of_task};
use crate::exchange::QUEUE;
use crate::interim;
use crate::kernel::Kernel;

/// How long a modern server rests after its stream of notices has ended.
const REST: Duration = Duration::from_secs(5);

/// Most questions outside calls that wait for one conversation's client at once.
const MOST_QUESTIONS: usize = 16;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a `subscriptions/listen` of ours came to.
enum Heard {
    /// Something else is wanted now.
    Outdated,
    /// The server does not offer subscriptions after all.
    Refused,
    /// It ended.
    Over,
}

/// The tasks that listen to `connection`.
pub(super) fn listen(kernel: &Weak<Kernel>, connection: &Arc<Connection>) -> Vec<Task> {
    let this = Arc::downgrade(connection);
    let mut tasks: Vec<Task> = Vec::new();
    if let Some(heard) = connection.peer().outside() {
        tasks.push(Box::pin(hand_on(Weak::clone(kernel), Weak::clone(&this), heard)));
    }
    match connection.era() {
        Era::Modern if changes(connection) || connection.tells_of_resources() || connection.has_tasks() => {
            let (events, heard) = mpsc::channel(QUEUE);
            tasks.push(Box::pin(subscribe(Weak::clone(&this), events)));
            tasks.push(Box::pin(hand_on(Weak::clone(kernel), this, heard)));
        }
        Era::Modern => {}
        Era::Legacy if connection.tells_of_resources() => tasks.push(Box::pin(follow_again(this))),
        Era::Legacy => {}
    }
    tasks
}

/// True where the server says that one of its lists may change.
fn changes(connection: &Connection) -> bool {
    let says = |list| {
        let list = connection.peer().capabilities().value().get(list);
        list.and_then(|list| list.get("listChanged")).and_then(Json::as_bool)
    };
    ["tools", "resources", "prompts"].into_iter().any(|list| says(list) == Some(true))
}

/// Keeps a `subscriptions/listen` request open for all that is wanted (2026-07-28, subscriptions).
async fn subscribe(connection: Weak<Connection>, events: mpsc::Sender<FromServer>) {
    let Some(mut wanted) = connection.upgrade().map(|open| open.followed().wanted()) else { return };
    // The request lasts as long as the conversation: it holds the peer, and the conversation that owns this task stays free to end.
    while let Some((peer, has_tasks, params, turn)) = connection.upgrade().map(|open| {
        let turn = *wanted.borrow_and_update();
        (Arc::clone(open.peer()), open.has_tasks(), filter(&open), turn)
    }) {
        let (own, mut own_events) = mpsc::channel(QUEUE);
        let answer = peer.request("subscriptions/listen", Some(params), options(has_tasks), own);
        tokio::pin!(answer);
        let heard = loop {
            tokio::select! {
                biased;
                Some(event) = own_events.recv() => {
                    if let Some(tasks) = acknowledged(&event) {
                        if let Some(open) = connection.upgrade() {
                            open.followed().agree(turn, tasks);
                        }
                    } else if events.send(event).await.is_err() {
                        return;
                    }
                }
                changed = wanted.changed() => break if changed.is_ok() { Heard::Outdated } else { Heard::Over },
                answer = &mut answer => {
                    break if matches!(answer, Ok(Err(_))) { Heard::Refused } else { Heard::Over };
                }
            }
        };
        match heard {
            Heard::Outdated => {}
            Heard::Refused => return,
            Heard::Over => tokio::time::sleep(REST).await,
        }
    }
}

/// The tasks that the server agrees to tell of, where this is its acknowledgement.
fn acknowledged(event: &FromServer) -> Option<BTreeSet<String>> {
    let FromServer::Notice(notice) = event else { return None };
    if &*notice.method != "notifications/subscriptions/acknowledged" {
        return None;
    }
    let tasks = notice.params.as_ref().and_then(|params| params.value().pointer("/notifications/taskIds"));
    let own = tasks.into_iter().flat_map(Json::elements).filter_map(Json::as_str);
    Some(own.map(Cow::into_owned).collect())
}

/// A server with tasks tells of them whoever says that it knows them (the extension, "Task Status Notifications").
fn options(has_tasks: bool) -> RequestOptions {
    let tasks = || JsonText::object([(meta::TASKS_EXTENSION, JsonText::empty_object())]);
    let capabilities = has_tasks.then(|| JsonText::object([("extensions", tasks())]));
    RequestOptions { capabilities, ..RequestOptions::default() }
}

/// All changes of lists, and the resources and tasks that somebody follows.
fn filter(connection: &Connection) -> JsonText {
    let lists = ["toolsListChanged", "resourcesListChanged", "promptsListChanged"];
    let uris: Vec<JsonText> =
        connection.server().followed(connection.key()).iter().map(|uri| JsonText::string(uri)).collect();
    let mut wants: Vec<(&str, JsonText)> = lists.into_iter().map(|name| (name, true.into())).collect();
    if !uris.is_empty() {
        wants.push(("resourceSubscriptions", JsonText::array(uris.iter().map(JsonText::value))));
    }
    let tasks: Vec<JsonText> = connection.followed_tasks().iter().map(|id| JsonText::string(id)).collect();
    if !tasks.is_empty() {
        wants.push(("taskIds", JsonText::array(tasks.iter().map(JsonText::value))));
    }
    JsonText::object([("notifications", JsonText::object(wants))])
}

/// A legacy server that was started anew is told again which resources are followed.
async fn follow_again(connection: Weak<Connection>) {
    let Some((peer, uris)) =
        connection.upgrade().map(|open| (Arc::clone(open.peer()), open.server().followed(open.key())))
    else {
        return;
    };
    for uri in uris {
        let (events, _) = mpsc::channel(1);
        let params = JsonText::object([("uri", JsonText::string(&uri))]);
        let options = RequestOptions::default();
        if peer.request("resources/subscribe", Some(params), options, events).await.is_err() {
            return;
        }
    }
}

async fn hand_on(kernel: Weak<Kernel>, connection: Weak<Connection>, mut events: mpsc::Receiver<FromServer>) {
    let mut asking = JoinSet::new();
    while let Some(event) = events.recv().await {
        let (Some(kernel), Some(connection)) = (kernel.upgrade(), connection.upgrade()) else { return };
        while asking.try_join_next().is_some() {}
        match event {
            FromServer::Notice(notice) if &*notice.method == Notice::TaskStatus.method() => {
                tell_of_task(&kernel, &connection, notice.params).await;
            }
            FromServer::Notice(notice) if &*notice.method == Notice::TaskChanged.method() => {
                tell_of_change(&kernel, &connection, notice.params).await;
            }
            FromServer::Notice(notice) if &*notice.method == "notifications/message" => {
                match connection.the_bridged() {
                    // A call that does not take them loses notices, never its answer.
                    Some(call) => drop(call.try_send(FromServer::Notice(notice))),
                    None => tell(&kernel, &connection, *notice).await,
                }
            }
            FromServer::Notice(notice) => tell(&kernel, &connection, *notice).await,
            // Each waits for the client, and nothing else waits for it.
            FromServer::Request(asked) if let Some(wanted) = TaskRequest::of_method(&asked.method) => {
                if asking.len() < MOST_QUESTIONS {
                    asking.spawn(async move {
                        let answer = errands::answer(kernel, connection, wanted, &asked).await;
                        asked.reply.answer(&answer);
                    });
                } else {
                    asked.reply.answer(&Err(RpcError::internal("too many questions")));
                }
            }
            FromServer::Request(asked) => {
                match (meant(&kernel, &connection, &asked), connection.the_bridged()) {
                    (Some((listener, task)), _) if asking.len() < MOST_QUESTIONS => {
                        let server = connection.server().name().clone();
                        asking.spawn(async move {
                            interim::inquire(&kernel, &listener, &server, *asked, task).await;
                        });
                    }
                    // Servers ask on their general stream what they need for the call that runs. Where the call takes no
                    // more, its reply is dropped, which answers it.
                    (None, Some(call)) => drop(call.try_send(FromServer::Request(asked))),
                    (Some(_), _) | (None, None) => refuse(*asked),
                }
            }
        }
    }
}

/// Whom a question outside calls is for, and the call whose task asks it: the client of the task that it names, else the
/// only one that there is.
fn meant(
    kernel: &Kernel,
    connection: &Connection,
    asked: &ServerRequest,
) -> Option<(Listener, Option<CallId>)> {
    let related = asked
        .params
        .as_ref()
        .and_then(|params| params.value().get("_meta")?.get(meta::RELATED_TASK)?.get("taskId")?.as_str());
    let Some(own) = related else { return the_one(connection).map(|listener| (listener, None)) };
    let mut tasks = kernel.tasks.named(connection.server(), connection.key(), &own).into_iter();
    // An id that stands for two tasks is not guessed at.
    let (task, None) = (tasks.next()?, tasks.next()) else { return None };
    let mut all = connection.server().hearing(connection.key(), Notice::TaskStatus).into_iter();
    let listener = all.find(|listener| {
        listener.session.id == task.session && listener.client.version.era() == Era::Legacy
    })?;
    Some((listener, Some(task.call)))
}

/// The one legacy client that a conversation is held for.
pub(super) fn the_one(connection: &Connection) -> Option<Listener> {
    if connection.is_shared() {
        return None;
    }
    let mut all = connection.server().hearing(connection.key(), Notice::ToolsChanged).into_iter();
    match (all.next(), all.next()) {
        (Some(one), None) if one.client.version.era() == Era::Legacy => Some(one),
        (Some(_) | None, _) => None,
    }
}

fn refuse(asked: ServerRequest) {
    let why = "there is no single client that could be asked outside a request";
    asked.reply.answer(&Err(RpcError::new(INVALID_REQUEST, why)));
}

async fn tell(kernel: &Arc<Kernel>, connection: &Arc<Connection>, notice: client::Notice) {
    let kind = match &*notice.method {
        "notifications/tools/list_changed" => Notice::ToolsChanged,
        "notifications/resources/list_changed" => Notice::ResourcesChanged,
        "notifications/prompts/list_changed" => Notice::PromptsChanged,
        "notifications/message" => Notice::Log,
        "notifications/resources/updated" => Notice::ResourceUpdated,
        "notifications/elicitation/complete" => Notice::ElicitationComplete,
        _ => return,
    };
    if kind == Notice::ToolsChanged {
        connection.outdate();
    }
    let uri = notice.params.as_ref().and_then(|params| params.value().get("uri")).and_then(Json::as_str);
    for listener in connection.server().hearing(connection.key(), kind) {
        // What belongs to a subscription is for those who have it; a URL that was opened, for the one who was asked.
        let concerned = match kind {
            Notice::ResourceUpdated => uri.as_deref().is_some_and(|uri| listener.uris.contains(uri)),
            Notice::ElicitationComplete => !connection.is_shared(),
            Notice::Progress
            | Notice::Log
            | Notice::ToolsChanged
            | Notice::ResourcesChanged
            | Notice::PromptsChanged => true,
            // Go to the session of their task alone.
            Notice::TaskStatus | Notice::TaskChanged => false,
        };
        if concerned {
            let params = notice.params.clone();
            interim::announce(kernel, &listener, connection.server().name(), kind, params, None).await;
        }
    }
}
