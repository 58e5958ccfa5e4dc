use serde_json::json;

use super::*;

#[test]
fn what_strangers_wrote_is_neither_option_nor_markup() {
    let request = json!({
        "id": "0a", "principal": "uid:1000", "server": "mail", "target": "--icon=/etc/x\u{1b}[2J", "message": "<b>yes</b> & go",
    });
    assert_eq!(
        words(&request),
        [
            "Approval needed: mail/--icon=/etc/x[2J".to_owned(),
            "uid:1000: &lt;b&gt;yes&lt;/b&gt; &amp; go\nringfence approvals show 0a".to_owned()
        ]
    );
}

#[test]
fn it_is_looked_for_in_absolute_folders_only() {
    assert!(Notifier::on("", Vec::new()).is_none());
    assert!(Notifier::on(".:relative", Vec::new()).is_none());
}
