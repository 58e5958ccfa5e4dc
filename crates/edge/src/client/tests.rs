use ringfence_kernel::exchange::{Abilities, LogLevel};
use ringfence_kernel::session::SessionKey;
use ringfence_mcp::version::ProtocolVersion;
use ringfence_model::json::JsonText;
use ringfence_model::principal::{Principal, Scope};

use super::*;
use crate::house::House;

/// A client in the middle of its conversation, as a principal with these scopes.
fn client(house: &House, scopes: &[Scope]) -> Client {
    let principal = Principal {
        scopes: scopes.into(),
        ..house.gate.principals.operator(&ringfence_identity::Shown::Passphrase)
    };
    let kernel = Arc::clone(&house.gate.kernel);
    let link = kernel.session(&Arc::new(principal), SessionKey::Principal, None).unwrap().link();
    let client = Client::new(kernel, Endpoint::Every, link, None, CancellationToken::new());
    *client.agreed.lock() = Some(Arc::new(ClientTerms {
        version: ProtocolVersion::V2025_11_25,
        abilities: Abilities::default(),
        extensions: None,
        log_level: Some(LogLevel::Error),
        claimed: None,
    }));
    client
}

async fn ask(client: &Client, method: &str, params: JsonText) -> Option<Answered> {
    let request = Request { id: RequestId::from(7), method: method.into(), params: Some(params) };
    client.answer(Era::Legacy, request, CancellationToken::new(), |_| true).await
}

async fn set_level(client: &Client) -> Option<Answered> {
    ask(client, "logging/setLevel", JsonText::object([("level", JsonText::string("debug"))])).await
}

fn level(client: &Client) -> Option<LogLevel> {
    client.agreed().and_then(|terms| terms.log_level)
}

#[tokio::test]
async fn a_log_level_holds_once_it_was_granted() {
    let house = House::new();
    let granted = client(&house, &[Scope::Call]);
    assert_eq!(set_level(&granted).await.unwrap().error, None);
    assert_eq!(level(&granted), Some(LogLevel::Debug));
}

#[tokio::test]
async fn a_log_level_that_was_refused_changes_nothing() {
    let house = House::new();
    let refused = client(&house, &[]);
    assert_eq!(set_level(&refused).await.unwrap().error, Some(1006));
    assert_eq!(level(&refused), Some(LogLevel::Error));
}

#[tokio::test]
async fn the_code_of_an_answer_is_that_of_its_message() {
    let house = House::new();
    let client = client(&house, &[Scope::Call]);
    let unknown = ask(&client, "no/such", JsonText::empty_object()).await.unwrap();
    let error = r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"Method not found: no/such: methods of extensions are not passed on, since their content would not be inspected"}}"#;
    assert_eq!((str::from_utf8(&unknown.message).unwrap(), unknown.error), (error, Some(-32601)));
}

#[tokio::test]
async fn nothing_runs_for_a_client_that_has_gone() {
    let house = House::new();
    let client = client(&house, &[Scope::Call]);
    client.gone();
    let params = JsonText::object([("name", JsonText::string("hold"))]);
    assert_eq!(ask(&client, "tools/call", params).await, None);
    assert!(!client.is_busy());
}
