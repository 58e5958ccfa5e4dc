//! `serve --list-prompts`: asks the kernel as any client would, by `prompts/list`.

use bytes::{Bytes, BytesMut};
use ringfence_mcp::line::{Line, append_line};
use ringfence_mcp::message::{
    METHOD_NOT_FOUND, Message, RequestId, Response, encode_notification, encode_request,
};
use ringfence_model::control::Role;
use ringfence_model::json::{JsonText, ScanLimits, quote};
use ringfence_model::problem::{Problem, ProblemKind};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use crate::cli::{Context, block_on};
use crate::control::{Connection, LINE_LIMIT};
use crate::log;
use crate::output::{self, Format};
use crate::problem::{Exit, Stop, internal};

/// Most pages of the list.
const PAGES: i64 = 100;

pub(super) fn run(context: &Context) -> Result<Exit, Stop> {
    log::start(log::Level::Warn, &context.env);
    let mut kernel = context.kernel(&[], Vec::new())?;
    let prompts = block_on(async move {
        let mut connection = kernel.connect(&Role::Stdio).await?;
        Ok(all(&mut connection).await?)
    })?;
    match context.format {
        Format::Json => output::json(&prompts)?,
        Format::Text => {
            let text = |prompt: &Value, key: &str| {
                prompt.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let rows: Vec<_> = prompts
                .iter()
                .map(|prompt| vec![text(prompt, "name"), text(prompt, "description")])
                .collect();
            output::text(&output::table(&["PROMPT", "DESCRIPTION"], &rows))?;
        }
    }
    Ok(Exit::Yes)
}

async fn all(connection: &mut Connection) -> Result<Vec<Value>, Problem> {
    let hello = format!(
        r#"{{"protocolVersion":"2025-11-25","capabilities":{{}},"clientInfo":{{"name":"ringfence","version":"{}"}}}}"#,
        env!("CARGO_PKG_VERSION")
    );
    ask(connection, 0, "initialize", Some(hello)).await?;
    say(connection, &encode_notification("notifications/initialized", None)).await?;
    let mut prompts = Vec::new();
    let mut cursor: Option<String> = None;
    for page in 1..=PAGES {
        let params = cursor.map(|cursor| format!(r#"{{"cursor":{}}}"#, quote(&cursor)));
        let Some(mut result) = ask(connection, page, "prompts/list", params).await? else { break };
        if let Some(Value::Array(listed)) = result.get_mut("prompts").map(Value::take) {
            prompts.extend(listed);
        }
        cursor = result.get("nextCursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    Ok(prompts)
}

/// The result of one request; none when the kernel does not know the method, which is: it has no prompts.
async fn ask(
    connection: &mut Connection,
    id: i64,
    method: &str,
    params: Option<String>,
) -> Result<Option<Value>, Problem> {
    let unreadable = || internal("kernel-answer", "the kernel's answer cannot be read");
    let params = params.map(JsonText::try_from).transpose().map_err(|_| unreadable())?;
    let id = RequestId::from(id);
    say(connection, &encode_request(&id, method, params.as_ref())).await?;
    let limits = ScanLimits { bytes: LINE_LIMIT, depth: 1_024 };
    while let Ok(Some(Line::Message(line))) = connection.reader.next().await {
        match Message::parse(line, limits) {
            Ok(Message::Response(Response { id: Some(answered), body })) if answered == id => {
                return match body {
                    Ok(result) => serde_json::from_str(result.as_str()).map(Some).map_err(|_| unreadable()),
                    Err(error) if error.code == METHOD_NOT_FOUND => Ok(None),
                    Err(error) => Err(Problem::new(ProblemKind::User, "refused", error.message)),
                };
            }
            Ok(_) => {}
            Err(_) => return Err(unreadable()),
        }
    }
    Err(internal("kernel-ended", "the kernel ended before its answer was whole"))
}

async fn say(connection: &mut Connection, message: &Bytes) -> Result<(), Problem> {
    let mut line = BytesMut::new();
    append_line(&mut line, message);
    connection
        .writer
        .write_all(&line)
        .await
        .map_err(|_| internal("kernel-ended", "the kernel ended before its answer was whole"))
}
