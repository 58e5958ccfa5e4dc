//! What a server says outside calls: heard for as long as its conversation lasts, and handed on piece by piece along the
//! path. Must never keep the kernel or the conversation alive.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ringfence_mcp::client::{self, FromServer, RequestOptions};
use ringfence_mcp::version::Era;
use ringfence_model::call::Notice;
use ringfence_model::json::{Json, JsonText};
use tokio::sync::mpsc;

use super::{Connection, PoolKey};
use crate::exchange::QUEUE;
use crate::interim;
use crate::kernel::Kernel;

/// How long a modern server rests after its stream of notices has ended.
const REST: Duration = Duration::from_secs(5);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The tasks that listen to `connection`.
pub(super) fn listen(kernel: Weak<Kernel>, connection: &Arc<Connection>, key: PoolKey) -> Vec<Task> {
    let this = Arc::downgrade(connection);
    let mut tasks: Vec<Task> = Vec::new();
    if let Some(notices) = connection.peer().notices() {
        tasks.push(Box::pin(hand_on(Weak::clone(&kernel), Weak::clone(&this), key.clone(), notices)));
    }
    if connection.era() == Era::Modern && changes(connection.peer().capabilities()) {
        let (events, heard) = mpsc::channel(QUEUE);
        tasks.push(Box::pin(subscribe(Weak::clone(&this), events)));
        tasks.push(Box::pin(hand_on_events(kernel, this, key, heard)));
    }
    tasks
}

/// True where the server says that one of its lists may change.
fn changes(capabilities: &JsonText) -> bool {
    let says = |list| {
        capabilities.value().get(list).and_then(|list| list.get("listChanged")).and_then(Json::as_bool)
    };
    ["tools", "resources", "prompts"].into_iter().any(|list| says(list) == Some(true))
}

/// Keeps a `subscriptions/listen` request open (2026-07-28, subscriptions).
async fn subscribe(connection: Weak<Connection>, events: mpsc::Sender<FromServer>) {
    let wants =
        ["toolsListChanged", "resourcesListChanged", "promptsListChanged"].map(|name| (name, true.into()));
    let params = JsonText::object([("notifications", JsonText::object(wants))]);
    // The request lasts as long as the conversation: it holds the peer, and the conversation that owns this task stays free to end.
    while let Some(peer) = connection.upgrade().map(|open| Arc::clone(open.peer())) {
        let answer = peer.request(
            "subscriptions/listen",
            Some(params.clone()),
            RequestOptions::default(),
            events.clone(),
        );
        if matches!(answer.await, Ok(Err(_))) {
            // It does not offer subscriptions after all.
            return;
        }
        drop(peer);
        tokio::time::sleep(REST).await;
    }
}

async fn hand_on(
    kernel: Weak<Kernel>,
    connection: Weak<Connection>,
    key: PoolKey,
    mut notices: mpsc::Receiver<client::Notice>,
) {
    while let Some(notice) = notices.recv().await {
        let (Some(kernel), Some(connection)) = (kernel.upgrade(), connection.upgrade()) else { return };
        tell(&kernel, &connection, &key, notice).await;
    }
}

async fn hand_on_events(
    kernel: Weak<Kernel>,
    connection: Weak<Connection>,
    key: PoolKey,
    mut events: mpsc::Receiver<FromServer>,
) {
    while let Some(event) = events.recv().await {
        let (Some(kernel), Some(connection)) = (kernel.upgrade(), connection.upgrade()) else { return };
        if let FromServer::Notice(notice) = event {
            tell(&kernel, &connection, &key, *notice).await;
        }
    }
}

async fn tell(kernel: &Arc<Kernel>, connection: &Arc<Connection>, key: &PoolKey, notice: client::Notice) {
    let kind = match &*notice.method {
        "notifications/tools/list_changed" => Notice::ToolsChanged,
        "notifications/resources/list_changed" => Notice::ResourcesChanged,
        "notifications/prompts/list_changed" => Notice::PromptsChanged,
        "notifications/message" => Notice::Log,
        _ => return,
    };
    if kind == Notice::ToolsChanged {
        connection.outdate();
    }
    for listener in connection.server().hearing(key, kind) {
        interim::announce(kernel, &listener, connection.server().name(), kind, notice.params.clone()).await;
    }
}
