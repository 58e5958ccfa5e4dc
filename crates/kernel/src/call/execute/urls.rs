//! -32042 (2025-11-25, "URL Elicitation Required"): a server does nothing before the user has been to a page. Each page is
//! a question like any other, judged before the client hears of it.
//!
//! Must never let a URL through that was not judged.

use std::sync::Arc;

use ringfence_mcp::message::RpcError;
use ringfence_mcp::version::Era;
use ringfence_model::call::Question;
use ringfence_model::json::{Json, JsonText, Kind};

use super::{End, Waits};
use crate::call::Permitted;
use crate::interim;
use crate::kernel::Kernel;

/// The code of the error.
pub(in crate::call) const REQUIRED: i64 = -32042;

/// Most pages that one error names.
const MOST_PAGES: usize = 8;

/// The error with the pages that were released; for a modern client, who knows no such error, their questions. A page
/// that may not be shown fails the call.
pub(super) async fn required(kernel: &Arc<Kernel>, permitted: &Permitted, error: RpcError) -> End {
    let request = permitted.request();
    let pages: Option<Vec<JsonText>> = error.data.as_ref().and_then(|data| {
        let pages = data.value().get("elicitations").filter(|pages| pages.kind() == Kind::Array)?;
        Some(pages.elements().take(MOST_PAGES + 1).map(|page| data.share(page)).collect())
    });
    let pages = match pages {
        Some(pages) if (1..=MOST_PAGES).contains(&pages.len()) && pages.iter().all(is_page) => pages,
        Some(_) | None => {
            return End::Failed(
                "it wants the user to open a page, without saying which; it did nothing".into(),
            );
        }
    };
    let mut asked = Vec::with_capacity(pages.len());
    for page in pages {
        match interim::carried(kernel, request, Question::Elicit, page).await {
            Ok(params) => asked.push(params),
            Err(refused) => {
                let why = refused.message;
                return End::Failed(format!(
                    "it wants the user to open a page first, which may not be shown ({why}); it did nothing"
                ));
            }
        }
    }
    match request.exchange.client.version.era() {
        Era::Legacy => {
            let pages = JsonText::array(asked.iter().map(JsonText::value));
            let data = JsonText::object([("elicitations", pages)]);
            End::PagesFirst(RpcError { data: Some(data), ..error })
        }
        Era::Modern => {
            let names: Vec<String> = (1..=asked.len()).map(|place| format!("page-{place}")).collect();
            let questions = names.iter().zip(asked).map(|(name, params)| {
                let method = JsonText::string(Question::Elicit.method());
                (name.as_str(), JsonText::object([("method", method), ("params", params)]))
            });
            let result = JsonText::object([
                ("resultType", JsonText::string("input_required")),
                ("inputRequests", JsonText::object(questions)),
            ]);
            End::Parked(result, Waits::WithServer)
        }
    }
}

/// True for the params of an elicitation at a URL.
fn is_page(page: &JsonText) -> bool {
    page.value().get("mode").and_then(Json::as_str).as_deref() == Some("url")
        && page.value().get("url").and_then(Json::as_str).is_some()
}
